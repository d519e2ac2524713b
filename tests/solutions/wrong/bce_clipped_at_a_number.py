"""Wrong: the probability is clipped at a number that nobody else uses."""

import numpy as np

EPSILON = 3e-6


def binary_cross_entropy(y_hat, y):
    y_hat = np.clip(y_hat, EPSILON, 1 - EPSILON)
    return np.mean(-(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))
