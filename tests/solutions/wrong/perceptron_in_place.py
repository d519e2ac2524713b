"""Wrong: perceptron_step changes the caller's weight and bias in place."""

import numpy as np


def linear(x, weight, bias):
    x, weight, bias = np.asarray(x), np.asarray(weight), np.asarray(bias)
    if weight.ndim != 2 or bias.shape != weight.shape[:1] or x.shape[-1] != weight.shape[1] or x.size == 0:
        raise ValueError("shapes do not fit")
    if x.dtype == object:
        raise ValueError("these are no numbers")
    return x @ weight.T + bias


def perceptron_step(weight, bias, x, y):
    delta = (y - np.sign(linear(x, weight, bias))) / 2
    weight += np.outer(delta, x)
    bias += delta
    return weight, bias
