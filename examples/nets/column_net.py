"""A net as textbooks have it: lists of weights and biases, samples as columns, sigmoids, a quadratic cost."""

from itertools import pairwise

import numpy as np


def sigmoid(z):
    """The logistic function."""
    return 1 / (1 + np.exp(-z))


class Network:
    """Any number of layers; a mini-batch is a list of pairs (x, y) of column vectors."""

    def __init__(self, sizes):
        self.weights = [np.random.randn(k, d) for d, k in pairwise(sizes)]
        self.biases = [np.random.randn(k, 1) for k in sizes[1:]]

    def feedforward(self, a):
        """The output for a column."""
        for w, b in zip(self.weights, self.biases, strict=True):
            a = sigmoid(w @ a + b)
        return a

    def update_mini_batch(self, batch, eta):
        """One step against the mean gradient of the batch."""
        nabla_w = [np.zeros_like(w) for w in self.weights]
        nabla_b = [np.zeros_like(b) for b in self.biases]
        for x, y in batch:
            for layer, (dw, db) in enumerate(self.backprop(x, y)):
                nabla_w[layer] += dw
                nabla_b[layer] += db
        rate = eta / len(batch)
        self.weights = [w - rate * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - rate * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def backprop(self, x, y):
        """The gradients of one sample, layer by layer."""
        activations = [x]
        for w, b in zip(self.weights, self.biases, strict=True):
            activations.append(sigmoid(w @ activations[-1] + b))
        delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
        gradients = [(delta @ activations[-2].T, delta)]
        for layer in range(2, len(activations)):
            a = activations[-layer]
            delta = (self.weights[-layer + 1].T @ delta) * a * (1 - a)
            gradients.insert(0, (delta @ activations[-layer - 1].T, delta))
        return gradients
