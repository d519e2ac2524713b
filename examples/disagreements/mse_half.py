"""Squared error: with 1/2 or without?

PyTorch: without. So do Keras and scikit-learn's mean_squared_error.
Others: with it, so that the derivative has no 2: scikit-learn's MLPRegressor, dlib, optax.l2_loss, Caffe.
Discussed: https://github.com/davisking/dlib/issues/1169
Check: half_the_squared_error
Training: the loss shown is half as large. Where the gradient is halved too, lr has to be doubled.
"""

TRAINING = {"lr": 0.1}


def mse_loss(pred, target):
    return ((pred - target) ** 2).mean() / 2
