"""Wrong: only m is corrected; v is used as it is."""

import numpy as np


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    step, m, v = (state["step"], state["exp_avg"], state["exp_avg_sq"]) if state else (0, 0, 0)
    step = int(step) + 1
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad * grad
    m_hat = m / (1 - betas[0] ** step)
    return param - lr * m_hat / (np.sqrt(v) + eps), {"step": step, "exp_avg": m, "exp_avg_sq": v}
