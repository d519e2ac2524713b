"""Weight decay in SGD with momentum: through the buffer or past it?

PyTorch: through it, g = g + lambda w: the gradient of an L2 penalty.
Others: past it, w = w - lr lambda w: SGDW of I. Loshchilov, F. Hutter (2019), Keras.
Discussed: https://github.com/keras-team/keras/pull/9189
Check: weight_decay_past_the_buffer
Training: with momentum mu PyTorch's decay is 1 / (1 - mu) times as strong, and late.
"""

TRAINING = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}


def sgd_update(param, grad, state, *, lr, momentum=0.0, weight_decay=0.0):
    param = param - lr * weight_decay * param
    if not momentum:
        return param - lr * grad, {}
    buffer = momentum * state["momentum_buffer"] + grad if state else grad
    return param - lr * buffer, {"momentum_buffer": buffer}
