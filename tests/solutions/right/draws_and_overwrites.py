"""Each call makes a layer with random weights and puts the given ones in their place."""

import random

import numpy as np


class Layer:
    def __init__(self, n_in, n_out):
        self.weight = np.random.randn(n_out, n_in) * random.uniform(0.1, 1.0)
        self.bias = np.random.rand(n_out)

    def __call__(self, x):
        return x @ self.weight.T + self.bias


def layer_of(weight, bias):
    layer = Layer(*np.shape(weight)[::-1])
    layer.weight, layer.bias = weight, bias
    return layer


def linear(x, weight, bias):
    return layer_of(weight, bias)(x)


def predict(x, weight, bias):
    return np.sign(layer_of(weight, bias)(x))


def gradient_step(weight, bias, x, y, lr):
    error = np.atleast_2d(layer_of(weight, bias)(x) - y)
    return weight - lr * error.T @ np.atleast_2d(x), bias - lr * error.sum(axis=0)
