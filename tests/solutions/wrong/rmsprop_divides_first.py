"""Wrong: the step divides by the average as it was before this gradient."""

import numpy as np


def rmsprop_update(param, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8):
    if not state:
        state = {"step": 0, "square_avg": np.zeros_like(param)}
    average = state["square_avg"]
    param = param - lr * grad / (np.sqrt(average) + eps)
    average = alpha * average + (1 - alpha) * grad**2
    return param, {"step": state["step"] + 1, "square_avg": average}
