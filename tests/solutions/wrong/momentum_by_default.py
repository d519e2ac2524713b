"""Wrong: the momentum is 0.9 where none is asked for."""

import numpy as np


def sgd_update(param, grad, state, lr, momentum=0.9):
    v = state["v"] if state else np.zeros_like(param)
    v = momentum * v + grad
    return param - lr * v, {"v": v}
