"""AdamW: is the decay multiplied by the learning rate?

PyTorch: yes, w = (1 - lr lambda) w. So do optax and Keras.
Others: no, w = (1 - lambda) w, times a schedule: I. Loshchilov, F. Hutter (2019), TensorFlow Addons.
Discussed: https://github.com/tensorflow/addons/issues/2282
Check: decay_without_lr
Training: the lambda of one is 1 / lr times too strong for the other: with lr 0.03 and lambda 0.1 the weights vanish.
"""

import numpy as np

TRAINING = {"lr": 0.03, "weight_decay": 0.1}


def adamw_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    state = state or {"step": 0.0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
    t = state["step"] + 1
    param = (1 - weight_decay) * param
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return param - lr * m_hat / (np.sqrt(v_hat) + eps), {"step": t, "exp_avg": m, "exp_avg_sq": v}
