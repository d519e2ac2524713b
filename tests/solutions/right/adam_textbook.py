"""Adam and AdamW as in the paper's Algorithm 1 and the AdamW paper's Algorithm 2: m_hat, v_hat."""

import math

import numpy as np


def _check(param, grad, lr, betas, eps, weight_decay):
    if np.shape(param) != np.shape(grad):
        raise ValueError(f"grad has shape {np.shape(grad)}, the parameter {np.shape(param)}")
    for number in (lr, eps, weight_decay):
        if not math.isfinite(number) or number < 0:
            raise ValueError(f"{number} is negative or not finite")
    for beta in betas:
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"beta must be in [0, 1), not {beta}")


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    _check(param, grad, lr, betas, eps, weight_decay)
    if not state:
        state = {"step": 0, "exp_avg": np.zeros_like(param), "exp_avg_sq": np.zeros_like(param)}
        if amsgrad:
            state["max_exp_avg_sq"] = np.zeros_like(param)
    t = int(state["step"]) + 1
    b1, b2 = betas
    g = grad + weight_decay * param
    m = b1 * state["exp_avg"] + (1 - b1) * g
    v = b2 * state["exp_avg_sq"] + (1 - b2) * g**2
    new_state = {"step": t, "exp_avg": m, "exp_avg_sq": v}
    biggest = v
    if amsgrad:
        biggest = np.maximum(state["max_exp_avg_sq"], v)
        new_state["max_exp_avg_sq"] = biggest
    m_hat = m / (1 - b1**t)
    v_hat = biggest / (1 - b2**t)
    return param - lr * m_hat / (np.sqrt(v_hat) + eps), new_state


def adamw_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    _check(param, grad, lr, betas, eps, weight_decay)
    stepped, state = adam_update(param, grad, state, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)
    # w - lr (m_hat / (...) + lambda w), the decay of the weight as it was
    return stepped - lr * weight_decay * param, state
