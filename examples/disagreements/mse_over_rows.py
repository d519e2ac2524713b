"""Squared error of K outputs: divided by the N rows or by the N K numbers?

PyTorch: by all numbers, 2 (pred - target) / (N K).
Others: by the rows, (pred - target) / N: Caffe, and scikit-learn's MLPRegressor, whose loss is divided by N K.
Discussed: https://github.com/scikit-learn/scikit-learn/issues/8349
Check: DIFFERENT, not a known mistake
Training: the gradient is K / 2 times as long here: the same for two outputs, half for one, more for many.
"""

TRAINING = {"data": "blobs", "lr": 0.1}


def mse_loss_backward(pred, target):
    return (pred - target) / len(pred)
