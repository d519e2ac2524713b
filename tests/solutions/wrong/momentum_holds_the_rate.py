"""Wrong: the learning rate stands inside the momentum buffer: b = mu b + lr g, w = w - b."""

import numpy as np


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    if np.shape(param) != np.shape(grad) or not 0 <= lr < np.inf:
        raise ValueError("param, grad or lr")
    step = lr * grad
    if momentum:
        if state:
            step = momentum * state["momentum_buffer"] + step
        state = {"momentum_buffer": step}
    return param - step, state
