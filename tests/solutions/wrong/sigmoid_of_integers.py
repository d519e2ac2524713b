"""Wrong: the result is made like z, so that integers give integers: sigmoid(0) is 0."""

import numpy as np


def sigmoid(z):
    result = np.empty_like(z)
    positive = z >= 0
    negative = ~positive
    result[positive] = 1 / (1 + np.exp(-z[positive]))
    ez = np.exp(z[negative])
    result[negative] = ez / (1 + ez)
    return result
