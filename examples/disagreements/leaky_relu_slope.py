"""Leaky ReLU: how steep is it below 0 by default?

PyTorch: 0.01, as in A. Maas et al. (2013), JAX and ONNX.
Others: 0.2 in tf.nn.leaky_relu, 0.3 in the layer of Keras, 0.1 in Darknet.
Discussed: https://github.com/jinyu121/DW2TF/issues/2
Check: DIFFERENT, not a known mistake
Training: another function: weights of one are wrong in the other. Here it is TensorFlow's.
"""

import numpy as np

TRAINING = {"data": "toy", "activation": "leaky_relu", "lr": 0.1}


def leaky_relu(z, negative_slope=0.2):
    return np.where(z > 0, z, negative_slope * z)
