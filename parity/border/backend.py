"""A backend is a namespace: a module, a file, or anything with some of the contract's names.

This is the judge's side of the border: arrays are NumPy arrays. Code from outside this project runs in its own process.
"""

import importlib.util
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from parity.border import isolation
from parity.border.host import EXTRAS, Host, find, is_file
from parity.border.process import Limits, OutOfTime, Process, Stopped
from parity.border.wire import Callback, Kept, Malformed, packed
from parity.text import printable

OURS = ("scratch", "torchref", "parity")
REPEATED = 20  # examples, to see whether answers depend on the global generators
CHANCE = "depends on the global random generator, expected results that depend on the arguments alone"


class Raised(Exception):
    """The backend raised something; ``kind`` is its class, ``place`` the line of the backend's file."""

    def __init__(self, backend, kind, message, place):
        super().__init__(message)
        self.backend = backend
        self.kind = kind
        self.place = place


class Refused(Raised, ValueError):
    """The backend raised a ValueError."""


class Absent(Raised, AttributeError):
    """The backend raised an AttributeError."""


class ArgumentMutated(Exception):
    """The backend changed an argument: one by its name, or by its position."""

    def __init__(self, backend, argument):
        super().__init__(argument)
        self.backend = backend


class Asked(NamedTuple):
    """One request, for the transcript."""

    action: str
    target: Any
    given: tuple
    answer: Any


class Formed(np.ndarray):
    """An array that the namespace receives in a special storage form: ``Host.formed`` lists them."""

    form = ""

    @classmethod
    def of(cls, array, form):
        """The same numbers, to be stored in this form."""
        formed = array.view(cls)
        formed.form = form
        return formed

    def __array_finalize__(self, other):
        self.form = getattr(other, "form", "")


class Backend:
    """The functions and classes of a namespace, with NumPy arrays going in and coming out."""

    def __init__(self, name, namespace=None, process=None, spec=None):
        self.name = name
        self.spec = spec or name
        self.namespace = namespace
        self.process = process
        self.host = Host(namespace, self.called)
        self.callbacks: list = []
        self.signatures: dict = {}
        self.consulted: set = set()
        self.floats_only: set = set()
        self.own_cases: dict = {}  # of its functions, for the diagnosis
        self.keeps = False
        self.domain: list = []
        self.transcript: list[Asked] = []
        self.requests: list[tuple] = []  # of the example, to be repeated
        self.earlier: deque[list[tuple]] = deque(maxlen=REPEATED)

    @property
    def ours(self):
        """Whether the backend belongs to this project and runs in this process."""
        return self.process is None

    def defines(self, name):
        """Whether the namespace defines this name."""
        return self.signature(name) is not None

    def signature(self, name):
        """The parameters of a function or constructor: name, kind, whether it is required; None if not defined."""
        self.consulted.add(name)
        if name not in self.signatures:
            answer = self.ask("signature", name)
            self.signatures[name] = answer if answer is None or is_signature(answer) else UNKNOWN
        return self.signatures[name]

    def declared(self):
        """What the namespace declares as its domain, or None."""
        self.domain = self.domain or [self.ask("declared")]
        return self.domain[0]

    def __getattr__(self, name):
        return ObjectRef(self, name)

    def begin(self):
        """Start a new property."""
        self.earlier.clear()
        self.requests = []
        if self.process:
            self.process.begin()
            self.ask("begin")

    def listen(self):
        """Record what the candidate answers, and which signatures the judge consults, from here on in this property."""
        self.consulted.clear()
        self.process.listen()

    def fresh(self):
        """Start a new example and release the objects of the last one."""
        self.transcript.clear()
        if self.requests and not self.ours:
            self.earlier.append(self.requests)
        self.requests = []
        self.callbacks.clear()
        if self.keeps:
            self.ask("forget")
        self.keeps = False

    def complaint(self):
        """A sentence about a forbidden side effect of the candidate in this property, or None."""
        if not self.process or not self.process.child:
            return None
        complaint = (self.ask("drew") and self.depends_on_chance() and CHANCE) or self.ask("complaint")
        if complaint:  # a new process has none of its objects
            self.close()
        return complaint

    def depends_on_chance(self):
        """Whether answers change with the seed of the global generators, other than that of initial weights."""
        self.process.clock.begin()
        self.fresh()
        return any(self.repeated(requests, 0) != self.repeated(requests, 1) for requests in list(self.earlier))

    def repeated(self, requests, seed):
        """The answers to the requests of an example, as bytes, asked again with another seed."""
        self.keeps = True
        self.fresh()
        answers = []
        for number, request in enumerate(requests):
            makes_weights = isinstance(request[1], str) and request[1][:1].isupper()
            self.ask("seed", 2 * number + (0 if makes_weights else seed))
            try:
                answers.append(self.ask(*request))
            except (Raised, ArgumentMutated) as error:
                answers.append(type(error).__name__)
        return packed([answer for answer, request in zip(answers, requests, strict=True) if request[0] != "text"])

    def close(self):
        """End the candidate's process."""
        if self.process and self.process.child:
            self.process.stop()

    def ask(self, action, *given):
        """Send one request to the namespace, wherever it runs."""
        request = (action, *map(self.outward, given))
        if given and isinstance(given[0], str) and given[0] in self.floats_only:
            request = without_integers(request)
        answer = printable(self.process.ask(request, self.called) if self.process else self.host.answer(*request))
        if answer[0] == "changed":
            raise ArgumentMutated(self, answer[1])
        if answer[0] == "raised" and self.may_want_floats(request):
            self.floats_only.add(given[0])
            return self.ask(action, *given)
        if answer[0] == "raised":
            _, classes, message, place = answer
            kind = Refused if "ValueError" in classes else Absent if "AttributeError" in classes else Raised
            raise kind(self, classes[0], message, place)
        return answer[1]

    def may_want_floats(self, request):
        """Whether a candidate's function raised because it may not accept integers."""
        return not self.ours and holds_integers(request) and isinstance(request[1], str)

    def record(self, action, target, *given, keep=False):
        """Make a request and add it to the transcript."""
        at = len(self.transcript)
        self.transcript.append(Asked(action, target, given, None))
        self.requests.append((action, target, *given, *[keep] * (action not in ("assign", "text"))))
        answer = self.ask(*self.requests[-1])
        self.transcript[at] = self.transcript[at]._replace(answer=answer)
        return self.inward(answer)

    def outward(self, value):
        """A value for the other side: handles replace objects and functions."""
        if isinstance(value, ObjectRef):
            return value.target
        if isinstance(value, Formed):  # as an array and a word, so that the transport need not know about forms
            return {"numbers": np.array(value, order="C", subok=False), "form": value.form}
        if isinstance(value, np.ndarray):  # results are always sent in C order
            return np.asarray(value, order="C")
        if isinstance(value, list | tuple) and not isinstance(value, Kept):
            return type(value)(map(self.outward, value))
        if isinstance(value, dict):
            return {key: self.outward(item) for key, item in value.items()}
        if callable(value):
            self.callbacks.append(value)
            return Callback(len(self.callbacks) - 1)
        return value

    def inward(self, value):
        """A value from the other side: references replace handles."""
        if isinstance(value, Kept):
            self.keeps = True
            return ObjectRef(self, value)
        if isinstance(value, list | tuple):
            return type(value)(map(self.inward, value))
        if isinstance(value, dict):
            return {key: self.inward(item) for key, item in value.items()}
        if hasattr(value, "__dict__"):  # a named tuple on the other side
            vars(value).update({key: self.inward(item) for key, item in vars(value).items()})
        return value

    def called(self, number, args):
        """The other side calls a function of this one."""
        if number not in range(len(self.callbacks)):
            raise Malformed("a call of no function")
        return self.callbacks[number](*map(self.inward, printable(args)))


