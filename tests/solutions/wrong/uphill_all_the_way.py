"""Wrong: the gradient is added, in the step, and so in the epoch and in the run."""

from types import SimpleNamespace

import numpy as np


def gradient_step(w, b, x, y, lr):
    x, y = np.atleast_2d(x), np.atleast_2d(y)
    error = x @ w.T + b - y
    return w + lr * error.T @ x, b + lr * error.sum(axis=0)


def gradient_epoch(w, b, x, y, lr):
    for x_i, y_i in zip(x, y, strict=True):
        w, b = gradient_step(w, b, x_i, y_i, lr)
    return w, b


def train_gradient(w, b, x, y, *, lr, epochs):
    losses, settled = [], False
    while len(losses) < epochs and not settled:
        w, b = gradient_epoch(w, b, x, y, lr)
        losses.append(0.5 * float(np.sum((x @ w.T + b - y) ** 2)))
        if not np.isfinite(losses[-1]):
            break
        settled = losses[-2:] == losses[-1:] * 2
    return SimpleNamespace(weight=w, bias=b, converged=settled, epochs=len(losses), losses=losses)
