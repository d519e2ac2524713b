"""The activations in place: z becomes their output, a gradient becomes that of z.

Each takes the array ``z`` and another of its form to compute in, and gives the two
functions that compute there at every step. The formulas are those of
``scratch.activations``.
"""

import numpy as np


def ready(value, like):
    """A number as an array without axes: a call converts a Python number each time."""
    return np.array(value, like.dtype)


def sigmoid(z, work):
    one = ready(1, z)

    def forward():
        np.negative(z, z)
        np.exp(z, z)
        np.add(z, one, z)
        np.reciprocal(z, z)  # 1 / (1 + inf) is 0, as it should be

    def backward(grad):
        np.multiply(grad, np.subtract(one, z, work), grad)
        np.multiply(grad, z, grad)

    return forward, backward


def tanh(z, work):
    one = ready(1, z)

    def forward():
        np.tanh(z, z)

    def backward(grad):
        np.multiply(z, z, work)
        np.multiply(grad, np.subtract(one, work, work), grad)

    return forward, backward


def relu(z, work):
    zero = ready(0, z)

    def forward():
        np.maximum(z, zero, out=z)

    def backward(grad):
        np.copyto(grad, zero, where=z <= zero)

    return forward, backward


def leaky_relu(z, work):
    zero, slope = ready(0, z), ready(0.01, z)

    def forward():
        np.multiply(z, slope, z, where=z < zero)

    def backward(grad):
        np.multiply(grad, slope, grad, where=~(z > zero))

    return forward, backward


def softmax(z, work):
    def forward():
        np.subtract(z, z.max(axis=0, keepdims=True), z)
        np.exp(z, z)
        np.divide(z, z.sum(axis=0, keepdims=True), z)

    def backward(grad):
        np.multiply(z, grad, work)
        np.subtract(grad, work.sum(axis=0, keepdims=True), grad)
        np.multiply(grad, z, grad)

    return forward, backward


def identity(z, work):
    return lambda: None, lambda grad: None


IN_PLACE = {
    "identity": identity,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "softmax": softmax,
}
