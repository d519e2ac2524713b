"""Adam: is eps added before or after the bias correction?

PyTorch: after it, sqrt(v / (1 - beta2^t)) + eps: Algorithm 1 of the paper, optax.
Others: before it, (sqrt(v) + eps) / sqrt(1 - beta2^t), "epsilon hat": TensorFlow, Keras, scikit-learn.
Discussed: https://github.com/tensorflow/tensorflow/issues/35102
Check: eps_before_the_correction
Training: at the first step eps counts 1 / sqrt(1 - beta2) = 32 times as much here. A large eps slows down the start.
"""

import numpy as np

TRAINING = {"lr": 0.03, "eps": 0.1}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    state = state or {"step": 0.0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    t = state["step"] + 1
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
    lr_t = lr * (1 - betas[1] ** t) ** 0.5 / (1 - betas[0] ** t)
    return param - lr_t * m / (np.sqrt(v) + eps), {"step": t, "exp_avg": m, "exp_avg_sq": v}
