r"""Many nets at once: one more axis, and one step of all of them costs little more than
that of one.

A net of eight neurons keeps a processor busy for less time than the call of a function
takes. M nets of one form are an array (M, K, D) for every layer instead of (K, D), and
in memory the same weight of all nets lies side by side.
"""

import math

import numpy as np

from contract import Count, D, Float, N, NonNegative, OneOf, Rate, Targets
from contract.arguments import epoch_orders
from contract.arrays import probabilities
from contract.memory import batch_that_fits
from contract.stacks import members_of, warn_of
from contract.states import expect_representable
from scratch import arrays
from scratch.activations import ACTIVATIONS, sigmoid, softmax
from scratch.arrays import converted
from scratch.losses import LOSSES
from scratch.networks import MLP, Linear, ToyNet
from scratch.neuron import linear
from scratch.optimizers import OPTIMIZERS
from scratch.training import batches, set_lr

__all__ = ["fit_stack"]

# What a step computes stays in the processor's cache; nets too large for stacks of at
# least that many are trained one by one.
CACHE, FEWEST = 2**18, 32


def fit_stack(
    models,
    x: Float[N, D],
    y: Targets[N],
    *,
    loss: OneOf[LOSSES] = "mse_loss",
    optimizer="SGD",
    lr: Rate = 0.05,
    epochs: Count = 40,
    batch_size=None,
    orders=None,
    tolerance: NonNegative = 0.0,
):
    r"""Train many nets at once, each as ``fit`` would train it.

    .. math:: z_{mnk} = \sum_d a_{mnd} \, w_{mkd} + b_{mk} \qquad
              \text{for the nets } m = 0, \dots, M - 1

    ``models`` lists nets of one form: ``Linear``, ``ToyNet`` or ``MLP`` of the same
    sizes, activations and dtype, whose first weights may differ. ``optimizer`` is the
    name of one for all, or a list with an optimizer of this package for each net,
    created with its parameters in one group: their rates, momenta and other options may
    differ, and they go on from their states. ``loss``, ``lr``, ``epochs``,
    ``batch_size``, ``orders`` and ``tolerance`` are as in ``fit``; all nets see the
    same samples, a (n, d), in the same order.

    Returns a list with the history of each net. A net whose loss is out of range stops
    there, as does one that stays within the ``tolerance``; the others go on. Nets and
    optimizers change at the end: an error before it leaves all as they were.
    Source: ``torch.func.vmap`` and ``stack_module_state``.

    >>> nets = [Linear(2, 1), Linear(2, 1)]
    >>> for net in nets:
    ...     net.load_state_dict({"weight": [[0.5, -1.0]], "bias": [0.0]})
    >>> optimizers = [SGD(net.parameters(), lr) for net, lr in zip(nets, [0.25, 0.5])]
    >>> x, y = tensor([[2.0, 1.0]]), tensor([[1.0]])
    >>> histories = fit_stack(nets, x, y, optimizer=optimizers, epochs=1)
    >>> [(net.weight.tolist(), history.losses) for net, history in zip(nets, histories)]
    [([[1.5, -0.5]], [1.0]), ([[2.5, 0.0]], [1.0])]
    """
    kinds = Linear, ToyNet, MLP
    members = members_of(models, optimizer, lr, kinds, OPTIMIZERS)
    first, count = members[0].model, len(members)
    batch_size = batch_that_fits(batch_size, len(x), first, count)
    going = stacks = stacks_of(members, batch_size)
    for epoch, order in enumerate(epoch_orders(orders, epochs, len(x))):
        if callable(lr):
            rate = NonNegative("lr", lr(epoch))
            for stack in going:
                stack.set_lr(rate)
        pieces = list(batches(x, y, batch_size, order))
        for stack in going:
            stack.epoch(pieces, loss, tolerance)
        going = [stack for stack in going if stack.going.any()]
        if not going:
            break
    for stack in stacks:
        stack.finish()
    histories = [member.history for member in members]
    warn_of(histories)
    return histories


def stacks_of(members, batch_size):
    """Members whose rules go the same way, as many as the cache has room for."""
    alike: dict = {}
    for member in members:
        alike.setdefault(way(member), []).append(member)
    parameters = members[0].parameters
    widest = max(max(parameter.shape) for parameter in parameters)
    most = CACHE // (batch_size * widest * parameters[0].dtype.itemsize)
    most = most if most >= FEWEST else 1
    return [
        Stack(group[start : start + most])
        for group in alike.values()
        for start in range(0, len(group), most)
    ]


def way(member):
    """What an update rule decides by, and at which step it is.

    Rules ask whether an option is 0, and ``_lerp`` whether a decay rate is above 1/2.
    """
    optimizer = member.optimizer
    given = optimizer._options(*optimizer.param_groups)
    decays = given.get("alpha", 0), *given.get("betas", ())
    options = *decays, *(value for value in given.values() if type(value) is not tuple)
    state = member.step(), *member.states()[0]
    zero, far = [not value for value in options], [decay > 0.5 for decay in decays]
    return type(optimizer), tuple(zero), tuple(far), state


