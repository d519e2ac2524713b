"""Optimizers that keep their state and change weights in place: parity check examples/optimizer_adapter.py

The state may be anything: here it is their object. A step may be made again from the same state, so it is copied.
"""

from copy import deepcopy

import their_optimizer as theirs


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    """Their rate is set in the constructor; a new one is set before the step."""
    optimizer, param = deepcopy(state) or theirs.SGD(lr, momentum), param.copy()
    optimizer.lr = lr
    optimizer.update(param, grad)
    return param, optimizer


def adam_update(param, grad, state, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8):
    """The same four lines."""
    optimizer, param = deepcopy(state) or theirs.Adam(lr, *betas, eps), param.copy()
    optimizer.lr = lr
    optimizer.update(param, grad)
    return param, optimizer
