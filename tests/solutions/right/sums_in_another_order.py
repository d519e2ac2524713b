"""The same sums in other orders: exactly rounded (math.fsum), from the last to the first, and pairwise."""

import math

import numpy as np


def pairwise(values):
    if len(values) <= 2:
        return sum(values[1:], start=values[0])
    middle = len(values) // 2
    return pairwise(values[:middle]) + pairwise(values[middle:])


def compatible(pred, target):
    if pred.shape != target.shape or pred.size == 0:
        raise ValueError(f"shapes {pred.shape} and {target.shape}")
    if pred.dtype.kind not in "fiu" or target.dtype.kind not in "fiu":
        raise ValueError("no numbers")


def linear(x, weight, bias):
    if weight.ndim != 2 or bias.shape != (len(weight),) or x.ndim not in (1, 2) or x.shape[-1] != weight.shape[1]:
        raise ValueError(f"x {x.shape}, weight {weight.shape}, bias {bias.shape}")
    if not x.size or x.dtype.kind not in "fiu":
        raise ValueError("no samples, or no numbers")
    columns = range(weight.shape[1] - 1, -1, -1)
    z = bias + sum(x[..., d, None] * weight[:, d] for d in columns)
    return z


def squared_error(pred, target):
    compatible(pred, target)
    return math.fsum(d * d / 2 for d in (pred - target).ravel().tolist())


def squared_error_backward(pred, target):
    compatible(pred, target)
    return -(target - pred)


def mse_loss(pred, target):
    compatible(pred, target)
    d = (pred - target).ravel()
    return pairwise(list(d * d)) / d.size


def mse_loss_backward(pred, target):
    compatible(pred, target)
    return 2 * (pred - target) / pred.size


def neuron_gradients(weight, bias, x, y):
    z = linear(x, weight, bias)
    if y.shape != z.shape:
        raise ValueError(f"y {y.shape}, expected {z.shape}")
    delta, x = np.atleast_2d(z - y), np.atleast_2d(x)
    grad_weight = sum(np.outer(delta[n], x[n]) for n in reversed(range(len(x))))
    return grad_weight, pairwise(list(delta))
