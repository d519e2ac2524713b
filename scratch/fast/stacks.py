"""``fit_stack`` with no allocation of large arrays in its loop: sums, activations and
their gradients are written over those of the step before.

All else, the update rules included, is that of ``scratch.stacks``.
"""

import numpy as np

from contract.border import rewired
from scratch import stacks
from scratch.arrays import converted
from scratch.fast.activations import IN_PLACE
from scratch.fast.optimizers import prepared
from scratch.neuron import linear
from scratch.stacks import product

__all__ = ["fit_stack"]


class InPlace(stacks.Stack):
    """Nets that compute in arrays which they keep for every size of a batch."""

    def __init__(self, members):
        super().__init__(members)
        self.count, self.prepared_for = members[0].step(), None
        names = getattr(members[0].model, "activations", ["identity"])
        self.places, self.in_place = {}, [IN_PLACE[name] for name in names]

    def room(self, n, dtype):
        """For each layer of a batch: output and gradient (M, N, K), its activation."""
        made = []
        for (weight, _), activation in zip(self.layers, self.in_place, strict=True):
            places = np.empty((3, n, weight.shape[1], len(weight)), dtype)
            z, work, grad = np.moveaxis(places, -1, 1)
            made.append((z, grad, activation(z.T, work.T)))
        return made

    def forward(self, x):
        """The outputs, which the next forward pass overwrites."""
        x, *_ = converted(linear, x, *(array[0] for array in self.layers[0]))
        form = len(self.members), len(x), x.dtype
        if form not in self.places:
            self.places[form] = self.room(len(x), x.dtype)
        self.now, outputs = self.places[form], [x[None]]
        steps = zip(self.layers, self.now, strict=True)
        for (weight, bias), (z, _, (activate, _)) in steps:
            product(outputs[-1], weight.mT, out=z)
            z += bias[:, None]
            activate()
            outputs.append(z)
        return outputs

    def backward(self, outputs, grad):
        """All gradients; a loss of another dtype is left to ``scratch``."""
        if grad.dtype != outputs[-1].dtype:
            super().backward(outputs, grad)
            return
        for layer in reversed(range(len(self.layers))):
            weight_grad, bias_grad = self.gradients[layer]
            _, _, (_, through) = self.now[layer]
            through(grad.T)
            product(outputs[layer].mT, grad, out=weight_grad.mT)
            grad.sum(axis=1, out=bias_grad)
            if layer > 0:
                weight, below = self.layers[layer][0], self.now[layer - 1][1]
                grad = product(grad, weight, out=below)

    def take_over(self, optimizers):
        """The rule, in place if all nets have the same options."""
        super().take_over(optimizers)
        self.optimizer = optimizers[0]
        options = [o.param_groups[0] for o in optimizers]
        self.alike = all(o[n] == options[0][n] for o in options for n in self.options)

    def step(self):
        """The update of all weights."""
        if not self.alike:
            super().step()
            return
        if self.options != self.prepared_for:
            form = self.w.shape
            if form not in self.places:
                self.places[form] = np.empty((2, *form), self.w.dtype)
            arrays = self.w, self.g, self.state, *self.places[form]
            self.rule = prepared(self.optimizer, *arrays, self.options)
            self.prepared_for = dict(self.options)
        self.count += 1
        self.rule(self.count)
        if "step" in self.optimizer.rule.state.keys:
            self.state["step"] = self.count


in_place = rewired(stacks.stacks_of, Stack=InPlace, CACHE=2**19)


def stacks_of(members, batch_size):
    """The stacks, which compute one after another, in the same places."""
    made = in_place(members, batch_size)
    for stack in made:
        stack.places = made[0].places
    return made


fit_stack = rewired(stacks.fit_stack, stacks_of=stacks_of)
