"""Wrong: the average of the gradients, with its bias corrected as Adam does."""

import numpy as np


def sgd_update(param, grad, state, lr, momentum=0.0):
    v, t = state or (np.zeros_like(param), 0)
    t += 1
    v = momentum * v + (1 - momentum) * grad
    v_corrected = v / (1 - momentum**t)
    return param - lr * v_corrected, (v, t)
