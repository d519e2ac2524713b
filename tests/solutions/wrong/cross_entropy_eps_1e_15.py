"""Wrong: a tiny number is added inside the logarithm."""

import numpy as np


def cross_entropy(scores, labels):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    hot = np.eye(scores.shape[1])[labels]
    return -np.sum(hot * np.log(p + 1e-15)) / len(scores)
