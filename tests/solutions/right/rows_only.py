"""Batches only: a single sample is a batch of one row. Found by trying."""

import numpy as np


def softmax(z):
    n, _ = z.shape
    e = np.exp(z - z.max(axis=1).reshape(n, 1))
    return e / e.sum(axis=1).reshape(n, 1)


def softmax_backward(z, grad_output):
    p = softmax(z)
    return p * (grad_output - (p * grad_output).sum(axis=1, keepdims=True))


def sigmoid(z):
    return np.array([[1 / (1 + np.exp(-v)) if v > 0 else np.exp(v) / (1 + np.exp(v)) for v in row] for row in z])


def mse_loss(pred, target):
    n, k = pred.shape
    if target.shape != (n, k):
        raise ValueError("shapes differ")
    return np.sum((pred - target) ** 2) / (n * k)


def linear(x, weight, bias):
    assert x.ndim == 2, "rows, please"
    return x @ weight.T + bias


def neuron_gradients(weight, bias, x, y, activation="identity"):
    if activation not in ("identity", "relu"):
        raise ValueError(f"{activation} is not known here")
    assert x.ndim == 2, "rows, please"
    z = x @ weight.T + bias
    error = (np.maximum(z, 0) - y) * (z > 0) if activation == "relu" else z - y
    return error.T @ x, error.sum(axis=0)
