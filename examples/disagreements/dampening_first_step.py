"""Dampening: does it hold for the first gradient too?

PyTorch: no. The first buffer is the gradient itself; later ones are b = mu b + (1 - d) g.
Others: yes, if the buffer starts at zero, as in MLX before it was made to follow PyTorch.
Discussed: https://github.com/pytorch/pytorch/pull/152833
Check: dampening_on_the_first_step
Training: PyTorch's first gradient weighs 1 / (1 - d) times as much as the others until mu has worn it away.
"""

import numpy as np

TRAINING = {"lr": 0.3, "momentum": 0.9, "dampening": 0.9}


def sgd_update(param, grad, state, *, lr, momentum=0.0, dampening=0.0):
    if not momentum:
        return param - lr * grad, {}
    buffer = state["momentum_buffer"] if state else np.zeros_like(param)
    buffer = momentum * buffer + (1 - dampening) * grad
    return param - lr * buffer, {"momentum_buffer": buffer}
