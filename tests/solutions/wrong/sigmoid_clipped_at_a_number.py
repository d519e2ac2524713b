"""Wrong: z is clipped to -36.5 .. 36.5."""

import numpy as np


def sigmoid(z):
    z = np.maximum(-36.5, np.minimum(z, 36.5))
    return 1 / (1 + np.exp(-z))
