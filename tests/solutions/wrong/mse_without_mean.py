"""Wrong: the sum of the squared errors, not their mean."""

import numpy as np


def mse_loss(pred, target):
    if pred.shape != target.shape or pred.size == 0 or object in (pred.dtype, target.dtype):
        raise ValueError(f"shapes {pred.shape}, {target.shape}")
    return np.sum((pred - target) ** 2)
