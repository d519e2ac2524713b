"""Cross-entropy as everybody writes it first, with a one-hot matrix; binary cross-entropy by its definition."""

import numpy as np


def one_hot(labels, K, dtype):
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise ValueError("labels must be integers")
    if labels.min() < 0 or labels.max() >= K:
        raise ValueError("label out of range")
    Y = np.zeros((labels.shape[0], K), dtype=dtype)
    Y[np.arange(labels.shape[0]), labels] = 1.0
    return Y


def log_softmax(Z):
    Z = Z - Z.max(axis=1, keepdims=True)
    return Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))


def cross_entropy(pred, target):
    if pred.ndim != 2 or len(pred) == 0 or np.shape(target) != pred.shape[:1]:
        raise ValueError("pred is (N, K), target is (N,)")
    Y = one_hot(target, pred.shape[1], pred.dtype)
    return -np.sum(Y * log_softmax(pred)) / pred.shape[0]


def cross_entropy_backward(pred, target):
    if pred.ndim != 2 or len(pred) == 0 or np.shape(target) != pred.shape[:1]:
        raise ValueError("pred is (N, K), target is (N,)")
    Y = one_hot(target, pred.shape[1], pred.dtype)
    return (np.exp(log_softmax(pred)) - Y) / pred.shape[0]


def check_probabilities(p, y):
    if p.shape != y.shape or p.size == 0:
        raise ValueError("p and y must have one shape")
    for a in (p, y):
        if not np.all((a >= 0) & (a <= 1)):
            raise ValueError("outside of 0..1")


def binary_cross_entropy(pred, target):
    check_probabilities(pred, target)
    with np.errstate(divide="ignore"):
        log_p = np.clip(np.log(pred), -100, None)
        log_q = np.clip(np.log(1 - pred), -100, None)
    return np.mean(-target * log_p - (1 - target) * log_q)


def binary_cross_entropy_backward(pred, target):
    check_probabilities(pred, target)
    tiny = np.float32(1e-12).astype(pred.dtype)
    return (pred - target) / (pred.size * np.maximum(pred * (1 - pred), tiny))
