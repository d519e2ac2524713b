"""Wrong: (1 + tanh(z/2)) / 2 for negative z too, where the sum cancels and no digit is left."""

import numpy as np


def sigmoid(z):
    return (1 + np.tanh(z / 2)) / 2
