"""Weight decay as the shrinking that it is named after: w (1 - lr wd) - lr g."""

import numpy as np


def sgd_update(param, grad, state, *, lr, weight_decay=0.0):
    if np.shape(param) != np.shape(grad):
        raise ValueError("param and grad must have one shape")
    if not (0 <= lr < float("inf") and 0 <= weight_decay < float("inf")):
        raise ValueError("lr and weight_decay must be finite and not negative")
    return param * (1 - lr * weight_decay) - lr * grad, state
