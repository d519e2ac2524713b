"""What Hypothesis draws: small arrays that shrink to numbers one can follow by hand.

Numbers come from three sources: small whole numbers, where ties are common; eighths from -8 to 8, on which sums are
exact; and decimals of any size, which round. Arrays are cut from one string of bytes, which is drawn and shrunk fast.
Each has a part of its own there and begins at the end of it: Hypothesis moves what it cannot make 0 to the end.
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

BLOCK = 64
EXACT_RATES = (0.5, 0.25, 1.0, 2.0, 0.0625, 0.0)
DECIMAL_RATES = (0.1, 0.05, 0.3, 0.001)


class Problem(NamedTuple):
    """Samples and the neurons that see them."""

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    bias: np.ndarray


def signed(raw, count):
    """0, 1, -1, 2, -2, ...: so many whole numbers about 0, of which Hypothesis finds the first the simplest."""
    steps = raw % count
    return np.where(steps % 2, (steps + 1) // 2, -(steps // 2))


def small(raw):
    """-2 to 2."""
    return signed(raw, 5).astype(float)


def quarters(raw):
    """-1 to 1 in quarters."""
    return signed(raw, 9) / 4


def eighths(raw):
    """-8 to 8 in eighths."""
    return signed(raw, 129) / 8


def decimals(exponent):
    """-32768 to 32767 divided by a power of ten."""
    return lambda raw: signed(raw.astype(np.int64), 65536) / 10.0**exponent


EXACT = [small, eighths]
ROUNDED = [decimals(exponent) for exponent in (4, 3, 2, 6)]


def whole(count, dtype):
    """At least so many numbers of this dtype: whole blocks of them."""
    each = BLOCK // np.dtype(dtype).itemsize
    return -(-count // each) * each


@st.composite
def raw(draw, count, dtype):
    """So many whole numbers of this dtype."""
    # Whole blocks: where its length depends on what was drawn before, Hypothesis fills half of the examples with zeros.
    length = whole(count, dtype) * np.dtype(dtype).itemsize
    return np.frombuffer(draw(st.binary(min_size=length, max_size=length)), dtype)[:count]


@st.composite
def arrays(draw, *shapes, sources=None):
    """Arrays of these shapes, from one source."""
    source = draw(st.sampled_from(sources or EXACT + ROUNDED))
    sizes = [int(np.prod(shape)) for shape in shapes]
    lengths = [whole(size, ">u2") for size in sizes]
    values = source(draw(raw(sum(lengths), ">u2")).astype(np.int64))
    parts = np.split(values, np.cumsum(lengths)[:-1])
    return [part[::-1][:size].reshape(shape) for part, size, shape in zip(parts, sizes, shapes, strict=True)]


def size(most):
    """1 to most."""
    return st.integers(1, most)


@st.composite
def shapes(draw):
    """(N, K)."""
    return draw(size(8)), draw(size(3))


@st.composite
def pairs(draw, sources=None):
    """Two arrays of one shape, (N, K) or (K,)."""
    n, k = draw(shapes())
    shape = draw(st.sampled_from([(n, k), (k,)]))
    return draw(arrays(shape, shape, sources=sources))


@st.composite
def problems(draw, sources=None, samples=None, features=None, neurons=None):
    """x (N, D), y (N, K), weight (K, D), bias (K,); sizes fixed or drawn."""
    n, d, k = samples or draw(size(5)), features or draw(size(4)), neurons or draw(size(3))
    x, y, weight, bias = draw(arrays((n, d), (n, k), (k, d), (k,), sources=sources))
    return Problem(x, y, weight, bias)


@st.composite
def classified(draw, sources=None, **sizes):
    """A problem whose labels are -1 and +1, often with zero weights, as the deck starts."""
    problem = draw(problems(sources=sources, **sizes))
    start = draw(st.sampled_from([0.0, 1.0]))
    labels = np.where(np.round(problem.y) % 2 == 0, 1.0, -1.0)
    return problem._replace(y=labels, weight=start * problem.weight, bias=start * problem.bias)


@st.composite
def one_sample(draw, drawn):
    """The first sample of a drawn problem: x (D,), y (K,)."""
    problem = draw(drawn)
    return problem._replace(x=problem.x[0], y=problem.y[0])


@st.composite
def probabilities(draw):
    """Predictions and targets from 0 to 1, both ends included."""
    n, k = draw(shapes())
    pred, target = draw(arrays((n, k), (n, k), sources=[eighths, decimals(4)]))
    return [np.clip(np.abs(values) / draw(st.sampled_from([1.0, 8.0])), 0, 1) for values in (pred, target)]


@st.composite
def scores(draw):
    """Scores (N, K) and class indices (N,)."""
    n, k = draw(size(8)), draw(size(4))
    (pred,) = draw(arrays((n, k)))
    return pred, np.array(draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))


@st.composite
def orders(draw, n, epochs):
    """A permutation of the samples for each epoch: the order of drawn keys, so that 0 to n-1 is the simplest."""
    keys = draw(raw(epochs * n, "u1")).reshape(epochs, n)
    return np.argsort(keys, axis=1, kind="stable").tolist()


@st.composite
def ordered(draw, drawn, epochs):
    """A problem, and an order of its samples for each epoch."""
    problem = draw(drawn)
    return problem, draw(orders(len(problem.x), epochs))


rates = st.sampled_from(EXACT_RATES + DECIMAL_RATES)
activations = st.sampled_from(["identity", "sigmoid", "tanh", "relu", "softmax"])
