"""Wrong: no bias correction at all."""

import numpy as np


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    if not state:
        state = {"step": 0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    t = int(state["step"]) + 1
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad**2
    step = lr * m / (np.sqrt(v) + eps)
    return param - step, {"step": t, "exp_avg": m, "exp_avg_sq": v}
