"""Wrong: the cross-entropy is taken with the logarithm to the base 2."""

import numpy as np


def cross_entropy(pred, target):
    total = 0.0
    for row, right in zip(pred, target, strict=True):
        shifted = row - row.max()
        total += np.log2(np.exp(shifted).sum()) - shifted[right] * np.log2(np.e)
    return total / len(pred)
