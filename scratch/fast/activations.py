"""The activations in place: z becomes their output, a gradient becomes that of z.

The formulas are those of ``scratch.activations``, with the results written over arrays
that are there already; ``work`` is another array of their shape.
"""

import numpy as np


def sigmoid(z, work):
    np.exp(np.negative(z, out=z), out=z)  # 1 / (1 + inf) is 0, as it should be
    z += 1
    np.reciprocal(z, out=z)


def through_sigmoid(s, grad, work):
    grad *= np.subtract(1, s, out=work)
    grad *= s


def tanh(z, work):
    np.tanh(z, out=z)


def through_tanh(t, grad, work):
    np.subtract(1, np.multiply(t, t, out=work), out=work)
    grad *= work


def relu(z, work):
    np.maximum(z, 0, out=z)


def through_relu(output, grad, work):
    np.copyto(grad, 0, where=output <= 0)


def leaky_relu(z, work):
    np.multiply(z, SLOPE, out=z, where=z < 0)


def through_leaky_relu(output, grad, work):
    np.multiply(grad, SLOPE, out=grad, where=~(output > 0))


def softmax(z, work):
    z -= z.max(axis=0, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=0, keepdims=True)


def through_softmax(p, grad, work):
    grad -= np.multiply(p, grad, out=work).sum(axis=0, keepdims=True)
    grad *= p


def nothing(*_):
    """The identity leaves everything as it is."""


SLOPE = 0.01
IN_PLACE = {
    "identity": (nothing, nothing),
    "sigmoid": (sigmoid, through_sigmoid),
    "tanh": (tanh, through_tanh),
    "relu": (relu, through_relu),
    "leaky_relu": (leaky_relu, through_leaky_relu),
    "softmax": (softmax, through_softmax),
}
