"""Binary cross-entropy: clip the probability or add a small number to it?

PyTorch: neither; the logarithm is clamped at -100.
Others: log(p + 1e-7): tf.compat.v1.losses.log_loss; Keras 2.6 clipped and added.
Discussed: https://github.com/keras-team/keras/issues/15249
Check: eps_inside_the_logarithm
Training: a prediction that is certain and right has a negative loss, -1e-7; the others are off in the seventh digit.
"""

import numpy as np

TRAINING = {"start": 30.0}


def binary_cross_entropy(pred, target):
    return -(target * np.log(pred + 1e-7) + (1 - target) * np.log(1 - pred + 1e-7)).mean()
