"""Wrong: the derivative takes the output, and applies tanh to it once more."""

import numpy as np


def tanh(z):
    return np.tanh(z)


def tanh_prime(z):
    return 1 - np.tanh(z) ** 2


def tanh_backward(z, grad):
    a = tanh(z)
    return grad * tanh_prime(a)
