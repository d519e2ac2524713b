"""The activations and the gradients through them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judge import strategies as draw

checks = pytest.mark.checks
NAN, INF = np.nan, np.inf


@checks("identity")
@given(draw.pairs(exponent=30))
def test_identity(check, pair):
    """g(z) = z."""
    check("identity", pair[0])


@checks("identity_backward")
@given(draw.pairs(exponent=30))
def test_identity_backward(check, pair):
    """g'(z) = 1."""
    check("identity_backward", *pair)


@checks("sigmoid")
@given(draw.pairs(exponent=30))
def test_sigmoid(check, pair):
    """1 / (1 + e^-z)."""
    check("sigmoid", pair[0])


@checks("sigmoid_backward")
@given(draw.pairs(exponent=30))
def test_sigmoid_backward(check, pair):
    """s (1 - s), computed from z and not from s."""
    check("sigmoid_backward", *pair)


@checks("tanh")
@given(draw.pairs(exponent=30))
def test_tanh(check, pair):
    """tanh z."""
    check("tanh", pair[0])


@checks("tanh_backward")
@given(draw.pairs(exponent=30))
def test_tanh_backward(check, pair):
    """1 - tanh^2 z."""
    check("tanh_backward", *pair)


@checks("relu")
@given(draw.pairs(exponent=30))
def test_relu(check, pair):
    """max(z, 0)."""
    check("relu", pair[0], exactly=True)


@checks("relu_backward")
@given(draw.pairs(exponent=30))
def test_relu_backward(check, pair):
    """1 where z > 0, else 0."""
    check("relu_backward", *pair, exactly=True)


slopes = st.sampled_from([0.25, 0.0, 2.0, 1.0, 0.01, 0.3])


@checks("leaky_relu")
@given(draw.pairs(exponent=30), slopes)
def test_leaky_relu(check, pair, slope):
    """z where it is positive, else a z."""
    check("leaky_relu", pair[0], negative_slope=slope)


@checks("leaky_relu_backward")
@given(draw.pairs(exponent=30), slopes)
def test_leaky_relu_backward(check, pair, slope):
    """1 where z > 0, else a."""
    check("leaky_relu_backward", *pair, negative_slope=slope)


@checks("softmax")
@given(draw.pairs(exponent=30))
def test_softmax(check, pair):
    """Probabilities along the last axis."""
    check("softmax", pair[0])


@checks("softmax_backward")
@given(draw.pairs(exponent=30))
def test_softmax_backward(check, pair):
    """p (g - p.g) along the last axis."""
    check("softmax_backward", *pair)


@checks("sigmoid", "sigmoid_backward", each=True)
def test_sigmoid_meaning(check):
    """Saturated on both sides, without overflow."""
    far = np.array([-1e4, 0.0, 1e4])
    check.means("sigmoid", far, equals=[0, 0.5, 1])
    check.means("sigmoid", np.array([-INF, INF, NAN]), equals=[0, 1, NAN])
    check.means("sigmoid_backward", far, np.array([3.0, 3.0, 3.0]), equals=[0, 0.75, 0])


@checks("tanh", "tanh_backward", each=True)
def test_tanh_meaning(check):
    """Saturated on both sides."""
    far = np.array([-1e4, 0.0, 1e4])
    check.means("tanh", far, equals=[-1, 0, 1])
    check.means("tanh_backward", far, np.array([3.0, 3.0, 3.0]), equals=[0, 3, 0])


@checks("relu", "relu_backward", each=True)
def test_relu_meaning(check):
    """At the kink the gradient is 0, whatever the sign of the zero; in this project it passes where z is nan."""
    kink = np.array([-0.0, 0.0])
    check.means("relu", kink, equals=[0, 0])
    check.means("relu_backward", kink, np.array([3.0, 3.0]), equals=[0, 0])
    if check.candidate.ours:
        check.means("relu", np.array([NAN]), equals=[NAN])
        check.means("relu_backward", np.array([NAN]), np.array([3.0]), equals=[3])


@checks("leaky_relu", "leaky_relu_backward", each=True)
def test_leaky_relu_meaning(check):
    """The slope is 0.01 by default, and holds at the kink too; a huge z stays what it is."""
    z = np.array([-100.0, -0.0, 0.0, 1e30])
    check.means("leaky_relu", z, equals=[-1, 0, 0, 1e30])
    check.means("leaky_relu_backward", z, np.full(4, 4.0), negative_slope=0.25, equals=[1, 1, 1, 4])


@checks("softmax", "softmax_backward", each=True)
def test_softmax_meaning(check):
    """Huge scores do not overflow; adding a constant to a row changes nothing, however large it is."""
    huge = np.array([[1e4, -1e4], [1e4, 1e4], [-1e4, -1e4]])
    check.means("softmax", huge, equals=[[1, 0], [0.5, 0.5], [0.5, 0.5]])
    grad = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    check.means("softmax_backward", huge, grad, equals=[[0, 0], [0.25, -0.25], [0.25, -0.25]])


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=checks(name))
        for name in (
            "identity_backward",
            "sigmoid_backward",
            "tanh_backward",
            "relu_backward",
            "leaky_relu_backward",
            "softmax_backward",
        )
    ],
)
def test_backward_refuses(check, name):
    """Different shapes are rejected, and so are arrays of anything but numbers."""
    check.refuses(name, np.zeros((3, 1)), np.zeros(3))
    check.refuses(name, np.array([None]), np.zeros(1))
