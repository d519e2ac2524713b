"""``fit_stack`` with no allocation of large arrays in its loop: sums, activations and
their gradients are written over those of the step before.

All else, the update rules included, is that of ``scratch.stacks``.
"""

import numpy as np

from contract.border import rewired
from scratch import stacks
from scratch.arrays import converted
from scratch.fast.activations import IN_PLACE
from scratch.neuron import linear
from scratch.stacks import product

__all__ = ["fit_stack"]


class InPlace(stacks.Stack):
    """Nets that compute in arrays which they keep for every size of a batch."""

    def __init__(self, members):
        super().__init__(members)
        names = getattr(members[0].model, "activations", ["identity"])
        self.places, self.in_place = {}, [IN_PLACE[name] for name in names]

    def room(self, n, dtype):
        """For each layer the places (M, N, K) of a batch: output, work, gradient."""
        sizes = [(weight.shape[1], n, len(weight)) for weight, _ in self.layers]
        return [[part.T for part in np.empty((3, *size), dtype)] for size in sizes]

    def forward(self, x):
        """The outputs, which the next forward pass overwrites."""
        x, *_ = converted(linear, x, *(array[0] for array in self.layers[0]))
        form = len(self.members), len(x), x.dtype
        if form not in self.places:
            self.places[form] = self.room(len(x), x.dtype)
        self.now, outputs = self.places[form], [x[None]]
        steps = zip(self.layers, self.now, self.in_place, strict=True)
        for (weight, bias), (z, work, _), (g, _) in steps:
            product(outputs[-1], weight.mT, out=z)
            z += bias[:, None]
            g(z.T, work.T)
            outputs.append(z)
        return outputs

    def backward(self, outputs, grad):
        """All gradients; a loss of another dtype is left to ``scratch``."""
        if grad.dtype != outputs[-1].dtype:
            super().backward(outputs, grad)
            return
        for layer in reversed(range(len(self.layers))):
            weight_grad, bias_grad = self.gradients[layer]
            z, work, _ = self.now[layer]
            _, through_g = self.in_place[layer]
            through_g(z.T, grad.T, work.T)
            product(grad.mT, outputs[layer], out=weight_grad)
            grad.sum(axis=1, out=bias_grad)
            if layer > 0:
                weight, below = self.layers[layer][0], self.now[layer - 1][2]
                grad = product(grad, weight, out=below)


in_place = rewired(stacks.stacks_of, Stack=InPlace, CACHE=2**19)


def stacks_of(members, batch_size):
    """The stacks, which compute one after another, in the same places."""
    made = in_place(members, batch_size)
    for stack in made:
        stack.places = made[0].places
    return made


fit_stack = rewired(stacks.fit_stack, stacks_of=stacks_of)
