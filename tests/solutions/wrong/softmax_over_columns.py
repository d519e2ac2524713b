"""Wrong: the softmax is taken over axis 0, the samples, where it should be over the last, the classes."""

import numpy as np


def softmax(z):
    z = z - z.max(axis=0, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=0, keepdims=True)
