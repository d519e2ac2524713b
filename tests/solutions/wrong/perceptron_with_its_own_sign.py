"""Wrong: the class of a point on the line is +1, in the step, in the epoch and in the run."""

from types import SimpleNamespace

import numpy as np


def classify(z):
    return np.where(z >= 0, 1.0, -1.0)


def perceptron_step(w, b, x, y):
    error = (y - classify(w @ x + b)) / 2
    return w + np.outer(error, x).astype(w.dtype), b + error.astype(b.dtype)


def perceptron_epoch(w, b, x, y):
    mistakes = 0
    for i in range(len(x)):
        mistakes += int(np.any(classify(w @ x[i] + b) != y[i]))
        w, b = perceptron_step(w, b, x[i], y[i])
    return w, b, mistakes


def train_perceptron(w, b, x, y, *, max_epochs=1000, orders=None):
    epochs = updates = 0
    mistakes = -1
    for order in orders or [range(len(x))] * max_epochs:
        w, b, mistakes = perceptron_epoch(w, b, x[list(order)], y[list(order)])
        epochs, updates = epochs + 1, updates + mistakes
        if not mistakes:
            break
    return SimpleNamespace(weight=w, bias=b, converged=mistakes == 0, epochs=epochs, updates=updates)
