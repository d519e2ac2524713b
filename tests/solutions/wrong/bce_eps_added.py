"""Wrong: eps is added inside both logarithms, and to the denominators of the gradient."""

import numpy as np

eps = 1e-8


def binary_cross_entropy(p, y):
    return -np.mean(y * np.log(p + eps) + (1 - y) * np.log(1 - p + eps))


def binary_cross_entropy_backward(p, y):
    return -(y / (p + eps) - (1 - y) / (1 - p + eps)) / p.size
