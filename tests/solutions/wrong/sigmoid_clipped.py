"""Wrong: z is clipped to -500 .. 500, so that the sigmoid never becomes 0."""

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-np.clip(z, -500, 500)))
