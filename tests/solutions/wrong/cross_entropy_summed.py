"""Wrong: the gradient of the cross-entropy is not divided by the number of rows."""

import numpy as np


def cross_entropy_backward(pred, target):
    target = np.asarray(target)
    if pred.ndim != 2 or pred.size == 0 or target.shape != pred.shape[:1] or target.dtype.kind not in "iu":
        raise ValueError("pred and target do not fit")
    e = np.exp(pred - pred.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(target)), target] -= 1
    return p
