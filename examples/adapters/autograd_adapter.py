"""HIPS autograd as a backend: parity check examples/adapters/autograd_adapter.py

Adapted: its gradients of functions written in its NumPy. relu is maximum(z, 0), as in its examples.
It computes in float64. Seen: 1.9.1.
"""

import autograd.numpy as np
from autograd import make_vjp


def relu_backward(z, grad_output):
    return through(lambda z: np.maximum(z, 0), z, grad_output)


def tanh_backward(z, grad_output):
    return through(np.tanh, z, grad_output)


def sigmoid_backward(z, grad_output):
    return through(lambda z: 0.5 * (np.tanh(z / 2) + 1), z, grad_output)


def mse_loss_backward(pred, target):
    return through(lambda p: np.mean((p - target) ** 2), pred)


def binary_cross_entropy_with_logits_backward(pred, target):
    return through(lambda z: np.mean(np.logaddexp(0, z) - z * target), pred)


def through(function, z, grad_output=1.0):
    """The gradient through a function, by autograd, in float64."""
    vjp, _ = make_vjp(function)(z.astype(float))
    return vjp(np.float64(grad_output)).astype(getattr(grad_output, "dtype", z.dtype))
