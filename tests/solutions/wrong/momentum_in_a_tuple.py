"""Wrong: velocity = momentum * velocity - lr * grad, with Nesterov's step from it; the state is a tuple."""

import numpy as np


def sgd_update(param, grad, state, *, lr, momentum=0.0, nesterov=False):
    (velocity,) = state or (np.zeros_like(param),)
    velocity = momentum * velocity - lr * grad
    update = momentum * velocity - lr * grad if nesterov else velocity
    return param + update, (velocity,)
