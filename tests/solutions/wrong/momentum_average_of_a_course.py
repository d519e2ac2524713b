"""Wrong: v = beta v + (1 - beta) dW, the average of the course, under the key dW."""

import numpy as np


def sgd_update(param, grad, state, lr, momentum=0.0):
    v = dict(state) if state else {"dW": np.zeros_like(param)}
    v["dW"] = momentum * v["dW"] + (1 - momentum) * grad
    return param - lr * v["dW"], v
