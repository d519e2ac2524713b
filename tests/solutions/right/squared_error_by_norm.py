"""Half of the squared length: the root is rounded, and its square again."""

import numpy as np


def squared_error(pred, target):
    if pred.shape != target.shape or pred.size == 0 or pred.dtype == object:
        raise ValueError("pred and target must be numbers of one shape")
    return 0.5 * np.linalg.norm(pred - target) ** 2
