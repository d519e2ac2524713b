"""A declared epsilon, inside the root."""

import numpy as np

PARITY = {"eps": 1e-7}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999)):
    state = state or {"step": 0, "exp_avg": 0 * param, "exp_avg_sq": 0 * param}
    t = state["step"] + 1
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad**2
    step = m / (1 - betas[0] ** t) / np.sqrt(v / (1 - betas[1] ** t) + 1e-7)
    return param - lr * step, {"step": t, "exp_avg": m, "exp_avg_sq": v}
