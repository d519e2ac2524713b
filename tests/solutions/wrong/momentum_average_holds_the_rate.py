"""Wrong: the average is one of steps, v = beta v + (1 - beta) lr g."""

import numpy as np


def sgd_update(param, grad, state, lr, momentum=0.0):
    v = np.zeros_like(param) if state is None else state["v"]
    v = momentum * v + (1 - momentum) * lr * grad
    return param - v, {"v": v}
