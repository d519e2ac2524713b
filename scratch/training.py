r"""A whole training: batches, steps, epochs, and a history of them.

Everything here is the same in both backends except ``backward``, which here calls every
layer's own.
"""

import itertools
import math
from functools import partial

import numpy as np

from contract import (
    Callback,
    Count,
    D,
    Float,
    N,
    Net,
    NonNegative,
    OneOf,
    OptimizerObject,
    Rate,
    Size,
    Targets,
)
from contract.arguments import (
    batch_length,
    choice,
    epoch_orders,
    listed,
    part_length,
    permutation,
)
from contract.memory import batch_that_fits
from contract.optimizers import optimizer_over
from contract.training import RECORDED, drawn, finite_loss, history_of, set_lr, settled
from scratch.arrays import converted
from scratch.losses import LOSSES
from scratch.optimizers import OPTIMIZERS

__all__ = ["minibatches", "train_step", "fit"]


def minibatches(x: Float[N, D], y: Targets[N], batch_size=None, order=None):
    r"""The samples in batches, the last one smaller where they do not divide evenly.

    .. math:: B_i = (o_{iS}, \dots, o_{\min(iS + S, N) - 1}), \qquad
              i = 0, \dots, \lceil N / S \rceil - 1

    ``y`` holds (N, K) floats or (N,) class indices; ``batch_size`` S is from 1 to N,
    None all samples at once; ``order`` o is a permutation of 0..N-1, None 0 to N-1.
    Yields copies of x and y. Source: ``torch.utils.data.DataLoader`` with
    ``drop_last=False``, but for the order, which is given and not drawn.

    >>> x, y = tensor([[0.0], [1.0], [2.0]]), tensor([[0.0], [10.0], [20.0]])
    >>> batches = minibatches(x, y, batch_size=2, order=[2, 0, 1])
    >>> [(x_batch.tolist(), y_batch.tolist()) for x_batch, y_batch in batches]
    [([[2.0], [0.0]], [[20.0], [0.0]]), ([[1.0]], [[10.0]])]
    """
    n = len(x)
    order = permutation("order", range(n) if order is None else order, n)
    return batches(x, y, batch_length(batch_size, n), order)


def batches(x, y, batch_size, order):
    """The samples in this order, batch by batch."""
    x, y = x[order], y[order]
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


def train_step(model: Net, x, y, loss: OneOf[LOSSES], optimizer: OptimizerObject):
    r"""One step of training: forward, loss, backward, update.

    .. math:: g = \nabla_w L(f_w(x), y), \qquad w \leftarrow \text{update}(w, g)

    Changes the parameters of the model, a ``Linear``, ``ToyNet`` or ``MLP``, with which
    the optimizer was created. x is (N, D), y (N, K) floats or (N,) class indices.
    Returns the loss before the update. The gradients are reset first; those of this
    step stay in the parameters' ``grad``. Source: the deck.

    >>> net = Linear(2, 1)
    >>> net.load_state_dict({"weight": [[0.5, -1.0]], "bias": [0.0]})
    >>> optimizer = SGD(net.parameters(), lr=0.25)
    >>> train_step(net, tensor([[2.0, 1.0]]), tensor([[1.0]]), "mse_loss", optimizer)
    1.0
    >>> net.weight.tolist(), net.bias.tolist()
    ([[1.5, -0.5]], [0.5])
    """
    optimizer.zero_grad()
    value = backward(model, loss, model(x), y)
    optimizer.step()
    return value


