"""Momentum: is the learning rate inside the buffer?

PyTorch: b = mu b + g, w = w - lr b. So do optax and TensorFlow 1.
Others: b = mu b + lr g, w = w - b: I. Sutskever et al. (2013), Keras, scikit-learn, numpy-ml.
Discussed: https://github.com/pytorch/pytorch/issues/1099
Check: lr_inside_the_momentum_buffer
Training: the same as long as lr stays. After lr is cut, the old steps go on here for about 1 / (1 - mu) steps.
"""

TRAINING = {"lr": 0.3, "momentum": 0.9}


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    if not momentum:
        return param - lr * grad, {}
    buffer = momentum * state["momentum_buffer"] + lr * grad if state else lr * grad
    return param - buffer, {"momentum_buffer": buffer}
