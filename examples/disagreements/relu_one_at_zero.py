"""ReLU: a derivative of 1 at 0?

PyTorch: 0, in torch.relu.
Others: 1: torch.clamp(min=0), which is the same function, and z >= 0 written for z > 0.
Discussed: https://github.com/pytorch/pytorch/pull/7049
Check: kink_passes
Training: as with one half, where z is exactly 0; here such a neuron learns as if it were active.
"""

import numpy as np

TRAINING = {"data": "toy", "activation": "relu", "lr": 0.1}


def relu_backward(z, grad_output):
    return np.where(z >= 0, grad_output, 0)
