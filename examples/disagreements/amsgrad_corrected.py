"""AMSGrad: the maximum of the raw or of the corrected average?

PyTorch: of the raw v; the maximum is corrected afterwards. So does Keras.
Others: of the corrected one, max(v_max, v / (1 - beta2^t)): optax.
Discussed: https://github.com/google-deepmind/optax/issues/1389
Check: amsgrad_of_the_corrected
Training: where the first gradients are the largest, they are remembered at their full size here, and steps stay short.
"""

import numpy as np

TRAINING = {"lr": 0.03, "amsgrad": True}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, amsgrad=False):
    state = state or {"step": 0.0} | dict.fromkeys(("exp_avg", "exp_avg_sq", "max_exp_avg_sq"), np.zeros_like(param))
    t = state["step"] + 1
    m = betas[0] * state["exp_avg"] + (1 - betas[0]) * grad
    v = betas[1] * state["exp_avg_sq"] + (1 - betas[1]) * grad * grad
    v_hat = v / (1 - betas[1] ** t)
    if amsgrad:
        v_hat = np.maximum(state["max_exp_avg_sq"], v_hat)
    new = {"step": t, "exp_avg": m, "exp_avg_sq": v} | ({"max_exp_avg_sq": v_hat} if amsgrad else {})
    return param - lr * m / (1 - betas[0] ** t) / (np.sqrt(v_hat) + eps), new
