r"""What training makes small: a number that says how wrong the predictions
are, and its gradient.

Each ``loss(pred, target)`` stands beside its ``loss_backward(pred,
target)``, the gradient with respect to ``pred``.
"""

import numpy as np

from scratch.activations import sigmoid, softmax
from scratch.checks import (
    between_0_and_1,
    choice,
    class_indices,
    floats,
    not_empty,
    quiet,
    same_shape,
)

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


@quiet
def squared_error(pred, target):
    r"""Half the squared error, summed: the loss that the deck derives by
    hand.

    .. math:: L = \tfrac12 \sum_i (y_i - \hat y_i)^2

    Parameters
    ----------
    pred, target : (N, K) or (K,) float
        Same shape; nothing is broadcast.

    Returns
    -------
    () float

    Raises
    ------
    ValueError
        If the shapes differ, or hold no numbers.

    Notes
    -----
    With the factor 1/2 and without a mean: its gradient is N K / 2 times
    that of ``mse_loss``.
    Source: the deck.

    Examples
    --------
    >>> float(squared_error(tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])))
    2.0
    """
    pred, target = _pair(pred, target)
    return ((target - pred) ** 2).sum() / 2


@quiet
def squared_error_backward(pred, target):
    r"""Gradient of the squared error with respect to ``pred``.

    .. math:: \frac{\partial L}{\partial \hat y_i} = \hat y_i - y_i

    Parameters
    ----------
    pred, target : (N, K) or (K,) float
        Same shape; nothing is broadcast.

    Returns
    -------
    float array of the shape of pred

    Raises
    ------
    ValueError
        If the shapes differ, or hold no numbers.

    Notes
    -----
    Source: the deck.

    Examples
    --------
    >>> squared_error_backward(
    ...     tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])
    ... ).tolist()
    [[0.0], [-2.0]]
    """
    pred, target = _pair(pred, target)
    return pred - target


@quiet
def mse_loss(pred, target):
    r"""The mean squared error.

    .. math:: L = \frac1n \sum_i (\hat y_i - y_i)^2

    Parameters
    ----------
    pred, target : (N, K) or (K,) float
        Same shape; nothing is broadcast.

    Returns
    -------
    () float
        The mean over all n = N * K elements, not over the rows.

    Raises
    ------
    ValueError
        If the shapes differ, as (N, 1) against (N,), or hold no numbers.

    Notes
    -----
    No factor 1/2. Source: ``torch.nn.functional.mse_loss`` with
    ``reduction="mean"``, which only warns where the shapes differ and then
    compares each prediction with each target.

    Examples
    --------
    >>> float(mse_loss(tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])))
    2.0
    """
    pred, target = _pair(pred, target)
    difference = (pred - target).ravel()
    return difference @ difference / difference.size


@quiet
def mse_loss_backward(pred, target):
    r"""Gradient of the mean squared error with respect to ``pred``.

    .. math:: \frac{\partial L}{\partial \hat y_i} = \frac2n (\hat y_i - y_i)

    Parameters
    ----------
    pred, target : (N, K) or (K,) float
        Same shape; nothing is broadcast.

    Returns
    -------
    float array of the shape of pred
        n = N * K counts elements, not rows.

    Raises
    ------
    ValueError
        If the shapes differ, as (N, 1) against (N,), or hold no numbers.

    Notes
    -----
    No factor 1/2: this is the gradient of ``torch.nn.functional.mse_loss``
    with ``reduction="mean"``.

    Examples
    --------
    >>> mse_loss_backward(
    ...     tensor([[1.0], [-1.0]]), tensor([[1.0], [1.0]])
    ... ).tolist()
    [[0.0], [-2.0]]
    """
    pred, target = _pair(pred, target)
    return (2 / pred.size) * (pred - target)


