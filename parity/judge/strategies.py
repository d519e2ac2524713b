"""Hypothesis strategies: small arrays that shrink to numbers one can check by hand.

Numbers come from three sources: small integers, where ties are common; eighths from -8 to 8, whose sums are
exact; and decimals of any size, which round. Arrays are cut from one string of bytes, which is drawn and shrunk fast.
Each array has its own part and begins at the end of it, because Hypothesis moves what it cannot make 0 to the end.

A few examples of each property are larger than any constant that a candidate may contain; ``SCOPES`` lists the
kinds. All examples of a scope are of its kind, so that no kind is left to chance.
"""

import functools
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from parity.border.backend import Formed
from parity.judge.domain import NAMES, Domain

BLOCK = 64
PERIOD = 1021  # maximum number of drawn numbers, which are then repeated; a prime, so that no two rows are equal
EXACT_RATES = (0.5, 0.25, 1.0, 2.0, 0.0625, 0.0)
DECIMAL_RATES = (0.1, 0.05, 0.3, 0.001)


class Problem(NamedTuple):
    """Samples and the neurons that see them."""

    x: np.ndarray
    y: np.ndarray
    weight: np.ndarray
    bias: np.ndarray


class Scope(NamedTuple):
    """The number of samples, inputs or outputs, steps and layers, the source of numbers and the storage form."""

    samples: tuple[int, int] | None = None
    width: tuple[int, int] | None = None
    steps: tuple[int, int] | None = None
    depth: tuple[int, int] | None = None
    form: str = ""
    numbers: str = ""
    free: bool = False

    @property
    def forced(self):
        """Whether all examples are this large."""
        return self != USUAL and not self.free

    def smaller(self):
        """Smaller versions of this scope, from an eighth of the size, where Hypothesis shrinks faster."""
        for share in (8, 2, 1):
            limits: dict[str, Any] = {axis: limit and (1, max(1, limit[1] // share)) for axis, limit in self.limits()}
            yield self._replace(**limits, free=True)

    def limits(self):
        """The sizes by name."""
        return list(self._asdict().items())[:4]


USUAL = Scope()
# If an example need not be simple, even the simplest one that Hypothesis draws has varied numbers.
PATTERN = np.random.default_rng(0).integers(256, size=2 * PERIOD, dtype=np.uint8)
SCOPES = (
    Scope(samples=(30, 300), form="transposed"),
    Scope(width=(10, 70), form="sliced"),
    Scope(steps=(8, 25), form="integers", numbers="small"),
    Scope(depth=(5, 8), numbers="huge"),
)
scope = USUAL
# Drawn for a formula that rounds otherwise, because numbers that nearly cancel show how many digits it loses.
CLOSE = Scope(numbers="close")
domain = Domain()


def composite(definition):
    """As ``st.composite``, but equal arguments give one strategy: to examine a new one takes longer than to draw."""
    return functools.lru_cache(MOST_KEPT)(st.composite(definition))


MOST_KEPT = 1024  # strategies of a definition
sampled_from = functools.lru_cache(MOST_KEPT)(st.sampled_from)


@contextmanager
def over(chosen):
    """Draw examples of this candidate's domain in the context."""
    global domain
    domain = chosen
    try:
        yield
    finally:
        domain = Domain()


@contextmanager
def within(chosen):
    """Draw examples of this scope in the context."""
    global scope
    scope = chosen
    try:
        yield
    finally:
        scope = USUAL


def shares(examples):
    """The number of examples of the usual scope and of each other one, out of this total."""
    # At least two of each: the first one drawn has the first of all choices, the smallest size and rate.
    share = {chosen: max(2, examples // 25) for chosen in SCOPES[: examples // 10]}
    return {USUAL: examples - sum(share.values())} | share


def further(examples, evidence):
    """The scopes after the usual one, with their numbers of examples; the last after something equal on paper."""
    yield from list(shares(examples).items())[1:]
    if evidence.verdicts["equal on paper"]:
        yield CLOSE, max(2, examples // 10)


def signed(raw, count):
    """0, 1, -1, 2, -2, ...: this number of integers around 0, where Hypothesis treats the first as the simplest."""
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


@functools.cache
def huge(exponent):
    """0 and powers of ten, of either sign, up to this one."""

    def source(raw):
        exponents = signed(raw, 2 * exponent + 1)
        return np.sign(exponents) * 10.0 ** np.abs(exponents)

    return source


def close(raw):
    """Around 10000, where differences are small."""
    return 10000 + decimals(4)(raw)


EXACT = (small, eighths)
ROUNDED = (decimals(4), decimals(3), decimals(2), decimals(6))


def whole(count, dtype):
    """At least this many numbers of this dtype, in whole blocks."""
    each = BLOCK // np.dtype(dtype).itemsize
    return -(-count // each) * each


@composite
def raw(draw, count, dtype):
    """This many integers of this dtype."""
    # Fixed blocks: if the length depends on earlier draws, Hypothesis fills half of the examples with zeros.
    length = min(whole(count, dtype), PERIOD) * np.dtype(dtype).itemsize
    drawn = np.frombuffer(draw(st.binary(min_size=length, max_size=length)), "u1")
    if scope.forced:
        drawn = drawn ^ PATTERN[:length]
    return np.resize(drawn.view(dtype), count)


def of_scope(sources, exponent):
    """Of these sources those that the scope allows."""
    if scope == USUAL:
        return sources
    if set(sources) <= set(EXACT):  # large sums of eighths are not exact
        return sources if scope.numbers == "close" else (small,)
    wanted = {"small": (small,), "huge": (huge(exponent),), "close": (close,)}.get(scope.numbers)
    if not wanted or not set(sources) <= set(EXACT + ROUNDED):
        return sources
    return sources + wanted if scope.free else wanted


@composite
def forms(draw):
    """The storage form of the arrays of an example."""
    return draw(sampled_from(("", scope.form))) if scope.free and scope.form else scope.form


@composite
def arrays(draw, *shapes, sources=None, exponent=7, room=0):
    """Arrays of these shapes, from one source; huge numbers go up to this power of ten.

    ``room`` is the largest size of the last one if it varies much, so that the number of bytes does not.
    """
    source = draw(sampled_from(of_scope(sources or EXACT + ROUNDED, exponent)))
    form = draw(forms())
    sizes = [int(np.prod(shape)) for shape in shapes]
    lengths = [whole(size, ">u2") for size in (*sizes[:-1], max(sizes[-1], room))]
    values = source(draw(raw(sum(lengths), ">u2")).astype(np.int64))
    parts = np.split(values, np.cumsum(lengths)[:-1])
    cut = [part[::-1][:size].reshape(shape) for part, size, shape in zip(parts, sizes, shapes, strict=True)]
    return [Formed.of(part, form) for part in cut] if form else cut


def floating(array):
    """The same, but never stored as integers, because weights change by fractions."""
    return np.asarray(array) if getattr(array, "form", "") == "integers" else array


@composite
def size(draw, axis, most, least=1, large=None):
    """``least`` to ``most`` samples, inputs or outputs, or steps; ``large`` if the scope's number is too large."""
    wanted = getattr(scope, axis)
    if not wanted:
        return draw(st.integers(least, most))
    low, high = large or wanted
    if scope.free:
        low, high = least, max(least, min(high, wanted[1]))
    return draw(st.integers(low, high))


def samples(most, **options):
    """The number of samples."""
    return size("samples", most, **options)


def width(most, **options):
    """The number of inputs, outputs or classes."""
    return size("width", most, **options)


def steps(most, **options):
    """The number of steps or epochs."""
    return size("steps", most, **options)


def batch_sizes(n):
    """1 to n; larger for many samples, because the referee is slow, and smaller for many steps."""
    return st.integers(1 + n // 30, n // 4 if scope.forced and scope.steps and n > 5 else n)


def layers(most):
    """The minimum and maximum number of layers."""
    if not scope.depth or most == 1:
        least, most = 1, min(most, 2) if scope.width else most  # wide ones are slow
    else:
        least, most = 1 if scope.free else scope.depth[0], scope.depth[1]
    least, most = domain.depth(least - 1, most - 1)
    return least + 1, most + 1


IN_TURN = (10, 40)  # samples, where each makes a step of its own


@composite
def shapes(draw):
    """(N, K)."""
    return draw(samples(8)), draw(width(3))


@composite
def pairs(draw, sources=None, exponent=7):
    """Two arrays of one shape, (N, K) or (K,)."""
    n, k = draw(shapes())
    shape = draw(sampled_from(((n, k), (k,)) if not (scope.forced and scope.samples) else ((n, k),)))
    return draw(arrays(shape, shape, sources=sources, exponent=exponent))


@composite
def problems(draw, sources=None, features=None, neurons=None, in_turn=False):
    """x (N, D), y (N, K), weight (K, D), bias (K,); sizes fixed or drawn."""
    n = draw(samples(5, large=IN_TURN if in_turn else None))
    d, k = features or draw(width(4)), neurons or draw(width(3))
    x, y, weight, bias = draw(arrays((n, d), (n, k), (k, d), (k,), sources=sources))
    return Problem(x, y, floating(weight), floating(bias))


@composite
def classified(draw, sources=None, **sizes):
    """A problem whose labels are -1 and +1, often with zero weights, as the deck starts."""
    problem = draw(problems(sources=sources, **sizes))
    start = draw(sampled_from((0.0, 1.0)))
    labels = np.where(np.round(problem.y) % 2 == 0, 1.0, -1.0)
    y = Formed.of(labels, problem.y.form) if isinstance(problem.y, Formed) else labels
    return problem._replace(y=y, weight=start * problem.weight, bias=start * problem.bias)


@composite
def one_sample(draw, drawn):
    """The first sample of a drawn problem: x (D,), y (K,)."""
    problem = draw(drawn)
    return problem._replace(x=problem.x[0], y=problem.y[0])


FRACTIONS = (eighths, decimals(4))  # of another source than ROUNDED: no scope replaces them by huge numbers


@composite
def probabilities(draw):
    """Predictions and targets from 0 to 1, both ends included."""
    n, k = draw(shapes())
    pred, target = draw(arrays((n, k), (n, k), sources=FRACTIONS))
    return [np.clip(np.abs(values) / draw(sampled_from((1.0, 8.0))), 0, 1) for values in (pred, target)]


@composite
def scores(draw):
    """Scores (N, K) and class indices (N,)."""
    n, k = draw(samples(8)), draw(width(4))
    (pred,) = draw(arrays((n, k), exponent=30))
    return pred, draw(raw(n, "u1")).astype(np.int64) % k


@composite
def orders(draw, n, epochs):
    """A permutation of the samples for each epoch; 0 to n-1 is the simplest.

    Drawn as their generator's seed: Hypothesis exchanges strings of bytes, and one of another length becomes zeros.
    """
    seed = draw(st.integers(0, 2**16 - 1)) + bool(scope.forced)
    rng = np.random.default_rng(seed)
    return [rng.permutation(n).tolist() if seed else [*range(n)] for _ in range(epochs)]


@composite
def ordered(draw, drawn, epochs):
    """A problem, and an order of its samples for each epoch."""
    problem = draw(drawn)
    return problem, draw(orders(len(problem.x), draw(steps(epochs, least=epochs))))


rates = st.sampled_from(EXACT_RATES + DECIMAL_RATES)


@functools.lru_cache(MOST_KEPT)
def names(option, among):
    """One of these names of an option, and of those that the candidate knows."""

    def known(name):
        allowed = domain.among(option, among)
        return name if name in allowed else allowed[among.index(name) % len(allowed)]

    return st.sampled_from(among).map(known)


activations = names("activation", NAMES["activation"])
