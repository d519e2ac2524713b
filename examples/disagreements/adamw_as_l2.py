"""Weight decay in Adam: through the averages or past them?

PyTorch: ``AdamW`` shrinks the weights past m and v; ``Adam(weight_decay=...)`` adds lambda w to the gradient.
Others: both are called weight decay. Keras has the first in every optimizer, PyTorch's Adam the second.
Discussed: https://github.com/pytorch/pytorch/issues/38767
Check: coupled_weight_decay
Training: through the averages, the decay is divided by sqrt(v): weights with large gradients hardly shrink.
"""

import numpy as np

TRAINING = {"lr": 0.03, "weight_decay": 0.1}


def adamw_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    state = state or {"step": 0.0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    t = state["step"] + 1
    grad = grad + weight_decay * param
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return param - lr * m_hat / (np.sqrt(v_hat) + eps), {"step": t, "exp_avg": m, "exp_avg_sq": v}
