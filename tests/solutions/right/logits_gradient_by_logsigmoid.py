"""The gradient of the cross-entropy of logits from log sigmoid(z) = -log(1 + e^-z)."""

import numpy as np


def log_sigmoid(z):
    return -np.logaddexp(0, -z)


def binary_cross_entropy_with_logits_backward(pred, target):
    if pred.shape != target.shape or not ((target >= 0) & (target <= 1)).all():
        raise ValueError("targets from 0 to 1 in the shape of pred")
    return ((1 - target) * np.exp(log_sigmoid(pred)) - target * np.exp(log_sigmoid(-pred))) / pred.size
