"""scratch.fast gives the weights of scratch, each of its ways by itself, and is a reference that sees every mistake."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scratch
from parity.judge import referee
from parity.judge.rounding import bounded
from parity.mistakes import MISTAKES
from scratch import fast
from scratch.fast import gradients

WAYS = (gradients.by_floats, gradients.by_stretches, gradients.by_blocks)
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


def problem(seed, n, d, k, dtype):
    """Samples whose steps contract with a learning rate of 0.25, weights, targets near what other weights give."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, d)) / d**0.5
    y = x @ rng.uniform(-2, 2, (d, k)) + 0.1 * rng.standard_normal((n, k))
    return [array.astype(dtype) for array in (rng.uniform(-1, 1, (k, d)), rng.uniform(-1, 1, k), x, y)]


@pytest.mark.parametrize("reference", ["scratch", "torchref"])
def test_the_check_proves_it_equal(report, reference):
    """All properties of its names, the refusals included."""
    result = report("scratch.fast", "--reference", reference, "--examples", 20)
    assert result["exit_code"] == 0, result


@DTYPES
@pytest.mark.parametrize("by_way", WAYS, ids=lambda way: way.__name__)
@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(1, 150),
    st.integers(1, 6),
    st.integers(1, 3),
    st.sampled_from([0.0, 0.01, 0.25, 0.5]),
)
def test_each_way_is_within_the_bound_of_the_loop(by_way, dtype, seed, n, d, k, lr):
    """Which the referee computes step by step, at the sizes for which the way is chosen."""
    n += {gradients.by_stretches: gradients.MANY, gradients.by_blocks: gradients.BLOCK}.get(by_way, 0)
    weight, bias, x, y = problem(seed, n, 2 if by_way is gradients.by_floats else d, k, dtype)
    before = [array.copy() for array in (weight, bias, x, y)]
    with np.errstate(all="ignore"):  # as behind the border
        got = by_way(weight, bias, x, y, lr)
        judged = referee.gradient_epoch(*map(bounded, before), lr).values()
    for array, bound in zip(got, judged, strict=True):
        assert array.dtype == dtype
        assert (abs(bound.precision.wide(array) - bound.value) <= bound.error).all()
    for array, was in zip((weight, bias, x, y), before, strict=True):
        np.testing.assert_array_equal(array, was)


@DTYPES
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3000), st.integers(1, 30), st.integers(1, 3))
def test_scanning_finds_every_mistake(dtype, seed, n, d, k):
    """The same bits as the loop, mistakes and points on the line included; on the grid no sum is rounded."""
    rng = np.random.default_rng(seed)
    weight, bias, x = (rng.integers(-8, 9, size).astype(dtype) / 8 for size in ((k, d), k, (n, d)))
    y = np.where(x @ rng.standard_normal((d, k)) + rng.normal(0, rng.choice([0.01, 1])) > 0, 1, -1).astype(dtype)
    for ours, theirs in zip(
        fast.perceptron_epoch(weight, bias, x, y), scratch.perceptron_epoch(weight, bias, x, y), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308])
def test_scanning_takes_numbers_out_of_range_as_the_loop_does(value):
    """A nan stays in its neuron; an infinite score has a sign."""
    x, y = np.ones((40, 2)), np.ones((40, 2))
    x[20, 1] = value
    weight = np.array([[0.5, 0.25], [0.5, -0.25]])
    ours, theirs = (f.perceptron_epoch(weight, [0.0, 0.0], x, y) for f in (fast, scratch))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("n", "d", "lr", "way"),
    [
        (8, 2, 0.1, gradients.by_floats),
        (8, 20, 0.1, scratch.gradients.gradient_epoch),
        (100, 20, 0.1, gradients.by_blocks),
        (5000, 2, 0.1, gradients.by_stretches),
        (5000, 2, 9.0, gradients.by_floats),
        (5000, 20, 9.0, scratch.gradients.gradient_epoch),
    ],
)
def test_the_way_follows_from_shape_and_learning_rate(n, d, lr, way):
    """Steps that would magnify what is rounded before are taken one by one."""
    x = np.full((n, d), 0.5)
    assert gradients.way(n, d, gradients.contracts(x, lr)) is way


def test_a_number_that_is_not_finite_is_met_one_by_one():
    """As in scratch: the weights before it are those of the loop, nan after it."""
    x, y = np.full((3000, 2), 0.5), np.ones((3000, 1))
    x[2999, 0] = np.nan
    assert not gradients.contracts(x, 0.1)
    ours, theirs = (f.gradient_epoch([[0.0, 0.0]], [0.0], x, y, 0.1) for f in (fast, scratch))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, one in MISTAKES.items() if one.replaced in fast.__all__])
def test_every_mistake_is_seen_beside_it(report, name):
    """With scratch.fast as the reference."""
    result = report(f"parity.mistakes:{name}", "--reference", "scratch.fast", "--only", MISTAKES[name].replaced)
    assert result["exit_code"] == 1
