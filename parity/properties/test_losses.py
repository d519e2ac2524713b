"""The losses and their gradients."""

import numpy as np
import pytest
from hypothesis import given

from parity.judge import strategies as draw

checks = pytest.mark.checks


@checks("squared_error")
@given(draw.pairs(exponent=15))
def test_squared_error(check, pair):
    """Half the sum of squares."""
    check("squared_error", *pair)


@checks("squared_error_backward")
@given(draw.pairs(exponent=15))
def test_squared_error_backward(check, pair):
    """pred - target."""
    check("squared_error_backward", *pair)


@checks("mse_loss")
@given(draw.pairs(exponent=15))
def test_mse_loss(check, pair):
    """The mean over elements, without 1/2."""
    check("mse_loss", *pair)


@checks("mse_loss_backward")
@given(draw.pairs(exponent=15))
def test_mse_loss_backward(check, pair):
    """2/n (pred - target)."""
    check("mse_loss_backward", *pair)


@checks("binary_cross_entropy")
@given(draw.probabilities())
def test_binary_cross_entropy(check, pair):
    """Of probabilities, the logarithm clamped at -100."""
    check("binary_cross_entropy", *pair)


@checks("binary_cross_entropy_backward")
@given(draw.probabilities())
def test_binary_cross_entropy_backward(check, pair):
    """(p - y) / p (1 - p) / n, the denominator clamped at 1e-12."""
    check("binary_cross_entropy_backward", *pair)


@checks("binary_cross_entropy_with_logits")
@given(draw.pairs(exponent=30), draw.probabilities())
def test_binary_cross_entropy_with_logits(check, pair, probabilities):
    """Of logits, for any target from 0 to 1."""
    check("binary_cross_entropy_with_logits", *logits(pair, probabilities))


@checks("binary_cross_entropy_with_logits_backward")
@given(draw.pairs(exponent=30), draw.probabilities())
def test_binary_cross_entropy_with_logits_backward(check, pair, probabilities):
    """(sigmoid(z) - y) / n."""
    check("binary_cross_entropy_with_logits_backward", *logits(pair, probabilities))


def logits(pair, probabilities):
    """Logits of any size, and as many targets."""
    return pair[0], np.resize(probabilities[1], pair[0].shape)


@checks("cross_entropy")
@given(draw.scores())
def test_cross_entropy(check, drawn):
    """Of scores; the loss includes the softmax."""
    check("cross_entropy", *drawn)


@checks("cross_entropy_backward")
@given(draw.scores())
def test_cross_entropy_backward(check, drawn):
    """(p - [k = y]) / N."""
    check("cross_entropy_backward", *drawn)


@checks("binary_cross_entropy", "binary_cross_entropy_backward", each=True)
def test_binary_cross_entropy_meaning(check):
    """A certain and wrong prediction costs 100, not infinity; the gradient's denominator is at least 1e-12."""
    zero, one = np.array([[0.0]]), np.array([[1.0]])
    check.means("binary_cross_entropy", zero, one, equals=100)
    check.means("binary_cross_entropy", zero, zero, equals=0)
    check.means("binary_cross_entropy_backward", zero, one, equals=[[-1 / float(np.float32(1e-12))]])
    check.refuses("binary_cross_entropy", np.array([[1.5]]), one)
    check.refuses("binary_cross_entropy", one, np.array([[-1.0]]))
    check.refuses("binary_cross_entropy_backward", np.array([[np.nan]]), one)


@checks("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits_backward", each=True)
def test_logits_meaning(check):
    """Huge logits neither overflow nor lose their gradient."""
    z, y = np.array([[1e4], [-1e4]]), np.array([[0.0], [1.0]])
    check.means("binary_cross_entropy_with_logits", z, y, equals=1e4)
    check.means("binary_cross_entropy_with_logits", z, 1 - y, equals=0)
    check.means("binary_cross_entropy_with_logits_backward", z, y, equals=[[0.5], [-0.5]])
    check.refuses("binary_cross_entropy_with_logits", z, np.array([[2.0], [0.0]]))


@checks("cross_entropy", "cross_entropy_backward", each=True)
def test_cross_entropy_meaning(check):
    """Huge scores neither overflow nor lose their gradient; a target must be a class."""
    z = np.array([[1e4, -1e4], [1e4, -1e4]])
    check.means("cross_entropy", z, np.array([1, 0]), equals=1e4)
    check.means("cross_entropy_backward", z, np.array([1, 0]), equals=[[0.5, -0.5], [0, 0]])
    check.refuses("cross_entropy", z, np.array([2, 0]))
    check.refuses("cross_entropy", z, np.array([-1, 0]))
    check.refuses("cross_entropy", z, np.array([0]))
    check.refuses("cross_entropy", z, np.array([0.5, 0.0]))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=checks(name))
        for name in ("squared_error", "mse_loss", "squared_error_backward", "mse_loss_backward")
    ],
)
def test_losses_refuse(check, name):
    """(N, 1) with (N,) would compare every pair; an empty batch has no mean."""
    check.refuses(name, np.zeros((2, 1)), np.zeros(2))
    check.refuses(name, np.zeros((0, 1)), np.zeros((0, 1)))
    check.refuses(name, np.array([None]), np.zeros(1))
