"""MyGrad as a backend: parity check examples/adapters/mygrad_adapter.py

Adapted: activations and the softmax cross-entropy with their gradients by its autograd. Seen: 2.5.0.
"""

import mygrad as mg
from mygrad.nnet import activations, losses


def relu(z):
    return activations.relu(z).data


def relu_backward(z, grad_output):
    return through(activations.relu, z, grad_output)


def leaky_relu_backward(z, grad_output, negative_slope=0.01):
    return through(lambda t: activations.leaky_relu(t, negative_slope), z, grad_output)


def tanh_backward(z, grad_output):
    return through(mg.tanh, z, grad_output)


def sigmoid_backward(z, grad_output):
    return through(activations.sigmoid, z, grad_output)


def softmax_backward(z, grad_output):
    return through(activations.softmax, z, grad_output)


def mse_loss_backward(pred, target):
    return through(lambda t: mg.mean((t - target) ** 2), pred, 1.0)


def cross_entropy_backward(pred, target):
    return through(lambda t: losses.softmax_crossentropy(t, target), pred, 1.0)


def through(function, z, grad_output):
    """The gradient through a function, by MyGrad."""
    z = mg.tensor(z + 0.0)  # an integer would be a constant
    function(z).backward(grad_output)
    return z.grad
