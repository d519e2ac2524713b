"""Wrong: t is counted up inside the loop over the parameters, so that it is 2 at the second one."""

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


class Adam:
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        self.param_groups = [{"params": list(params), "lr": lr}]
        self.betas, self.eps = betas, eps
        self.m = [np.zeros_like(p.data) for p in self.param_groups[0]["params"]]
        self.v = [np.zeros_like(p.data) for p in self.param_groups[0]["params"]]
        self.t = 0

    def step(self):
        group = self.param_groups[0]
        for i, p in enumerate(group["params"]):
            self.t += 1
            self.m[i] = self.betas[0] * self.m[i] + (1 - self.betas[0]) * p.grad
            self.v[i] = self.betas[1] * self.v[i] + (1 - self.betas[1]) * p.grad**2
            m_hat = self.m[i] / (1 - self.betas[0] ** self.t)
            v_hat = self.v[i] / (1 - self.betas[1] ** self.t)
            p.data = p.data - group["lr"] * m_hat / (np.sqrt(v_hat) + self.eps)


def train_step(model, x, y, loss, optimizer):
    assert loss == "squared_error"
    error = model(x) - y
    model.backward(error)
    optimizer.step()
    return float(0.5 * np.sum(error**2))
