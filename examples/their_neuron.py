"""Typical other code: other names and orders of arguments, weights (D, K), a class for an update rule."""

import numpy as np


def dense(W, b, inputs):  # noqa: N803
    """W (D, K), b (K,), inputs (N, D)."""
    return np.dot(inputs, W) + b


def logistic(a):
    """The two branches keep exp from overflowing."""
    small = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, small) / (1 + small)


def mse_grad(y_true, y_pred):
    """The derivative of the mean squared error."""
    return 2 * (y_pred - y_true) / y_true.size


class MomentumSGD:
    """Stores its velocity; one object serves one array of weights."""

    def __init__(self, learning_rate, mu=0.0):
        self.learning_rate, self.mu, self.velocity = learning_rate, mu, None

    def apply(self, weights, gradient):
        """The next weights."""
        self.velocity = gradient if self.velocity is None else self.mu * self.velocity + gradient
        return weights - self.learning_rate * self.velocity
