"""Batches only, and declared: of one sample these functions would compute something else."""

import numpy as np

PARITY = {"rows_only": True, "activations": ["tanh"]}


def softmax(z):
    e = np.exp(z.T - np.max(z, axis=-1))
    return (e / np.sum(e, axis=0)).T


def softmax_backward(z, grad_output):
    pairs = zip(softmax(z), np.atleast_2d(grad_output), strict=True)
    return np.stack([(np.diag(p) - np.outer(p, p)) @ g for p, g in pairs])


def mse_loss_backward(pred, target):
    return np.vstack([2 * (pred - target) / pred.size])


def gradient_step(weight, bias, x, y, lr, activation="tanh"):
    a = np.tanh(x @ weight.T + bias)
    delta = np.vstack([(a - y) * (1 - a**2)])
    return weight - lr * delta.T @ np.vstack([x]), bias - lr * delta.sum(axis=0)
