"""The state has one key of its own, at every step, whatever the momentum is."""

import numpy as np


def sgd_update(w, dw, state, lr, momentum=0.0):
    v = np.zeros_like(w) if state is None else state["v"]
    v = momentum * v + dw
    return w - lr * v, {"v": v}
