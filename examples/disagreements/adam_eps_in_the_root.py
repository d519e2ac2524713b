"""Adam: does eps stand inside the root?

PyTorch: no, sqrt(v) + eps.
Others: yes, sqrt(v + eps): ``eps_root`` in optax and JAX, so that the root has a derivative at 0.
Discussed: https://github.com/jax-ml/jax/pull/3091
Check: eps_inside_the_root
Training: an eps of 1e-8 inside the root is one of 1e-4 outside. Weights with small gradients hardly move.
"""

import numpy as np

TRAINING = {"lr": 0.03, "eps": 1e-2}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    state = state or {"step": 0.0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    t = state["step"] + 1
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return param - lr * m_hat / np.sqrt(v_hat + eps), {"step": t, "exp_avg": m, "exp_avg_sq": v}
