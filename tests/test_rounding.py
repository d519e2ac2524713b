"""The propagated rounding bound is correct and tight, compared with exact fractions and 60 digits of mpmath."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.judge import referee, rounding
from parity.judge.rounding import NO_GRID, PRECISIONS, Bounded, bounded, largest_grid, magnitude

DTYPES = ["float64", "float32"]
each_dtype = pytest.mark.parametrize("dtype", DTYPES)
exact = mpmath.mp.clone()
exact.dps = 60

seeds = st.integers(0, 2**32 - 1)
lengths = st.integers(1, 40)
# Powers of ten to which the numbers are scaled.
scales = st.integers(-3, 3)
# Relative errors of the operands, in units of the format; 0 is none.
errors = st.sampled_from([0, 0, 1, 16, 4096])


@pytest.fixture(autouse=True)
def _quiet():
    """Suppress NumPy's warnings: an overflow is visible in the bound."""
    with np.errstate(all="ignore"):
        yield


plenty = settings(max_examples=150, deadline=None, database=None)


def on_grid(seed, shape, exponent, bits):
    """Integers of this number of bits times a power of two, as float64; some are 0."""
    rng = np.random.default_rng(seed)
    return rng.integers(-(2**bits), 2**bits, shape, endpoint=True) * 2.0**exponent


def fractions(array):
    """The numbers of an array as fractions."""
    return [Fraction(number) for number in np.asarray(array, dtype=np.float64).ravel().tolist()]


def any_float(rng, dtype, shape, scale):
    """Numbers of both signs that fill the significand, over a few powers of ten."""
    return (rng.normal(size=shape) * 10.0 ** (scale + rng.uniform(-2, 2, shape))).astype(dtype)


def with_error(rng, array, error):
    """A Bounded around the array, and values that differ by less than its bound."""
    off = error * float(np.finfo(array.dtype).eps) * np.abs(array).astype(float)
    moved = (array * (1 + rng.uniform(-0.4, 0.4, array.shape) * error * np.finfo(array.dtype).eps)).astype(array.dtype)
    precision = PRECISIONS[array.dtype.name]
    around = Bounded(precision.wide(array), off, precision, largest_grid(array) if error == 0 else NO_GRID)
    return around, moved


def precise(array):
    """The numbers of an array, whole, in 60 digits."""
    return np.frompyfunc(in_60_digits, 1, 1)(np.asarray(array))


def in_60_digits(number):
    """One number of any format, including long double, as a double plus the remainder."""
    high = float(number)
    left = float(number - high) if np.isfinite(high) else 0.0
    return exact.mpf(high) + exact.mpf(left)


def assert_bounds(bound, *candidates):
    """Assert that each candidate is within the bound; return the largest share of the bound used."""
    value = precise(bound.value)
    share = 0.0
    for candidate in candidates:
        gap = np.asarray(abs(precise(candidate) - value), dtype=float)
        assert np.shape(candidate) == bound.shape
        assert (gap <= bound.error).all(), f"off by {gap}, bound {bound.error}"
        share = max(share, float(np.max(gap / np.where(bound.error > 0, bound.error, np.inf), initial=0)))
    return share


# the certificate


@plenty
@given(seeds, lengths, st.integers(-20, 20), st.integers(0, 26), st.booleans())
def test_certified_sums_are_exact(seed, n, exponent, bits, clear):
    """Where a float32 sum is said to have no error every order of summation gives the exact rational sum."""
    array = on_grid(seed, n, exponent, bits if clear else 18).astype(np.float32)
    bound, total = bounded(array).sum(), sum(fractions(array))
    if bound.error > 0:
        return
    assert Fraction(float(bound.value)) == total
    rng = np.random.default_rng(seed)
    for _ in range(4):
        permuted = rng.permutation(array)
        running = np.float32(0)
        for number in permuted:
            running += number
        assert Fraction(float(running)) == Fraction(float(permuted.sum())) == total


@plenty
@given(seeds, lengths, st.integers(-20, 20), st.integers(0, 13))
def test_certified_dots_are_exact(seed, n, exponent, bits):
    """Where a float32 dot product is said to have no error every order gives the exact rational number."""
    a, b = on_grid(seed, (2, n), exponent, bits).astype(np.float32)
    bound = bounded(a[None, :]) @ bounded(b[:, None])
    total = sum(p * q for p, q in zip(fractions(a), fractions(b), strict=True))
    if bound.error.any():
        return
    assert Fraction(float(bound.value.item())) == total
    rng = np.random.default_rng(seed)
    for _ in range(4):
        order = rng.permutation(n)
        running = np.float32(0)
        for p, q in zip(a[order], b[order], strict=True):
            running += p * q
        assert Fraction(float(running)) == Fraction(float(a[order] @ b[order])) == total


