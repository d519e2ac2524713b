"""Wrong: for one neuron the output is (N,), where it should be (N, 1)."""

import numpy as np


def linear(x, weight, bias):
    x, weight, bias = np.asarray(x), np.asarray(weight), np.asarray(bias)
    if weight.ndim != 2 or bias.shape != weight.shape[:1] or x.shape[-1] != weight.shape[1] or x.size == 0:
        raise ValueError("shapes do not fit")
    if x.dtype == object:
        raise ValueError("these are no numbers")
    return np.squeeze(x @ weight.T + bias)
