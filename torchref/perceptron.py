r"""The perceptron rule: look at one sample, and where its sign is wrong,
correct the weights by that sample.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F

from torchref.checks import (
    batch_shapes,
    callback,
    count,
    epoch_orders,
    floats,
    sample_shapes,
    signs,
)

__all__ = ["perceptron_step", "perceptron_epoch", "train_perceptron"]


class PerceptronRun(NamedTuple):
    """What ``train_perceptron`` returns."""

    weight: Any
    bias: Any
    converged: bool
    epochs: int
    updates: int


def perceptron_step(weight, bias, x, y):
    r"""One correction by one sample.

    .. math:: \delta_k = \tfrac12
              (y_k - \operatorname{sign}(w_k \cdot x + b_k)), \qquad
              w_k \leftarrow w_k + \delta_k x, \qquad
              b_k \leftarrow b_k + \delta_k

    Parameters
    ----------
    weight : (K, D) float
    bias : (K,) float
    x : (D,) float
    y : (K,) float
        -1 or +1.

    Returns
    -------
    weight : (K, D) float
    bias : (K,) float

    Raises
    ------
    ValueError
        If the shapes do not fit, or a label is neither -1 nor +1.

    Notes
    -----
    Nothing moves where the sign is right. A point on the line, sign 0, is
    corrected by half a step. There is no learning rate: with W = 0 at the
    start it would only scale the weights. Where the sum is nan its sign is
    0, and the step a half.
    Source: the deck; F. Rosenblatt, "The perceptron", Psychological Review
    65 (1958).

    Examples
    --------
    >>> weight, bias = perceptron_step(
    ...     tensor([[0.0, 0.0]]),
    ...     tensor([0.0]),
    ...     tensor([2.0, 1.0]),
    ...     tensor([1.0]),
    ... )
    >>> weight.tolist(), bias.tolist()
    ([[1.0, 0.5]], [0.5])
    """
    weight, bias, x, y = floats(weight=weight, bias=bias, x=x, y=y)
    sample_shapes(x, y, weight, bias)
    signs("y", y)
    delta = _delta(weight, bias, x, y)
    return weight + delta[:, None] * x, bias + delta


def perceptron_epoch(weight, bias, x, y):
    r"""One pass over all samples, in the order given.

    Parameters
    ----------
    weight : (K, D) float
    bias : (K,) float
    x : (N, D) float
    y : (N, K) float
        -1 or +1.

    Returns
    -------
    weight : (K, D) float
    bias : (K,) float
    mistakes : int
        How many samples called for a correction, a point on the line
        included.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a label is neither -1 nor +1.

    Notes
    -----
    Source: the deck.

    Examples
    --------
    >>> x, y = tensor([[2.0, 1.0], [6.0, 0.5]]), tensor([[1.0], [-1.0]])
    >>> weight, bias, mistakes = perceptron_epoch(
    ...     tensor([[0.0, 0.0]]), tensor([0.0]), x, y
    ... )
    >>> weight.tolist(), bias.tolist(), mistakes
    ([[-5.0, 0.0]], [-0.5], 2)
    """
    weight, bias, x, y = floats(weight=weight, bias=bias, x=x, y=y)
    batch_shapes(x, y, weight, bias)
    signs("y", y)
    mistakes = 0
    for x_i, y_i in zip(x, y, strict=True):
        delta = _delta(weight, bias, x_i, y_i)
        weight, bias = weight + delta[:, None] * x_i, bias + delta
        mistakes += bool(torch.count_nonzero(delta))
    return weight, bias, mistakes


def train_perceptron(
    weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None
):
    r"""Epochs of the perceptron rule until one passes without a mistake.

    Parameters
    ----------
    weight : (K, D) float
        The deck starts with zeros.
    bias : (K,) float
    x : (N, D) float
    y : (N, K) float
        -1 or +1.
    max_epochs : int
        Where no line separates the classes the rule never settles; here it
        ends.
    orders : iterable of (N,) int, optional
        The order of the samples in each epoch; training ends with the
        orders. None: 0 to N-1 each time.
    on_epoch : callable, optional
        Called as ``on_epoch(epoch, weight, bias, mistakes)`` after each
        epoch, the first being 1.

    Returns
    -------
    result
        With ``weight``, ``bias``, ``converged`` (an epoch passed without a
        mistake), ``epochs`` (that last one included) and ``updates``
        (corrections in all).

    Raises
    ------
    ValueError
        If the shapes do not fit, a label is neither -1 nor +1, max_epochs is
        no count, or an order no permutation.

    Notes
    -----
    On separable data it ends after at most (R / gamma)^2 updates from W = 0,
    of which one on the line counts half, R being the largest length of
    (x, 1) and gamma the distance from the nearest of these points to a
    separating plane through 0.
    Source: the deck; A. Novikoff, "On convergence proofs on perceptrons"
    (1962).

    Examples
    --------
    >>> x, y = tensor([[2.0, 1.0], [6.0, 0.5]]), tensor([[1.0], [-1.0]])
    >>> result = train_perceptron(tensor([[0.0, 0.0]]), tensor([0.0]), x, y)
    >>> result.converged, result.epochs, result.updates
    (True, 4, 4)
    >>> predict(x, result.weight, result.bias).tolist()
    [[1.0], [-1.0]]
    """
    count("max_epochs", max_epochs)
    callback("on_epoch", on_epoch)
    weight, bias, x, y = floats(weight=weight, bias=bias, x=x, y=y)
    batch_shapes(x, y, weight, bias)
    signs("y", y)
    weight, bias = weight.clone(), bias.clone()
    epochs = updates = 0
    converged = False
    for order in epoch_orders(orders, max_epochs, len(x)):
        weight, bias, mistakes = perceptron_epoch(
            weight, bias, x[order], y[order]
        )
        epochs, updates, converged = (
            epochs + 1,
            updates + mistakes,
            mistakes == 0,
        )
        if on_epoch is not None:
            on_epoch(epochs, weight, bias, mistakes)
        if converged:
            break
    return PerceptronRun(weight, bias, converged, epochs, updates)


def _delta(weight, bias, x, y):
    """Half the error of the sign: 0 where it is right, 1 or -1 where wrong,
    a half on the line.
    """
    z = F.linear(x, weight, bias)
    return (y - torch.sign(z)) / 2
