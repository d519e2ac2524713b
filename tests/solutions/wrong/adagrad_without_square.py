"""Wrong: the accumulator sums the gradients, not their squares."""

import numpy as np


def adagrad_update(param, grad, state, *, lr=0.01, eps=1e-10):
    cache = state["sum"] if state else np.zeros_like(param)
    t = state["step"] + 1 if state else 1
    cache = cache + grad
    with np.errstate(invalid="ignore"):
        return param - lr * grad / (np.sqrt(cache) + eps), {"step": t, "sum": cache}
