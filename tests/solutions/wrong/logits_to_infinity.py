"""Wrong: the sigmoid is rounded to 0 or 1 before its logarithm is taken."""

import numpy as np


def binary_cross_entropy_with_logits(pred, target):
    with np.errstate(all="ignore"):
        p = 1 / (1 + np.exp(-pred))
        return -np.mean(target * np.log(p) + (1 - target) * np.log(1 - p))
