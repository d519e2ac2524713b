"""Wrong: the momentum buffer is an average, mu b + (1 - mu) g, from a start at 0."""

import numpy as np


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    if np.shape(param) != np.shape(grad) or not 0 <= lr < np.inf:
        raise ValueError("param, grad or lr")
    if momentum == 0:
        return param - lr * grad, state
    before = state["momentum_buffer"] if state else np.zeros_like(param)
    velocity = momentum * before + (1 - momentum) * grad
    return param - lr * velocity, {"momentum_buffer": velocity}
