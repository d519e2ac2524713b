"""Centered RMSprop: is eps there to keep the root from a negative number?

PyTorch: no, sqrt(v - m^2) + eps. Rounding can make v - m^2 negative, and the weight is nan.
Others: yes, sqrt(v - m^2 + eps): A. Graves (2013), TensorFlow, timm's RMSpropTF.
Discussed: https://github.com/huggingface/pytorch-image-models/blob/main/timm/optim/rmsprop_tf.py
Check: rmsprop_eps_inside_the_root
Training: where the gradient hardly changes, the root is nearly 0, and PyTorch's step is long.
"""

import numpy as np

TRAINING = {"lr": 0.03, "eps": 0.01, "centered": True}


def rmsprop_update(param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8, centered=False):
    state = state or {"step": 0.0, "square_avg": np.zeros_like(param), "grad_avg": np.zeros_like(param)}
    v = alpha * state["square_avg"] + (1 - alpha) * grad * grad
    new = {"step": state["step"] + 1, "square_avg": v}
    if centered:
        new["grad_avg"] = alpha * state["grad_avg"] + (1 - alpha) * grad
        v = v - new["grad_avg"] ** 2
    return param - lr * grad / np.sqrt(v + eps), new
