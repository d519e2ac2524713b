"""Layers with a generator of their own, np.random.default_rng(seed), that nobody else's random numbers disturb."""

import numpy as np

SHUFFLE = np.random.default_rng(2024)


class Array(np.ndarray):
    """A weight: an ndarray that can carry .grad and print itself."""

    grad = None


class Linear:
    def __init__(self, in_features, out_features, *, dtype="float64", seed=None):
        if dtype not in {"float32", "float64"}:
            raise ValueError("dtype must be float32 or float64")
        if in_features < 1 or out_features < 1:
            raise ValueError("a layer needs at least one input and one output")
        generator = np.random.default_rng(seed)
        limit = in_features**-0.5
        self.in_features, self.out_features = in_features, out_features
        self.weight = generator.uniform(-limit, limit, size=(out_features, in_features)).astype(dtype).view(Array)
        self.bias = generator.uniform(-limit, limit, size=out_features).astype(dtype).view(Array)

    def forward(self, x):
        x = np.asarray(x)
        if x.shape[-1] != self.in_features:
            raise ValueError("x has the wrong number of columns")
        return np.asarray(np.tensordot(x, self.weight, axes=(-1, -1)) + self.bias)

    __call__ = forward

    def named_parameters(self):
        return [("weight", self.weight), ("bias", self.bias)]

    def parameters(self):
        return [self.weight, self.bias]

    def state_dict(self):
        return {name: np.array(value) for name, value in self.named_parameters()}

    def load_state_dict(self, state_dict):
        load(self, state_dict)

    def __repr__(self):
        return f"Linear(in_features={self.in_features}, out_features={self.out_features}, bias=True)"


def load(net, state_dict):
    own = dict(net.named_parameters())
    for name in own:
        if name not in state_dict:
            raise ValueError(f"{name} is missing")
    for name, value in state_dict.items():
        if name not in own:
            raise ValueError(f"{name} is unknown")
        if np.shape(value) != own[name].shape:
            raise ValueError(f"{name} has shape {np.shape(value)}, expected {own[name].shape}")
    for name, value in state_dict.items():
        own[name][...] = value


class ToyNet:
    def __init__(self, *, dtype="float64", seed=None):
        self.fc1 = Linear(2, 1, dtype=dtype, seed=seed)

    def __call__(self, x):
        return self.fc1(x)

    forward = __call__

    def named_parameters(self):
        return [("fc1." + name, value) for name, value in self.fc1.named_parameters()]

    def parameters(self):
        return self.fc1.parameters()

    def state_dict(self):
        return {name: np.array(value) for name, value in self.named_parameters()}

    def load_state_dict(self, state_dict):
        load(self, state_dict)

    def __repr__(self):
        return f"ToyNet(\n  (fc1): {self.fc1!r}\n)"

    def train_sample_perceptron(self, x, y):
        z = self(x)
        self._add((y - np.sign(z)) / 2, x)

    def train_sample_gradient(self, x, y, lr):
        self._add(lr * (y - self(x)), x)

    def _add(self, amount, x):
        # in place: these arrays are the net's own
        self.fc1.weight += np.multiply.outer(amount, x)
        self.fc1.bias += amount

    def fit(self, x, y, epochs=40, lr=0.05):
        losses = []
        for _ in range(epochs):
            error = self(x) - y
            losses.append(float((error**2).mean()))
            self.fc1.weight -= lr * (2 / error.size * error.T @ x)
            self.fc1.bias -= lr * (2 / error.size * error.sum(axis=0))
        return losses
