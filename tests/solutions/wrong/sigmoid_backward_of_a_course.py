"""Wrong here: sigmoid_backward takes dA first, then the cache."""

import numpy as np


def sigmoid_backward(dA, cache):
    s = 1 / (1 + np.exp(-cache))
    return dA * s * (1 - s)
