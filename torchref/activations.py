r"""What a neuron does with its weighted sum z: the activation g, and the gradient
through it.

Each ``g(z)`` stands beside its ``g_backward(z, grad_output)``, which turns the gradient
of the loss with respect to g(z) into the gradient with respect to z: the factor g'(z)
of the chain rule. PyTorch computes it with ``torch.autograd``. Both return
an array of the shape of z.
"""

import torch
import torch.nn.functional as F

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
    z = z.detach().requires_grad_()
    grad = torch.autograd.grad(identity(z), z, grad_output)[0]
    return grad.clone()  # it shares its memory with grad_output


def sigmoid(z: Float[Shape]):
    r"""The logistic function, from 0 to 1.

    .. math:: \sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{1 + e^{z}}

    The form with the non-positive exponent is used, so nothing overflows; far from 0
    the ends 0 and 1 are reached.
    Source: the deck's exercises; ``torch.sigmoid``.

    >>> sigmoid(tensor([0.0, -10000.0, 10000.0])).tolist()
    [0.5, 0.0, 1.0]
    """
    return torch.sigmoid(z)


def sigmoid_backward(z: Float[Shape], grad_output: Float[Shape]):
    r"""Gradient through the sigmoid.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, \sigma(z) \, (1 - \sigma(z))

    z is the weighted sum, not its sigmoid.
    Source: the deck's exercises.

    >>> sigmoid_backward(tensor([0.0]), tensor([2.0])).tolist()
    [0.5]
    """
    z = z.detach().requires_grad_()
    return torch.autograd.grad(torch.sigmoid(z), z, grad_output)[0]


def tanh(z: Float[Shape]):
    r"""The hyperbolic tangent, from -1 to 1.

    .. math:: \tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}

    Source: the deck's exercises; ``torch.tanh``.

    >>> tanh(tensor([0.0, -10000.0, 10000.0])).tolist()
    [0.0, -1.0, 1.0]
    """
    return torch.tanh(z)


def tanh_backward(z: Float[Shape], grad_output: Float[Shape]):
    r"""Gradient through the hyperbolic tangent.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, (1 - \tanh^2 z)

    >>> tanh_backward(tensor([0.0]), tensor([2.0])).tolist()
    [2.0]
    """
    z = z.detach().requires_grad_()
    return torch.autograd.grad(torch.tanh(z), z, grad_output)[0]


def relu(z: Float[Shape]):
    r"""The rectifier: the positive part.

    .. math:: g(z) = \max(z, 0)

    Source: ``torch.relu``.

    >>> relu(tensor([-1.5, 0.0, 2.0])).tolist()
    [0.0, 0.0, 2.0]
    """
    return torch.relu(z)


def relu_backward(z: Float[Shape], grad_output: Float[Shape]):
    r"""Gradient through the rectifier.

    .. math:: \frac{\partial L}{\partial z} = \frac{\partial L}{\partial g} [z > 0]

    At the kink, z = 0, the gradient is 0, and where z is nan it passes: both as PyTorch
    has it (``torch.clamp(min=0)`` would pass it at 0 too).

    >>> relu_backward(tensor([-1.5, 0.0, 2.0]), tensor([1.0, 1.0, 1.0])).tolist()
    [0.0, 0.0, 1.0]
    """
    z = z.detach().requires_grad_()
    return torch.autograd.grad(torch.relu(z), z, grad_output)[0]


def leaky_relu(z: Float[Shape], negative_slope: NonNegative = 0.01):
    r"""The rectifier with a small slope, ``negative_slope`` a, where z is negative.

    .. math:: g(z) = \max(z, 0) + a \min(z, 0)

    Source: ``torch.nn.functional.leaky_relu``; A. Maas, A. Hannun, A. Ng, "Rectifier
    nonlinearities improve neural network acoustic models" (2013).

    >>> leaky_relu(tensor([-4.0, 0.0, 2.0]), negative_slope=0.25).tolist()
    [-1.0, 0.0, 2.0]
    """
    return F.leaky_relu(z, negative_slope)


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
    z = z.detach().requires_grad_()
    return torch.autograd.grad(F.leaky_relu(z, negative_slope), z, grad_output)[0]


def softmax(z: Float[Batch, K]):
    r"""Probabilities from scores, along the last axis: each row sums to 1.

    .. math:: p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}

    The largest score of the row is subtracted first: the quotient stays, and nothing
    overflows.
    Source: ``torch.softmax(z, dim=-1)``.

    >>> softmax(tensor([[10000.0, 10000.0], [0.0, 10000.0]])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    return torch.softmax(z, dim=-1)


def softmax_backward(z: Float[Batch, K], grad_output: Float[Batch, K]):
    r"""Gradient through the softmax.

    .. math:: \frac{\partial L}{\partial z_k}
              = p_k \left( \frac{\partial L}{\partial p_k}
              - \sum_j p_j \frac{\partial L}{\partial p_j} \right)

    Each row sums to 0: adding the same to all scores changes nothing.

    >>> softmax_backward(tensor([0.0, 0.0]), tensor([1.0, 0.0])).tolist()
    [0.25, -0.25]
    """
    z = z.detach().requires_grad_()
    return torch.autograd.grad(torch.softmax(z, dim=-1), z, grad_output)[0]


ACTIVATIONS = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "softmax": softmax,
}
