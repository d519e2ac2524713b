"""softmax = exp(z - logsumexp(z)); its Jacobian is written out as a matrix."""

import numpy as np


def logsumexp(z):
    top = np.max(z, axis=-1, keepdims=True)
    return top + np.log(np.sum(np.exp(z - top), axis=-1, keepdims=True))


def softmax(z):
    # shifted first: at huge scores the log of the sum would drown in them
    z = z - np.max(z, axis=-1, keepdims=True)
    return np.exp(z - logsumexp(z))


def softmax_backward(z, grad_output):
    if z.shape != grad_output.shape:
        raise ValueError("z and grad_output differ in shape")
    if "O" in (z.dtype.char, grad_output.dtype.char):
        raise ValueError("z and grad_output must be numeric")
    p = softmax(z)
    jacobian = p[..., :, None] * (np.eye(p.shape[-1], dtype=p.dtype) - p[..., None, :])
    return (jacobian @ grad_output[..., None])[..., 0]


def check_classes(pred, target):
    target = np.asarray(target)
    if pred.ndim != 2 or pred.size == 0:
        raise ValueError("scores must be a non-empty matrix")
    if target.shape != (pred.shape[0],):
        raise ValueError("one class per row")
    if not np.issubdtype(target.dtype, np.integer) or target.min() < 0 or target.max() >= pred.shape[1]:
        raise ValueError("classes are indices")
    return target


def cross_entropy(pred, target):
    target = check_classes(pred, target)
    right = np.take_along_axis(pred, target[:, None], axis=1)
    return np.mean(logsumexp(pred - right))


def cross_entropy_backward(pred, target):
    target = check_classes(pred, target)
    n, k = pred.shape
    return (softmax(pred) - (np.arange(k) == target[:, None])) / np.asarray(n, dtype=pred.dtype)
