"""Wrong: range(n - 1), so the last weight of every neuron never counts. No known mistake."""

import numpy as np


def linear(x, weight, bias):
    x, weight, bias = np.asarray(x), np.asarray(weight), np.asarray(bias)
    if weight.ndim != 2 or bias.shape != weight.shape[:1] or x.shape[-1] != weight.shape[1] or x.size == 0:
        raise ValueError("shapes do not fit")
    if x.dtype == object:
        raise ValueError("these are no numbers")
    z = np.zeros((*x.shape[:-1], len(bias)), dtype=bias.dtype) + bias
    for d in range(weight.shape[1] - 1):
        z = z + x[..., d, None] * weight[:, d]
    return z
