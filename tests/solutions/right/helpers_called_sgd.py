"""The classes are the author's own: they hold options, and have the names of the course by chance."""

import numpy as np


class SGD:
    def __init__(self, learning_rate, mu):
        self.learning_rate, self.mu = learning_rate, mu

    def velocity(self, v, g):
        return g if v is None else self.mu * v + g


class Adam:
    def __init__(self, lr, beta1, beta2):
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2


class Linear:
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    rule = SGD(lr, momentum)
    if not momentum:
        return param - lr * grad, {}
    v = rule.velocity((state or {}).get("momentum_buffer"), grad)
    return param - rule.learning_rate * v, {"momentum_buffer": v}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    rule, state = Adam(lr, *betas), state or {"step": 0, "exp_avg": 0 * param, "exp_avg_sq": 0 * param}
    t = state["step"] + 1
    m = rule.beta1 * state["exp_avg"] + (1 - rule.beta1) * grad
    v = rule.beta2 * state["exp_avg_sq"] + (1 - rule.beta2) * grad**2
    step = m / (1 - rule.beta1**t) / (np.sqrt(v / (1 - rule.beta2**t)) + eps)
    return param - rule.lr * step, {"step": t, "exp_avg": m, "exp_avg_sq": v}
