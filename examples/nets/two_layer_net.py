"""A net as courses on vision have it: a dictionary W1, b1, W2, b2, weights (D, K), ReLU, softmax, an L2 penalty."""

import numpy as np


class TwoLayerNet:
    """Scores of the classes from one hidden layer."""

    def __init__(self, inputs, hidden, classes, std=1e-2):
        self.params = {
            "W1": std * np.random.randn(inputs, hidden),
            "b1": np.zeros(hidden),
            "W2": std * np.random.randn(hidden, classes),
            "b2": np.zeros(classes),
        }

    def loss(self, X, y, reg=0.0):  # noqa: N803
        """The loss of the samples (N, D) with class numbers (N,), and the gradients."""
        W1, b1, W2, b2 = self.params.values()  # noqa: N806
        n = len(X)
        hidden = np.maximum(0, X @ W1 + b1)
        scores = hidden @ W2 + b2
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(n), y]).mean() + reg * ((W1 * W1).sum() + (W2 * W2).sum())

        dscores = probs.copy()
        dscores[np.arange(n), y] -= 1
        dscores /= n
        dhidden = dscores @ W2.T
        dhidden[hidden <= 0] = 0
        grads = {
            "W1": X.T @ dhidden + 2 * reg * W1,
            "b1": dhidden.sum(axis=0),
            "W2": hidden.T @ dscores + 2 * reg * W2,
            "b2": dscores.sum(axis=0),
        }
        return loss, grads

    def train_batch(self, X, y, learning_rate, reg):  # noqa: N803
        """One step of gradient descent."""
        loss, grads = self.loss(X, y, reg)
        for name in self.params:
            self.params[name] -= learning_rate * grads[name]
        return loss
