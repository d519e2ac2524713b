"""Adagrad: where does the sum of the squares start?

PyTorch: at 0. The first step is lr long, whatever the gradient.
Others: at 0.1: TensorFlow, Keras, optax.
Discussed: https://github.com/pytorch/pytorch/pull/6616
Check: keras_initial_accumulator
Training: gradients far below 0.3 hardly move the weights here until their squares have added up to 0.1.
"""

import numpy as np

TRAINING = {"lr": 0.1}


def adagrad_update(param, grad, state, *, lr=1e-2, initial_accumulator_value=0.1, eps=1e-10):
    state = state or {"step": 0.0, "sum": np.full_like(param, initial_accumulator_value)}
    total = state["sum"] + grad * grad
    return param - lr * grad / (np.sqrt(total) + eps), {"step": state["step"] + 1, "sum": total}
