r"""Arrays that carry a bound on their rounding error.

A ``Bounded`` has a value v, computed in a wider format, and a bound e: the same formula computed in float32
or float64, in any order of summation, with or without fused multiply-add, lies within e of v. Each operation
passes on the errors of its operands and adds its own, with u = 2^-24 or 2^-53 and gamma_k = k u / (1 - k u):

    a + b, a * b, a / b     propagated + u |result|
    sum of n                propagated + gamma_(n-1) sum |x|
    dot over K              propagated + gamma_K sum |a| |b|
    sqrt                    propagated + 2 u |result|     (PyTorch's is not correctly rounded)
    exp, log, tanh          propagated + 4 u |result|
    sigmoid                 propagated + 8 u |result|
    to another precision    propagated + u |result|

plus the smallest subnormal if a product or a conversion may underflow, and the smallest normal if an exponential may.

**Exact arithmetic is the case e = 0.** Floats are dyadic rationals: as long as all terms of a sum are multiples of one
power of two, 2^grid, and the sum of their absolute values is below 2^24 (2^53) times that, every partial sum
in any order is representable and nothing is rounded. This certificate is computed with integer exponents; if it
holds, no error is added, so that a chain of certified operations ends with e = 0: then "within the bound" means "the
same bits", and v is the exact rational result.

**Another formula** that is equal on paper stays within the bounds of ``coarser(n)``: every operation rounds n times as
coarsely, and so does everybody who takes up an input or an exact result.
"""

import math
from collections.abc import Callable
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

import numpy as np

# The exponent of numbers without a known power-of-two divisor; smaller than all others.
NO_GRID = -math.inf
# v itself is rounded, 2^11 times finer than the format or better, and e in float64; this covers both.
SLACK = 1 + 2.0**-10


class Precision(NamedTuple):
    """A checked format, and the wider one in which the referee computes."""

    name: str
    digits: int
    tiny: float
    normal: float
    largest: float
    wide: Callable
    exp: Callable
    log: Callable
    tanh: Callable
    sqrt: Callable
    coarser: float = 0.0  # how many times; 0: the referee's own formula, whose exact results are exact

    @property
    def unit(self):
        """Half the distance from 1 to the next number: the largest relative error of one rounding."""
        return 2.0**-self.digits * SLACK * (self.coarser or 1)

    def holds(self, number):
        """Whether a Python number is representable."""
        return float(np.dtype(self.name).type(number)) == number


def wide_numpy(dtype):
    """Compute in a wider NumPy format."""
    return [lambda values: np.asarray(values).astype(dtype), np.exp, np.log, np.tanh, np.sqrt]


def wide_mpmath():
    """Compute in 113 bits of mpmath, for platforms whose long double is a double."""
    import mpmath

    context = mpmath.mp.clone()
    context.prec = 113

    def elementwise(function):
        # mpmath returns a single number as a scalar without array attributes.
        return lambda values: np.asarray(np.frompyfunc(function, 1, 1)(values), dtype=object)

    def real(function):
        # Below 0 mpmath returns complex numbers, NumPy nan.
        return lambda x: function(x) if x >= 0 else context.nan

    functions = [context.mpf, context.exp, real(context.log), context.tanh, real(context.sqrt)]
    return [elementwise(function) for function in functions]


def _precision(name, wide):
    info = np.finfo(name)
    tiny, normal, largest = float(info.smallest_subnormal), float(info.smallest_normal), float(info.max)
    return Precision(name, info.nmant + 1, tiny, normal, largest, *wide)


HAS_LONG_DOUBLE = np.finfo(np.longdouble).eps < np.finfo(np.float64).eps
PRECISIONS = {
    "float64": _precision("float64", wide_numpy(np.longdouble) if HAS_LONG_DOUBLE else wide_mpmath()),
    "float32": _precision("float32", wide_numpy(np.float64)),
}


@contextmanager
def coarser(times):
    """In the context every operation rounds this many times as coarsely, and so are inputs and exact results."""
    usual = dict(PRECISIONS)
    PRECISIONS.update({name: precision._replace(coarser=times) for name, precision in usual.items()})
    try:
        yield
    finally:
        PRECISIONS.update(usual)


def bounded(array, precision=None):
    """An array of floats without error; single numbers are options and counts, which nothing rounds."""
    array = np.asarray(array)
    precision = precision or PRECISIONS[array.dtype.name]
    error = taken_up(array, precision) if array.ndim else np.zeros(())
    return Bounded(precision.wide(array), error, precision, largest_grid(array))


def taken_up(value, precision, propagated=0.0):
    """The error of an exact number: none for the referee's formula, a rounding of its own for a coarser one."""
    return propagated + precision.unit * magnitude(value) if precision.coarser else np.zeros(np.shape(value))


