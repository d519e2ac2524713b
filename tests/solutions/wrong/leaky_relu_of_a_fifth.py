"""Wrong: relu and its gradient let a fifth of a negative z through."""

import numpy as np


def relu(z):
    return np.where(z > 0, z, 0.2 * z)


def relu_backward(z, grad):
    return np.where(z > 0, grad, 0.2 * grad)
