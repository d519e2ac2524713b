"""Wrong: the buffer is changed in place, so that the state before the step is lost."""

import numpy as np


def sgd_update(w, dw, state, lr, momentum=0.0):
    if not momentum:
        return w - lr * dw, {}
    if not state:
        state = {"momentum_buffer": np.zeros_like(w)}
    state["momentum_buffer"] *= momentum
    state["momentum_buffer"] += dw
    return w - lr * state["momentum_buffer"], state
