"""A net as courses on machine learning have it: biases folded into the weights, one-hot labels, one sample a step."""

import numpy as np


class NN:
    """One hidden layer of sigmoids, softmax, cross-entropy; the first column of the weights is the bias."""

    def __init__(self, inputs, hidden, classes):
        self.alpha = np.random.uniform(-0.1, 0.1, (hidden, inputs + 1))
        self.beta = np.random.uniform(-0.1, 0.1, (classes, hidden + 1))

    def forward(self, x):
        """The input and the hidden layer, each with a 1 in front, and the probabilities."""
        x = np.insert(x, 0, 1)
        z = np.insert(1 / (1 + np.exp(-self.alpha @ x)), 0, 1)
        b = self.beta @ z
        e = np.exp(b - b.max())
        return x, z, e / e.sum()

    def sgd_step(self, x, y, learning_rate):
        """One step by one sample; the loss before it."""
        x, z, y_hat = self.forward(x)
        g_b = y_hat - y
        g_z = self.beta[:, 1:].T @ g_b
        g_a = g_z * z[1:] * (1 - z[1:])
        self.beta = self.beta - learning_rate * np.outer(g_b, z)
        self.alpha = self.alpha - learning_rate * np.outer(g_a, x)
        return -np.log(y_hat @ y)
