"""Wrong: eps under the root; the state is m, v and t in a tuple."""

import numpy as np


def adam_update(w, grad, state, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    m, v, t = state or (np.zeros_like(w), np.zeros_like(w), 0)
    t = t + 1
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad * grad
    m_hat = m / (1 - betas[0] ** t)
    v_hat = v / (1 - betas[1] ** t)
    return w - lr * m_hat / np.sqrt(v_hat + eps), (m, v, t)
