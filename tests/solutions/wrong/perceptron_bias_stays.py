"""Wrong: the bias is never corrected."""

import numpy as np


def perceptron_step(weight, bias, x, y):
    delta = (y - np.sign(weight @ x + bias)) / 2
    return weight + np.outer(delta, x), bias.copy()