class Each(np.lib.mixins.NDArrayOperatorsMixin):
    """One number for each net in the place of one for all.

    Like Python's floats it takes the dtype of the array that it meets.
    """

    def __init__(self, values):
        self.values = values

    def __array_ufunc__(self, ufunc, method, *inputs):
        dtypes = [i.dtype for i in inputs if isinstance(i, np.ndarray)]
        values = [i.values if isinstance(i, Each) else i for i in inputs]
        if not dtypes:
            return Each(ufunc(*values))
        return ufunc(*(np.asarray(value, dtypes[0]) for value in values))

    def __bool__(self):
        return bool(self.values[0])  # nets of one stack go the same way


def each(values):
    """An option of all nets: a number where it is the same for all."""
    if isinstance(values[0], tuple):
        return tuple(map(each, zip(*values, strict=True)))
    return values[0] if len(set(values)) == 1 else Each(np.array(values))


class Stack:
    """Nets of one form: their weights, gradients and states are (P, M) arrays.

    P counts the parameters of a net, M the nets. The parts of a layer are seen as
    (M, K, D) and (M, K), as PyTorch stacks them; in memory they are (D, K, M) and
    (K, M), so that the samples, the same for all, meet the first layers of all nets in
    one product of two matrices.
    """

    def __init__(self, members):
        self.members, self.epochs, self.losses = members, 0, []
        self.going, self.mean = np.full(len(members), True), math.inf
        self.lr, self.left, self.last = None, {}, {}
        first = members[0]
        self.shapes = [parameter.shape for parameter in first.parameters]
        names = getattr(first.model, "activations", ["identity"])
        self.activations = [ACTIVATIONS[name] for name in names]
        self.w = columns([[p.data for p in member.parameters] for member in members])
        self.g = np.zeros_like(self.w)
        self.layers, self.gradients = self.pairs(self.w), self.pairs(self.g)
        self.take_over([member.optimizer for member in members])

    def take_over(self, optimizers):
        """The rule with its options and its state."""
        self.update, names = optimizers[0].update, optimizers[0].rule.names
        groups = [optimizer.param_groups[0] for optimizer in optimizers]
        self.options = {name: each([group[name] for group in groups]) for name in names}
        states = [member.states() for member in self.members]
        self.state = {
            key: columns([[state[key] for state in own] for own in states])
            for key in states[0][0].keys() - {"step"}
        }
        if "step" in states[0][0]:
            self.state["step"] = states[0][0]["step"]

    def pairs(self, flat):
        """The weight (M, K, D) and the bias (M, K) of each layer, as views."""
        own = parts(flat, self.shapes)
        return list(zip(own[::2], own[1::2], strict=True))

    def set_lr(self, lr):
        """Another rate for all."""
        expect_representable({"lr": lr}, arrays, self.members[0].parameters)
        self.options["lr"] = self.lr = lr

    def epoch(self, pieces, loss, tolerance):
        """A step with each batch; then those stop whose mean loss stays."""
        self.epochs += 1
        for x, y in pieces:
            self.train_step(x, y, loss)
        mean = sum(self.losses[-len(pieces) :]) / len(pieces)
        settled = abs(mean - self.mean) <= tolerance
        self.mean = mean
        for m in self.stop(settled):
            self.members[m].history.converged = True

    def train_step(self, x, y, loss):
        """Forward, loss, backward, update: ``scratch.train_step`` for all nets."""
        outputs = self.forward(x)
        y = self.checked_target(loss, outputs[-1], y)
        losses, grad = EACH_LOSS[loss](outputs[-1], y)
        self.losses.append(losses.astype(float))
        if loss == "binary_cross_entropy":
            lost = np.isnan(losses)
            self.stop(lost, with_grad=False)  # no probability, and so no gradient
        self.backward(outputs, grad)
        self.step()
        finite = np.isfinite(losses)
        if not finite.all():
            self.stop(~finite)

    def step(self):
        """The update of all weights."""
        w, self.state = self.update(self.w, self.g, self.state, **self.options)
        self.w[...] = w

    def forward(self, x):
        """The outputs of each layer (M, N, K), beginning with x (1, N, D)."""
        x, *_ = converted(linear, x, *(array[0] for array in self.layers[0]))
        outputs = [x[None]]
        for (weight, bias), g in zip(self.layers, self.activations, strict=True):
            z = product(outputs[-1], weight.mT) + bias[:, None]
            outputs.append(g.forward(z))
        return outputs

    def backward(self, outputs, grad):
        """All gradients, given that of the loss with respect to the last output."""
        for layer in reversed(range(len(self.layers))):
            weight_grad, bias_grad = self.gradients[layer]
            grad = self.activations[layer].from_output(outputs[layer + 1], grad)
            product(outputs[layer].mT, grad, out=weight_grad.mT)
            grad.sum(axis=1, out=bias_grad)
            if layer > 0:
                grad = product(grad, self.layers[layer][0])

    def checked_target(self, loss, pred, y):
        """The target as the loss takes it; refuses predictions that it does not."""
        forward = LOSSES[loss].forward
        _, y = converted(forward, np.full_like(pred[0], 0.5), y)
        if loss == "binary_cross_entropy":
            known = self.going & ~np.isnan(pred).any(axis=(1, 2))
            probabilities("pred", pred[known])
        return y

    def stop(self, which, with_grad=True):
        """Keep what the training of these nets has left; they go on in vain.

        Returns those that had not stopped before.
        """
        which = which & self.going
        if not which.any():
            return []
        self.going &= ~which
        now = len(self.losses), self.epochs, self.lr, self.state.get("step"), with_grad
        stopped = np.flatnonzero(which).tolist()
        self.left |= dict.fromkeys(stopped, now)
        for key, value in (self.state | {"data": self.w, "grad": self.g}).items():
            if key != "step":
                last = self.last.setdefault(key, np.zeros_like(value))
                last[:, which] = value[:, which]
        return stopped

    def finish(self):
        """Stop those that still go on; give each what its training has left."""
        if self.losses:
            self.stop(self.going)
        losses = np.array(self.losses).T.tolist()
        last = {key: parts(value, self.shapes) for key, value in self.last.items()}
        for m, (steps, epochs, lr, step, with_grad) in self.left.items():
            _, parameters, optimizer, history = self.members[m]
            history.epochs, history.losses = epochs, losses[m]
            del history.losses[steps:]
            if lr is not None:
                set_lr(optimizer, lr)
            for i, parameter in enumerate(parameters):
                state = {key: part[i][m].copy() for key, part in last.items()}
                parameter.data, grad = state.pop("data"), state.pop("grad")
                parameter.grad = grad if with_grad else None
                if step is not None:
                    state["step"] = step
                if state:
                    optimizer.state[parameter] = state


