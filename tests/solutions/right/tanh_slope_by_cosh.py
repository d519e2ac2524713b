"""The slope of tanh as 1 / cosh^2."""

import numpy as np


def tanh_backward(z, grad_output):
    if z.shape != grad_output.shape or z.dtype == object:
        raise ValueError("z and grad_output must be numbers of one shape")
    with np.errstate(over="ignore"):
        return grad_output / np.cosh(z) ** 2
