"""Wrong: relu_backward passes the gradient at the kink, z = 0."""

import numpy as np


def relu(z):
    return np.maximum(0, z)


def relu_backward(z, grad_output):
    if z.shape != grad_output.shape or z.dtype == object:
        raise ValueError("z and grad_output do not fit")
    return np.where(z < 0, 0, grad_output)
