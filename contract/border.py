"""The border around ``scratch`` and ``torchref``: arguments are checked here, once.

The functions in the files of either package contain formulas and call each other
unchecked. The package exports them behind this border: every argument is checked as the
signature declares it, an overflow is a valid result, and no result is an argument.
Classes, and functions that receive data later (``orders``, the input of a net), check
with ``checked``, ``converted`` and ``expect_*``. ``library`` is the file ``arrays`` of
either package: how NumPy or PyTorch reads, converts and copies arrays.
"""

import functools
import inspect
import operator
import sys
from types import FunctionType

from contract.arguments import Argument, Choice, NonNegative
from contract.arrays import Array, expect_classes, expect_samples
from contract.names import FILES
from contract.states import State, expect_nesterov, expect_representable

MAX_ACCEPTED = 1000


def checked(library):
    """A decorator that checks arguments; ``library`` is the file ``arrays``."""
    return functools.cache(lambda function: bordered(function, library))


def converted(library):
    """A function that converts the arguments of a call as its signature declares."""
    signature = functools.cache(lambda function: Signature(function, library))

    def convert(function, *args):
        takes = signature(function)
        if takes.any_value and tuple(map(library.format_of, args)) in takes.accepted:
            return args
        given = dict(zip(takes.names, args))  # noqa: B905
        takes.check(given)
        return given.values()

    return convert


def bordered(function, library):
    """The function behind the border."""
    signature = Signature(function, library)
    names, arrays = signature.names, signature.array_names

    @library.quiet
    def outside(*args, **kwargs):
        given = dict(zip(names, args)) | kwargs  # noqa: B905
        if len(given) < len(args) + len(kwargs) or len(args) > signature.positional:
            function(*args, **kwargs)  # raises Python's own TypeError
        signature.check(given)
        result = function(**given)
        for name in arrays:
            if given[name] is result:
                return library.copied(result)
        return result

    return functools.wraps(function)(outside)


def rewired(f, **names):
    """The function f, with other meanings of the names that it calls."""
    known = f.__globals__ | names
    twin = FunctionType(f.__code__, known, f.__name__, f.__defaults__, f.__closure__)
    twin.__kwdefaults__, twin.__annotations__ = f.__kwdefaults__, f.__annotations__
    return twin


def export(package, library):
    """Put the public functions of a package behind the border; return all names."""
    files = [sys.modules.get(f"{package['__name__']}.{file}") for file in FILES]
    names = [name for file in files for name in getattr(file, "__all__", ())]
    for name in names:
        if inspect.isfunction(package[name]):
            package[name] = checked(library)(package[name])
            package[name].__module__ = package["__name__"]  # where pickle finds it
    return names


class Signature:
    """The parameters of a function, as its annotations declare them."""

    def __init__(self, function, library):
        parameters = inspect.signature(function).parameters.values()
        self.function, self.library = function, library
        self.names = [parameter.name for parameter in parameters]
        self.positional = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
        optional = [p for p in parameters if p.default is not p.empty]
        self.defaults = {p.name: p.default for p in optional}
        self.required = set(self.names) - set(self.defaults)
        kinds = {p.name: p.annotation for p in parameters}
        self.options = of_kind(kinds, Argument | Choice)
        # Weights first: a message is about the input that does not fit them.
        weights = ("weight", "bias")
        self.arrays = of_kind(kinds, Array)
        self.array_names = [name for name, _ in self.arrays]
        self.arrays.sort(key=lambda pair: pair[0] not in weights)
        self.with_range = [(name, kind) for name, kind in self.arrays if kind.check]
        self.classes = [name for name, kind in self.arrays if kind.numbers == "classes"]
        self.rates = [name for name, kind in kinds.items() if kind is NonNegative]
        self.states = of_kind(kinds, State)
        # Whether nothing but arrays of any numbers is taken: their format decides.
        looked_at = self.options, self.with_range, self.classes, self.rates, self.states
        self.any_value = not any(looked_at)
        self.accepted: set = set()

    def check(self, given):
        """Check the given arguments and convert them in place."""
        if not self.required <= given.keys():
            self.function(**given)  # raises Python's own TypeError
        for name, kind in self.options:
            if name in given:
                given[name] = kind(name, given[name])
        if self.arrays:
            self.check_arrays(given)
        for name, kind in self.states:
            options = {**self.defaults, **given}
            expect_nesterov(options)
            state, param = given.get(name), given["param"]
            given[name] = kind.read(name, state, param, options, self.library)

    def check_arrays(self, given):
        """Arrays of the library, of one dtype, whose shapes fit, in their ranges."""
        format_of = self.library.format_of
        formats = tuple([format_of(given[name]) for name in self.array_names])
        if formats not in self.accepted:
            self.convert(given, formats)
        for name, kind in self.with_range:
            kind.check(name, given[name])
        for name in self.classes:
            target, pred = given[name], given["pred"]
            given[name] = indices = self.library.classes(target)
            expect_classes(name, target, indices, self.library.dtype_name(target), pred)
        if self.rates:
            rates = {name: given.get(name) for name in self.rates}
            arrays = [given[name] for name in self.array_names]
            expect_representable(rates, self.library, arrays)

    def convert(self, given, formats):
        """Read the arrays, give the floats one dtype, and compare the shapes."""
        names = [name for name, _ in self.arrays]
        before = [given[name] for name in names]
        for name in names:
            given[name] = self.library.read(name, given[name])
        floats = [name for name, kind in self.arrays if kind.numbers == "float"]
        values = self.library.as_floats([given[name] for name in floats])
        given.update(zip(floats, values, strict=True))
        bound: dict = {}
        for name, kind in self.arrays:
            if kind.numbers == "any":
                expect_samples(name, given[name], given["x"])
            else:
                kind.fit(name, given[name], bound)
        as_given = all(map(operator.is_, before, map(given.get, names)))
        if as_given and None not in formats and len(self.accepted) < MAX_ACCEPTED:
            self.accepted.add(formats)  # arrays like these need not be looked at again


def of_kind(kinds, kind):
    """The arguments of one kind."""
    return [(name, found) for name, found in kinds.items() if isinstance(found, kind)]
