"""The calls of a backend as lines of Python: for the report of a failure, and as a program that repeats them."""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np

from parity.border.backend import Formed, ObjectRef
from parity.border.host import Kept, is_file, is_whole

PROGRAM = '''"""{headline}

Run it with Python. It needs only {needs} and numpy.
"""

import importlib
import importlib.util
import sys

import numpy as np

{loading}

def array(values, dtype):
    """Numbers as an array of the candidate."""
    values = np.array(values, dtype=dtype)
    return candidate.tensor(values, dtype) if dtype.startswith("float") and hasattr(candidate, "tensor") else values


def transposed(values, dtype):
    """An array in column order."""
    return array(np.transpose(values).tolist(), dtype).T


def sliced(values, dtype):
    """Every second column of an array."""
    return array(np.repeat(values, 2, axis=-1), dtype)[..., ::2]


def integers(values, dtype):
    """Integers, if the candidate's arrays are NumPy arrays."""
    numbers = array(values, dtype)
    return numbers.astype(np.int64) if isinstance(numbers, np.ndarray) else numbers


{lines}
{expected}
'''
FROM_FILE = """path = {path!r}
sys.path.insert(0, path.rpartition("/")[0])
spec = importlib.util.spec_from_file_location("candidate", path)
candidate = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = candidate
spec.loader.exec_module(candidate)
"""
FROM_PROGRAM = """from pathlib import Path

from parity.border.program import Program

candidate = Program(Path({path!r}))
"""
FROM_MODULE = """candidate = importlib.import_module({path!r}){attribute}
"""


class Writer:
    """Writes requests as statements; objects kept behind the border get names."""

    def __init__(self, module="", array=None):
        self.prefix = f"{module}." if module else ""
        self.array = array or readable
        self.names: dict[int, str] = {}
        self.lines: list[str] = []

    def write(self, transcript):
        """All statements; attributes that were only read are omitted."""
        for asked in transcript:
            getattr(self, asked.action)(asked.answer, asked.target, *asked.given)
        return self.lines

    def call(self, answer, target, args, options):
        """``net = MLP([2, 1], dtype='float64')``."""
        inside = [*map(self.show, args), *(f"{key}={self.show(value)}" for key, value in options.items())]
        self.state(f"{self.show_target(target)}({', '.join(inside)})", answer, self.noun(target))

    def get(self, answer, target, name):
        """``net.fit``, to be called or read."""
        self.note(answer, f"{self.show_target(target)}.{name}")

    def item(self, answer, target, key):
        """``groups[0]``."""
        self.note(answer, f"{self.show_target(target)}[{key!r}]")

    def items(self, answer, target):
        """``items = list(parameters)``."""
        self.state(f"list({self.show_target(target)})", answer, "items")

    def assign(self, _, target, key, value):
        """``groups[0]['lr'] = 0.5``."""
        self.lines.append(f"{self.show_target(target)}[{key!r}] = {self.show(value)}")

    def text(self, *_):
        """A repr is not part of the computation."""

    def state(self, expression, answer, noun):
        """Add a statement; its result gets a name if it is used again."""
        if not tickets(answer):
            self.lines.append(expression)
            return
        name = self.fresh(noun)
        self.lines.append(f"{name} = {expression}")
        self.note(answer, name)

    def note(self, answer, expression):
        """Record how to write the objects of an answer."""
        if isinstance(answer, Kept):
            self.names[answer.number] = expression
        elif isinstance(answer, list | tuple):
            for i, item in enumerate(answer):
                self.note(item, f"{expression}[{i}]")
        elif isinstance(answer, dict):
            for key, item in answer.items():
                self.note(item, f"{expression}[{key!r}]")

    def noun(self, target):
        """A noun for the result of a function: ``MLP`` gives mlp, ``net.parameters`` parameters, ``sign`` result."""
        last = re.split(r"[.\[\(]", self.show_target(target).rstrip("])"))[-1]
        noun = {"make": "net"}.get(last, re.sub(r"\W", "", last).lower())
        return noun if noun and noun != target else "result"

    def fresh(self, noun):
        """The noun, with a number if it is already used."""
        taken = set(self.names.values())
        return noun if noun not in taken else next(n for i in range(2, 10**6) if (n := f"{noun}_{i}") not in taken)

    def show_target(self, target):
        """A function of the backend, or an object of it."""
        return f"{self.prefix}{target}" if isinstance(target, str) else self.names.get(target.number, "object")

    def show(self, value: Any):
        """A value as Python code."""
        if isinstance(value, ObjectRef):
            return self.show_target(value.target)
        if stored(value):
            return self.array(np.asarray(value), stored(value))
        if isinstance(value, np.ndarray | np.generic):
            return self.array(np.asarray(value))
        if isinstance(value, list):
            if self.array is readable and is_long(value):
                return readable(np.asarray(value))
            return f"[{', '.join(map(self.show, value))}]"
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            inside = ", ".join(f"{key}={self.show(item)}" for key, item in zip(value._fields, value, strict=True))
            return f"{type(value).__name__}({inside})"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.show, value))}{',' * (len(value) == 1)})"
        if isinstance(value, dict):
            return f"{{{', '.join(f'{key!r}: {self.show(item)}' for key, item in value.items())}}}"
        if isinstance(value, SimpleNamespace):
            return f"result({', '.join(f'{key}={self.show(item)}' for key, item in vars(value).items())})"
        return "lambda *args: None" if callable(value) else repr(value)


