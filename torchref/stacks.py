r"""Many nets at once: one more axis, and one step of all of them costs little more than
that of one.

A net of eight neurons keeps a processor busy for less time than the call of a function
takes. M nets of one form are an array (M, K, D) for every layer instead of (K, D).
``torch.func`` computes the gradients of all of them; nets whose optimizers have the
same options share one optimizer of PyTorch over their part of the stack.
"""

import itertools
import math

import torch
from torch.func import functional_call, grad_and_value, stack_module_state, vmap

from contract import Count, D, Float, N, NonNegative, OneOf, Rate, Targets
from contract.arguments import epoch_orders
from contract.arrays import probabilities
from contract.memory import batch_that_fits
from contract.stacks import members_of, warn_of
from torchref import arrays
from torchref.arrays import converted
from torchref.losses import LOSSES
from torchref.networks import MLP, Linear, ToyNet
from torchref.optimizers import OPTIMIZERS
from torchref.training import batches, set_lr

__all__ = ["fit_stack"]


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
    batch_size = batch_that_fits(batch_size, len(x), first, count, count)
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
    """All in one stack: PyTorch has its own way with the cache."""
    return [Stack(members)]


def way(member):
    """What nets have in common that share an optimizer: its class, options and step."""
    [group], rule = member.optimizer.param_groups, member.optimizer.rule
    options = rule.checked_group(group, arrays)
    return type(member.optimizer), options, member.step(), [*member.states()[0]]


class Stack:
    """Nets of one form: their weights are tensors (M, K, D) and (M, K) by name."""

    def __init__(self, members):
        self.members = sorted(members, key=lambda member: str(way(member)))
        self.epochs, self.losses, self.mean = 0, [], math.inf
        self.going = torch.full((len(members),), True)
        self.steps = torch.zeros(len(members), dtype=int)
        self.lr, self.left = None, {}
        models = [member.model for member in self.members]
        self.net, (weights, _) = models[0], stack_module_state(models)
        self.weights = {name: weight.detach() for name, weight in weights.items()}
        self.optimizers = list(self.shared_optimizers())

    def shared_optimizers(self):
        """The members of each, and an optimizer over their part of the stack."""
        start = 0
        for (kind, options, _, keys), group in itertools.groupby(self.members, way):
            states = [member.states() for member in group]
            rows = slice(start, start + len(states))
            start = rows.stop
            parts = [torch.nn.Parameter(w[rows]) for w in self.weights.values()]
            optimizer = kind(parts, **options)
            for i, part in enumerate(parts):
                own = [state[i] for state in states]
                optimizer.state[part] = {
                    key: own[0][key].clone()
                    if key == "step"
                    else torch.stack([state[key] for state in own])
                    for key in keys
                }
            yield rows, optimizer

    def set_lr(self, lr):
        """Another rate for all."""
        self.lr = lr
        for _, optimizer in self.optimizers:
            set_lr(optimizer, lr)

    def epoch(self, pieces, loss, tolerance):
        """A step with each batch; then those stop whose mean loss stays."""
        self.epochs += 1
        for x, y in pieces:
            self.train_step(x, y, loss)
        mean = sum(self.losses[-len(pieces) :]) / len(pieces)
        settled = self.going & (abs(mean - self.mean) <= tolerance)
        self.mean = mean
        for m in settled.nonzero().flatten():
            self.members[m].history.converged = True
        self.stop(settled)

    def train_step(self, x, y, loss):
        """Forward, loss, backward, update: ``torchref.train_step`` for all nets."""
        y, lost = self.checked_target(loss, x, y)
        self.steps += self.going
        self.stop(lost, with_grad=False)  # no probability, and so no gradient
        for weight in self.weights.values():
            weight[lost] = 0  # PyTorch's loss would refuse nan

        def loss_of(weights, x, y):
            pred = self.forward(weights, x)
            pred = pred.to(y.dtype) if y.is_floating_point() else pred
            return LOSSES[loss](pred, y)

        step = vmap(grad_and_value(loss_of), in_dims=(0, None, None))
        gradients, losses = step(self.weights, x, y)
        losses[lost] = math.nan
        self.losses.append(losses.double())
        for rows, optimizer in self.optimizers:
            [group] = optimizer.param_groups
            for part, grad in zip(group["params"], gradients.values(), strict=True):
                part.grad = grad[rows]
            optimizer.step()
        self.stop(~losses.isfinite())

    def forward(self, weights, x):
        """The output of one net, given its weights."""
        return functional_call(self.net, weights, (x,))

    def checked_target(self, loss, x, y):
        """The target as the loss takes it, and which nets predict nothing for it."""
        first = {name: weight[0] for name, weight in self.weights.items()}
        pred = self.forward(first, x)
        _, y = converted(LOSSES[loss], torch.full_like(pred, 0.5), y)
        lost = torch.full_like(self.going, False)
        if loss == "binary_cross_entropy":
            pred = vmap(self.forward, in_dims=(0, None))(self.weights, x)
            lost = pred.isnan().any(dim=(1, 2))
            probabilities("pred", pred[self.going & ~lost])
        return y, lost

    def stop(self, which, with_grad=True):
        """Keep what the training of these nets has left; they go on in vain."""
        which = which & self.going & (self.steps > 0)
        self.going &= ~which
        for rows, shared in self.optimizers:
            parts = shared.param_groups[0]["params"]
            for i in which[rows].nonzero().flatten().tolist():
                kept = [
                    (
                        part.data[i].clone(),
                        part.grad[i].clone() if with_grad else None,
                        of_one(shared.state.get(part, {}), i),
                    )
                    for part in parts
                ]
                self.left[rows.start + i] = self.epochs, self.lr, kept

    def finish(self):
        """Stop those that still go on; give each what its training has left."""
        self.stop(self.going)
        losses = torch.stack([self.steps.double(), *self.losses]).T.tolist()
        for m, (epochs, lr, kept) in self.left.items():
            _, parameters, optimizer, history = self.members[m]
            history.epochs = epochs
            history.losses += losses[m][1 : 1 + int(losses[m][0])]
            if lr is not None:
                set_lr(optimizer, lr)
            for parameter, (data, grad, state) in zip(parameters, kept, strict=True):
                parameter.data, parameter.grad = data, grad
                if state:
                    optimizer.state[parameter] = state


def of_one(state, i):
    """A copy of the state of one net."""
    return {
        key: value.clone() if key == "step" else value[i].clone()
        for key, value in state.items()
    }
