"""micrograd as a backend: parity check examples/adapters/micrograd_adapter.py

Adapted: its Value, one number at a time. Seen: 0.1.0.
"""

import numpy as np
from micrograd.engine import Value

values = np.vectorize(lambda number: Value(float(number)), otypes=[object])
grads = np.vectorize(lambda value: value.grad, otypes=[float])


def relu_backward(z, grad_output):
    return through(lambda v: (np.vectorize(Value.relu, otypes=[object])(v) * grad_output.astype(float)).sum(), z)


def squared_error_backward(pred, target):
    return through(lambda v: ((v - target.astype(float)) ** 2).sum() * 0.5, pred)


def mse_loss_backward(pred, target):
    return through(lambda v: ((v - target.astype(float)) ** 2).sum() * (1 / pred.size), pred)


def through(loss, array):
    """The gradient of a loss of Values."""
    found = values(array)
    loss(found).backward()
    return grads(found).astype(array.dtype)