def stored(array):
    """The storage form of the array, if it is unusual."""
    if not isinstance(array, Formed):
        return ""
    unusual = {"transposed": array.ndim == 2 and min(array.shape) > 1, "integers": is_whole(array), "sliced": True}
    return array.form if unusual.get(array.form) else ""


MOST_SHOWN = 60
SHOWN: Any = {"float_kind": lambda number: repr(float(number)), "int_kind": lambda number: repr(int(number))}


def is_long(values):
    """Whether a list is too long to print in full."""
    if len(values) * (len(values[0]) if values and isinstance(values[0], list) else 1) <= MOST_SHOWN:
        return False
    try:
        return np.asarray(values).dtype.kind in "if"
    except ValueError:
        return False


def readable(array, form=""):
    """An array as a list, abbreviated if it is long, with its storage form."""
    array = array.astype(np.int64) if form == "integers" else array
    text = repr(array.tolist())
    if array.size > MOST_SHOWN:
        lines = np.array2string(array, separator=", ", threshold=0, edgeitems=2, formatter=SHOWN, max_line_width=10**6)
        text = " ".join(lines.split()) + f" of shape {array.shape}"
    wrapped = {"transposed": f"np.asfortranarray({text})", "sliced": f"np.repeat({text}, 2, axis=-1)[..., ::2]"}
    return wrapped.get(form, text)


def tickets(answer):
    """Whether objects stayed behind the border."""
    if isinstance(answer, Kept):
        return True
    inside = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list | tuple) else ()
    return any(map(tickets, inside))


def statements(transcript):
    """The statements for a report, with arrays as lists."""
    return Writer().write(transcript)


def program(spec, transcript, headline, expected):
    """A script that repeats the requests of a candidate and prints the last result."""
    path, _, attribute = (spec, "", "") if is_file(spec) else spec.partition(":")
    lines = Writer("candidate", complete).write(transcript)
    if lines:
        lines[-1] = f"result = {lines[-1]}\nprint('candidate:', result)"
    loading = FROM_FILE if spec.endswith(".py") else FROM_PROGRAM if is_file(spec) else FROM_MODULE
    return PROGRAM.format(
        headline=headline.replace("\\", "\\\\").replace('"""', "'''"),
        needs=f"{path}, neuron-parity" if loading is FROM_PROGRAM else path,
        loading=loading.format(path=path, attribute=f".{attribute}" if attribute else ""),
        lines="\n".join(lines),
        expected="\n".join(f"print({key + ':'!r}, {text!r})" for key, text in expected.items()),
    )


def complete(array, form=""):
    """An array as the program creates it."""
    return f"{form or 'array'}({literal(array)}, {array.dtype.name!r})"


def literal(value):
    """Nested lists; nan and inf are taken from NumPy."""
    return re.sub(r"\b(nan|inf)\b", r"np.\1", repr(value.tolist()))
