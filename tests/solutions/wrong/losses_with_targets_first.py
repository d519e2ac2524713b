"""Wrong here: the targets come first, as in most libraries."""

import numpy as np


def cross_entropy(labels, scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


def binary_cross_entropy(y_true, y_pred):
    with np.errstate(divide="ignore"):
        logs = np.maximum(np.log(y_pred), -100), np.maximum(np.log1p(-y_pred), -100)
    return -(y_true * logs[0] + (1 - y_true) * logs[1]).mean()
