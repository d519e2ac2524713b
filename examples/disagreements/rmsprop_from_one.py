"""RMSprop: where does the mean of the squares start?

PyTorch: at 0. The first step is lr / sqrt(1 - alpha) = 10 lr long, whatever the gradient.
Others: at 1: TensorFlow 1, timm's RMSpropTF, HIPS autograd. The first step is about lr g.
Discussed: https://github.com/huggingface/pytorch-image-models/blob/main/timm/optim/rmsprop_tf.py
Check: square_average_from_1
Training: here small gradients begin slowly, for about 1 / (1 - alpha) steps.
"""

import numpy as np

TRAINING = {"lr": 0.03}


def rmsprop_update(param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8):
    state = state or {"step": 0.0, "square_avg": np.ones_like(param)}
    v = alpha * state["square_avg"] + (1 - alpha) * grad * grad
    return param - lr * grad / (np.sqrt(v) + eps), {"step": state["step"] + 1, "square_avg": v}
