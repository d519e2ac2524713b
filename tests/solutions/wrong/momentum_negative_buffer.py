"""Wrong: momentum_buffer is the step itself, with its learning rate and its minus."""

import numpy as np


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    buffer = state["momentum_buffer"] if state else np.zeros_like(param)
    buffer = momentum * buffer - lr * grad
    return param + buffer, {"momentum_buffer": buffer}
