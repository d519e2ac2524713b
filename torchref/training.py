r"""A whole training: batches, steps, epochs, and a history of them.

All here reads the same in both backends but for ``backward``, which here is
``torch.autograd``'s.
"""

import copy
import dataclasses
import math
from typing import Any

import torch

from torchref.checks import (
    batch_count,
    callback,
    choice,
    count,
    epoch_orders,
    finite_step,
    listed,
    network,
    not_negative,
    permutation,
    quiet,
    samples,
    updater,
)
from torchref.losses import loss_named
from torchref.optimizers import OPTIMIZERS

__all__ = ["minibatches", "train_step", "fit"]


@dataclasses.dataclass
class History:
    """What ``fit`` returns."""

    losses: list[float] = dataclasses.field(default_factory=list)
    epochs: int = 0
    converged: bool = False
    weights: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    gradients: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    state: list[dict[str, Any]] = dataclasses.field(default_factory=list)


def minibatches(x, y, batch_size=None, order=None):
    r"""The samples in batches, the last one smaller where they do not come
    out even.

    .. math:: B_i = (o_{iS}, \dots, o_{\min(iS + S, N) - 1}), \qquad
              i = 0, \dots, \lceil N / S \rceil - 1

    Parameters
    ----------
    x : (N, D) float
    y : (N, K) float or (N,) int
    batch_size : int, optional
        S, from 1 to N. None: all samples at once.
    order : (N,) int, optional
        o, the order in which the samples are taken. None: 0 to N-1.

    Returns
    -------
    iterator of pairs
        x (S, D) and y (S, K) or (S,) of each batch, copies.

    Raises
    ------
    ValueError
        If x and y are not as many or none, the batch size is 0 or above N,
        or the order is no permutation.

    Notes
    -----
    Source: ``torch.utils.data.DataLoader`` with ``drop_last=False``, but for
    the order, which is given and not drawn.

    Examples
    --------
    >>> x, y = tensor([[0.0], [1.0], [2.0]]), tensor([[0.0], [10.0], [20.0]])
    >>> [
    ...     (x_batch.tolist(), y_batch.tolist())
    ...     for x_batch, y_batch in minibatches(x, y, 2, order=[2, 0, 1])
    ... ]
    [([[2.0], [0.0]], [[20.0], [0.0]]), ([[1.0]], [[10.0]])]
    """
    x, y = samples(x, y)
    order = (
        list(range(len(x)))
        if order is None
        else permutation("order", order, len(x))
    )
    return _batches(x, y, batch_count(batch_size, len(x)), order)


@quiet
def train_step(model, x, y, loss, optimizer):
    r"""One step of training: forward, loss, backward, update.

    .. math:: g = \nabla_w L(f_w(x), y), \qquad
              w \leftarrow \text{update}(w, g)

    Parameters
    ----------
    model : Linear, ToyNet or MLP
        Its parameters are changed.
    x : (N, D) float
    y : (N, K) float or (N,) int
    loss : str
        "squared_error", "mse_loss", "binary_cross_entropy",
        "binary_cross_entropy_with_logits" or "cross_entropy".
    optimizer : SGD, Adagrad, RMSprop, Adam or AdamW
        Made over the parameters of the model.

    Returns
    -------
    float
        The loss before the update.

    Raises
    ------
    ValueError
        If the loss is unknown, the shapes do not fit, or the targets do not
        fit the loss.

    Notes
    -----
    The gradients are forgotten first; those of this step stay in the
    parameters' ``grad``. Source: the deck.

    Examples
    --------
    >>> net = Linear(2, 1)
    >>> net.load_state_dict(
    ...     {"weight": tensor([[0.5, -1.0]]), "bias": tensor([0.0])}
    ... )
    >>> train_step(
    ...     net,
    ...     tensor([[2.0, 1.0]]),
    ...     tensor([[1.0]]),
    ...     "mse_loss",
    ...     SGD(net.parameters(), lr=0.25),
    ... )
    1.0
    >>> net.weight.tolist(), net.bias.tolist()
    ([[1.5, -0.5]], [0.5])
    """
    network("model", model)
    updater("optimizer", optimizer)
    optimizer.zero_grad()
    value = backward(model, loss, model(x), y)
    optimizer.step()
    return value


