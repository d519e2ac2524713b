"""``fit_stack`` with no allocation of large arrays in its loop: sums, activations and
their gradients are written over those of the step before.

Where all nets have the same options, their weights are updated in place as well.
All else is that of ``scratch.stacks``.
"""

import numpy as np

from contract.border import rewired
from scratch import stacks
from scratch.arrays import converted
from scratch.fast.activations import IN_PLACE
from scratch.fast.optimizers import prepared
from scratch.neuron import linear
from scratch.stacks import parts, product

__all__ = ["fit_stack"]


class InPlace(stacks.Stack):
    """Nets that compute in arrays which they keep for every size of a batch.

    In memory the biases of a layer follow its weights. Seen together as (M, K, D + 1)
    they meet inputs whose last column is one: one product gives Wx + b, and one both
    gradients.
    """

    def __init__(self, members):
        super().__init__(members)
        shapes = [(k, d + 1) for k, d in self.shapes[::2]]
        own = parts(self.w, shapes), parts(self.g, shapes)
        self.joints = list(zip(*own, strict=True))
        self.count, self.prepared_for = members[0].step(), None
        names = getattr(members[0].model, "activations", ["identity"])
        self.places, self.in_place = {}, [IN_PLACE[name] for name in names]

    def room(self, n, dtype):
        """For a batch: its inputs, and for each layer what ``forward`` writes there."""
        inputs, made = np.ones((1, n, self.layers[0][0].shape[2] + 1), dtype), []
        for (weight, _), activation in zip(self.layers, self.in_place, strict=True):
            m, k, _ = weight.shape
            output = np.moveaxis(np.ones((n, k + 1, m), dtype), -1, 0)
            grad = np.moveaxis(np.empty((n, k, m), dtype), -1, 0)
            z = output[..., :-1]
            made.append((z, output, grad, activation(z.T)))
        return inputs, made

    def forward(self, x):
        """What each layer sees, ones included, and the outputs of the last.

        The next forward pass overwrites them.
        """
        x, *_ = converted(linear, x, *(array[0] for array in self.layers[0]))
        form = len(self.members), len(x), x.dtype
        if form not in self.places:
            self.places[form] = self.room(len(x), x.dtype)
        inputs, self.now = self.places[form]
        inputs[..., :-1] = x
        outputs = [inputs]
        for (weight, _), place in zip(self.joints, self.now, strict=True):
            z, output, _, (activate, _) = place
            product(outputs[-1], weight.mT, out=z)
            activate()
            outputs.append(output)
        return [*outputs[:-1], z]

    def backward(self, outputs, grad):
        """All gradients; a loss of another dtype is left to ``scratch``."""
        if grad.dtype != outputs[-1].dtype:
            seen = [output[..., :-1] for output in outputs[:-1]]
            super().backward([*seen, outputs[-1]], grad)
            return
        for layer in reversed(range(len(self.joints))):
            weight, weight_grad = self.joints[layer]
            *_, (_, through) = self.now[layer]
            through(grad.T)
            product(outputs[layer].mT, grad, out=weight_grad.mT)
            if layer > 0:
                _, _, below, _ = self.now[layer - 1]
                grad = product(grad, weight[..., :-1], out=below)

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
