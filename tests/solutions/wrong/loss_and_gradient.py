"""Wrong here: the loss returns its gradient too."""

import numpy as np


def mse_loss(pred, target):
    d = pred - target
    return np.mean(d * d), 2 / d.size * d
