"""Weights, gradients and states in one array each; a parameter is a part of it."""

import itertools

import numpy as np

from scratch.fast.optimizers import prepared


class Flat:
    """An optimizer whose groups hold weights, gradients and state in one array each."""

    def __init__(self, optimizer, layers):
        self.optimizer, self.state = optimizer, optimizer.state
        self.param_groups = optimizer.param_groups
        self.groups = []
        for group in self.param_groups:
            ids = set(map(id, group["params"]))
            own = [layer for layer in layers if id(layer.weight) in ids]
            self.groups.append(Group(own, optimizer, group))
        # The weights and gradients of each layer, biases included.
        self.joints = {
            layer: (weight, gradient)
            for group in self.groups
            for layer, weight, gradient in group.joints()
        }
        self.gradients = [
            (parameter, of(gradient))
            for layer, (_, gradient) in self.joints.items()
            for parameter, of in members(layer)
        ]

    def zero_grad(self):
        """Reset the gradients; a backward pass puts them in their places."""
        for parameter, _ in self.gradients:
            parameter.grad = None

    def step(self):
        """Update every group, with the options that it has now."""
        for group in self.groups:
            group.read_options()
        if self.gradients[0][0].grad is None:  # nothing has gone backward
            return
        for group in self.groups:
            group.step()

    def hold(self):
        """Let the parameters be parts of the arrays, with the values that they have."""
        for layer, (weight, _) in self.joints.items():
            for parameter, of in members(layer):
                of(weight)[...] = parameter.data
                parameter.data = of(weight)

    def release(self):
        """Give every parameter arrays of its own again."""
        for layer in self.joints:
            for parameter, _ in members(layer):
                parameter.data = parameter.data.copy()
                if parameter.grad is not None:
                    parameter.grad = parameter.grad.copy()
                state = self.optimizer.state.get(parameter, {})
                for key in state.keys() - {"step"}:
                    state[key] = state[key].copy()


class Group:
    """Layers whose weights are parts of one array, as are gradients and states.

    The part of a layer is (K, D + 1): a row for each neuron, its bias last. A batch
    has a column of ones for it, so one product computes both.
    """

    def __init__(self, layers, optimizer, options):
        self.layers, self.optimizer, self.given = layers, optimizer, options
        self.shapes = [(layer.out_features, layer.in_features + 1) for layer in layers]
        size, dtype = sum(k * d for k, d in self.shapes), layers[0].weight.dtype
        self.w, self.g, self.a, self.b = (np.zeros(size, dtype) for _ in range(4))
        self.count, self.state, self.shown, self.options = 0, {}, 0, None
        self.counts = "step" in optimizer.rule.state.keys
        if any(layer.weight in optimizer.state for layer in layers):
            self.take_over()

    def joints(self):
        """Each layer with its part of the weights and of the gradients."""
        return zip(self.layers, self.parts(self.w), self.parts(self.g), strict=True)

    def parts(self, flat):
        """The part of each layer."""
        ends = itertools.accumulate(k * d for k, d in self.shapes)
        return [
            flat[end - k * d : end].reshape(k, d)
            for (k, d), end in zip(self.shapes, ends, strict=True)
        ]

    def take_over(self):
        """Go on from the states that the parameters have."""
        states = self.optimizer.state
        self.count = int(states[self.layers[0].weight].get("step", 0))
        for key in states[self.layers[0].weight].keys() - {"step"}:
            self.state[key] = np.zeros_like(self.w)
            for layer, part in zip(
                self.layers, self.parts(self.state[key]), strict=True
            ):
                for parameter, of in members(layer):
                    of(part)[...] = states[parameter][key]

    def read_options(self):
        """Prepare the rule for the options that hold now, where one is new."""
        options = self.optimizer._options(self.given)
        if options is not self.options:
            arrays = self.w, self.g, self.state, self.a, self.b
            self.update = prepared(self.optimizer, *arrays, options)
            self.options = options

    def step(self):
        """One step of all layers."""
        self.count += 1
        self.update(self.count)
        if len(self.state) > self.shown:
            self.show()
        if self.counts:
            for layer in self.layers:
                for parameter, _ in members(layer):
                    self.optimizer.state[parameter]["step"] = float(self.count)

    def show(self):
        """Let the state of each parameter be its part."""
        self.shown = len(self.state)
        for key, flat in self.state.items():
            for layer, part in zip(self.layers, self.parts(flat), strict=True):
                for parameter, of in members(layer):
                    self.optimizer.state.setdefault(parameter, {})[key] = of(part)


def members(layer):
    """Each parameter of a layer, and where it is in the layer's part."""
    yield layer.weight, lambda part: part[:, :-1]
    yield layer.bias, lambda part: part[:, -1]