@lru_cache(maxsize=1024)
def number(value, precision):
    """A Python float, rounded as in an operation with an array of this precision."""
    return bounded(np.float64(value), PRECISIONS["float64"]).to(precision)


def largest_grid(array):
    """The exponent of the largest power of two that divides all numbers of the array."""
    numbers = np.asarray(array, dtype=np.float64)
    if not np.isfinite(numbers).all():
        return NO_GRID
    mantissas, exponents = np.frexp(numbers[numbers != 0])
    if mantissas.size == 0:
        return 2000
    whole = (mantissas * 2.0**53).astype(np.int64)
    lowest_bits = np.log2((whole & -whole).astype(np.float64)) + exponents - 53
    return int(lowest_bits.min())


def magnitude(values):
    """Absolute values in float64."""
    return np.asarray(np.abs(values), dtype=np.float64)


class Bounded:
    """A wide value and a bound on the distance of a correct computation from it, element by element."""

    __array_ufunc__ = None

    def __init__(self, value, error, precision, grid=NO_GRID, tied=False):
        self.value = np.asarray(value)
        # 0 times infinity, and infinity minus infinity: nothing is known.
        self.error = np.fmin(error, np.inf)
        self.precision = precision
        self.grid = grid
        self.tied = tied

    @property
    def shape(self):
        """The shape of the value."""
        return np.shape(self.value)

    @property
    def size(self):
        """The number of elements."""
        return np.size(self.value)

    @property
    def T(self):  # noqa: N802 (as NumPy names it)
        """Transposed."""
        return self._with(self.value.T, self.error.T)

    def __getitem__(self, index):
        return self._with(self.value[index], self.error[index])

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def rows(self):
        """(D,) as (1, D)."""
        return self[None, :] if np.ndim(self.value) == 1 else self

    def reach(self):
        """The largest absolute value that a correct computation may have."""
        return magnitude(self.value) + self.error

    def _with(self, value, error):
        return Bounded(value, error, self.precision, self.grid, self.tied)

    def _meet(self, other):
        """Both operands in the coarser precision, as for a Python float and a float32 array."""
        if not isinstance(other, Bounded):
            return self, number(float(other), self.precision)
        if self.precision.digits > other.precision.digits:
            return self.to(other.precision), other
        return self, other if self.precision.digits == other.precision.digits else other.to(self.precision)

    def to(self, precision):
        """Rounded to another precision, as a Python float in an operation with a float32 array."""
        value = precision.wide(self.value)
        if self.grid > NO_GRID and np.size(value) == 1 and precision.holds(float(value.item())):
            return Bounded(value, self.error, precision, self.grid, self.tied)
        reach = self.reach()
        error = self.error + precision.unit * reach + precision.tiny * (reach > 0)
        return Bounded(value, unless_overflowing(error, reach, precision), precision, NO_GRID, self.tied)

    def _result(self, value, propagated, scale, *, roundings=1, grid=NO_GRID, terms=None, tied=False):
        """The value after this number of roundings at this scale, none if the certificate holds for these terms."""
        precision = self.precision
        if grid > NO_GRID and certified(np.max(terms, initial=0), grid, precision):
            return Bounded(value, taken_up(value, precision, propagated), precision, grid, tied)
        gamma = roundings * precision.unit / (1 - roundings * precision.unit)
        error = propagated + gamma * scale + roundings * precision.tiny * (scale > 0)
        # If the narrow format overflows, any result is possible.
        error = np.where(scale > precision.largest, np.inf, error)
        error = unless_overflowing(error * SLACK, np.maximum(scale, magnitude(value)), precision)
        return Bounded(value, error, precision, NO_GRID, tied)

    def __add__(self, other):
        self, other = self._meet(other)
        value, propagated = self.value + other.value, self.error + other.error
        grid = min(self.grid, other.grid)
        terms = magnitude(self.value) + magnitude(other.value)
        scale = magnitude(value) + propagated
        return self._result(value, propagated, scale, grid=grid, terms=terms, tied=self.tied or other.tied)

    __radd__ = __add__

    def __neg__(self):
        return self._with(-self.value, self.error)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        self, other = self._meet(other)
        value, a, b = self.value * other.value, magnitude(self.value), magnitude(other.value)
        propagated = a * other.error + b * self.error + self.error * other.error
        grid = self.grid + other.grid
        # A factor that is a power of two shifts the other and rounds nothing, unless the product underflows.
        shifts = scales_exactly(self) | scales_exactly(other)
        scale = np.where(shifts & (magnitude(value) >= self.precision.normal), 0, magnitude(value) + propagated)
        return self._result(value, propagated, scale, grid=grid, terms=a * b, tied=self.tied or other.tied)

    __rmul__ = __mul__

    def __truediv__(self, other):
        self, other = self._meet(other)
        if other.size == 1 and is_power_of_two(other):
            return self * Bounded(1 / other.value, other.error, other.precision, -other.grid)
        # NumPy divides by 0, mpmath does not.
        value = self.value / np.where(other.value == 0, 1, other.value)
        nearest = magnitude(other.value) - other.error
        # If the divisor may be zero, any result is possible.
        propagated = np.where(nearest > 0, (self.error + magnitude(value) * other.error) / nearest, np.inf)
        return self._result(value, propagated, magnitude(value) + propagated, tied=self.tied or other.tied)

    def __rtruediv__(self, other):
        return number(float(other), self.precision) / self

    def __matmul__(self, other):
        a, b = magnitude(self.value), magnitude(other.value)
        propagated = a @ other.error + self.error @ b + self.error @ other.error
        terms = a @ b
        grid = self.grid + other.grid
        return self._result(
            self.value @ other.value,
            propagated,
            terms + propagated,
            roundings=self.shape[-1],
            grid=grid,
            terms=terms,
            tied=self.tied or other.tied,
        )

    def sum(self, axis=None, keepdims=False):
        """The sum, in any order."""
        n = self.size if axis is None else self.shape[axis]
        value, propagated, terms = (
            np.asarray(array.sum(axis=axis, keepdims=keepdims))
            for array in (self.value, self.error, magnitude(self.value))
        )
        scale = terms + propagated
        return self._result(
            value, propagated, scale, roundings=max(n - 1, 1), grid=self.grid, terms=terms, tied=self.tied
        )

    def mean(self):
        """The mean over all elements: sum / n, or sum * (1 / n), which rounds once more, as PyTorch has it on a GPU."""
        return self.sum() * (number(1.0, self.precision) / self.size)

    def max(self, axis, keepdims=False):
        """The maximum along an axis; its error is at most the largest error."""
        value = self.value.max(axis=axis, keepdims=keepdims)
        return self._with(value, self.error.max(axis=axis, keepdims=keepdims))

    def loosened(self, roundings, scale):
        """With a bound for this many more roundings at this scale, to allow another correct form of the formula."""
        extra = roundings * self.precision.unit * scale
        return Bounded(
            self.value, self.error + extra, self.precision, self.grid if not np.any(extra) else NO_GRID, self.tied
        )