@plenty
@given(seeds, lengths, st.integers(-20, 20), st.integers(0, 24))
def test_no_certificate_where_sums_do_not_fit(seed, n, exponent, bits):
    """A sum is certified if and only if its absolute terms add up to less than 2^24 times their grid."""
    array = on_grid(seed, n, exponent, bits).astype(np.float32)
    terms = sum(map(abs, fractions(array)))
    fits = terms / Fraction(2) ** largest_grid(array) < 2**24
    assert bool(bounded(array).sum().error == 0) == (fits or terms == 0)


@plenty
@given(seeds, lengths, st.integers(4, 13))
def test_no_certificate_where_dots_do_not_fit(seed, n, bits):
    """A dot product is certified only if its absolute terms add up to less than 2^24 times the product of the grids."""
    a, b = on_grid(seed, (2, n), -3, bits).astype(np.float32)
    bound = bounded(a[None, :]) @ bounded(b[:, None])
    terms = sum(abs(p * q) for p, q in zip(fractions(a), fractions(b), strict=True))
    fits = terms / Fraction(2) ** (largest_grid(a) + largest_grid(b)) < 2**24
    assert bool(bound.error.any()) == (not fits and terms != 0)


@plenty
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_largest_grid(numbers):
    """The grid divides every number, and twice the grid does not."""
    grid = Fraction(2) ** largest_grid(np.array(numbers))
    parts = [Fraction(number) / grid for number in numbers]
    assert all(part.denominator == 1 for part in parts)
    assert not any(numbers) or any(part.numerator % 2 for part in parts)


def test_largest_grid_of_no_number():
    """Where a number is not finite there is no grid, and so no certificate."""
    assert largest_grid(np.array([1.0, np.inf])) == NO_GRID
    assert largest_grid(np.array([np.nan])) == NO_GRID


# the bound of each operation

OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "matmul": lambda a, b: a @ b.T,
}


@pytest.mark.parametrize("name", OPERATIONS)
@each_dtype
@plenty
@given(seeds, lengths, scales, errors, errors)
def test_bound_of_two_operands(name, dtype, seed, n, scale, error_a, error_b):
    """What the format computes from operands within their bounds lies within the bound of the result."""
    rng = np.random.default_rng(seed)
    operation = OPERATIONS[name]
    (a, near_a), (b, near_b) = (
        with_error(rng, any_float(rng, dtype, (3, n), scale), error) for error in (error_a, error_b)
    )
    candidate = operation(near_a, near_b)
    assert_bounds(operation(a, b), candidate)
    if error_a == error_b == 0:
        assert_bounds(operation(a, b), operation(precise(near_a), precise(near_b)))


