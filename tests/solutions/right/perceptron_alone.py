"""Only perceptron_step; nothing else of the homework is done yet."""

import numpy as np


def perceptron_step(weight, bias, x, y):
    if weight.shape != (len(bias), len(x)) or y.shape != bias.shape or not np.isin(y, [-1, 1]).all():
        raise ValueError("these do not fit together")
    z = weight.dot(x) + bias
    s = np.where(z == 0, 0, np.where(z > 0, 1, -1))
    delta = 0.5 * (y - s)
    weight = weight + (delta * np.array([x]).T).T
    return weight.astype(bias.dtype), (bias + delta).astype(bias.dtype)
