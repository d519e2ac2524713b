r"""The perceptron rule: look at one sample, and where its sign is wrong, correct the
weights by that sample.
"""

import numpy as np

from contract import Callback, Count, D, Float, K, N, Sign
from contract.arguments import epoch_orders
from contract.training import PerceptronRun
from scratch.neuron import sign

__all__ = ["perceptron_step", "perceptron_epoch", "train_perceptron"]


def perceptron_step(weight: Float[K, D], bias: Float[K], x: Float[D], y: Sign[K]):
    r"""One correction by one sample, where its sign is wrong.

    .. math:: \delta_k = \tfrac12 (y_k - \operatorname{sign}(w_k \cdot x + b_k)), \qquad
              w_k \leftarrow w_k + \delta_k x, \qquad b_k \leftarrow b_k + \delta_k

    Nothing moves where the sign is right; a point on the line, sign 0, is corrected by
    half a step. There is no learning rate: from W = 0 it would only scale the weights.
    Source: the deck; F. Rosenblatt, "The perceptron", Psychological Review 65 (1958).

    >>> weight, bias, x, y = tensor([[0, 0]]), tensor([0]), tensor([2, 1]), tensor([1])
    >>> weight, bias = perceptron_step(weight, bias, x, y)
    >>> weight.tolist(), bias.tolist()
    ([[1.0, 0.5]], [0.5])
    """
    delta = (y - sign(weight @ x + bias)) / 2
    return weight + delta[:, None] * x, bias + delta


def perceptron_epoch(
    weight: Float[K, D], bias: Float[K], x: Float[N, D], y: Sign[N, K]
):
    r"""One pass over all samples, in the order given.

    Returns weight, bias and the number of mistakes: of the samples that were corrected,
    a point on the line included. Source: the deck.

    >>> x, y = tensor([[2.0, 1.0], [6.0, 0.5]]), tensor([[1.0], [-1.0]])
    >>> weight, bias, mistakes = perceptron_epoch(tensor([[0, 0]]), tensor([0]), x, y)
    >>> weight.tolist(), bias.tolist(), mistakes
    ([[-5.0, 0.0]], [-0.5], 2)
    """
    result = _epoch(weight, bias, x, y, np.sign)
    # np.sign is faster than our sign, but gives nan for nan, which stays in the bias.
    return _epoch(weight, bias, x, y, sign) if np.isnan(result[1]).any() else result


def _epoch(weight, bias, x, y, sign):
    mistakes = 0
    for x_i, y_i in zip(x, y, strict=True):
        delta = (y_i - sign(weight @ x_i + bias)) / 2
        weight, bias = weight + delta[:, None] * x_i, bias + delta
        mistakes += bool(np.count_nonzero(delta))
    return weight, bias, mistakes


def train_perceptron(
    weight: Float[K, D],
    bias: Float[K],
    x: Float[N, D],
    y: Sign[N, K],
    *,
    max_epochs: Count = 1000,
    orders=None,
    on_epoch: Callback = None,
):
    r"""Epochs of the perceptron rule until one passes without a mistake.

    ``max_epochs`` stops it where no line separates the classes. ``orders`` holds the
    order of the samples in each epoch, a permutation of 0..N-1, and training stops when
    it is exhausted; a NumPy generator draws one for each epoch; None is 0 to N-1 each
    time. ``on_epoch(epoch, weight, bias, mistakes)`` is called after each epoch, the
    first being 1. The result has ``weight``, ``bias``, ``converged`` (an epoch passed
    without a mistake), ``epochs`` (that one included) and ``updates`` (corrections over
    all epochs).

    For one neuron (K = 1) on separable data it ends after at most (R / gamma)^2 updates
    from W = 0, of which one on the line counts half: R is the largest length of (x, 1),
    gamma the distance from the nearest of these points to a separating plane through 0.
    Source: the deck; A. Novikoff, "On convergence proofs on perceptrons" (1962).

    >>> x, y = tensor([[2.0, 1.0], [6.0, 0.5]]), tensor([[1.0], [-1.0]])
    >>> result = train_perceptron(tensor([[0, 0]]), tensor([0]), x, y)
    >>> result.converged, result.epochs, result.updates
    (True, 4, 4)
    """
    weight, bias = weight.copy(), bias.copy()
    epochs, updates, converged = 0, 0, False
    for order in epoch_orders(orders, max_epochs, len(x)):
        weight, bias, mistakes = perceptron_epoch(weight, bias, x[order], y[order])
        epochs, updates, converged = epochs + 1, updates + mistakes, mistakes == 0
        if on_epoch is not None:
            on_epoch(epochs, weight, bias, mistakes)
        if converged:
            break
    return PerceptronRun(weight, bias, converged, epochs, updates)
