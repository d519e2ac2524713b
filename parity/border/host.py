"""The candidate's side of the border: it calls the functions of a namespace for the judge.

NumPy arrays, plain numbers and text, and lists, tuples and dictionaries of these cross the border; any other
object stays here, and a handle for it is sent. The code is the same in the judge's own process and in another.
"""

import builtins
import ctypes
import importlib
import importlib.util
import inspect
import math
import os
import random
import signal
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from parity.border.program import Program
from parity.border.wire import Callback, Kept, packed, reader, received, write

EXTRAS = {"torch": "torch", "distributed": "dask", "hypothesis": "parity", "rich": "parity", "matplotlib": "plot"}
MOST_OUTPUT = 2**20
MOST_FILES = 256  # files in memory are not limited otherwise
PR_SET_PDEATHSIG = 1
WATCHED = (builtins, math, np, np.linalg, np.random)


class Host:
    """Calls the functions of a namespace and keeps the objects that they return."""

    def __init__(self, namespace, call_back=None):
        self.namespace = namespace
        self.call_back = call_back
        self.objects: dict[int, Any] = {}
        self.numbers: dict[int, int] = {}  # of the objects, in the order of their first use

    def answer(self, action, *given):
        """``("value", result)``, ``("raised", classes, message, place)`` or ``("changed", argument)``."""
        try:
            # An overflow to infinity is a valid result, so NumPy's warning is suppressed.
            with np.errstate(all="ignore"):
                return getattr(self, action)(*given)
        except (Exception, SystemExit) as error:
            classes = [cls.__name__ for cls in type(error).__mro__]
            return "raised", classes, str(error), self.place(error)

    def signature(self, name):
        """The parameters of a function or constructor: name, kind, whether required; None if it is not defined."""
        function = self.public(name)
        if function is None:
            return "value", None
        try:
            parameters = inspect.signature(function).parameters.values()
        except (ValueError, TypeError):  # the signature of a C function may be unknown
            return "value", [("args", "VAR_POSITIONAL", False), ("options", "VAR_KEYWORD", False)]
        return "value", [(p.name, p.kind.name, p.default is p.empty) for p in parameters]

    def public(self, name):
        """What the namespace has under this name; None if it is not defined, or left out of ``__all__``."""
        try:
            listed = self.own("__all__")
            hidden = isinstance(listed, list | tuple) and name not in listed
            return None if hidden else getattr(self.namespace, name)
        except (Exception, SystemExit):  # a module may have its own __getattr__
            return None

    def declared(self):
        """The domain that the namespace declares, or None."""
        return "value", self.leave(self.own("PARITY"))

    def own(self, name):
        """A name of the namespace itself, which may have its own ``__getattr__``; None if it is not there."""
        return getattr(self.namespace, "__dict__", {}).get(name)

    def call(self, target, args, options, keep):
        """Call a function of the namespace by its name, or an object that is kept."""
        function = self.object(target)
        inside = [self.enter(arg) for arg in args]
        inside_options = {key: self.enter(value) for key, value in options.items()}
        result = function(*inside, **inside_options)
        labels, before = [*range(len(args)), *options], [*args, *options.values()]
        for label, old, new in zip(labels, map(numbers, before), [*inside, *inside_options.values()], strict=True):
            if isinstance(old, np.ndarray) and self.changed(old, new):
                return "changed", label
        is_update = isinstance(target, str) and target.endswith("_update") and not keep
        if is_update and isinstance(result, tuple) and len(result) == 2:
            return "value", (self.leave(result[0]), self.state(result[1]))
        return "value", self.leave(result, keep)

    def state(self, value):
        """An optimizer's state: its numbers if it can be made of them again, otherwise a handle."""
        return self.leave(value) if self.is_plain(value) else self.ticket(value)

    def is_plain(self, value):
        """Whether this is a number, an array, or a collection of these, and comes back as what it was."""
        if type(value) is dict:
            return all(type(key) in (str, int) for key in value) and all(map(self.is_plain, value.values()))
        if type(value) in (list, tuple):
            return all(map(self.is_plain, value))
        if hasattr(value, "detach"):
            return self.public("tensor") is not None
        return value is None or isinstance(value, bool | int | float | np.ndarray | np.generic)

    def changed(self, old, new):
        """Whether the namespace has changed the numbers of an array."""
        if old.dtype != object and same_bytes(old, new):  # much faster than to compare numbers
            return False
        now = new if old.dtype == object else self.leave(new)
        return not np.array_equal(old, now, equal_nan=old.dtype.kind in "fc")

    def get(self, target, name, keep):
        """An attribute; methods are kept."""
        return "value", self.leave(getattr(self.object(target), name), keep)

    def item(self, target, key, keep):
        """The item at an index or key."""
        return "value", self.leave(self.object(target)[key], keep)

    def assign(self, target, key, value):
        """Set the item at an index or key."""
        self.object(target)[key] = self.enter(value)
        return "value", None

    def items(self, target, keep):
        """All items of an iterable."""
        return "value", [self.leave(item, keep) for item in self.object(target)]

    def text(self, target):
        """The repr of an object."""
        return "value", repr(self.object(target))

    def forget(self):
        """Release the kept objects."""
        self.objects.clear()
        self.numbers.clear()
        return "value", None

    def object(self, target):
        """The object of a name or a handle."""
        return getattr(self.namespace, target) if isinstance(target, str) else self.objects[target.number]

    def enter(self, value):
        """A value of the judge for the namespace: every array is a new copy."""
        if isinstance(value, Kept):
            return self.objects[value.number]
        if isinstance(value, Callback):
            return lambda *args: self.call_back(value.number, [self.leave(arg) for arg in args])
        if is_formed(value):
            return self.formed(**value)
        if isinstance(value, np.ndarray):
            return self.array(value)
        if isinstance(value, list | tuple):
            return type(value)(self.enter(item) for item in value)
        if isinstance(value, dict):
            return {key: self.enter(item) for key, item in value.items()}
        return value

    def array(self, value):
        """A new array of the namespace's own type."""
        tensor = self.public("tensor")
        return tensor(value, value.dtype.name) if tensor and value.dtype.kind == "f" else value.copy()

    def formed(self, numbers, form):
        """A new array in this storage form; the usual form if the namespace's own type has no others."""
        array = self.array(numbers)
        if not isinstance(array, np.ndarray) and not hasattr(array, "detach"):
            return array
        if form == "transposed" and numbers.ndim == 2:
            return self.array(numbers.T.copy()).T
        if form == "sliced" and numbers.ndim:
            return self.array(np.repeat(numbers, 2, axis=-1))[..., ::2]
        if form == "integers" and isinstance(array, np.ndarray) and is_whole(numbers):
            return array.astype(np.int64)
        return array

    def leave(self, value, keep=False):
        """A value for the judge; with ``keep`` its arrays and collections stay here, so that they can be changed."""
        if value is None or type(value) in (bool, int, float, complex, str):
            return value
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self.leave(item, keep) for item in value)
        if keep:
            return self.ticket(value)
        if hasattr(value, "detach"):
            return np.array(value.detach().cpu().numpy())
        if isinstance(value, tuple):
            return SimpleNamespace(**{key: self.leave(getattr(value, key)) for key in getattr(value, "_fields", ())})
        if isinstance(value, list):
            return [self.leave(item) for item in value]
        if isinstance(value, dict):
            return {key if isinstance(key, str | int) else str(key): self.leave(item) for key, item in value.items()}
        if hasattr(value, "__array__") and not isinstance(value, type):
            # Copied to a plain array, whatever shape the object itself reports.
            array = np.array(value, subok=False)
            return array if array.dtype.kind in "biufcU" else self.ticket(value)
        return self.ticket(value)

    def ticket(self, value):
        """Keep an object."""
        number = self.numbers.setdefault(id(value), len(self.numbers))
        self.objects[number] = value
        return Kept(number, type(value).__name__)

    def place(self, error):
        """The last line of the namespace's own file in the traceback of the error."""
        own, trace, place = getattr(self.namespace, "__file__", None), error.__traceback__, None
        while trace:
            if trace.tb_frame.f_code.co_filename == own:
                place = trace.tb_lineno
            trace = trace.tb_next
        return place


