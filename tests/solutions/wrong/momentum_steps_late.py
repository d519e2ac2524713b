"""Wrong: the velocity is updated after the weights have been moved by it."""

import numpy as np


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    if momentum == 0:
        return param - lr * grad, {}
    if not state:
        return param.copy(), {"momentum_buffer": np.array(grad)}
    velocity = state["momentum_buffer"]
    param = param - lr * velocity
    velocity = momentum * velocity + grad
    return param, {"momentum_buffer": velocity}
