"""Adam with a state of its own: a tuple (m, v, t). What it is like inside is nobody's business."""

import numpy as np


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    if not (0 <= betas[0] < 1 and 0 <= betas[1] < 1 and eps >= 0):
        raise ValueError("betas lie from 0 to below 1, eps is not negative")
    m, v, t = state or (np.zeros_like(param), np.zeros_like(param), 0)
    t += 1
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad * grad
    m_hat = m / (1 - betas[0] ** t)
    v_hat = v / (1 - betas[1] ** t)
    return param - lr * m_hat / (v_hat**0.5 + eps), (m, v, t)
