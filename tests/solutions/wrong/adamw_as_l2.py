"""Wrong: the weight decay of AdamW is added to the gradient, as plain Adam does."""

import numpy as np


def adamw_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    if not state:
        state = {"step": 0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    t = int(state["step"]) + 1
    grad = grad + weight_decay * param
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad**2
    step = lr / (1 - betas[0] ** t) * m / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
    return param - step, {"step": t, "exp_avg": m, "exp_avg_sq": v}
