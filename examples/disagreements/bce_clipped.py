"""Binary cross-entropy: how certain may a wrong prediction be?

PyTorch: the logarithm is clamped at -100: a certain and wrong prediction costs 100.
Others: the probability is clipped to 1e-7 .. 1 - 1e-7, and it costs 16.1: Keras.
Discussed: https://github.com/tensorflow/tensorflow/pull/41595
Check: probability_clipped
Training: a few certain and wrong predictions dominate PyTorch's mean and are hidden in the other.
"""

import numpy as np

TRAINING = {"start": 30.0}


def binary_cross_entropy(pred, target):
    p = np.clip(pred, 1e-7, 1 - 1e-7)
    return -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()
