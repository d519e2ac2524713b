"""neuron_gradients and gradient_step, with an activation, and nothing else."""

import numpy as np


def neuron_gradients(weight, bias, x, y, activation="identity"):
    if activation not in ("identity", "sigmoid", "tanh", "relu", "softmax"):
        raise ValueError("activation?")
    single = np.ndim(x) == 1
    if single:
        x, y = x[None, :], y[None, :]
    if len(x) == 0 or y.shape != (len(x), len(weight)):
        raise ValueError("no samples, or not one target for each")
    grad_weight, grad_bias = np.zeros_like(weight), np.zeros_like(bias)
    for n in range(len(x)):
        z = weight @ x[n] + bias
        if activation == "identity":
            delta = z - y[n]
        elif activation == "sigmoid":
            e = np.exp(-np.abs(z))
            s, other = np.where(z < 0, e, 1) / (1 + e), np.where(z < 0, 1, e) / (1 + e)
            delta = (s - y[n]) * s * other
        elif activation == "tanh":
            t = np.tanh(z)
            delta = (t - y[n]) * (1 - t**2)
        elif activation == "relu":
            delta = np.where(z > 0, z - y[n], 0)
        else:
            p = np.exp(z - max(z))
            p = p / sum(p)
            d = p - y[n]
            delta = p * (d - sum(p * d))
        grad_weight += np.outer(delta, x[n])
        grad_bias += delta
    return grad_weight, grad_bias


def gradient_step(weight, bias, x, y, lr, activation="identity"):
    if isinstance(lr, str) or not 0 <= lr < float("inf"):
        raise ValueError("lr?")
    grad_weight, grad_bias = neuron_gradients(weight, bias, x, y, activation)
    return weight - lr * grad_weight, bias - lr * grad_bias
