"""A fraction of a sum: (1 / n) * sum, where 1 / n is rounded before the product is."""

import numpy as np


def fit_together(pred, target):
    if pred.shape != target.shape or pred.size == 0 or pred.dtype == object:
        raise ValueError("pred and target must be numbers of one shape")
    return pred.size, pred - target


def mse_loss(pred, target):
    n, d = fit_together(pred, target)
    return (1 / n) * np.sum(d**2)


def mse_loss_backward(pred, target):
    n, d = fit_together(pred, target)
    return (1 / n) * (2 * d)


def binary_cross_entropy_with_logits_backward(pred, target):
    if pred.shape != target.shape or not ((target >= 0) & (target <= 1)).all():
        raise ValueError("targets from 0 to 1 in the shape of pred")
    return (1 / pred.size) * (1 / (1 + np.exp(-pred)) - target)
