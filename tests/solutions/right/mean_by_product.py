"""The mean as a product with 1/n, as many a textbook has it."""

import numpy as np


def mse_loss(pred, target):
    if pred.shape != target.shape or pred.size == 0:
        raise ValueError("one shape, please")
    d = pred - target
    return (1 / d.size) * np.sum(d**2)


def binary_cross_entropy(pred, target):
    if pred.shape != target.shape or pred.size == 0:
        raise ValueError("one shape, please")
    for a in (pred, target):
        if not ((a >= 0) & (a <= 1)).all():
            raise ValueError("from 0 to 1, please")
    with np.errstate(divide="ignore"):
        log_p, log_q = np.maximum(np.log(pred), -100), np.maximum(np.log1p(-pred), -100)
    return -(1 / pred.size) * np.sum(target * log_p + (1 - target) * log_q)
