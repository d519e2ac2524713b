r"""Loss functions, which measure how wrong the predictions are, and their gradients.

Each ``loss(pred, target)`` stands beside its ``loss_backward(pred, target)``, the
gradient with respect to ``pred``. PyTorch computes it with ``torch.autograd``. A
loss is a scalar, its gradient has the shape of ``pred``. In the formulas ``pred`` is
the prediction y_hat, a probability p or a score z, and ``target`` is y; n = N K counts
elements, not rows; cross-entropies are in nats.
"""

from typing import Any, NamedTuple

import numpy as np

from contract import Batch, Classes, Float, K, N, Probability
from scratch.activations import sigmoid, softmax

__all__ = [
    "squared_error",
    "squared_error_backward",
    "mse_loss",
    "mse_loss_backward",
    "binary_cross_entropy",
    "binary_cross_entropy_backward",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_backward",
    "cross_entropy",
    "cross_entropy_backward",
]


def squared_error(pred: Float[Batch], target: Float[Batch]):
    r"""Half the squared error, summed: the loss that the deck derives by hand.

    .. math:: L = \tfrac12 \sum_i (y_i - \hat y_i)^2

    With the factor 1/2 and without a mean: its gradient is N K / 2 times that of
    ``mse_loss``. Source: the deck.

    >>> float(squared_error(tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])))
    2.0
    """
    return ((target - pred) ** 2).sum() / 2


def squared_error_backward(pred: Float[Batch], target: Float[Batch]):
    r"""Gradient of the squared error with respect to ``pred``.

    .. math:: \frac{\partial L}{\partial \hat y_i} = \hat y_i - y_i

    Source: the deck.

    >>> squared_error_backward(tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])).tolist()
    [[0.0], [-2.0]]
    """
    return pred - target


def mse_loss(pred: Float[Batch], target: Float[Batch]):
    r"""The mean squared error.

    .. math:: L = \frac1n \sum_i (\hat y_i - y_i)^2

    No factor 1/2. Source: ``torch.nn.functional.mse_loss`` with ``reduction="mean"``,
    which only warns where the shapes differ, as (N, 1) against (N,), and then compares
    each prediction with each target.

    >>> float(mse_loss(tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])))
    2.0
    """
    # The product of the differences with themselves needs no array of squares.
    difference = (pred - target).ravel()
    return difference @ difference / difference.size


def mse_loss_backward(pred: Float[Batch], target: Float[Batch]):
    r"""Gradient of the mean squared error with respect to ``pred``.

    .. math:: \frac{\partial L}{\partial \hat y_i} = \frac2n (\hat y_i - y_i)

    No factor 1/2: this is the gradient of ``torch.nn.functional.mse_loss`` with
    ``reduction="mean"``.

    >>> mse_loss_backward(tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])).tolist()
    [[0.0], [-2.0]]
    """
    return (2 / pred.size) * (pred - target)


def binary_cross_entropy(pred: Probability[Batch], target: Probability[Batch]):
    r"""The cross-entropy of probabilities with targets from 0 to 1.

    .. math:: L = -\frac1n \sum_i \left( y_i \log p_i + (1 - y_i) \log(1 - p_i) \right)

    A logarithm below -100 counts as -100, so that a sure and wrong prediction costs 100
    and not infinity. Source: ``torch.nn.functional.binary_cross_entropy``.

    >>> float(binary_cross_entropy(tensor([[0.0], [1.0]]), tensor([[1.0], [1.0]])))
    50.0
    """
    log_p, log_q = np.maximum(np.log(pred), -100), np.maximum(np.log1p(-pred), -100)
    return -(target * log_p + (1 - target) * log_q).mean()


def binary_cross_entropy_backward(pred: Probability[Batch], target: Probability[Batch]):
    r"""Gradient of the binary cross-entropy with respect to ``pred``.

    .. math:: \frac{\partial L}{\partial p_i}
              = \frac1n \, \frac{p_i - y_i}{p_i (1 - p_i)}

    The denominator p (1 - p) is at least 1e-12, a constant that PyTorch keeps in
    float32.

    >>> pred, target = tensor([[0.5], [0.5]]), tensor([[1.0], [0.0]])
    >>> binary_cross_entropy_backward(pred, target).tolist()
    [[-1.0], [1.0]]
    """
    denominator = np.maximum(pred * (1 - pred), float(np.float32(1e-12)))
    return (pred - target) / denominator / pred.size