@quiet
def binary_cross_entropy(pred, target):
    r"""The cross-entropy of probabilities with targets from 0 to 1.

    .. math:: L = -\frac1n \sum_i \left( y_i \log p_i
              + (1 - y_i) \log(1 - p_i) \right)

    Parameters
    ----------
    pred, target : (N, K) or (K,) float
        Same shape; both from 0 to 1.

    Returns
    -------
    () float
        The mean over all n = N * K elements, in nats.

    Raises
    ------
    ValueError
        If the shapes differ, hold no numbers, or a value lies outside 0..1.

    Notes
    -----
    A logarithm below -100 counts as -100, so that a sure and wrong
    prediction costs 100 and not infinity.
    Source: ``torch.nn.functional.binary_cross_entropy``.

    Examples
    --------
    >>> float(
    ...     binary_cross_entropy(
    ...         tensor([[0.0], [1.0]]), tensor([[1.0], [1.0]])
    ...     )
    ... )
    50.0
    """
    pred, target = _pair(pred, target)
    between_0_and_1("pred", pred)
    between_0_and_1("target", target)
    log_p, log_q = (
        np.maximum(np.log(pred), -100),
        np.maximum(np.log1p(-pred), -100),
    )
    return -(target * log_p + (1 - target) * log_q).mean()


@quiet
def binary_cross_entropy_backward(pred, target):
    r"""Gradient of the binary cross-entropy with respect to ``pred``.

    .. math:: \frac{\partial L}{\partial p_i}
              = \frac1n \, \frac{p_i - y_i}{p_i (1 - p_i)}

    Parameters
    ----------
    pred, target : (N, K) or (K,) float
        Same shape; both from 0 to 1.

    Returns
    -------
    float array of the shape of pred

    Raises
    ------
    ValueError
        If the shapes differ, hold no numbers, or a value lies outside 0..1.

    Notes
    -----
    The denominator p (1 - p) is at least 1e-12, a constant that PyTorch
    keeps in float32.
    Source: the derivative that ``torch.autograd`` takes of
    ``torch.nn.functional.binary_cross_entropy``.

    Examples
    --------
    >>> binary_cross_entropy_backward(
    ...     tensor([[0.5], [0.5]]), tensor([[1.0], [0.0]])
    ... ).tolist()
    [[-1.0], [1.0]]
    """
    pred, target = _pair(pred, target)
    between_0_and_1("pred", pred)
    between_0_and_1("target", target)
    return (
        (pred - target)
        / np.maximum(pred * (1 - pred), float(np.float32(1e-12)))
        / pred.size
    )


@quiet
def binary_cross_entropy_with_logits(pred, target):
    r"""The cross-entropy of sigmoid(pred) with targets from 0 to 1, from the
    logits themselves.

    .. math:: L = \frac1n \sum_i \left( \max(z_i, 0) - z_i y_i
              + \log(1 + e^{-|z_i|}) \right)

    Parameters
    ----------
    pred : (N, K) or (K,) float
        Logits z: weighted sums before the sigmoid.
    target : float array of the shape of pred
        From 0 to 1.

    Returns
    -------
    () float
        The mean over all n = N * K elements, in nats.

    Raises
    ------
    ValueError
        If the shapes differ, hold no numbers, or a target lies outside 0..1.

    Notes
    -----
    Nothing overflows and no logarithm is clamped: a sigmoid followed by
    ``binary_cross_entropy`` loses its gradient where the sigmoid is 0 or 1.
    The loss of an infinite logit is inf or nan, which of them depends on the
    form: PyTorch has (1 - y) z + log(1 + e^-z).
    Source: ``torch.nn.functional.binary_cross_entropy_with_logits``.

    Examples
    --------
    >>> float(
    ...     binary_cross_entropy_with_logits(
    ...         tensor([[10000.0], [-10000.0]]), tensor([[1.0], [1.0]])
    ...     )
    ... )
    5000.0
    """
    pred, target = _pair(pred, target)
    between_0_and_1("target", target)
    return (
        np.maximum(pred, 0) - pred * target + np.log1p(np.exp(-np.abs(pred)))
    ).mean()


