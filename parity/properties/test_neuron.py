"""The neuron: weighted sum, sign, activation."""

import numpy as np
import pytest
from hypothesis import given

from parity.judge import strategies as draw

checks = pytest.mark.checks


@checks("linear")
@given(draw.problems())
def test_linear(check, problem):
    """The weighted sums of a batch, and of each sample alone."""
    x, _, weight, bias = problem
    check("linear", x, weight, bias)
    check("linear", x[0], weight, bias, at="one sample")


@checks("sign")
@given(draw.pairs(exponent=30))
def test_sign(check, pair):
    """-1, 0 or +1."""
    check("sign", pair[0], exactly=True)


@checks("neuron")
@given(draw.problems(), draw.activations)
def test_neuron(check, problem, activation):
    """The output for a batch, and for each sample alone."""
    x, _, weight, bias = problem
    check("neuron", x, weight, bias, activation=activation)
    check("neuron", x[0], weight, bias, activation=activation, at="one sample")


@checks("predict")
@given(draw.problems(sources=draw.EXACT))
def test_predict_on_the_grid(check, problem):
    """If the sums are exact, so is the class, even on the line."""
    x, _, weight, bias = problem
    check("predict", x, weight, bias, exactly=True)
    check("predict", x[0], weight, bias, at="one sample", exactly=True)


@checks("predict")
@given(draw.problems(sources=draw.ROUNDED))
def test_predict(check, problem):
    """If the sums round, the class is the same except within the rounding error of the line."""
    x, _, weight, bias = problem
    check("predict", x, weight, bias)


@checks("sign")
def test_sign_meaning(check):
    """Zeros of either sign belong to neither class, and nor does nan, which is required of this project only."""
    check.means("sign", np.array([0.0, -0.0, 1e-40, -np.inf]), equals=[0, 0, 1, -1])
    if check.candidate.ours:
        check.means("sign", np.array([np.nan]), equals=[0])


@checks("linear")
def test_linear_meaning(check):
    """Integers are converted; mismatched shapes, empty batches and arrays that are not numeric are rejected."""
    x, weight, bias = np.zeros((3, 2)), np.zeros((1, 2)), np.zeros(1)
    check.means("linear", np.array([[1, 2]]), np.array([[3, 4]]), np.array([5]), equals=[[16]])
    check.refuses("linear", np.zeros((3, 3)), weight, bias)
    check.refuses("linear", x, weight, np.zeros(2))
    check.refuses("linear", x, np.zeros(2), bias)
    check.refuses("linear", np.zeros((0, 2)), weight, bias)
    check.refuses("linear", np.array([[None, None]]), weight, bias)


@checks("neuron")
def test_neuron_refuses(check):
    """An unknown activation is rejected."""
    check.refuses("neuron", np.zeros((3, 2)), np.zeros((1, 2)), np.zeros(1), activation="sigmoit")
