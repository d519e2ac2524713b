"""The message format between a judge and a candidate's process: JSON, followed by the raw bytes of the arrays.

It carries numbers, text, arrays, lists, tuples, dictionaries and handles. Reading it creates nothing else and runs no
code, and the number of bytes and objects and the depth are limited, so that the cost of reading any answer is
bounded.

A message is two lengths (of the JSON and of all), the JSON, and the arrays one after another.
"""

import json
import re
import struct
from math import prod
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

LENGTHS = struct.Struct("<QQ")
MOST_TEXT = 2**22
MOST_BYTES = 2**28
MOST_OBJECTS = 200_000
DEPTH = 32
NUMBERS = re.compile(r"[<>|][biufc]\d{1,2}")


class Malformed(ValueError):
    """Bytes that are not a message, or a message that is too large."""


class Kept(NamedTuple):
    """A handle for an object that stays behind the border."""

    number: int
    type: str


class Callback(NamedTuple):
    """A handle for a function on the judge's side."""

    number: int


def packed(message):
    """A message as bytes; a TypeError names what cannot be sent."""
    arrays: list[bytes] = []
    text = json.dumps(outward(message, arrays)).encode("ascii")
    body = b"".join(arrays)
    if len(text) > MOST_TEXT or len(text) + len(body) > MOST_BYTES:
        raise ValueError(f"a message of {len(text) + len(body)} bytes, expected at most {MOST_BYTES}")
    return LENGTHS.pack(len(text), len(text) + len(body)) + text + body


def received(read):
    """The next message, where ``read(n)`` gives n bytes; an EOFError if there are none."""
    return unpacked(message(read))


def message(read):
    """The bytes of the next message."""
    lengths = read(LENGTHS.size)
    of_text, of_all = LENGTHS.unpack(lengths)
    if not of_text <= min(of_all, MOST_TEXT) or of_all > MOST_BYTES:
        raise Malformed(f"a message of {of_all} bytes, expected at most {MOST_BYTES}")
    return bytes(lengths + read(of_all))


def unpacked(content):
    """The message of these bytes."""
    of_text, _ = LENGTHS.unpack_from(content)
    text, arrays = content[LENGTHS.size : LENGTHS.size + of_text], memoryview(content)[LENGTHS.size + of_text :]
    try:
        return Reader(arrays).inward(json.loads(text.decode("ascii")), DEPTH)
    except Malformed:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise Malformed(str(error)) from None


def reader(stream):
    """``read(n)`` of a stream: all n bytes, or an EOFError."""

    def read(count):
        parts = bytearray()
        while len(parts) < count:
            part = stream.read(min(count - len(parts), 2**20))
            if not part:
                raise EOFError
            parts += part
        return parts

    return read


def write(stream, content):
    """Write everything to an unbuffered stream."""
    content = memoryview(content)
    while content:
        content = content[stream.write(content) :]


def outward(value: Any, arrays) -> Any:
    """A value as JSON: an object with one key, its kind, for types that JSON does not have."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [outward(item, arrays) for item in value]
    if kind is tuple:
        return {"tuple": [outward(item, arrays) for item in value]}
    if isinstance(value, dict):
        return {"dict": [[outward(key, arrays), outward(item, arrays)] for key, item in value.items()]}
    if isinstance(value, Kept | Callback):
        return {kind.__name__: list(value)}
    if isinstance(value, SimpleNamespace):
        return {"result": {str(key): outward(item, arrays) for key, item in vars(value).items()}}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind is slice:
        return {"slice": [value.start, value.stop, value.step]}
    if isinstance(value, np.ndarray | np.generic):
        return array_outward(np.asarray(value), arrays)
    raise TypeError(f"a {kind.__name__} cannot be sent")


def array_outward(array, arrays):
    """Arrays of numbers as bytes; other arrays item by item."""
    if array.dtype.kind in "biufc":
        arrays.append(array.tobytes())
        return {"array": [array.dtype.str, list(array.shape)]}
    return {"objects": [list(array.shape), [outward(item, arrays) for item in array.ravel().tolist()]]}


class Reader:
    """Builds the values of one message, and counts them."""

    def __init__(self, arrays):
        self.arrays = arrays
        self.objects = 0

    def inward(self, value, depth):
        """A value from JSON, nested at most this deep."""
        self.objects += 1
        if self.objects > MOST_OBJECTS or not depth:
            raise Malformed(f"expected at most {MOST_OBJECTS} values, {DEPTH} deep")
        if isinstance(value, list):
            return [self.inward(item, depth - 1) for item in value]
        if isinstance(value, dict):
            [(kind, content)] = value.items()
            return getattr(self, KINDS[kind])(content, depth)
        return value

    def tuple(self, items, depth):
        """A tuple of any length."""
        return tuple(self.inward(items, depth))

    def dict(self, pairs, depth):
        """Keys are numbers, text, or tuples of these."""
        return dict(self.inward(pairs, depth - 1))

    def result(self, fields, depth):
        """An object with attributes; special names that Python or NumPy look up are rejected."""
        if not all(key.isidentifier() and not key.startswith("_") for key in fields):
            raise Malformed("expected attributes with names")
        return SimpleNamespace(**{key: self.inward(item, depth - 1) for key, item in fields.items()})

    def kept(self, fields, _):
        """A ticket."""
        number, kind = fields
        return Kept(int(number), str(kind))

    def callback(self, fields, _):
        """A ticket."""
        [number] = fields
        return Callback(int(number))

    def complex(self, parts, _):
        """A number."""
        return complex(*parts)

    def slice(self, bounds, _):
        """As ``a[1:3]``."""
        return slice(*bounds)

    def array(self, form, _):
        """An array of numbers: the number of bytes must fit the shape."""
        dtype, shape = form
        if not NUMBERS.fullmatch(dtype) or not all(type(size) is int and size >= 0 for size in shape):
            raise Malformed(f"no array: {dtype} {shape}")
        length = np.dtype(dtype).itemsize * prod(shape)
        content, self.arrays = self.arrays[:length], self.arrays[length:]
        return np.frombuffer(content, dtype).reshape(shape).copy()

    def objects_array(self, form, depth):
        """Values of any kind in an array."""
        shape, items = form
        array = np.empty(len(items), dtype=object)
        array[:] = self.inward(items, depth)
        return array.reshape(shape)


KINDS = {
    "tuple": "tuple",
    "dict": "dict",
    "result": "result",
    "Kept": "kept",
    "Callback": "callback",
    "complex": "complex",
    "slice": "slice",
    "array": "array",
    "objects": "objects_array",
}
