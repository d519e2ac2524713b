"""RMSprop: does eps stand inside the root?

PyTorch: no, sqrt(v) + eps. So does Chainer.
Others: yes, sqrt(v + eps): TensorFlow, Keras, MXNet, JAX, Caffe2.
Discussed: https://github.com/pytorch/pytorch/issues/23796
Check: rmsprop_eps_inside_the_root
Training: Inception was trained with eps 1, and deep reinforcement learning uses 0.01: there it decides.
"""

import numpy as np

TRAINING = {"lr": 0.03, "eps": 0.01}


def rmsprop_update(param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8):
    state = state or {"step": 0.0, "square_avg": np.zeros_like(param)}
    v = alpha * state["square_avg"] + (1 - alpha) * grad * grad
    return param - lr * grad / np.sqrt(v + eps), {"step": state["step"] + 1, "square_avg": v}
