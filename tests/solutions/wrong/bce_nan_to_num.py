"""Wrong: what is nan or infinite is made a number afterwards."""

import numpy as np


def binary_cross_entropy(a, y):
    return np.mean(np.nan_to_num(-y * np.log(a) - (1 - y) * np.log(1 - a)))