def certified(peak, grid, precision):
    """The certificate: sums of multiples of 2^grid are exact if their absolute values add up to at most peak."""
    if not peak <= precision.largest or grid < math.frexp(precision.tiny)[1] - 1:
        return False
    return peak == 0 or math.frexp(peak)[1] <= grid + precision.digits


def unless_overflowing(error, reach, precision):
    """The error, infinite if the format may overflow."""
    return np.where(reach + error < precision.largest, error, np.inf)


def scales_exactly(factor):
    """Whether a factor is known to be a power of two."""
    mantissas, _ = np.frexp(magnitude(factor.value))
    return (mantissas == 0.5) & (factor.error == 0)


def is_power_of_two(number):
    """Whether a one-element Bounded is a power of two, without error."""
    return number.grid > NO_GRID and math.frexp(abs(number.value.item())) == (0.5, number.grid + 1)


def stack(numbers):
    """Single numbers as one array."""
    values, errors = (np.array([getattr(x, name) for x in numbers]) for name in ("value", "error"))
    grids = [x.grid for x in numbers]
    return Bounded(values, errors, numbers[0].precision, min(grids), any(x.tied for x in numbers))


def affine(x, weight, bias):
    """x @ weight.T + bias as one sum of K + 1 terms: the bias may come first or last."""
    precision = x.precision
    a, b = magnitude(x.value), magnitude(weight.value)
    value = x.value @ weight.value.T + bias.value
    propagated = a @ weight.error.T + x.error @ b.T + x.error @ weight.error.T + bias.error
    terms = a @ b.T + magnitude(bias.value)
    grid = min(x.grid + weight.grid, bias.grid)
    tied = x.tied or weight.tied or bias.tied
    result = Bounded(value, propagated, precision, NO_GRID, tied)
    return result._result(
        value, propagated, terms + propagated, roundings=x.shape[-1] + 1, grid=grid, terms=terms, tied=tied
    )


def function(x, value, propagated, roundings, underflows=True):
    """A library function with this number of roundings; a result below the smallest normal may be flushed to zero."""
    precision = x.precision
    error = propagated + roundings * precision.unit * (magnitude(value) + propagated)
    if underflows:
        error = error + precision.normal * (magnitude(value) <= 2 * precision.normal)
    error = unless_overflowing(error * SLACK, magnitude(value), precision)
    return Bounded(value, error, precision, NO_GRID, x.tied)