FUNCTIONS = {
    "sqrt": (lambda x: np.sqrt(np.abs(x)), lambda x: rounding.sqrt(rounding.absolute(x))),
    "exp": (np.exp, rounding.exp),
    "log": (lambda x: np.log(np.abs(x)), lambda x: rounding.log(rounding.absolute(x))),
    "tanh": (np.tanh, rounding.tanh),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), rounding.sigmoid),
    "sum": (np.sum, Bounded.sum),
    "mean": (np.mean, Bounded.mean),
}
IN_60_DIGITS = {
    "sqrt": lambda x: exact.sqrt(abs(x)),
    "exp": exact.exp,
    "log": lambda x: exact.log(abs(x)),
    "tanh": exact.tanh,
    "sigmoid": lambda x: 1 / (1 + exact.exp(-x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@each_dtype
@plenty
@given(seeds, lengths, st.integers(-3, 0), errors)
def test_bound_of_one_operand(name, dtype, seed, n, scale, error):
    """What NumPy computes in the format lies within the bound, and so does the function to 60 digits."""
    rng = np.random.default_rng(seed)
    around, near = with_error(rng, any_float(rng, dtype, n, scale), error)
    computed, judged = FUNCTIONS[name]
    bound = judged(around)
    assert_bounds(bound, computed(near))
    if name in IN_60_DIGITS:
        assert_bounds(bound, np.frompyfunc(IN_60_DIGITS[name], 1, 1)(precise(near)))


@each_dtype
@plenty
@given(seeds, lengths, scales)
def test_bound_of_a_layer(dtype, seed, n, scale):
    """x W' + b lies within its bound, whether the bias is added first or last."""
    rng = np.random.default_rng(seed)
    x, weight, bias = (any_float(rng, dtype, shape, scale) for shape in ((3, n), (2, n), 2))
    bound = rounding.affine(bounded(x), bounded(weight), bounded(bias))
    first = np.broadcast_to(bias, (3, 2)).copy()
    for k in range(n):
        first += np.outer(x[:, k], weight[:, k])
    assert_bounds(bound, x @ weight.T + bias, first, precise(x) @ precise(weight).T + precise(bias))


@each_dtype
def test_bound_is_tight(dtype):
    """Over 20,000 dot products of two terms the largest error is more than 0.3 of what the bound allows."""
    rng = np.random.default_rng(1)
    a, b = rng.uniform(1, 2, (2, 20000, 1, 2)).astype(dtype)
    b = np.swapaxes(b, 1, 2)
    bound = bounded(a) @ bounded(b)
    gap = magnitude(bound.precision.wide(a @ b) - bound.value)
    assert 0.3 < np.max(gap / bound.error) <= 1


@each_dtype
def test_overflow_has_no_bound(dtype):
    """Where the format overflows and the wider one does not, nothing is said about the result."""
    largest = np.array([np.finfo(dtype).max, 1], dtype=dtype)
    results = (bounded(largest) * 3.0, bounded(largest) * 2.0, bounded(largest) + largest_of(dtype))
    for result in (*results, rounding.exp(bounded(np.array([800, 0], dtype=dtype)))):
        assert np.isinf(result.error).tolist() == [True, False]
    assert np.isinf(bounded(largest[[0, 0]]).sum().error), "a sum of multiples of a grid, all the same"


def largest_of(dtype):
    """The largest number and 0."""
    return bounded(np.array([np.finfo(dtype).max, 0], dtype=dtype))


# two referees of different width


def referees(name, arrays, **options):
    """The same formula judged in long double and in 113 bits of mpmath."""
    for wide in (rounding.wide_numpy(np.longdouble), rounding.wide_mpmath()):
        precision = rounding._precision("float64", wide)
        # Python numbers are converted by this table.
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(PRECISIONS, "float64", precision)
            result = getattr(referee, name)(*(bounded(array, precision) for array in arrays), **options)
        yield list(result.values()) if isinstance(result, dict) else [result]


def cases(rng, n, d, k):
    """Calls of the referee on random arrays."""
    x, y, weight, bias = (rng.normal(size=shape) for shape in ((n, d), (n, k), (k, d), k))
    yield "linear", (x, weight, bias), {}
    yield "sigmoid", (y,), {}
    yield "mse_loss", (y, y[::-1].copy() + 1), {}
    yield "gradient_step", (weight, bias, x, y), {"lr": 0.1, "activation": "sigmoid"}


@pytest.mark.skipif(not rounding.HAS_LONG_DOUBLE, reason="here long double is no wider than double")
@settings(plenty, max_examples=30)
@given(seeds, st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_referees_agree(seed, n, d, k):
    """Long double and mpmath give the same to 2^-60 of the largest number, and the same bounds."""
    for name, arrays, options in cases(np.random.default_rng(seed), n, d, k):
        for narrow, wide in zip(*referees(name, arrays, **options), strict=True):
            expected = precise(wide.value)
            gap = np.abs(precise(narrow.value) - expected)
            assert np.all(gap <= 2.0**-60 * max(1, np.max(np.abs(expected)))), name
            np.testing.assert_allclose(narrow.error, np.asarray(wide.error, dtype=float), rtol=1e-6)


# no statement possible


@each_dtype
def test_divisor_that_may_be_zero(dtype):
    """Dividing by what may be zero gives an infinite bound; by what may not, a finite one."""
    precision = PRECISIONS[dtype]
    divisor = Bounded(precision.wide(np.array([1.0, 1.0, 1.0])), np.array([0.5, 1.0, 2.0]), precision)
    quotient = bounded(np.ones(3, dtype=dtype)) / divisor
    assert np.isinf(quotient.error).tolist() == [False, True, True]
    assert quotient.error[0] >= 1, "1/1 may be 1/0.5"


@each_dtype
def test_sign_at_a_tie(dtype):
    """Where a number lies within its bound of zero its sign may be any of the three, and the result says so."""
    precision = PRECISIONS[dtype]
    for value in (-0.5, 0.0, 0.5):
        result = rounding.sign(Bounded(precision.wide(np.array([value, 4.0])), np.array([0.5, 0.5]), precision))
        assert result.tied
        assert all(abs(wanted - result.value[0]) <= result.error[0] for wanted in (-1, 0, 1))
        assert (result.value[1], result.error[1]) == (1, 0), "4 is no tie"


@each_dtype
def test_sign_without_a_tie(dtype):
    """The sign of an exact number, 0 included, is exact and no tie."""
    result = rounding.sign(bounded(np.array([-1e-30, 0.0, 3.0], dtype=dtype)))
    assert not result.tied
    assert result.value.tolist() == [-1, 0, 1]
    assert result.error.tolist() == [0, 0, 0]
