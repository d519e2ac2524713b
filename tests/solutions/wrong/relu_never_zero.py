"""Wrong: a leaky rectifier stands for the rectifier."""

import numpy as np


def relu(z):
    return np.maximum(0.01 * z, z)
