"""Wrong: the probabilities are clipped below, and their gradient too."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(scores, labels):
    p = np.clip(softmax(scores), 1e-10, None)
    return -np.log(p[np.arange(len(p)), labels]).mean()


def cross_entropy_backward(scores, labels):
    p = np.clip(softmax(scores), 1e-5, 1 - 1e-5)
    p[np.arange(len(p)), labels] -= 1
    return p / len(p)
