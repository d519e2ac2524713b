"""Wrong: the minus in the exponent is forgotten."""

import numpy as np


def sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(z))
