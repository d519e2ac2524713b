"""Wrong: gradient_epoch makes a single step with the mean gradient of the epoch."""

import numpy as np


def gradient_epoch(weight, bias, x, y, lr):
    grad_weight, grad_bias = np.zeros_like(weight), np.zeros_like(bias)
    for sample, label in zip(x, y, strict=True):
        error = weight @ sample + bias - label
        grad_weight += np.outer(error, sample)
        grad_bias += error
    return weight - lr * grad_weight / len(x), bias - lr * grad_bias / len(x)