def is_formed(value):
    """Whether this is an array and the form in which it is to be stored."""
    return isinstance(value, dict) and value.keys() == {"numbers", "form"}


def numbers(value):
    """The array without its form."""
    return value["numbers"] if is_formed(value) else value


def same_bytes(old, now):
    """Whether two arrays of numbers are the same to the last bit."""
    alike = type(now) is np.ndarray and (now.dtype, now.shape) == (old.dtype, old.shape)
    return alike and now.tobytes() == old.tobytes()


def is_whole(array):
    """Whether these are integral values in float64; only these can be sent as integers without changing the dtype."""
    return array.dtype == "float64" and bool(np.all((array == np.rint(array)) & (np.abs(array) < 2.0**53)))


class Guard:
    """Detects side effects of a candidate: replaced functions, global random numbers, excessive output."""

    def __init__(self, output):
        self.output = output
        self.names = {module: dict(vars(module)) for module in WATCHED}
        self.begin()

    def begin(self):
        """Start watching from here."""
        os.ftruncate(self.output, 0)
        os.lseek(self.output, 0, os.SEEK_SET)
        self.note_random_state()

    def note_random_state(self):
        """Record the state of the two global generators."""
        self.state = self.random_state()

    def random_state(self):
        """The state of Python's generator and NumPy's."""
        state: Any = np.random.get_state()
        return random.getstate(), state[1].tobytes(), state[2]

    def complaint(self):
        """A sentence about a side effect since ``begin``, or None."""
        return self.flooded() or self.replaced()

    def flooded(self):
        """A sentence about excessive output, or None."""
        if os.fstat(self.output).st_size >= MOST_OUTPUT:
            return f"printed more than {MOST_OUTPUT // 2**20} MiB in one property"
        return None

    def replaced(self):
        """A sentence about a replaced name of another module, or None."""
        for module, names in self.names.items():
            now = vars(module)
            for name, value in names.items():
                if now.get(name) is not value:
                    return f"replaced {module.__name__}.{name}, expected unchanged modules"
        return None


