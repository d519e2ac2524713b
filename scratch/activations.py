r"""What a neuron does with its weighted sum z: the activation g, and the gradient
through it.

Each ``g(z)`` stands beside its ``g_backward(z, grad_output)``, which turns the gradient
of the loss with respect to g(z) into the gradient with respect to z: the factor g'(z)
of the chain rule. PyTorch computes it with ``torch.autograd``. Both return
an array of the shape of z.
"""

from typing import Any, NamedTuple

import numpy as np

from contract import Batch, Float, K, NonNegative, Shape

__all__ = [
    "identity",
    "identity_backward",
    "sigmoid",
    "sigmoid_backward",
    "tanh",
    "tanh_backward",
    "relu",
    "relu_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "softmax",
    "softmax_backward",
]


def identity(z: Float[Shape]):
    r"""The linear neuron: no activation at all.

    .. math:: g(z) = z

    Source: the deck; ``torch.nn.Identity``.

    >>> identity(tensor([-1.5, 2.0])).tolist()
    [-1.5, 2.0]
    """
    return z


def identity_backward(z: Float[Shape], grad_output: Float[Shape]):
    r"""Gradient through the identity.

    .. math:: \frac{\partial L}{\partial z} = \frac{\partial L}{\partial g}

    Source: the deck, where the linear neuron has g' = 1.

    >>> identity_backward(tensor([-1.5, 2.0]), tensor([1.0, 3.0])).tolist()
    [1.0, 3.0]
    """
    return grad_output


def sigmoid(z: Float[Shape]):
    r"""The logistic function, from 0 to 1.

    .. math:: \sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{1 + e^{z}}

    The form with the non-positive exponent is used, so nothing overflows; far from 0
    the ends 0 and 1 are reached.
    Source: the deck's exercises; ``torch.sigmoid``.

    >>> sigmoid(tensor([0.0, -10000.0, 10000.0])).tolist()
    [0.5, 0.0, 1.0]
    """
    e = np.exp(-np.abs(z))
    return np.maximum(e, np.sign(z)) / (1 + e)  # the numerator is e where z < 0, else 1


def sigmoid_backward(z: Float[Shape], grad_output: Float[Shape]):
    r"""Gradient through the sigmoid.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, \sigma(z) \, (1 - \sigma(z))

    z is the weighted sum, not its sigmoid.
    Source: the deck's exercises.

    >>> sigmoid_backward(tensor([0.0]), tensor([2.0])).tolist()
    [0.5]
    """
    return through_sigmoid(sigmoid(z), grad_output)


def through_sigmoid(s, grad_output):
    """The gradient through the sigmoid, given its output s: no second exponential."""
    return grad_output * (1 - s) * s


def tanh(z: Float[Shape]):
    r"""The hyperbolic tangent, from -1 to 1.

    .. math:: \tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}

    Source: the deck's exercises; ``torch.tanh``.

    >>> tanh(tensor([0.0, -10000.0, 10000.0])).tolist()
    [0.0, -1.0, 1.0]
    """
    return np.tanh(z)


def tanh_backward(z: Float[Shape], grad_output: Float[Shape]):
    r"""Gradient through the hyperbolic tangent.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, (1 - \tanh^2 z)

    >>> tanh_backward(tensor([0.0]), tensor([2.0])).tolist()
    [2.0]
    """
    return through_tanh(tanh(z), grad_output)


def through_tanh(t, grad_output):
    """The gradient through tanh, given its output t."""
    return grad_output * (1 - t * t)


def relu(z: Float[Shape]):
    r"""The rectifier: the positive part.

    .. math:: g(z) = \max(z, 0)

    Source: ``torch.relu``.

    >>> relu(tensor([-1.5, 0.0, 2.0])).tolist()
    [0.0, 0.0, 2.0]
    """
    return np.maximum(z, 0)


def relu_backward(z: Float[Shape], grad_output: Float[Shape]):
    r"""Gradient through the rectifier.

    .. math:: \frac{\partial L}{\partial z} = \frac{\partial L}{\partial g} [z > 0]

    At the kink, z = 0, the gradient is 0, and where z is nan it passes: both as PyTorch
    has it (``torch.clamp(min=0)`` would pass it at 0 too).

    >>> relu_backward(tensor([-1.5, 0.0, 2.0]), tensor([1.0, 1.0, 1.0])).tolist()
    [0.0, 0.0, 1.0]
    """
    return np.where(z <= 0, 0, grad_output)


def leaky_relu(z: Float[Shape], negative_slope: NonNegative = 0.01):
    r"""The rectifier with a small slope, ``negative_slope`` a, where z is negative.

    .. math:: g(z) = \max(z, 0) + a \min(z, 0)

    Source: ``torch.nn.functional.leaky_relu``; A. Maas, A. Hannun, A. Ng, "Rectifier
    nonlinearities improve neural network acoustic models" (2013).

    >>> leaky_relu(tensor([-4.0, 0.0, 2.0]), negative_slope=0.25).tolist()
    [-1.0, 0.0, 2.0]
    """
    return np.where(z > 0, z, negative_slope * z)


def leaky_relu_backward(
    z: Float[Shape], grad_output: Float[Shape], negative_slope: NonNegative = 0.01
):
    r"""Gradient through the leaky rectifier.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, ([z > 0] + a \, [z \le 0])

    At the kink, z = 0, the slope is a, as PyTorch has it.

    >>> z, grad_output = tensor([-4.0, 0.0, 2.0]), tensor([1.0, 1.0, 1.0])
    >>> leaky_relu_backward(z, grad_output, negative_slope=0.25).tolist()
    [0.25, 0.25, 1.0]
    """
    return np.where(z > 0, grad_output, negative_slope * grad_output)


def softmax(z: Float[Batch, K]):
    r"""Probabilities from scores, along the last axis: each row sums to 1.

    .. math:: p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}

    The largest score of the row is subtracted first: the quotient stays, and nothing
    overflows.
    Source: ``torch.softmax(z, dim=-1)``.

    >>> softmax(tensor([[10000.0, 10000.0], [0.0, 10000.0]])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(z: Float[Batch, K], grad_output: Float[Batch, K]):
    r"""Gradient through the softmax.

    .. math:: \frac{\partial L}{\partial z_k}
              = p_k \left( \frac{\partial L}{\partial p_k}
              - \sum_j p_j \frac{\partial L}{\partial p_j} \right)

    Each row sums to 0: adding the same to all scores changes nothing.

    >>> softmax_backward(tensor([0.0, 0.0]), tensor([1.0, 0.0])).tolist()
    [0.25, -0.25]
    """
    return through_softmax(softmax(z), grad_output)


def through_softmax(p, grad_output):
    """The gradient through the softmax, given its output p."""
    return p * (grad_output - (p * grad_output).sum(axis=-1, keepdims=True))


class Activation(NamedTuple):
    """A function g, the gradient through it, and the same from its output."""

    forward: Any
    backward: Any
    from_output: Any


# identity and both relus are positive exactly where z is: backward takes either.
ACTIVATIONS = {
    "identity": Activation(identity, identity_backward, identity_backward),
    "sigmoid": Activation(sigmoid, sigmoid_backward, through_sigmoid),
    "tanh": Activation(tanh, tanh_backward, through_tanh),
    "relu": Activation(relu, relu_backward, relu_backward),
    "leaky_relu": Activation(leaky_relu, leaky_relu_backward, leaky_relu_backward),
    "softmax": Activation(softmax, softmax_backward, through_softmax),
}
