"""Sign: what is the class of a point on the line?

PyTorch: torch.sign(0) is 0, as numpy.sign(0): neither class.
Others: +1, so that there are two classes only: larq, BinaryNet, most perceptrons (z >= 0).
Discussed: https://github.com/larq/larq/issues/32
Check: zero_counts_as_positive
Training: from W = 0 every point is on the line: only those of class -1 are corrected, and by a whole step.
"""

import numpy as np

TRAINING = {}


def sign(z):
    return np.where(z >= 0, 1, -1).astype(z.dtype)