class Forbidden:
    """An audit hook, which cannot be removed: rejects some packages, their files, and other processes."""

    PROCESSES = (
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.startfile",
        "_winapi.CreateProcess",
    )
    UNHEARD = "_posixsubprocess"  # starts processes without an audit event

    def __init__(self, names):
        self.names = [*names.split(","), self.UNHEARD]
        importlib.import_module("subprocess")  # subprocess keeps its own reference
        sys.modules.pop(self.UNHEARD, None)
        specs = [importlib.util.find_spec(name) for name in self.names]
        found = [folder for spec in specs if spec for folder in spec.submodule_search_locations or ()]
        self.folders = tuple(f"{folder}{os.sep}" for folder in found)

    def __call__(self, event, args):
        """Called by Python before an audited event."""
        if event == "import" and (package := args[0].partition(".")[0]) in self.names:
            raise ImportError(f"import of {package} is forbidden here")
        if event == "open" and isinstance(args[0], str) and args[0].startswith(self.folders):
            raise ImportError(f"reading {args[0]} is forbidden here")
        if event in self.PROCESSES:
            raise PermissionError("to start a process is forbidden here")


class Served(Host):
    """A host in its own process, with a guard."""

    def __init__(self, namespace, call_back, guard):
        super().__init__(namespace, call_back)
        self.guard = guard

    def call(self, target, args, options, keep):
        """As in any host; the initial weights of a network may come from the global generator."""
        try:
            return super().call(target, args, options, keep)
        finally:
            if target == "make" or (isinstance(target, str) and target[:1].isupper()):
                self.guard.note_random_state()

    def answer(self, action, *given):
        """As in any host; an error caused by too much output is not an error of the formula."""
        answer = super().answer(action, *given)
        flooded = answer[0] == "raised" and self.guard.flooded()
        return ("raised", ["Flood"], flooded, None) if flooded else answer

    def begin(self):
        """A new property."""
        self.guard.begin()
        return "value", None

    def drew(self):
        """Whether the candidate has drawn from a global generator, besides initial weights."""
        return "value", self.guard.random_state() != self.guard.state

    def seed(self, number):
        """Seed the global generators."""
        random.seed(number)
        np.random.seed(number)
        return "value", None

    def complaint(self):
        """A sentence about a side effect of the candidate, or None."""
        return "value", self.guard.complaint()


