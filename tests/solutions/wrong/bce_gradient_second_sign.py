"""Wrong: the inner derivative of log(1 - p), which is -1, is left out."""

import numpy as np


def binary_cross_entropy_backward(pred, target):
    with np.errstate(all="ignore"):
        first = -target / pred
        second = -(1 - target) / (1 - pred)
    return (first + second) / pred.size