def fit(
    model: Net,
    x: Float[N, D],
    y: Targets[N],
    *,
    loss: OneOf[LOSSES] = "mse_loss",
    optimizer="SGD",
    lr: Rate = 0.05,
    epochs: Count = 40,
    batch_size=None,
    accumulate: Size = 1,
    orders=None,
    tolerance: NonNegative = 0.0,
    on_step: Callback = None,
    record=(),
    history=None,
):
    r"""Train a net: in every epoch all samples once, with a step after each batch.

    .. math:: w \leftarrow \text{update}(w, \nabla_w L(f_w(x_B), y_B)) \quad
              \text{for each batch } B

    Changes the parameters of the model, a ``Linear``, ``ToyNet`` or ``MLP``. ``y``
    holds (N, K) floats, or (N,) class indices for "cross_entropy". ``optimizer`` is
    "SGD", "Adagrad", "RMSprop", "Adam" or "AdamW", with ``lr`` and otherwise PyTorch's
    defaults, or an optimizer created with the parameters of the model, which continues
    from its state and keeps its own ``lr`` if this one is a number. ``lr`` may be a
    function that returns the rate of an epoch, the first being 0; that of PyTorch's
    ``LambdaLR`` returns a factor. ``epochs`` is the maximum number of epochs,
    ``batch_size`` from 1 to N, None for all samples. ``accumulate`` is the number of
    parts in which a batch is computed, so that only one of them needs memory at a time:
    their gradients, each weighted by its share of the samples, add up to that of the
    batch. Averaging the parts' means without these weights is a known mistake.
    ``orders`` holds the order of the samples in each epoch, and training stops when it
    is exhausted; a NumPy generator draws one for each epoch; None is 0 to N-1 each
    time. Training also stops when the mean loss of an epoch's steps differs from that
    of the epoch before by no more than ``tolerance``. ``on_step(step, model, loss)`` is
    called after each step, the first being 1. ``record`` lists what the history keeps
    beside the loss: "weights", "gradients", "state". With the ``history`` of a training
    that was stopped after any step, and otherwise the same arguments, it goes on there,
    and the history with it.

    The history has ``losses`` (before each step), ``epochs`` (how many were begun),
    ``samples`` (how many of the last one's were used), ``generator`` (its state before
    that one's order was drawn), ``converged``, and each of ``record`` as a list with
    one dictionary per step, by the parameter's name. A learning rate that is too large
    makes the loss grow out of range: training stops there with a warning. Source: the
    deck, whose ``train`` is one batch of all samples.

    >>> net = Linear(2, 1)
    >>> net.load_state_dict({"weight": [[0.5, -1.0]], "bias": [0.0]})
    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> history = fit(net, x, y, epochs=2, lr=0.03125, batch_size=1)
    >>> history.epochs, [round(value, 3) for value in history.losses]
    (2, [1.0, 12.691, 6.911, 1.578])
    """
    record = {choice("record", r, RECORDED) for r in listed("record", record)}
    batch_size = batch_that_fits(batch_size, len(x), model, parts=accumulate)
    steps = math.ceil(len(x) / batch_size)
    optimizer = optimizer_over(model, optimizer, lr, OPTIMIZERS)
    in_parts = partial(accumulated_step, accumulate)
    take_step = train_step if accumulate == 1 else in_parts
    history = history_of(history, len(x), batch_size)
    orders = drawn(orders, len(x), history)
    orders = epoch_orders(orders, epochs, len(x), history.first)
    for epoch, order in enumerate(orders, history.first):
        if callable(lr):
            set_lr(optimizer, lr(epoch))
        done = history.begin(epoch, steps)
        pairs = batches(x, y, batch_size, order)
        for x_batch, y_batch in itertools.islice(pairs, done, None):
            value = take_step(model, x_batch, y_batch, loss, optimizer)
            step = history.add(value, len(x_batch))
            history.record(record, model, optimizer)
            if on_step is not None:
                on_step(step, model, value)
            if not finite_loss(value, epoch + 1, step):
                return history
        history.converged = settled(history.losses, steps, tolerance)
        if history.converged:
            break
    return history


def accumulated_step(accumulate, model, x, y, loss, optimizer):
    """``train_step`` with the batch in this many parts, as ``torch.chunk`` cuts it.

    The mean over the batch is not the mean of the parts' means: a part counts as much
    as it has samples. The squared error is a sum.
    """
    optimizer.zero_grad()
    value, size = 0.0, part_length(len(x), min(accumulate, len(x)))
    for x_part, y_part in batches(x, y, size, slice(None)):
        share = 1.0 if loss == "squared_error" else len(x_part) / len(x)
        value += backward(model, loss, model(x_part), y_part, share)
    optimizer.step()
    return value


def backward(model, loss, pred, target, share=1.0):
    """Add the gradients of ``share`` times the loss, layer by layer; return it."""
    forward, loss_backward = LOSSES[loss]
    if loss == "binary_cross_entropy" and np.isnan(pred).any():
        converted(forward, np.full_like(pred, 0.5), target)  # refuses a wrong target
        return math.nan  # no probability: ``fit`` stops with a warning
    pred, target = converted(forward, pred, target)
    value = forward(pred, target)
    model.backward(share * loss_backward(pred, target), input_grad=False)
    return share * float(value)
