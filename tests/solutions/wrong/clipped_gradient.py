"""Wrong: the gradient is clipped to -1..1 before the step, a habit from another course. No known mistake."""

import numpy as np


def sgd_update(param, grad, state, *, lr):
    if np.shape(param) != np.shape(grad) or not 0 <= lr < np.inf:
        raise ValueError("param, grad or lr")
    return param - lr * np.clip(grad, -1, 1), state
