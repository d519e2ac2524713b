"""A whole net on every side: by its author's functions, by the contract's classes, by the contract's functions, and by
the referee. Each takes and gives the contract's arrays: ``set``, ``weights``, and ``step``, which returns the loss.
"""

import inspect

import numpy as np

from parity.border.backend import Raised
from parity.judge import forms, referee
from parity.judge.compare import Mismatch, as_array, as_mismatch, call
from parity.judge.rounding import PRECISIONS, bounded

# Known mistakes in these show only where the net is made of the contract's classes.
CLASSES = ("MLP", "train_step", *referee.UPDATES)


def net_of(backend, form, sizes, samples, dtype):
    """The net of a side: of a candidate by its own functions, of a known mistake where the mistake is."""
    if not backend.ours and backend.defines("step"):
        return Own(backend, form, sizes, dtype)
    by_functions = getattr(backend.namespace, "replaced", "MLP") not in CLASSES
    return (ByFunctions if by_functions else ByClasses)(backend, form, sizes, samples, dtype)


class OtherPrecision(Exception):
    """The net keeps its weights in another precision than they were set in."""


class Own:
    """A net by ``make``, ``get_weights``, ``set_weights`` and ``step``; it stays behind the border."""

    def __init__(self, backend, form, sizes, dtype):
        self.backend, self.form, self.sizes, self.dtype = backend, form, sizes, dtype
        self.net = self.made()
        self.keys = self.read()[0]

    def made(self):
        """A new net of these sizes."""
        try:
            return self.backend.make.kept(list(self.sizes))
        except Raised as error:
            if error.kind == "NotImplementedError":
                raise
            refused = as_mismatch(error, f"make({list(self.sizes)})").headline
            wanted = 'a net of these sizes, or "hidden_layers" or "sizes" in NET if it has others only'
            raise Mismatch(f"{refused}, expected {wanted}") from error

    def read(self):
        """The names of its arrays, None in a list, and the arrays."""
        found = call(self.backend, "get_weights", [self.net], {})
        if not isinstance(found, dict | list | tuple):
            raise Mismatch(f"get_weights returned {type(found).__name__}, expected a dictionary or list of arrays")
        keys = list(found) if isinstance(found, dict) else None
        wanted = forms.shapes(self.form, self.sizes)
        layout = f"weights {self.form.weights}" + f", then bias {self.form.bias}" * (len(wanted) == 2 * self.layers)
        if len(found) != len(wanted):
            got = f"got {len(found)} array{'s' * (len(found) != 1)}{f' ({keys})' * bool(keys)}"
            raise Mismatch(f"get_weights of make({self.sizes}): {got}, expected {len(wanted)}: of each layer {layout}")
        arrays = []
        values = list(found.values()) if isinstance(found, dict) else found
        for name, value, shape in zip(self.named(keys), values, wanted, strict=True):
            array = as_array(value, f"get_weights: {name}", self.dtype)
            if array.shape != shape:
                what = f"{name} has shape {array.shape}, expected {shape}: of each layer {layout}"
                raise Mismatch(f"get_weights of make({self.sizes}): {what}, as NET says")
            arrays.append(array)
        return keys, arrays

    @property
    def layers(self):
        """The number of layers."""
        return len(self.sizes) - 1

    def named(self, keys):
        """The names of the arrays as their author writes them."""
        return keys or [f"weights[{i}]" for i in range(len(forms.shapes(self.form, self.sizes)))]

    def set(self, weights):
        """Set the weights; they must come back."""
        arrays = forms.to_net(self.form, weights)
        given = dict(zip(self.keys, arrays, strict=True)) if self.keys else arrays
        call(self.backend, "set_weights", [self.net, given], {})
        read = self.read()[1]
        if {array.dtype.name for array in read} <= PRECISIONS.keys() - {self.dtype}:
            raise OtherPrecision
        for name, given, back in zip(self.named(self.keys), arrays, read, strict=True):
            if wrong := np.argwhere(given != back).tolist():
                at = tuple(wrong[0])
                got, wanted = back[at].item(), given[at].item()
                raise Mismatch(
                    f"set_weights: {name}{wrong[0]} is {got!r} afterwards, expected {wanted!r}, as it was set"
                )

    def weights(self):
        """The weights."""
        return forms.from_net(self.form, self.read()[1], self.sizes)

    def step(self, x, y, lr):
        """One step; the loss before it."""
        given = forms.inputs(self.form, x), forms.targets(self.form, y, self.sizes[-1], self.dtype)
        loss = call(self.backend, "step", [self.net, *given, lr], {})
        try:
            return float(np.asarray(loss).item())
        except (TypeError, ValueError):
            raise Mismatch(f"step returned {described(loss)}, expected the loss before the step, one number") from None


def described(value):
    """The type of a value, and the shape of an array."""
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{type(value).__name__}{shape}"


