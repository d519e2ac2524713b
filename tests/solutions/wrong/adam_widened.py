"""Wrong: np.sqrt of a Python float is a float64 of NumPy, which widens float32 arrays. In float64 it is right."""

import numpy as np


def adam_update(w, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    m, v, t = state or (np.zeros_like(w), np.zeros_like(w), 0)
    t += 1
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad**2
    step = (m / (1 - betas[0] ** t)) / (np.sqrt(v) / np.sqrt(1 - betas[1] ** t) + eps)
    return w - lr * step, (m, v, t)
