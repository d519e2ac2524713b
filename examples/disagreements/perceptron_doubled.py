"""Perceptron: is the error y - sign halved?

PyTorch: it has no perceptron; in the deck, delta = (y - sign) / 2, so that a step is 1 x.
Others: w = w + eta (y - sign) x, so that a step is 2 eta x: S. Raschka's book, mlxtend.
Discussed: https://github.com/rasbt/mlxtend/blob/master/mlxtend/classifier/perceptron.py
Check: error_not_halved
Training: from W = 0 the weights are twice as large and every decision is the same; from other weights it is not.
"""

import numpy as np

TRAINING = {}


def perceptron_step(weight, bias, x, y):
    delta = y - np.sign(weight @ x + bias)
    return weight + delta[:, None] * x, bias + delta
