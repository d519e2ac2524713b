"""Wrong: the textbook's lr_t divides eps too; and np.sqrt of a Python float widens float32 arrays to float64."""

import numpy as np


def adam_update(w, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    if not state:
        state = {"m": np.zeros_like(w), "v": np.zeros_like(w), "t": 0}
    t = state["t"] + 1
    m = betas[0] * state["m"] + (1 - betas[0]) * grad
    v = betas[1] * state["v"] + (1 - betas[1]) * grad**2
    lr_t = lr * np.sqrt(1.0 - betas[1] ** t) / (1.0 - betas[0] ** t)
    return w - lr_t * m / (np.sqrt(v) + eps), {"m": m, "v": v, "t": t}
