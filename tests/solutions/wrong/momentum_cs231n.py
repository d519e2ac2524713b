"""Wrong: the course's velocity holds the learning rate, v = mu v - lr g; the state is its own."""

import numpy as np


def sgd_update(param, grad, state, lr, momentum=0.0):
    config = {} if state is None else dict(state)
    v = config.get("velocity", np.zeros_like(param))
    v = momentum * v - lr * grad
    config["velocity"] = v
    return param + v, config
