"""``__all__`` says what is homework: the other names are helpers of another meaning."""

import numpy as np

__all__ = ["relu", "sigmoid_backward", "squared_error"]


def sigmoid(z, slope):
    return 0.5 * (1 + np.tanh(0.5 * slope * z))


def linear(x, weight, bias):
    return x @ weight + bias  # the weights of each neuron are a column


def tensor(text):
    return np.array([float(word) for word in text.split()])


def sigmoid_backward(z, grad_output):
    e = np.exp(-abs(z))
    return grad_output * e / (1 + e) ** 2


def relu(z):
    return z * (z > 0)


def squared_error(pred, target):
    return 0.5 * np.sum((pred - target) ** 2)
