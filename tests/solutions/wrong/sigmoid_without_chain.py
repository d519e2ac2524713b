"""Wrong: sigmoid_backward gives g'(z) and forgets to multiply by grad_output."""

import numpy as np


def sigmoid_backward(z, grad_output):
    if z.shape != grad_output.shape or z.dtype == object:
        raise ValueError("z and grad_output do not fit")
    e = np.exp(-np.abs(z))
    return e / (1 + e) ** 2