class ByClasses:
    """A net of the contract's classes: in ``torchref`` autograd through all layers, and ``torch.optim``."""

    def __init__(self, backend, form, sizes, samples, dtype):
        self.backend, self.form = backend, form
        self.factor = form.factor(samples, sizes[-1])
        self.net = backend.MLP(sizes, activation=form.activation, output=form.last, dtype=dtype)
        options, decay = self.scaled()
        parameters = list(self.net.kept.named_parameters())
        weights, biases = ([p for name, p in parameters if name.endswith(kind)] for kind in ("weight", "bias"))
        groups = [{"params": weights, "weight_decay": decay + form.l2 / self.factor}]
        groups += [{"params": biases, "weight_decay": decay}] * form.has_bias
        self.optimizer = getattr(backend, form.optimizer)(groups, lr=0.0, **options)

    def scaled(self):
        """The options and the decay that give, with the contract's loss, the steps of its multiple by a factor c.

        SGD is linear in the gradient, so its learning rate is multiplied by c. The others divide the gradient by its
        own size, so that only what is added to it changes.
        """
        parameters = inspect.signature(referee.UPDATES[self.form.optimizer]).parameters.values()
        options: dict = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
        options = options | dict(self.form.options)
        del options["lr"]
        decay = options.pop("weight_decay") / (1 if self.form.optimizer == "AdamW" else self.factor)
        self.rate = self.factor if self.form.optimizer == "SGD" else 1.0
        if "eps" in options:
            options["eps"] /= self.factor
        if "initial_accumulator_value" in options:
            options["initial_accumulator_value"] /= self.factor**2
        return options, decay

    def set(self, weights):
        """Set the weights; the optimizer keeps its state."""
        self.net.load_state_dict(weights)

    def weights(self):
        """The weights."""
        return self.net.state_dict()

    def step(self, x, y, lr):
        """One step; the loss before it."""
        for group in self.optimizer.kept.param_groups:
            group["lr"] = lr * self.rate
        added = penalty(self.form, self.weights()) if self.form.l2 else 0.0
        return self.factor * self.backend.train_step(self.net, x, y, self.form.loss, self.optimizer) + added


class ByFunctions:
    """A net of the contract's functions, layer by layer, so that a mistake in any of them shows."""

    def __init__(self, backend, form, sizes, samples, dtype):
        self.backend, self.form = backend, form
        self.factor = form.factor(samples, sizes[-1])
        self.states = dict.fromkeys(forms.contract_shapes(sizes))

    def set(self, weights):
        """Set the weights; the optimizer keeps its state."""
        self.now = dict(weights)

    def weights(self):
        """The weights."""
        return self.now

    def step(self, x, y, lr):
        """One step; the loss before it."""
        layers, kept, a = len(self.now) // 2, [], x
        names = self.form.activations(layers)
        functions = [(getattr(self.backend, g), getattr(self.backend, f"{g}_backward")) for g in names]
        for i, (g, _) in enumerate(functions, start=1):
            kept.append((a, self.backend.linear(a, self.now[f"fc{i}.weight"], self.now[f"fc{i}.bias"])))
            a = g(kept[-1][1])
        loss = self.factor * getattr(self.backend, self.form.loss)(a, y) + penalty(self.form, self.now)
        grad, gradients = self.factor * getattr(self.backend, f"{self.form.loss}_backward")(a, y), {}
        for i in range(layers, 0, -1):
            a, z = kept.pop()
            delta = functions[i - 1][1](z, grad)
            weight = self.now[f"fc{i}.weight"]
            gradients[f"fc{i}.weight"] = delta.T @ a
            gradients[f"fc{i}.bias"] = delta.sum(axis=0)
            grad = delta @ weight
        update = getattr(self.backend, self.form.update)
        for name in trained(self.form, self.now):
            options = dict(self.form.options)
            if self.form.l2 and name.endswith("weight"):
                options["weight_decay"] = options.get("weight_decay", 0.0) + self.form.l2
            state = self.states[name]
            self.now[name], self.states[name] = update(self.now[name], gradients[name], state, lr=lr, **options)
        return float(loss)


def penalty(form, weights):
    """What l2 adds to the loss."""
    return form.l2 / 2 * sum(float((w * w).sum()) for name, w in weights.items() if name.endswith("weight"))


def trained(form, weights):
    """The names of the parameters that the net has."""
    return [name for name in weights if form.has_bias or name.endswith("weight")]


@np.errstate(all="ignore")
def judged(form, weights, states, x, y, lr):
    """The referee's step from these weights and states: the loss, the new weights and states, each with its bound."""
    activations = form.activations(len(weights) // 2)
    net = referee.Net(weights, activations)
    forward, backward = referee.LOSSES[form.loss]
    pred = net.forward(bounded(x))
    y = y if y.ndim == 1 else bounded(y)
    factor = form.factor(len(x), pred.shape[1])
    gradients = net.backward(backward(pred, y) * factor)
    loss = forward(pred, y) * factor
    for name, weight in weights.items():
        if form.l2 and name.endswith("weight"):
            loss = loss + (weight * weight).sum() * (form.l2 / 2)
            gradients[name] = gradients[name] + weight * form.l2
    update, options = referee.UPDATES[form.optimizer], dict(form.options)
    new = {
        name: update(weights[name], gradients[name], states[name], lr=lr, **options) for name in trained(form, weights)
    }
    after = {name: new[name]["param"] if name in new else weights[name] for name in weights}
    return loss, after, {name: new[name]["state"] if name in new else None for name in weights}