def fit(
    model,
    x,
    y,
    *,
    loss="mse_loss",
    optimizer="SGD",
    lr=0.05,
    epochs=40,
    batch_size=None,
    orders=None,
    tolerance=0.0,
    on_step=None,
    record=(),
):
    r"""Train a net: in every epoch all samples once, batch by batch, with a
    step after each batch.

    .. math:: w \leftarrow \text{update}(w, \nabla_w L(f_w(x_B), y_B)) \quad
              \text{for each batch } B

    Parameters
    ----------
    model : Linear, ToyNet or MLP
        Its parameters are changed.
    x : (N, D) float
    y : (N, K) float or (N,) int
        Class indices (N,) for "cross_entropy".
    loss : str
        "squared_error", "mse_loss", "binary_cross_entropy",
        "binary_cross_entropy_with_logits" or "cross_entropy".
    optimizer : str or optimizer
        "SGD", "Adagrad", "RMSprop", "Adam" or "AdamW", with ``lr`` and
        otherwise PyTorch's defaults; or an optimizer made over parameters of
        the model, which goes on from its state.
    lr : float or callable
        The learning rate, from 0 on, of an optimizer by name; one already
        made keeps its own. Or ``lr(epoch)``, which is set in every group of
        either as an epoch starts, the first being 0.
    epochs : int
        At most so many.
    batch_size : int, optional
        From 1 to N; the last batch of an epoch may be smaller. None: all
        samples at once.
    orders : iterable of (N,) int, optional
        The order of the samples in each epoch; training ends with the
        orders. None: 0 to N-1 each time.
    tolerance : float
        Training stops when the loss of an epoch differs from the one before
        by no more than this. The loss of an epoch is the mean of its steps'.
    on_step : callable, optional
        Called as ``on_step(step, model, loss)`` after each step, the first
        being 1.
    record : collection of str
        What the history keeps of each step beside the loss: "weights",
        "gradients", "state".

    Returns
    -------
    history
        With ``losses`` (before each step), ``epochs`` (how many were begun),
        ``converged`` (the loss settled within the tolerance), and for each
        step, where asked for, ``weights`` (after it), ``gradients`` (that it
        went against) and ``state`` (the optimizer's, after it), each a
        dictionary by the parameter's name.

    Raises
    ------
    ValueError
        If a name is unknown, the shapes do not fit, the targets do not fit
        the loss, the learning rate or the tolerance is negative or not
        finite, epochs is no count, the batch size is 0 or above N, an order
        is no permutation, or the optimizer was made over parameters of
        another model.

    Notes
    -----
    A learning rate that is too large makes the loss grow out of range:
    training stops there with a warning that says at which step, and the
    history keeps what happened. ``lr(epoch)`` counts as
    ``torch.optim.lr_scheduler.LambdaLR`` does. Source: the deck, whose
    ``train`` is one batch of all samples.

    Examples
    --------
    >>> net = Linear(2, 1)
    >>> net.load_state_dict(
    ...     {"weight": tensor([[0.5, -1.0]]), "bias": tensor([0.0])}
    ... )
    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> history = fit(
    ...     net,
    ...     x,
    ...     y,
    ...     epochs=2,
    ...     lr=0.03125,
    ...     batch_size=1,
    ...     orders=[[0, 1], [1, 0]],
    ... )
    >>> (
    ...     history.epochs,
    ...     history.converged,
    ...     [round(value, 3) for value in history.losses],
    ... )
    (2, False, [1.0, 12.691, 0.05, 6.268])
    """
    network("model", model)
    count("epochs", epochs)
    tolerance = not_negative("tolerance", tolerance)
    callback("on_step", on_step)
    record = listed("record", record)
    for name in record:
        choice("record", name, ("weights", "gradients", "state"))
    x, y = samples(x, y)
    batch_size = batch_count(batch_size, len(x))
    optimizer = _optimizer(model, optimizer, lr)
    history, loss_before = History(), math.inf
    for epoch, order in enumerate(epoch_orders(orders, epochs, len(x))):
        if callable(lr):
            _set_lr(optimizer, lr(epoch))
        history.epochs += 1
        losses = []
        for x_batch, y_batch in _batches(x, y, batch_size, order):
            losses.append(
                train_step(model, x_batch, y_batch, loss, optimizer)
            )
            history.losses.append(losses[-1])
            _record(history, record, model, optimizer)
            if on_step is not None:
                on_step(len(history.losses), model, losses[-1])
            if not finite_step(
                losses[-1], len(history.losses), history.epochs
            ):
                return history
        loss_now = sum(losses) / len(losses)
        history.converged = abs(loss_now - loss_before) <= tolerance
        if history.converged:
            break
        loss_before = loss_now
    return history


def backward(model, loss, pred, target):
    """The loss, whose gradients are added to those of the parameters:
    PyTorch goes back by itself.
    """
    loss_function = loss_named(loss)
    if loss == "binary_cross_entropy" and pred.isnan().any():
        loss_function(torch.full_like(pred, 0.5), target)  # a wrong one told
        return math.nan  # out of range on the way: a run that is over
    value = loss_function(pred, target)
    value.backward()
    return float(value.detach())


def _batches(x, y, batch_size, order):
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        yield x[batch], y[batch]


def _optimizer(model, optimizer, lr):
    """The optimizer of that name, or the one given for this model."""
    if isinstance(optimizer, str) or not hasattr(optimizer, "param_groups"):
        choice("optimizer", optimizer, OPTIMIZERS)
        rate = {} if callable(lr) else {"lr": lr}
        return OPTIMIZERS[optimizer](model.parameters(), **rate)
    own = {id(parameter) for parameter in model.parameters()}
    if any(
        id(parameter) not in own
        for group in optimizer.param_groups
        for parameter in group["params"]
    ):
        raise ValueError(
            "optimizer: got one made over other parameters, expected the "
            "model's own"
        )
    return optimizer


def _set_lr(optimizer, lr):
    lr = not_negative("lr", lr)
    for group in optimizer.param_groups:
        group["lr"] = lr


def _record(history, record, model, optimizer):
    """Copies of what was asked for, by the parameter's name."""
    parameters = dict(model.named_parameters()) if record else {}
    if "weights" in record:
        history.weights.append(
            {name: copy.deepcopy(p.data) for name, p in parameters.items()}
        )
    if "gradients" in record:
        history.gradients.append(
            {name: copy.deepcopy(p.grad) for name, p in parameters.items()}
        )
    if "state" in record:
        history.state.append(
            {
                name: copy.deepcopy(optimizer.state.get(p, {}))
                for name, p in parameters.items()
            }
        )