def exp(x):
    """e^x."""
    value = x.precision.exp(x.value)
    # e^(v + e) is more than the difference, and 0 where that of an uncertain huge score is.
    highest = magnitude(x.precision.exp(x.value + np.minimum(x.error, np.finfo(float).max)))
    propagated = np.where(x.error < 1, magnitude(value) * np.expm1(np.minimum(x.error, 1)), highest)
    return function(x, value, propagated, roundings=4)


def log(x):
    """The natural logarithm; log 0 is -inf, without error."""
    value = np.where(x.value == 0, -np.inf, x.precision.log(np.where(x.value == 0, 1, x.value)))
    nearest = magnitude(x.value) - x.error
    propagated = np.where((x.error == 0) | is_zero(x), 0, np.where(nearest > 0, x.error / nearest, np.inf))
    rounding = np.where(np.isinf(magnitude(value)), 0, 4 * x.precision.unit * magnitude(value))
    return Bounded(value, np.asarray((propagated + rounding) * SLACK), x.precision, NO_GRID, x.tied)


def tanh(x):
    """The hyperbolic tangent, whose slope is at most 1."""
    value = x.precision.tanh(x.value)
    return function(x, value, np.fmin(x.error, change(x.precision.tanh, x, value)), roundings=4)


def sigmoid(x):
    """The logistic function, whose slope is at most 1/4."""

    def logistic(z):
        e = x.precision.exp(-abs(z))
        return np.where(z < 0, e, 1) / (1 + e)

    value = logistic(x.value)
    return function(x, value, np.fmin(np.minimum(x.error / 4, 1), change(logistic, x, value)), roundings=8)


def change(rising, x, value):
    """How far a rising function may change within the error of x: less than its slope allows where it is flat."""
    if not x.precision.coarser:
        return np.inf
    return np.maximum(magnitude(rising(x.value + x.error) - value), magnitude(value - rising(x.value - x.error)))


def sqrt(x):
    """The square root; a negative radicand counts as 0."""
    value, root = x.precision.sqrt(x.value), np.sqrt(magnitude(x.value))
    lowest = np.sqrt(np.maximum(magnitude(x.value) - x.error, 0))
    up, down = x.error / (np.sqrt(x.reach()) + root), np.minimum(x.error / (root + lowest), root)
    propagated = np.where(x.error > 0, np.fmax(up, down), 0)
    return function(x, value, propagated, roundings=2, underflows=False)


def absolute(x):
    """|x|."""
    return x._with(abs(x.value), x.error)


def maximum(x, floor):
    """The larger of the two; its error is at most the larger error."""
    x, other = x._meet(floor)
    grid = min(x.grid, other.grid)
    error = np.where(x.value > other.value, x.error, np.where(x.value < other.value, other.error, 0))
    # If the bounds overlap, either may be the larger.
    close = magnitude(x.value - other.value) <= x.error + other.error
    error = np.where(close, np.maximum(x.error, other.error), error)
    return Bounded(np.maximum(x.value, other.value), error, x.precision, grid, x.tied)


def uncertain(x):
    """Where x lies within its own bound of zero: a tie, and either sign is correct; an exact 0 is certain."""
    return (x.error > 0) & (magnitude(x.value) <= x.error) & ~is_zero(x)


def is_zero(x):
    """Where x is certified to be 0, however coarsely others round."""
    return (x.value == 0) & (x.grid > NO_GRID)


def sign(x):
    """-1, 0 or +1; at a tie any of the three."""
    value = np.where(x.value > 0, 1.0, np.where(x.value < 0, -1.0, 0.0))
    tie = uncertain(x)
    error = np.where(tie, 1 + abs(value), 0.0)
    grid = NO_GRID if tie.any() else 0
    return Bounded(x.precision.wide(value), error, x.precision, grid, x.tied or bool(tie.any()))


def where_positive(x, then, otherwise=None):
    """``then`` where x > 0, else ``otherwise``, which is 0 by default; at a tie either."""
    other = 0 * then.value if otherwise is None else otherwise.value
    other_error, other_grid = (0.0, then.grid) if otherwise is None else (otherwise.error, otherwise.grid)
    positive, tie = np.asarray(x.value > 0), uncertain(x)
    value = np.where(positive, then.value, other)
    either = magnitude(then.value - other) + then.error + other_error
    error = np.where(tie, either, np.where(positive, then.error, other_error))
    grid = NO_GRID if tie.any() else min(then.grid, other_grid)
    return Bounded(value, error, x.precision, grid, x.tied or then.tied or bool(tie.any()))
