"""Wrong: sigmoid' is taken as z (1 - z), as if z were already the sigmoid."""

import numpy as np


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def sigmoid_backward(z, grad_output):
    if z.shape != grad_output.shape or z.dtype == object:
        raise ValueError("z and grad_output do not fit")
    return grad_output * z * (1 - z)
