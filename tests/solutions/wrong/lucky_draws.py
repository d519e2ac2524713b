"""The last bit is drawn: within the bound, but another result for the same arguments."""

import random

import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.nextafter(e / e.sum(axis=-1, keepdims=True), random.choice([e.dtype.type(0), e.dtype.type(1)]))
