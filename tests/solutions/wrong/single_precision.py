"""Wrong: the result is float32 whatever the input is."""

import numpy as np


def tanh(z):
    return np.tanh(z).astype(np.float32)