@quiet
def binary_cross_entropy_with_logits_backward(pred, target):
    r"""Gradient of the binary cross-entropy with respect to the logits.

    .. math:: \frac{\partial L}{\partial z_i} = \frac1n (\sigma(z_i) - y_i)

    Parameters
    ----------
    pred : (N, K) or (K,) float
        Logits.
    target : float array of the shape of pred
        From 0 to 1.

    Returns
    -------
    float array of the shape of pred

    Raises
    ------
    ValueError
        If the shapes differ, hold no numbers, or a target lies outside 0..1.

    Notes
    -----
    Source: the derivative that ``torch.autograd`` takes of
    ``torch.nn.functional.binary_cross_entropy_with_logits``.

    Examples
    --------
    >>> binary_cross_entropy_with_logits_backward(
    ...     tensor([[0.0], [10000.0]]), tensor([[1.0], [0.0]])
    ... ).tolist()
    [[-0.25], [0.5]]
    """
    pred, target = _pair(pred, target)
    between_0_and_1("target", target)
    return (sigmoid.__wrapped__(pred) - target) / pred.size


@quiet
def cross_entropy(pred, target):
    r"""The cross-entropy of softmax(pred) with the right classes, from the
    scores themselves.

    .. math:: L = \frac1N \sum_n
              \left( \log \sum_k e^{z_{nk}} - z_{n, y_n} \right)

    Parameters
    ----------
    pred : (N, K) float
        Scores z (logits): weighted sums before the softmax.
    target : (N,) int
        The index of the right class, from 0 to K-1.

    Returns
    -------
    () float
        The mean over the N rows, in nats.

    Raises
    ------
    ValueError
        If the shapes do not fit, hold no numbers, or a target is no class
        index.

    Notes
    -----
    The softmax is inside: applying it before, too, is a well-known mistake.
    The largest score of the row is subtracted first, so that nothing
    overflows. Source: ``torch.nn.functional.cross_entropy``.

    Examples
    --------
    >>> float(
    ...     cross_entropy(tensor([[0.0, 10000.0], [0.0, 10000.0]]), [1, 0])
    ... )
    5000.0
    """
    pred, target = _scores(pred, target)
    shifted = pred - pred.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(target)), target].mean()


@quiet
def cross_entropy_backward(pred, target):
    r"""Gradient of the cross-entropy with respect to the scores.

    .. math:: \frac{\partial L}{\partial z_{nk}}
              = \frac1N \left( p_{nk} - [k = y_n] \right), \qquad
              p_n = \operatorname{softmax}(z_n)

    Parameters
    ----------
    pred : (N, K) float
        Scores (logits).
    target : (N,) int
        The index of the right class, from 0 to K-1.

    Returns
    -------
    (N, K) float

    Raises
    ------
    ValueError
        If the shapes do not fit, hold no numbers, or a target is no class
        index.

    Notes
    -----
    Source: the derivative that ``torch.autograd`` takes of
    ``torch.nn.functional.cross_entropy``.

    Examples
    --------
    >>> cross_entropy_backward(
    ...     tensor([[0.0, 0.0], [0.0, 0.0]]), [1, 0]
    ... ).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    pred, target = _scores(pred, target)
    grad = softmax.__wrapped__(pred)
    grad[np.arange(len(target)), target] -= 1
    return grad / len(target)


def _pair(pred, target):
    pred, target = floats(pred=pred, target=target)
    same_shape("pred", pred, "target", target)
    not_empty("pred", pred)
    return pred, target


def _scores(pred, target):
    (pred,) = floats(pred=pred)
    not_empty("pred", pred)
    return pred, class_indices("target", target, pred)


LOSSES = {
    "squared_error": (squared_error, squared_error_backward),
    "mse_loss": (mse_loss, mse_loss_backward),
    "binary_cross_entropy": (
        binary_cross_entropy,
        binary_cross_entropy_backward,
    ),
    "binary_cross_entropy_with_logits": (
        binary_cross_entropy_with_logits,
        binary_cross_entropy_with_logits_backward,
    ),
    "cross_entropy": (cross_entropy, cross_entropy_backward),
}


def loss_pair(name):
    """The loss of that name and its backward, for those who are quiet
    already.
    """
    choice("loss", name, LOSSES)
    loss, loss_backward = LOSSES[name]
    return loss.__wrapped__, loss_backward.__wrapped__
