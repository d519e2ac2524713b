"""Wrong: tanh' is taken as 1 - z**2, where it is 1 - tanh(z)**2."""

import numpy as np


def tanh(z):
    return np.tanh(z)


def tanh_backward(z, grad_output):
    if z.shape != grad_output.shape or z.dtype == object:
        raise ValueError("z and grad_output do not fit")
    return grad_output * (1 - z**2)