def binary_cross_entropy_with_logits(pred: Float[Batch], target: Probability[Batch]):
    r"""The cross-entropy of sigmoid(pred) with targets from 0 to 1, from the logits.

    .. math:: L = \frac1n \sum_i \left( \max(z_i, 0) - z_i y_i
              + \log(1 + e^{-|z_i|}) \right)

    Logits z are weighted sums before the sigmoid. Nothing overflows and no logarithm is
    clamped: a sigmoid followed by ``binary_cross_entropy`` loses its gradient where the
    sigmoid is 0 or 1. The loss of an infinite logit is inf or nan, depending on how the
    formula is written: PyTorch has (1 - y) z + log(1 + e^-z).
    Source: ``torch.nn.functional.binary_cross_entropy_with_logits``.

    >>> logits, target = tensor([[10000.0], [-10000.0]]), tensor([[1.0], [1.0]])
    >>> float(binary_cross_entropy_with_logits(logits, target))
    5000.0
    """
    log = np.log1p(np.exp(-np.abs(pred)))
    return (np.maximum(pred, 0) - pred * target + log).mean()


def binary_cross_entropy_with_logits_backward(
    pred: Float[Batch], target: Probability[Batch]
):
    r"""Gradient of the binary cross-entropy with respect to the logits.

    .. math:: \frac{\partial L}{\partial z_i} = \frac1n (\sigma(z_i) - y_i)

    >>> logits, target = tensor([[0.0], [10000.0]]), tensor([[1.0], [0.0]])
    >>> binary_cross_entropy_with_logits_backward(logits, target).tolist()
    [[-0.25], [0.5]]
    """
    return (sigmoid(pred) - target) / pred.size


def cross_entropy(pred: Float[N, K], target: Classes[N]):
    r"""The cross-entropy of softmax(pred) with the right classes, from the scores.

    .. math:: L = \frac1N \sum_n \left( \log \sum_k e^{z_{nk}} - z_{n, y_n} \right)

    Scores z (logits) are weighted sums before the softmax, which is inside: applying it
    before, too, is a well-known mistake. A target is the index of the right class, an
    integer from 0 to K-1. The mean is over the N rows. The largest score of the row is
    subtracted first, so that nothing overflows.
    Source: ``torch.nn.functional.cross_entropy``.

    >>> float(cross_entropy(tensor([[0.0, 10000.0], [0.0, 10000.0]]), [1, 0]))
    5000.0
    """
    shifted = pred - pred.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(target)), target].mean()


def cross_entropy_backward(pred: Float[N, K], target: Classes[N]):
    r"""Gradient of the cross-entropy with respect to the scores.

    .. math:: \frac{\partial L}{\partial z_{nk}}
              = \frac1N \left( p_{nk} - [k = y_n] \right), \qquad
              p_n = \operatorname{softmax}(z_n)

    Each row sums to 0.

    >>> cross_entropy_backward(tensor([[0.0, 0.0], [0.0, 0.0]]), [0, 1]).tolist()
    [[-0.25, 0.25], [0.25, -0.25]]
    """
    grad = softmax(pred)
    grad[np.arange(len(target)), target] -= 1
    return grad / len(target)


class Loss(NamedTuple):
    """A loss and its gradient."""

    forward: Any
    backward: Any


LOSSES = {
    "squared_error": Loss(squared_error, squared_error_backward),
    "mse_loss": Loss(mse_loss, mse_loss_backward),
    "binary_cross_entropy": Loss(binary_cross_entropy, binary_cross_entropy_backward),
    "binary_cross_entropy_with_logits": Loss(
        binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_backward
    ),
    "cross_entropy": Loss(cross_entropy, cross_entropy_backward),
}
