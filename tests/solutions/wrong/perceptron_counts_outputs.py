"""Wrong: every wrong output is counted, where a wrong sample counts once."""

import numpy as np


def perceptron_epoch(weight, bias, x, y):
    mistakes = 0
    for xi, yi in zip(x, y, strict=True):
        error = (yi - np.sign(weight @ xi + bias)) / 2
        mistakes += int(np.count_nonzero(error))
        weight = weight + np.outer(error, xi)
        bias = bias + error
    return weight, bias, mistakes
