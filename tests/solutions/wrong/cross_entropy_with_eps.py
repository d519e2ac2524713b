"""Wrong: a small number keeps the logarithm finite, and cuts the loss off."""

import numpy as np


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


def cross_entropy(pred, target):
    one_hot = np.eye(pred.shape[1])[target]
    return -np.sum(one_hot * np.log(softmax(pred) + 1e-9)) / pred.shape[0]
