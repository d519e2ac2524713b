r"""One neuron: a weighted sum of its inputs, and an activation.

The deck draws the bias as the weight of one more input that is always 1. Here, as in
PyTorch, it has a name of its own: w.x + b is the deck's W.X with X = (x, 1) and W = (w,
b).
"""

import torch
import torch.nn.functional as F

from contract import D, Float, K, OneOf, Shape
from torchref.activations import ACTIVATIONS

__all__ = ["linear", "sign", "neuron", "predict"]


def linear(x: Float[..., D], weight: Float[K, D], bias: Float[K]):
    r"""The weighted sum of the inputs, for K neurons at once: (N, K) or (K,).

    .. math:: z_{nk} = \sum_d x_{nd} \, w_{kd} + b_k

    Where terms overflow, the order in which the processor adds them decides between inf
    and nan. Source: the deck; ``torch.nn.functional.linear``, which also keeps one row
    of weights for each neuron.

    >>> linear(tensor([[2.0, 1.0]]), tensor([[0.5, -1.0]]), tensor([0.25])).tolist()
    [[0.25]]
    """
    return F.linear(x, weight, bias)


def sign(z: Float[Shape]):
    r"""The sign of a number: -1, 0 or +1.

    .. math:: \operatorname{sign}(z) = [z > 0] - [z < 0]

    The sign of 0 is 0, neither class. The sign of nan is 0 too, as ``torch.sign`` has
    it; ``numpy.sign`` gives nan. Source: the deck; ``torch.sign``.

    >>> sign(tensor([-2.5, 0.0, 0.125])).tolist()
    [-1.0, 0.0, 1.0]
    """
    return torch.sign(z)


def neuron(
    x: Float[..., D],
    weight: Float[K, D],
    bias: Float[K],
    activation: OneOf[ACTIVATIONS] = "identity",
):
    r"""The output of K neurons: (N, K) or (K,).

    .. math:: \hat y = g(w \cdot x + b)

    Source: the deck.

    >>> x, weight, bias = tensor([2.0, 1.0]), tensor([[0.5, -1.0]]), tensor([0.0])
    >>> neuron(x, weight, bias, activation="sigmoid").tolist()
    [0.5]
    """
    g = ACTIVATIONS[activation]
    return g(linear(x, weight, bias))


def predict(x: Float[..., D], weight: Float[K, D], bias: Float[K]):
    r"""The class that the neuron gives a point: the side of the line on which it lies.

    .. math:: \hat y = \operatorname{sign}(w \cdot x + b)

    -1 or +1, and 0 for a point on the line. Source: the deck.

    >>> x, weight, bias = (
    ...     tensor([[2.0, 1.0], [6.0, 0.5]]),
    ...     tensor([[-1, 0]]),
    ...     tensor([3]),
    ... )
    >>> predict(x, weight, bias).tolist()
    [[1.0], [-1.0]]
    """
    return sign(linear(x, weight, bias))
