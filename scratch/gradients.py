r"""Gradient descent for one layer of neurons: the derivative by the chain
rule, the update, and a run sample by sample.

The loss is ``squared_error``, half the squared error summed, as the deck
derives it.
"""

from typing import Any, NamedTuple

import numpy as np

from scratch.activations import activation_pair
from scratch.checks import (
    LARGEST,
    batch_shapes,
    callback,
    count,
    epoch_orders,
    finite_loss,
    floats,
    not_negative,
    options_held,
    quiet,
    sample_shapes,
)
from scratch.losses import squared_error, squared_error_backward
from scratch.neuron import linear, neuron

__all__ = [
    "neuron_gradients",
    "gradient_step",
    "gradient_epoch",
    "train_gradient",
]


class GradientRun(NamedTuple):
    """What ``train_gradient`` returns."""

    weight: Any
    bias: Any
    converged: bool
    epochs: int
    losses: list[float]


@quiet
def neuron_gradients(weight, bias, x, y, activation="identity"):
    r"""The gradient of the squared error with respect to the weights, by the
    chain rule.

    .. math:: \frac{\partial L}{\partial w_{kd}}
              = \sum_n (\hat y_{nk} - y_{nk}) \, g'(z_{nk}) \, x_{nd}, \qquad
              \frac{\partial L}{\partial b_k}
              = \sum_n (\hat y_{nk} - y_{nk}) \, g'(z_{nk})

    Parameters
    ----------
    weight : (K, D) float
    bias : (K,) float
    x : (N, D) or (D,) float
    y : (N, K) or (K,) float
    activation : "identity", "sigmoid", "tanh", "relu" or "softmax"

    Returns
    -------
    grad_weight : (K, D) float
    grad_bias : (K,) float

    Raises
    ------
    ValueError
        If the shapes do not fit, x holds no sample, or the activation is
        unknown.

    Notes
    -----
    Of the squared error 1/2 (y - y_hat)^2, summed over the samples: no
    factor 2 and no mean.
    Source: the deck.

    Examples
    --------
    >>> grad_weight, grad_bias = neuron_gradients(
    ...     tensor([[0.5, -1.0]]),
    ...     tensor([0.0]),
    ...     tensor([2.0, 1.0]),
    ...     tensor([1.0]),
    ... )
    >>> grad_weight.tolist(), grad_bias.tolist()
    ([[-2.0, -1.0]], [-1.0])
    """
    weight, bias, x, y = floats(weight=weight, bias=bias, x=x, y=y)
    shapes = sample_shapes if x.ndim == 1 else batch_shapes
    shapes(x, y, weight, bias)
    g, g_backward = activation_pair(activation)
    z = linear.__wrapped__(x, weight, bias)
    error = squared_error_backward.__wrapped__(g(z), y)
    delta = g_backward(z, error)
    x, delta = np.atleast_2d(x, delta)
    return delta.T @ x, delta.sum(axis=0)


@quiet
def gradient_step(weight, bias, x, y, lr, activation="identity"):
    r"""One step against the gradient.

    .. math:: w \leftarrow w - \eta \frac{\partial L}{\partial w}, \qquad
              b \leftarrow b - \eta \frac{\partial L}{\partial b}

    Parameters
    ----------
    weight : (K, D) float
    bias : (K,) float
    x : (N, D) or (D,) float
    y : (N, K) or (K,) float
    lr : float
        The learning rate, from 0 on.
    activation : "identity", "sigmoid", "tanh", "relu" or "softmax"

    Returns
    -------
    weight : (K, D) float
    bias : (K,) float

    Raises
    ------
    ValueError
        If the shapes do not fit, the learning rate is negative or not
        finite, or the activation is unknown.

    Notes
    -----
    Source: the deck; ``torch.optim.SGD``.

    Examples
    --------
    >>> weight, bias = gradient_step(
    ...     tensor([[0.5, -1.0]]),
    ...     tensor([0.0]),
    ...     tensor([2.0, 1.0]),
    ...     tensor([1.0]),
    ...     lr=0.25,
    ... )
    >>> weight.tolist(), bias.tolist()
    ([[1.0, -0.75]], [0.25])
    """
    lr = not_negative("lr", lr)
    weight, bias, x, y = floats(weight=weight, bias=bias, x=x, y=y)
    if lr > LARGEST:
        options_held({"lr": lr}, [weight])
    grad_weight, grad_bias = neuron_gradients.__wrapped__(
        weight, bias, x, y, activation
    )
    return weight - lr * grad_weight, bias - lr * grad_bias


