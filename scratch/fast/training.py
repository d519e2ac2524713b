"""``fit`` allocating little in its loop: what a step computes has its place.

Weights, gradients and the optimizer's state are parts of one array each, so an update
is a few calls whatever the number of layers; sums, activations and their gradients are
written over those of the step before. The loop itself is that of ``scratch.fit``.
"""

import inspect
import itertools

import numpy as np

from contract.border import rewired
from contract.optimizers import optimizer_over
from scratch import training
from scratch.fast.activations import IN_PLACE, ready
from scratch.fast.flat import Flat
from scratch.modules import Module
from scratch.networks import MLP, Linear, ToyNet
from scratch.optimizers import OPTIMIZERS

__all__ = ["fit"]


def fit(model, x, y, *, optimizer="SGD", lr=0.05, on_step=None, **options):
    """Train a net: see ``scratch.fit``.

    Nets and optimizers of one's own, mixed dtypes, and batches in parts are trained by
    ``scratch.fit``. The arrays of the parameters, their gradients and states change in
    place: who keeps one, from ``on_step`` for instance, copies it.

    >>> net = Linear(2, 1)
    >>> net.load_state_dict({"weight": [[0.5, -1.0]], "bias": [0.0]})
    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> history = fit(net, x, y, epochs=2, lr=0.03125, batch_size=1)
    >>> history.epochs, [round(value, 3) for value in history.losses]
    (2, [1.0, 12.691, 6.911, 1.578])
    """
    options["lr"] = lr
    if options.get("accumulate", 1) != 1 or not fits(model, x, y, optimizer):
        return training.fit(
            model, x, y, optimizer=optimizer, on_step=on_step, **options
        )
    chosen = optimizer_over(model, optimizer, lr, OPTIMIZERS)
    flat = Flat(chosen, layers_of(model))

    def then_hold(step, _, value):
        on_step(step, model, value)
        flat.hold()  # parameters may have been set there

    x = np.column_stack([x, np.ones_like(x[:, :1])])
    flat.hold()
    try:
        options["on_step"] = on_step and then_hold
        return in_place(InPlace(model, flat), x, y, optimizer=flat, **options)
    finally:
        flat.release()


fit.__signature__ = inspect.signature(training.fit)


def fits(model, x, y, optimizer):
    """Whether nothing is special: known classes, one dtype, whole states."""
    if type(model) not in (Linear, ToyNet, MLP):
        return False
    named = isinstance(optimizer, str) and optimizer in OPTIMIZERS
    if not named and type(optimizer) not in OPTIMIZERS.values():
        return False
    parameters, layers = list(model.parameters()), layers_of(model)
    if not named:
        groups = [group["params"] for group in optimizer.param_groups]
        owner = {id(p): number for number, group in enumerate(groups) for p in group}
        if not all(groups) or owner.keys() != set(map(id, parameters)):
            return False
        if any(owner[id(layer.weight)] != owner[id(layer.bias)] for layer in layers):
            return False
        for group in groups:
            states = [optimizer.state.get(p, {}) for p in group]
            if len({(*state, float(state.get("step", 0))) for state in states}) > 1:
                return False
    if any(type(layer) is not Linear for layer in layers):
        return False
    sizes = [(layer.in_features, layer.out_features) for layer in layers]
    chained = all(k == d for (_, k), (d, _) in itertools.pairwise(sizes))
    shapes = [shape for d, k in sizes for shape in ((k, d), (k,))]
    dtypes = {p.dtype for p in parameters} | {x.dtype}
    if y.ndim == 2 or y.dtype.kind == "f":
        dtypes.add(y.dtype)
    return (
        chained
        and IN_PLACE.keys() >= set(getattr(model, "activations", ()))
        and x.shape[1] == sizes[0][0]
        and [p.shape for p in parameters] == shapes
        and len(dtypes) == 1
    )


def layers_of(model):
    """The layers of a net, which may be a layer itself."""
    return model.children() or [model]


class InPlace(Module):
    """A net that computes in arrays which it keeps for every size of a batch."""

    def __init__(self, model, flat):
        self.model, self.rooms, self.gradients = model, {}, flat.gradients
        names = getattr(model, "activations", ["identity"])
        self.layers = [
            (*flat.joints[layer], IN_PLACE[name])
            for layer, name in zip(layers_of(model), names, strict=True)
        ]

    def parameters(self):
        """Those of the model."""
        return self.model.parameters()

    def named_parameters(self, prefix=""):
        """Those of the model."""
        return self.model.named_parameters(prefix)

    def forward(self, x):
        """The output, which the next forward pass overwrites."""
        n = len(x)
        if n not in self.rooms:
            self.rooms[n] = Room(self.layers, n)
        self.x, self.now = x, self.rooms[n]
        return self.now.forward(x.T)

    def backward(self, grad, input_grad):
        """All gradients, written over the last ones."""
        for parameter, gradient in self.gradients:
            parameter.grad = gradient
        self.now.backward(grad.T, self.x)


class Room:
    """Where a net computes for batches of n samples, and the steps that do it.

    A column is a sample, so that what a product writes lies in one piece. Small
    matrices are multiplied by ``dot`` in less than half the time of ``matmul``, whole
    ones in less time than parts: what flows back to the ones is computed and left out.
    """

    def __init__(self, layers, n):
        self.up, self.down, inputs, below = [], [], None, (None, None)
        for weight, weight_grad, activation in layers:
            output = np.ones((len(weight) + 1, n), weight.dtype)  # a row for biases
            z, back = output[:-1], np.empty_like(output)
            activate, through = activation(z)
            self.up.append((weight, z, activate, output))
            self.down.insert(0, (through, weight_grad, inputs, weight.T, *below))
            inputs, below = output.T, (back, back[:-1])
        self.z, self.grad, self.difference = z, back[:-1], back[:-1].ravel()
        self.twice = ready(2 / z.size, z)

    def forward(self, inputs):
        """The output, given a batch and its row of ones."""
        for weight, z, activate, output in self.up:
            weight.dot(inputs, z)
            activate()
            inputs = output
        return z.T

    def backward(self, grad, x):
        """The gradients of the weights, given that of the output."""
        for through, weight_grad, inputs, weight, back, below in self.down:
            through(grad)
            if inputs is None:
                grad.dot(x, weight_grad)
            else:
                grad.dot(inputs, weight_grad)
                weight.dot(grad, back)
                grad = below

    def mse_loss(self, y):
        """The mean squared error; its gradient is in its place."""
        np.subtract(self.z, y.T, self.grad)
        value = float(self.difference.dot(self.difference) / self.z.size)
        np.multiply(self.grad, self.twice, self.grad)
        return value


def train_step(net, x, y, loss, optimizer):
    """One step: the loss of regression in its place, others as in ``scratch``."""
    pred = net.forward(x)
    if loss == "mse_loss" and y.shape == pred.shape:
        value = net.now.mse_loss(y)
        net.backward(net.now.grad.T, input_grad=False)
    else:
        optimizer.zero_grad()  # a loss that is nan has no gradient
        value = training.backward(net, loss, pred, y)
    optimizer.step()
    return value


in_place = rewired(training.fit, train_step=train_step)
