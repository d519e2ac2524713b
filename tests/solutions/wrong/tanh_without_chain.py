"""Wrong: tanh_backward returns the derivative alone."""

import math

import numpy as np


def tanh_backward(z, grad_output):
    slopes = [1 - math.tanh(v) ** 2 for v in z.ravel()]
    return np.array(slopes, dtype=z.dtype).reshape(z.shape)
