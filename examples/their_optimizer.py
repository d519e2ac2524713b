"""Typical other code: optimizers that keep lr and state, and change the weights in place."""

import numpy as np


class SGD:
    """One object serves one array of weights."""

    def __init__(self, lr=0.01, momentum=0.0):
        self.lr, self.momentum, self.v = lr, momentum, None

    def update(self, w, dw):
        """Changes w."""
        self.v = dw if self.v is None else self.momentum * self.v + dw
        w -= self.lr * self.v


class Adam:
    """One object serves one array of weights."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
        self.lr, self.beta1, self.beta2, self.eps = lr, beta1, beta2, eps
        self.t, self.m, self.v = 0, 0.0, 0.0

    def update(self, w, dw):
        """Changes w."""
        self.t += 1
        self.m = self.beta1 * self.m + (1 - self.beta1) * dw
        self.v = self.beta2 * self.v + (1 - self.beta2) * dw * dw
        m, v = self.m / (1 - self.beta1**self.t), self.v / (1 - self.beta2**self.t)
        w -= self.lr * m / (np.sqrt(v) + self.eps)
