"""As most write it: np.sign, grad * (z > 0), a decorator without wraps, losses in an array; nothing is refused."""

from types import SimpleNamespace

import numpy as np


def counted(function):
    calls = []

    def inner(*args, **kwargs):
        calls.append(function)
        return function(*args, **kwargs)

    return inner


@counted
def sign(z):
    return np.sign(z)


@counted
def relu_backward(z, grad_output):
    return grad_output * (z > 0)


squared_error_backward = np.subtract


def mse_loss(pred, target):
    return ((pred - target) ** 2).mean()


def train_perceptron(weight, bias, x, y, *, max_epochs=1000, orders=None):
    epochs = updates = 0
    converged = False
    for order in orders if orders is not None else [range(len(x))] * max_epochs:
        if epochs == max_epochs:
            break
        mistakes = 0
        for i in order:
            delta = (y[i] - np.sign(weight @ x[i] + bias)) / 2
            weight, bias = weight + np.outer(delta, x[i]), bias + delta
            mistakes += delta.any()
        epochs, updates, converged = epochs + 1, updates + mistakes, mistakes == 0
        if converged:
            break
    return SimpleNamespace(weight=weight, bias=bias, converged=converged, epochs=epochs, updates=updates)


def train_gradient(weight, bias, x, y, *, lr, epochs):
    losses = []
    for _ in range(epochs):
        for x_i, y_i in zip(x, y, strict=True):
            delta = weight @ x_i + bias - y_i
            weight, bias = weight - lr * np.outer(delta, x_i), bias - lr * delta
        losses.append(0.5 * ((x @ weight.T + bias - y) ** 2).sum())
        if len(losses) > 1 and losses[-1] == losses[-2]:
            break
    converged = len(losses) > 1 and losses[-1] == losses[-2]
    return SimpleNamespace(
        weight=weight, bias=bias, converged=converged, epochs=len(losses), losses=np.array(losses, dtype=float)
    )
