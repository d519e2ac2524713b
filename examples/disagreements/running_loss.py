"""The loss of an epoch: of the weights after it, or along the way?

PyTorch: prints none; in this project it is the loss of the weights after the epoch.
Others: the losses of the samples or batches, each before its step: the progress bar of Keras, scikit-learn's loss_.
Discussed: https://stackoverflow.com/questions/49165351/why-val-loss-is-different-from-training-loss-when-use-the-same-training-data-as
Check: running_loss
Training: the weights are the same. The losses here are those of weights half an epoch younger: too high at first.
"""

from types import SimpleNamespace

import numpy as np

TRAINING = {"lr": 0.01, "epochs": 5}


def train_gradient(weight, bias, x, y, *, lr, epochs, tolerance=0.0):
    losses, converged = [], False
    while len(losses) < epochs and not converged:
        losses.append(0.0)
        for x_i, y_i in zip(x, y, strict=True):
            error = weight @ x_i + bias - y_i
            losses[-1] += float(error @ error) / 2
            weight, bias = weight - lr * np.outer(error, x_i), bias - lr * error
        converged = len(losses) > 1 and abs(losses[-1] - losses[-2]) <= tolerance
    return SimpleNamespace(weight=weight, bias=bias, converged=converged, epochs=len(losses), losses=losses)
