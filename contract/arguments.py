"""Kinds of arguments that are not arrays: numbers, names, counts, functions.

Each kind is called with the argument's name and value; it returns the value as the
function expects it, or raises a ValueError of one line: name, got, expected.
"""

import itertools
import math
import numbers
import operator
from difflib import get_close_matches

import numpy as np

from contract.messages import invalid, shown

# Larger values are mistakes and would fill the memory.
MAX_SIZES, MAX_WEIGHTS, MAX_PARAMETERS = 10_000, 2**27, 10**6


class Argument:
    """A kind of argument in a signature."""

    def __init__(self, check):
        self.name, self.check, self.__doc__ = check.__name__, check, check.__doc__

    def __call__(self, name, value):
        return self.check(name, value)

    def __repr__(self):
        return self.name


class Choice:
    """``OneOf["a", "b"]`` or ``OneOf[a dictionary by name]``, which may grow later."""

    def __init__(self, options=()):
        self.options = options

    def __getitem__(self, options):
        return Choice(options)

    def __call__(self, name, value):
        return choice(name, value, self.options)

    def __repr__(self):
        return f"OneOf[{', '.join(map(repr, self.options))}]"


OneOf = Choice()
DType = OneOf["float64", "float32"]


def choice(name, value, options):
    """One of the named options; an error suggests the nearest."""
    if isinstance(value, str) and value in options:
        return value
    typed = value.lower() if isinstance(value, str) else ""
    known = {option.lower(): option for option in options}
    begins = [key for key in known if typed and key.startswith(typed)]
    nearest = begins or get_close_matches(typed[:60], known, n=1)
    hint = f"; did you mean {known[nearest[0]]!r}?" if nearest else ""
    raise invalid(name, shown(value), f"one of {', '.join(options)}{hint}")


def real(value):
    """A Python float; nan if the value is not a real number, inf if it is too large."""
    # float first: numbers.Real is slow, and an optimizer needs it at every step.
    is_real = isinstance(value, (float, numbers.Real)) and not isinstance(value, bool)
    try:
        return float(value) if is_real else math.nan
    except OverflowError:
        return math.inf


def is_integer(value):
    """Whether it is an integer of Python or NumPy; a bool is not."""
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


@Argument
def NonNegative(name, value):
    """A finite non-negative number, as a Python float: NumPy's would widen float32."""
    number = real(value)
    if not 0 <= number < math.inf:
        raise invalid(name, shown(value), "a finite non-negative number")
    return number


@Argument
def Rate(name, value):
    """A learning rate, or a function of the epoch that gives one."""
    return value if callable(value) else NonNegative(name, value)


@Argument
def Count(name, value):
    """A non-negative integer."""
    if not is_integer(value) or int(value) < 0:
        raise invalid(name, shown(value), "a non-negative integer")
    return int(value)


@Argument
def Size(name, value):
    """A positive integer: the number of inputs or neurons of a layer."""
    if not is_integer(value) or int(value) < 1:
        raise invalid(name, shown(value), "a positive integer")
    return int(value)


@Argument
def Sizes(name, value):
    """At least two positive integers, as a list: layers that fit into memory."""
    try:
        sizes = list(itertools.islice(value, MAX_SIZES + 1))
    except TypeError:
        sizes = []
    if len(sizes) < 2 or not all(is_integer(size) and int(size) > 0 for size in sizes):
        raise invalid(name, shown(value), "at least two positive integers")
    sizes = [int(size) for size in sizes]
    expect_memory(*sizes, name=name)
    return sizes


def expect_memory(*sizes, name="in_features, out_features"):
    """Reject layers that would fill the memory."""
    weights = sum(d * k for d, k in itertools.pairwise(sizes))
    if len(sizes) > MAX_SIZES or weights > MAX_WEIGHTS:
        most = f"at most {MAX_SIZES} sizes and {MAX_WEIGHTS} weights"
        raise invalid(name, shown(list(sizes)), most)


@Argument
def Seed(name, value):
    """None, or an integer that seeds the generator of either library."""
    if value is not None and Count(name, value) >= 2**64:
        raise invalid(name, shown(value), "an integer below 2**64")
    return value


@Argument
def Flag(name, value):
    """True or False."""
    if not isinstance(value, bool):
        raise invalid(name, shown(value), "True or False")
    return value


@Argument
def Betas(name, value):
    """Two decay rates, each from 0 up to but not including 1."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise invalid(name, shown(value), "a pair of numbers")
    for index, beta in enumerate(value):
        if not 0 <= real(beta) < 1:
            wanted = "a number from 0 up to but not including 1"
            raise invalid(f"{name}[{index}]", shown(beta), wanted)
    return float(value[0]), float(value[1])


@Argument
def Callback(name, value):
    """None, or a function that is called after each epoch or step."""
    if value is not None and not callable(value):
        raise invalid(name, shown(value), "a function or None")
    return value


@Argument
def Net(name, value):
    """A network: it has gradients that can be reset."""
    able = callable(value) and hasattr(value, "zero_grad")
    if isinstance(value, type) or not (able and hasattr(value, "parameters")):
        raise invalid(name, shown(value), "a net such as MLP")
    return value


@Argument
def OptimizerObject(name, value):
    """An optimizer created with the parameters of a network."""
    able = hasattr(value, "zero_grad") and hasattr(value, "step")
    if isinstance(value, type) or not able:
        raise invalid(name, shown(value), "an optimizer such as SGD")
    return value


def listed(name, values):
    """The elements of an iterable as a list; an endless one is cut."""
    try:
        return list(itertools.islice(values, MAX_PARAMETERS))
    except TypeError:
        raise invalid(name, shown(values), "a list") from None


def batch_length(batch_size, n, name="batch_size"):
    """The number of samples in a batch: from 1 to n, all for None."""
    if batch_size is None:
        return n
    if not is_integer(batch_size) or not 1 <= int(batch_size) <= n:
        wanted = f"an integer from 1 to {n}, the number of samples"
        raise invalid(name, shown(batch_size), wanted)
    return int(batch_size)


def part_length(batch_size, accumulate, name="accumulate"):
    """The number of samples in a part of a batch, of which the last may have fewer."""
    if accumulate > batch_size:
        wanted = f"an integer from 1 to {batch_size}, the number of samples in a batch"
        raise invalid(name, shown(accumulate), wanted)
    return -(-batch_size // accumulate)


def permutation(name, order, n):
    """The order as an array that contains each of 0..n-1 once."""
    try:
        indices = [operator.index(i) for i in itertools.islice(order, n + 1)]
    except TypeError:
        indices = []
    if sorted(indices) != list(range(n)):
        raise invalid(name, shown(order), f"a permutation of 0..{n - 1}")
    return np.array(indices)


def epoch_orders(orders, epochs, n, first=0):
    """What to index the samples with in each epoch: a permutation, or a whole slice.

    Those before the ``first`` are left out.
    """
    if orders is None:
        yield from itertools.repeat(slice(None), max(epochs - first, 0))
        return
    if isinstance(orders, np.random.Generator):
        orders = map(orders.permutation, itertools.repeat(n))
    try:
        orders = iter(orders)
    except TypeError:
        wanted = f"a permutation of 0..{n - 1} for each epoch"
        raise invalid("orders", shown(orders), wanted) from None
    # range first, so that zip does not take one order too many from a generator.
    numbered = zip(range(epochs), orders, strict=False)
    for epoch, order in itertools.islice(numbered, first, None):
        yield permutation(f"orders[{epoch}]", order, n)
