"""Adam in the form at the end of the paper's section 2: alpha_t = alpha sqrt(1 - b2^t) / (1 - b1^t), eps scaled too.

w - alpha_t m / (sqrt(v) + eps sqrt(1 - b2^t)) is the same as the form with hats; TensorFlow leaves the last root out.
"""

import numpy as np


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    if param.shape != grad.shape:
        raise ValueError("param and grad must have the same shape")
    if not (lr >= 0 and eps >= 0 and weight_decay >= 0 and lr + eps + weight_decay < float("inf")):
        raise ValueError("lr, eps and weight_decay must be finite and not negative")
    beta1, beta2 = betas
    if not (0 <= beta1 < 1 and 0 <= beta2 < 1):
        raise ValueError("betas must be at least 0 and less than 1")

    first_time = state is None or len(state) == 0
    t = 1 if first_time else int(state["step"]) + 1
    m = np.zeros_like(param) if first_time else state["exp_avg"].copy()
    v = np.zeros_like(param) if first_time else state["exp_avg_sq"].copy()

    if weight_decay:
        grad = grad + weight_decay * param
    m += (1 - beta1) * (grad - m)
    v += (1 - beta2) * (grad * grad - v)
    after = {"step": float(t), "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        v = np.fmax(v, 0 if first_time else state["max_exp_avg_sq"])
        after["max_exp_avg_sq"] = v

    root_correction = float(np.sqrt(1 - beta2**t))
    step_size = lr * root_correction / (1 - beta1**t)
    return param - step_size * m / (np.sqrt(v) + eps * root_correction), after