@quiet
def gradient_epoch(weight, bias, x, y, lr, activation="identity"):
    r"""One pass over all samples in the order given, with a step after each.

    Parameters
    ----------
    weight : (K, D) float
    bias : (K,) float
    x : (N, D) float
    y : (N, K) float
    lr : float
        The learning rate, from 0 on.
    activation : "identity", "sigmoid", "tanh", "relu" or "softmax"

    Returns
    -------
    weight : (K, D) float
    bias : (K,) float

    Raises
    ------
    ValueError
        If the shapes do not fit, the learning rate is negative or not
        finite, or the activation is unknown.

    Notes
    -----
    Source: the deck, stochastic gradient descent.

    Examples
    --------
    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> weight, bias = gradient_epoch(
    ...     tensor([[0.0, 0.0]]), tensor([0.0]), x, y, lr=0.25
    ... )
    >>> weight.tolist(), bias.tolist()
    ([[-2.75, 0.25]], [-0.5625])
    """
    weight, bias, x, y = floats(weight=weight, bias=bias, x=x, y=y)
    batch_shapes(x, y, weight, bias)
    for x_i, y_i in zip(x, y, strict=True):
        weight, bias = gradient_step.__wrapped__(
            weight, bias, x_i, y_i, lr, activation
        )
    return weight, bias


def train_gradient(
    weight,
    bias,
    x,
    y,
    *,
    lr,
    epochs,
    orders=None,
    tolerance=0.0,
    activation="identity",
    on_epoch=None,
):
    r"""Stochastic gradient descent, sample by sample, until the loss
    settles.

    Parameters
    ----------
    weight : (K, D) float
    bias : (K,) float
    x : (N, D) float
    y : (N, K) float
    lr : float
        The learning rate, from 0 on.
    epochs : int
        At most so many.
    orders : iterable of (N,) int, optional
        The order of the samples in each epoch; training ends with the
        orders. None: 0 to N-1 each time.
    tolerance : float
        Training stops when the loss of an epoch differs from the one before
        by no more than this.
    activation : "identity", "sigmoid", "tanh", "relu" or "softmax"
    on_epoch : callable, optional
        Called as ``on_epoch(epoch, weight, bias, loss)`` after each epoch,
        the first being 1.

    Returns
    -------
    result
        With ``weight``, ``bias``, ``converged`` (the loss settled within the
        tolerance), ``epochs`` (how many were run) and ``losses``, the
        squared error over all samples after each epoch.

    Raises
    ------
    ValueError
        If the shapes do not fit, the learning rate or the tolerance is
        negative or not finite, epochs is no count, an order no permutation,
        or the activation is unknown.

    Notes
    -----
    A learning rate that is too large makes the loss grow out of range:
    training stops there with a warning, and ``losses`` keeps what happened.
    Source: the deck.

    Examples
    --------
    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> result = train_gradient(
    ...     tensor([[0.0, 0.0]]), tensor([0.0]), x, y, lr=0.0625, epochs=2
    ... )
    >>> (
    ...     result.converged,
    ...     result.epochs,
    ...     [round(loss, 3) for loss in result.losses],
    ... )
    (False, 2, [1.136, 0.927])
    """
    count("epochs", epochs)
    not_negative("lr", lr)
    tolerance = not_negative("tolerance", tolerance)
    callback("on_epoch", on_epoch)
    activation_pair(activation)
    weight, bias, x, y = floats(weight=weight, bias=bias, x=x, y=y)
    batch_shapes(x, y, weight, bias)
    weight, bias = weight.copy(), bias.copy()
    losses, converged = [], False
    for order in epoch_orders(orders, epochs, len(x)):
        weight, bias, loss = _epoch(
            weight, bias, x, y, order, lr, activation
        )
        losses.append(loss)
        if on_epoch is not None:
            on_epoch(len(losses), weight, bias, loss)
        if not finite_loss(loss, len(losses)):
            break
        converged = (
            len(losses) > 1 and abs(losses[-1] - losses[-2]) <= tolerance
        )
        if converged:
            break
    return GradientRun(weight, bias, converged, len(losses), losses)


@quiet
def _epoch(weight, bias, x, y, order, lr, activation):
    """One epoch in this order; the loss after it."""
    weight, bias = gradient_epoch(
        weight, bias, x[order], y[order], lr, activation
    )
    loss = squared_error(neuron(x, weight, bias, activation), y)
    return weight, bias, float(loss)
