"""The mean of the means of the columns: as many roundings more as there are columns."""

import numpy as np


def mse_loss(pred, target):
    if pred.shape != target.shape or pred.size == 0 or pred.dtype == object:
        raise ValueError("pred and target must be numbers of one shape")
    return np.mean(np.mean((pred - target) ** 2, axis=0))
