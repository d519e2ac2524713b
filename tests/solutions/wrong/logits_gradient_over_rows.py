"""Wrong: the mean is taken over the rows, where the loss averages all elements."""

import numpy as np


def binary_cross_entropy_with_logits_backward(pred, target):
    with np.errstate(over="ignore"):
        s = 1 / (1 + np.exp(-pred))
    return (s - target) / pred.shape[0]
