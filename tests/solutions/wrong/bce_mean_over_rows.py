"""Wrong: binary cross-entropy with logits divides by the rows N, not by the elements N K."""

import numpy as np


def binary_cross_entropy_with_logits(pred, target):
    if pred.shape != target.shape or pred.size == 0 or np.any(target < 0) or np.any(target > 1):
        raise ValueError("pred and target do not fit")
    return np.sum(np.maximum(pred, 0) - pred * target + np.log1p(np.exp(-np.abs(pred)))) / len(pred)
