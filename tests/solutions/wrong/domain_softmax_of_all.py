"""Only rows, and wrong there: sums over the batch."""

import numpy as np


def softmax(z):
    _, k = z.shape
    e = np.exp(z - z.max(axis=0).reshape(1, k))
    return e / e.sum(axis=0).reshape(1, k)