def columns(arrays):
    """The arrays of each net as one column."""
    return np.stack([np.hstack([a.T.ravel() for a in own]) for own in arrays], axis=-1)


def parts(flat, shapes):
    """The part (M, ...) of each shape, as a view of a (P, M) array."""
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    pieces = zip(np.split(flat, ends), shapes, strict=True)
    return [piece.reshape(*reversed(shape), -1).T for piece, shape in pieces]


def product(a, b, out=None):
    """The matrix product for each net; ``a`` may be one matrix, the same for all.

    Then it is one product with the columns of all nets, else sums over nets that lie
    side by side, where there is more than one term. ``out`` is (N, K, M) in memory.
    """
    if a.shape[2] == 1:
        return np.multiply(a, b, out=out)
    if len(a) > 1:
        return np.einsum("mnd,mdk->mnk", a, b, out=out, casting="same_kind")
    found = np.matmul(a[0], rows(b), out=None if out is None else rows(out))
    return found.reshape(len(found), -1, len(b)).transpose(2, 0, 1)


def rows(stack):
    """The matrices (M, D, K) side by side, as (D, K M)."""
    return stack.transpose(1, 2, 0).reshape(stack.shape[1], -1)


def squared_error(pred, target):
    difference = pred - target
    return (difference**2).sum(axis=(1, 2)) / 2, difference


def mse_loss(pred, target):
    difference, n = pred - target, target.size
    return (difference**2).sum(axis=(1, 2)) / n, (2 / n) * difference


def binary_cross_entropy(pred, target):
    log_p, log_q = np.maximum(np.log(pred), -100), np.maximum(np.log1p(-pred), -100)
    denominator = np.maximum(pred * (1 - pred), float(np.float32(1e-12)))
    losses = -(target * log_p + (1 - target) * log_q).mean(axis=(1, 2))
    return losses, (pred - target) / denominator / target.size


def binary_cross_entropy_with_logits(pred, target):
    log = np.log1p(np.exp(-np.abs(pred)))
    losses = (np.maximum(pred, 0) - pred * target + log).mean(axis=(1, 2))
    return losses, (sigmoid(pred) - target) / target.size


def cross_entropy(pred, target):
    n = np.arange(len(target))
    shifted = pred - pred.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    grad = softmax(pred)
    grad[:, n, target] -= 1
    return -log_p[:, n, target].mean(axis=1), grad / len(target)


# The losses (M,) of predictions (M, N, K), and their gradients: see ``scratch.losses``.
EACH_LOSS = {
    "squared_error": squared_error,
    "mse_loss": mse_loss,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "cross_entropy": cross_entropy,
}
