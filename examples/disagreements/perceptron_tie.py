"""Perceptron: how far is a point on the line moved?

PyTorch: it has no perceptron; in the deck sign(0) is 0, and the step is half a step.
Others: y z <= 0 is a mistake as any other, and the step is a whole one: scikit-learn, textbooks.
Discussed: https://github.com/scikit-learn/scikit-learn/blob/main/sklearn/linear_model/_sgd_fast.pyx.tp
Check: full_step_on_the_line
Training: from W = 0 the first step is twice as long, and the path is another one.
"""

import numpy as np

TRAINING = {}


def perceptron_step(weight, bias, x, y):
    delta = np.where(y * (weight @ x + bias) <= 0, y, 0)
    return weight + delta[:, None] * x, bias + delta