def serve(judge=None):
    """Answer requests until there are no more: first the candidate to load, then calls."""
    if judge:
        die_with(judge)
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", 0)
    read = reader(requests)

    def reply(message):
        write(replies, packed(message))

    def call_back(number, args):
        reply(("callback", number, args))
        return received(read)

    spec, path, forbidden, mebibytes = received(read)
    seal(mebibytes)
    sys.path[:] = path
    guard = Guard(1)
    for name in [name for name in sys.modules if name.partition(".")[0] == "parity"]:
        del sys.modules[name]  # a candidate that imports parity gets another copy than the judge's
    if forbidden:
        sys.addaudithook(Forbidden(forbidden))
    try:
        host = Served(find(spec), call_back, guard)
        if replaced := guard.replaced():
            raise ValueError(f"{spec}: its import {replaced}")
    except ValueError as error:
        reply(("unusable", str(error)))
        return
    reply(("value", None))
    while True:
        try:
            request = received(read)
        except EOFError:
            return
        try:
            reply(host.answer(*request))
        except Exception as error:  # a value that cannot be sent
            reply(("raised", [type(error).__name__], str(error), None))


def die_with(judge):
    """End when the judge ends, for whatever reason: Linux sends a signal."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != judge:  # the judge has already ended
        os._exit(1)


def seal(mebibytes):
    """Close standard input, send all output to the file of standard error, and limit its size and the memory."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_DATA, (mebibytes * 2**20, mebibytes * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = MOST_FILES if most == resource.RLIM_INFINITY else min(MOST_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def find(spec):
    """The namespace of a module (``scratch``), a name in one (``package.module:name``), a file or a program."""
    if spec.endswith(".py"):
        return _file(Path(spec))
    if is_file(spec):
        return Program(Path(spec).absolute())
    module_name, _, attribute = spec.partition(":")
    namespace: Any = _module(module_name)
    if attribute:
        if not hasattr(namespace, attribute):
            raise ValueError(f"{spec}: {module_name} has no {attribute}")
        namespace = getattr(namespace, attribute)
    return namespace


def is_file(spec):
    """Whether this names a file, of Python or a program, and not a module."""
    return spec.endswith(".py") or os.sep in spec


def _module(name):
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise ValueError(
            f"{name}: no such module, expected a module's name, a .py file, or ./{name} if it is a program"
        )
    return _run(name, lambda: importlib.import_module(name))


def _file(path):
    if not path.is_file():
        raise ValueError(f"{path}: no such file, expected a module's name or a .py file")
    # A prefix, because the file may have the name of a library; dataclasses look up their module by name.
    spec = importlib.util.spec_from_file_location(f"candidate_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    # A file may import modules beside it, as when run as a script.
    sys.path.insert(0, str(path.parent.resolve()))
    _run(path, lambda: spec.loader.exec_module(module))
    return module


def _run(name, importing) -> ModuleType:
    try:
        return importing()
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "")
        advice = f"; pip install 'neuron-parity[{extra}]'" if extra else ""
        raise ValueError(f"{name}: cannot be imported: {error}{advice}") from None
    except SyntaxError as error:
        place = f"{name}, line {error.lineno}" if error.lineno else f"{name}"
        raise ValueError(f"{place}: {error.msg}{f': {error.text.strip()}' if error.text else ''}") from None
    except (Exception, SystemExit) as error:
        raise ValueError(f"{name}: cannot be imported: {type(error).__name__}: {error}") from None
