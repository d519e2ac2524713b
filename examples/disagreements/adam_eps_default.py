"""Adam: how large is eps by default?

PyTorch: 1e-8, as in the paper, optax and scikit-learn.
Others: 1e-7: TensorFlow 2, Keras, numpy-ml.
Discussed: https://github.com/juntang-zhuang/Adabelief-Optimizer/pull/12
Check: eps_of_keras
Training: almost none, as long as gradients are far above 1e-7; the last digits differ from the first step.
"""

import numpy as np

TRAINING = {"lr": 0.03}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-7):
    state = state or {"step": 0.0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    t = state["step"] + 1
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return param - lr * m_hat / (np.sqrt(v_hat) + eps), {"step": t, "exp_avg": m, "exp_avg_sq": v}
