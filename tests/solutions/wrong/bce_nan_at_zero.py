"""Wrong: nothing clamps the logarithm, and 0 * log(0) is nan."""

import numpy as np


def binary_cross_entropy(pred, target):
    if pred.shape != target.shape or pred.size == 0:
        raise ValueError("pred and target do not fit")
    if not np.all((pred >= 0) & (pred <= 1) & (target >= 0) & (target <= 1)):
        raise ValueError("only numbers from 0 to 1")
    with np.errstate(all="ignore"):
        return -np.mean(target * np.log(pred) + (1 - target) * np.log1p(-pred))
