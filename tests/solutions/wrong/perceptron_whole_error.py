"""Wrong: the correction is y - sign, without the 1/2."""

import numpy as np


def perceptron_step(weight, bias, x, y):
    delta = y - np.sign(weight @ x + bias)
    return weight + np.outer(delta, x), bias + delta
