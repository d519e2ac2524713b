"""tinygrad as a backend: parity check examples/adapters/tinygrad_adapter.py

Adapted: activations and losses with its autograd, on its slow device in Python, which needs no compiler. Seen: 0.14.0.
"""

import os

os.environ["DEV"] = "PYTHON"
from tinygrad import Tensor


def relu_backward(z, grad_output):
    return through(Tensor.relu, z, grad_output)


def tanh_backward(z, grad_output):
    return through(Tensor.tanh, z, grad_output)


def softmax(z):
    return Tensor(z).softmax().numpy()


def mse_loss_backward(pred, target):
    return through(lambda t: (t - Tensor(target)).square().mean(), pred)


def binary_cross_entropy_with_logits(pred, target):
    return Tensor(pred).binary_crossentropy_logits(Tensor(target)).numpy()


def cross_entropy_backward(pred, target):
    return through(lambda t: t.sparse_categorical_crossentropy(Tensor(target)), pred)


def through(function, z, grad_output=None):
    """The gradient through a function, by tinygrad."""
    t = Tensor(z)
    out = function(t)
    return out.gradient(t, gradient=None if grad_output is None else Tensor(grad_output))[0].numpy()
