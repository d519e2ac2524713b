"""ReLU: a derivative of one half at 0?

PyTorch: 0, in torch.relu. So do TensorFlow and jax.nn.relu.
Others: 1/2, the tie shared by both sides of maximum(z, 0): torch.maximum, jax.numpy.maximum, HIPS autograd.
Discussed: https://github.com/jax-ml/jax/issues/37821
Check: half_the_gradient_at_the_kink
Training: it matters where z is exactly 0: an input of zeros, as the deck has one, and biases that start at 0.
"""

import numpy as np

TRAINING = {"data": "toy", "activation": "relu", "lr": 0.1}


def relu_backward(z, grad_output):
    return grad_output * np.heaviside(z, 0.5)
