"""The activations in place: z becomes their output, a gradient becomes that of z.

Each takes the array ``z`` and gives the two functions that compute there at every step;
after the second one the output is no longer needed, and z is where it computes. The
formulas are those of ``scratch.activations``.
"""

import numpy as np


def ready(value, like):
    """A number as an array without axes: a call converts a Python number each time."""
    return np.array(value, like.dtype)


def sigmoid(z):
    one = ready(1, z)

    def forward():
        np.negative(z, z)
        np.exp(z, z)
        np.add(z, one, z)
        np.divide(one, z, z)  # 1 / inf is 0, as it should be; reciprocal is slower

    def backward(grad):
        np.multiply(grad, z, grad)
        np.multiply(grad, np.subtract(one, z, z), grad)

    return forward, backward


def tanh(z):
    one = ready(1, z)

    def forward():
        np.tanh(z, z)

    def backward(grad):
        np.multiply(z, z, z)
        np.multiply(grad, np.subtract(one, z, z), grad)

    return forward, backward


def relu(z):
    zero = ready(0, z)

    def forward():
        np.maximum(z, zero, out=z)

    def backward(grad):
        np.copyto(grad, zero, where=z <= zero)

    return forward, backward


def leaky_relu(z):
    zero, slope = ready(0, z), ready(0.01, z)

    def forward():
        np.multiply(z, slope, z, where=z < zero)

    def backward(grad):
        np.multiply(grad, slope, grad, where=~(z > zero))

    return forward, backward


def softmax(z):
    def forward():
        np.subtract(z, z.max(axis=0, keepdims=True), z)
        np.exp(z, z)
        np.divide(z, z.sum(axis=0, keepdims=True), z)

    def backward(grad):
        inner = (z * grad).sum(axis=0, keepdims=True)
        np.subtract(grad, inner, grad)
        np.multiply(grad, z, grad)

    return forward, backward


def identity(z):
    return lambda: None, lambda grad: None


IN_PLACE = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "softmax": softmax,
}
