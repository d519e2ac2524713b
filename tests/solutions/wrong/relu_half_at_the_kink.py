"""Wrong: the gradient at z = 0 is a half."""

import numpy as np


def relu_backward(z, grad_output):
    return grad_output * np.heaviside(z, 0.5)
