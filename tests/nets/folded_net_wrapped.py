"""The net of examples/nets/folded_net.py as the contract's MLP, SGD and train_step."""

import numpy as np
from folded_net import NN


class Parameter:
    def __init__(self, data):
        self.data, self.grad = data, None


class MLP:
    def __init__(self, sizes, activation="sigmoid", output="identity", *, dtype="float64", seed=None):
        if len(sizes) != 3 or (activation, output) != ("sigmoid", "identity"):
            raise NotImplementedError
        self.net, self.dtype, self.named = NN(*sizes), dtype, {}
        for i, folded in enumerate((self.net.alpha, self.net.beta), start=1):
            self.named[f"fc{i}.weight"] = Parameter(folded[:, 1:].astype(dtype))
            self.named[f"fc{i}.bias"] = Parameter(folded[:, 0].astype(dtype))

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
        w1, b1, w2, b2 = (parameter.data for parameter in self.named.values())
        self.net.alpha, self.net.beta = np.hstack([b1[:, None], w1]), np.hstack([b2[:, None], w2])

    def __call__(self, x):
        self.put()
        z = np.array([self.net.forward(row)[1] for row in x])
        return z @ self.net.beta.T


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
    if loss != "cross_entropy":
        raise NotImplementedError
    optimizer.zero_grad()
    losses, one_hot = [], np.eye(len(model.net.beta))[y]
    for row, target in zip(x, one_hot, strict=True):
        model.put()
        losses.append(model.net.sgd_step(row, target, 1.0))
        after = [model.net.alpha[:, 1:], model.net.alpha[:, 0], model.net.beta[:, 1:], model.net.beta[:, 0]]
        for parameter, new in zip(model.parameters(), after, strict=True):
            gradient = (parameter.data - new) / len(x)
            parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient
    optimizer.step()
    return np.mean(losses)
