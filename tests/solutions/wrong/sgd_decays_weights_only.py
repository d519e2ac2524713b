"""Wrong: only matrices decay, biases do not."""

import numpy as np


class Param:
    def __init__(self, data):
        self.data = data
        self.grad = None


class Linear:
    def __init__(self, in_features, out_features, *, dtype="float64", seed=None):
        bound = in_features**-0.5
        rng = np.random.default_rng(seed)
        self.weight = Param(rng.uniform(-bound, bound, (out_features, in_features)).astype(dtype))
        self.bias = Param(rng.uniform(-bound, bound, out_features).astype(dtype))

    def parameters(self):
        return [self.weight, self.bias]

    def state_dict(self):
        return {"weight": self.weight.data.copy(), "bias": self.bias.data.copy()}

    def load_state_dict(self, state):
        for name, param in (("weight", self.weight), ("bias", self.bias)):
            param.data = np.array(state[name], dtype=param.data.dtype)

    def __call__(self, x):
        self.x = x
        return x @ self.weight.data.T + self.bias.data

    def backward(self, grad):
        self.weight.grad = grad.T @ self.x
        self.bias.grad = grad.sum(axis=0)


class SGD:
    def __init__(self, params, lr=1e-3, momentum=0.0, weight_decay=0.0):
        self.param_groups = [{"params": list(params), "lr": lr}]
        self.momentum, self.weight_decay = momentum, weight_decay
        self.velocities = {}

    def step(self):
        group = self.param_groups[0]
        for p in group["params"]:
            grad = p.grad
            if self.weight_decay and p.data.ndim > 1:
                grad = grad + self.weight_decay * p.data
            if self.momentum:
                grad = self.momentum * self.velocities.get(p, 0.0) + grad
                self.velocities[p] = grad
            p.data = p.data - group["lr"] * grad


def train_step(model, x, y, loss, optimizer):
    assert loss == "squared_error"
    error = model(x) - y
    model.backward(error)
    optimizer.step()
    return float(0.5 * np.sum(error**2))
