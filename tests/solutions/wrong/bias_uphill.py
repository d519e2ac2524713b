"""Wrong: the bias is moved along its gradient."""

import numpy as np


def gradient_step(weight, bias, x, y, lr):
    x, y = np.atleast_2d(x), np.atleast_2d(y)
    error = y - (x @ weight.T + bias)
    grad_weight = -error.T @ x
    grad_bias = -error.sum(axis=0)
    return weight - lr * grad_weight, bias + lr * grad_bias