class Stranger(Backend):
    """Code that is judged as anybody's, though it runs in this process: an example of a page, or a known mistake."""

    ours = False


def without_integers(value):
    """The same request with floats."""
    if isinstance(value, dict):
        value = value | {"form": ""} if value.get("form") == "integers" else value
        return {key: without_integers(item) for key, item in value.items()}
    return tuple(map(without_integers, value)) if type(value) is tuple else value


def holds_integers(value):
    """Whether there are integers in a request."""
    if isinstance(value, dict):
        return value.get("form") == "integers" or any(map(holds_integers, value.values()))
    return type(value) is tuple and any(map(holds_integers, value))


class ObjectRef:
    """A function or object of a backend, behind the border.

    Results cross the border as values; those of ``ref.kept`` stay behind it, as objects that one can change.
    """

    def __init__(self, backend, target, keep=False):
        self.backend = backend
        self.target = target
        self.keep = keep

    @property
    def kept(self):
        """The same, whose attributes, items and results stay behind the border."""
        return ObjectRef(self.backend, self.target, True)

    @property
    def plain(self):
        """The same, whose attributes, items and results cross the border."""
        return ObjectRef(self.backend, self.target)

    def __call__(self, *args, **options):
        return self.inner(self.backend.record("call", self.target, args, options, keep=self.keep))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self.inner(self.backend.record("get", self.target, name, keep=self.keep))

    def __getitem__(self, key):
        return self.inner(self.backend.record("item", self.target, key, keep=self.keep))

    def __setitem__(self, key, value):
        self.backend.record("assign", self.target, key, value)

    def __iter__(self):
        return iter(self.inner(self.backend.record("items", self.target, keep=self.keep)))

    def __repr__(self):
        return self.backend.record("text", self.target)

    def inner(self, value):
        """A result of a kept reference is kept, too."""
        if not self.keep:
            return value
        if isinstance(value, list | tuple):
            return type(value)(map(self.inner, value))
        return value.kept if isinstance(value, ObjectRef) else value


UNKNOWN = [("args", "VAR_POSITIONAL", False), ("options", "VAR_KEYWORD", False)]


def is_signature(answer):
    """Whether a candidate's answer lists parameters: name, kind, whether it is required."""
    return isinstance(answer, list) and all(
        isinstance(item, tuple) and list(map(type, item)) == [str, str, bool] for item in answer
    )


def load(spec, limits=None):
    """The backend of a module (``scratch``), a name in one (``package.module:name``), a file or a program."""
    name = printable(Path(spec).name if is_file(spec) else spec)
    limits = limits or Limits()
    if is_ours(spec) and not limits.forbidden:
        return Backend(name, find(spec), spec=spec)
    return Backend(name, process=Process(spec, limits), spec=spec)


def is_ours(spec):
    """Whether this is a module of this project."""
    return not is_file(spec) and spec.partition(":")[0].partition(".")[0] in OURS


def unprotected(*specs):
    """A note that code from outside runs without isolation; empty if it is isolated or there is none."""
    return "" if all(map(is_ours, specs)) else isolation.missing() or ""


def expect_importable(module, needed_by):
    """Raise an error that names the extra if a library is missing."""
    if importlib.util.find_spec(module) is None:
        raise ValueError(f"{needed_by} needs {module}: pip install 'neuron-parity[{EXTRAS[module]}]'")


__all__ = [
    "Absent",
    "ArgumentMutated",
    "Backend",
    "Limits",
    "ObjectRef",
    "OutOfTime",
    "Raised",
    "Refused",
    "Stopped",
    "load",
]
