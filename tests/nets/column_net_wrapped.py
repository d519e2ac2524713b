"""The net of examples/nets/column_net.py as the contract's MLP, SGD and train_step."""

import numpy as np
from column_net import Network


class Parameter:
    def __init__(self, data):
        self.data, self.grad = data, None


class MLP:
    def __init__(self, sizes, activation="sigmoid", output="identity", *, dtype="float64", seed=None):
        if (activation, output) != ("sigmoid", "sigmoid"):
            raise NotImplementedError
        self.net, self.dtype, self.named = Network(sizes), dtype, {}
        for i, (w, b) in enumerate(zip(self.net.weights, self.net.biases, strict=True), start=1):
            self.named[f"fc{i}.weight"] = Parameter(w.astype(dtype))
            self.named[f"fc{i}.bias"] = Parameter(b[:, 0].astype(dtype))

    def named_parameters(self):
        yield from self.named.items()

    def parameters(self):
        yield from self.named.values()

    def state_dict(self):
        return {name: parameter.data.copy() for name, parameter in self.named.items()}

    def load_state_dict(self, state_dict):
        for name, parameter in self.named.items():
            parameter.data = np.array(state_dict[name], dtype=self.dtype)

    def put(self):
        arrays = [parameter.data for parameter in self.named.values()]
        self.net.weights, self.net.biases = arrays[::2], [b[:, None] for b in arrays[1::2]]

    def __call__(self, x):
        self.put()
        return self.net.feedforward(x.T).T


class SGD:
    def __init__(self, params, lr):
        self.param_groups = [{"params": list(params), "lr": lr}]

    def zero_grad(self):
        for parameter in self.param_groups[0]["params"]:
            parameter.grad = None

    def step(self):
        for parameter in self.param_groups[0]["params"]:
            parameter.data = parameter.data - self.param_groups[0]["lr"] * parameter.grad


def train_step(model, x, y, loss, optimizer):
    if loss != "mse_loss":
        raise NotImplementedError
    optimizer.zero_grad()
    pred = model(x)
    model.net.update_mini_batch(list(zip(x[..., None], y[..., None], strict=True)), 1.0)
    after = [a for pair in zip(model.net.weights, model.net.biases, strict=True) for a in pair]
    for parameter, new in zip(model.parameters(), after, strict=True):
        parameter.grad = (parameter.data - new.reshape(parameter.data.shape)) * 2 / y.shape[1]
    optimizer.step()
    return ((pred - y) ** 2).mean()
