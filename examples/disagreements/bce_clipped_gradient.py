"""Binary cross-entropy: does a certain and wrong prediction still learn?

PyTorch: yes. The gradient is (p - y) / max(p (1 - p), 1e-12).
Others: no. Where p is clipped to 1e-7 .. 1 - 1e-7, the clipping has the derivative 0: Keras.
Discussed: https://github.com/keras-team/keras/issues/9247
Check: DIFFERENT, not a known mistake
Training: a sigmoid that starts beyond z = 16 on the wrong side never comes back here.
"""

import numpy as np

TRAINING = {"start": 18.0}


def binary_cross_entropy_backward(pred, target):
    p = np.clip(pred, 1e-7, 1 - 1e-7)
    return np.where(p == pred, (p - target) / (p * (1 - p)), 0) / pred.size
