"""Adagrad: does eps stand inside the root?

PyTorch: no, sqrt(s) + eps.
Others: yes, sqrt(s + eps): Keras, optax, TensorFlow Federated.
Discussed: https://tensorflow.org/federated/api_docs/python/tff/learning/optimizers/build_adagrad
Check: adagrad_eps_inside_the_root
Training: with the usual 1e-7 or 1e-10 a weight without a gradient so far differs; with 0.01 every weight does.
"""

import numpy as np

TRAINING = {"lr": 0.1, "eps": 0.01}


def adagrad_update(param, grad, state, *, lr=1e-2, eps=1e-10):
    state = state or {"step": 0.0, "sum": np.zeros_like(param)}
    total = state["sum"] + grad * grad
    return param - lr * grad / np.sqrt(total + eps), {"step": state["step"] + 1, "sum": total}
