"""Wrong: no bias correction in Adam, and so none in AdamW; the state is a tuple."""

import numpy as np


def adam_update(w, g, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    m, v = state or (np.zeros_like(w), np.zeros_like(w))
    m = betas[0] * m + (1 - betas[0]) * g
    v = betas[1] * v + (1 - betas[1]) * g * g
    return w - lr * m / (np.sqrt(v) + eps), (m, v)


def adamw_update(w, g, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    return adam_update(w * (1 - lr * weight_decay), g, state, lr=lr, betas=betas, eps=eps)
