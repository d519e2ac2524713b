"""Wrong: LeCun's scaled 1.7159 tanh(2 z / 3), copied from an old paper. No known mistake."""

import numpy as np


def tanh(z):
    return 1.7159 * np.tanh(2 * z / 3)
