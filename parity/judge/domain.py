"""The part of the contract that a candidate covers: what it declares as ``PARITY``, and what it is found to refuse.

A wrong number is never a smaller domain. What is found by trying is refused by an error: a name is refused as a name is
that nobody has, a number of layers by the constructor, a single sample where the same numbers as a row are accepted.
"""

import inspect
import math
from typing import Any, NamedTuple

import numpy as np

import scratch
from contract.arguments import choice
from contract.arrays import Batch, Shape
from contract.messages import shown
from parity.border.wire import Kept
from parity.judge.referee import ACTIVATIONS, LOSSES, UPDATES

NAMES = {
    "activation": tuple(ACTIVATIONS),
    "output": ("identity", "sigmoid"),
    "loss": tuple(LOSSES),
    "optimizer": tuple(UPDATES),
}
OPTIONAL = ("leaky_relu",)  # activations that a neuron or a net need not know by name
DEPTHS = range(4)  # numbers of hidden layers that are tried
NOBODYS = "no_such_name"
EXAMPLE = 'a dictionary such as {"activations": ["relu"], "hidden_layers": 1}'


class LeftOut(Exception):
    """An example lies outside of the candidate's domain."""


class Declared(NamedTuple):
    """What a candidate declares; None is everything."""

    activations: Any = None
    losses: Any = None
    optimizers: Any = None
    hidden_layers: Any = None
    eps: Any = None
    rows_only: Any = None


EVERYTHING = Declared()


def declared(backend):
    """What a backend declares; a ValueError of one line says what is wrong with it."""
    given = None if backend.ours else backend.declared()
    where = f"{backend.name}: PARITY"
    if given is None:
        return EVERYTHING
    if not isinstance(given, dict):
        raise ValueError(f"{where}: got {got(given)}, expected {EXAMPLE}")
    for key, value in given.items():
        choice(where, key, Declared._fields)
        EXPECTED[key](f"{where}, {key}", value)
    return Declared(**given)


def got(value):
    """A value as text; of an object that stayed behind the border the type."""
    return value.type if isinstance(value, Kept) else shown(value)


def names_of(option):
    """A declaration of some of these names."""

    def expect(where, value):
        if not isinstance(value, list | tuple) or not value:
            raise ValueError(
                f"{where}: got {got(value)}, expected a list of at least one of {', '.join(NAMES[option])}"
            )
        for name in value:
            choice(where, name, NAMES[option])

    return expect


def expect_count(where, value):
    """A number of hidden layers."""
    if type(value) is not int or value < 0:
        raise ValueError(f"{where}: got {got(value)}, expected the number of hidden layers, a non-negative integer")


def expect_eps(where, value):
    """An epsilon."""
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise ValueError(f"{where}: got {got(value)}, expected a positive number such as 1e-7")


def expect_flag(where, value):
    """True or False."""
    if type(value) is not bool:
        raise ValueError(f"{where}: got {got(value)}, expected True or False")


EXPECTED = {
    "activations": names_of("activation"),
    "losses": names_of("loss"),
    "optimizers": names_of("optimizer"),
    "hidden_layers": expect_count,
    "eps": expect_eps,
    "rows_only": expect_flag,
}


class Domain:
    """What a property may ask of a candidate; ``left_out`` is what it would have asked otherwise."""

    def __init__(self, given=EVERYTHING):
        self.names = NAMES | {"activation": tuple(given.activations or NAMES["activation"])}
        self.names |= {"loss": tuple(given.losses or NAMES["loss"])}
        self.names |= {"optimizer": tuple(given.optimizers or NAMES["optimizer"])}
        self.layers = None if given.hidden_layers is None else (given.hidden_layers, given.hidden_layers)
        self.eps = given.eps
        self.of_rows = set(ROWS) if given.rows_only else set()
        self.left_out: set[str] = set()
        self.not_tried: set[str] = set()

    def among(self, option, names):
        """Those of these names that the candidate knows; all of them if it knows none."""
        known = [name for name in names if name in self.names[option]]
        unknown = set(names).difference(known)
        self.not_tried |= unknown.intersection(OPTIONAL)
        self.left_out |= {f"{option} {name}" for name in unknown.difference(OPTIONAL)}
        return known or list(names)

    def needs(self, **options):
        """Leave the example out if the candidate does not know one of these options."""
        for option, name in options.items():
            if name not in self.names[option]:
                raise LeftOut(f"{option} {name}")

    def loss(self):
        """The loss of a single layer: the squared error, or its mean if the candidate knows only that."""
        loss = "squared_error" if "squared_error" in self.names["loss"] else "mse_loss"
        self.needs(loss=loss)
        return loss

    def sizes(self, first, last, hidden=0):
        """The sizes of a net with about this many hidden layers, as the candidate has it."""
        return [first] + [first] * self.depth(hidden, hidden)[0] + [last]

    def depth(self, least, most):
        """The nearest numbers of hidden layers that the candidate has, to those from ``least`` to ``most``."""
        if not self.layers:
            return least, most
        low, high = self.layers
        if least < low or most > high:
            self.left_out.add(f"hidden layers other than {low if low == high else f'{low} to {high}'}")
        least = min(max(least, low), high)
        return least, max(min(most, high), least)

    def rows(self, name, args):
        """The arguments, where one sample is a row if the candidate's function takes only rows."""
        places = ROWS.get(name, ())
        if name not in self.of_rows or not all(np.ndim(args[place]) == 1 for place in places):
            return args
        self.left_out.add("one sample that is no row")
        return [arg[None] if place in places else arg for place, arg in enumerate(args)]

    def fixed(self, name):
        """The epsilon that is written into the candidate's code, as an option of this optimizer."""
        if (
            not self.eps
            or not hasattr(scratch, name)
            or "eps" not in inspect.signature(getattr(scratch, name)).parameters
        ):
            return {}
        self.left_out.add(f"eps other than {self.eps:g}")
        return {"eps": self.eps}


def takes_rows(kind):
    """Whether an argument is N samples, or one sample without an axis for N."""
    return getattr(kind, "axes", ())[:1] in ((Shape,), (Batch,), (...,))


def positions(name):
    """The positions of a function's arguments that may be one sample or rows."""
    parameters = inspect.signature(getattr(scratch, name)).parameters.values()
    return [place for place, parameter in enumerate(parameters) if takes_rows(parameter.annotation)]


ROWS = {
    name: positions(name)
    for name in scratch.__all__
    if not inspect.isclass(getattr(scratch, name)) and not name.endswith("_update") and positions(name)
}
