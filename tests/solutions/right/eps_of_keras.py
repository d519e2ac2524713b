"""An epsilon that is written into the code."""

import numpy as np

PARITY = {"eps": 1e-7}
EPSILON = 1e-7


def adam_update(param, grad, state, lr=1e-3, betas=(0.9, 0.999)):
    """Epsilon is no argument."""
    m, v, t = state or (0 * grad, 0 * grad, 0)
    t = t + 1
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad**2
    return param - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + EPSILON), (m, v, t)


def rmsprop_update(param, grad, state, lr=1e-2, alpha=0.99, eps=EPSILON):
    """Another default."""
    square = alpha * (state or {}).get("square_avg", 0 * param) + (1 - alpha) * grad * grad
    return param - lr * grad / (np.sqrt(square) + eps), {"step": (state or {}).get("step", 0) + 1, "square_avg": square}
