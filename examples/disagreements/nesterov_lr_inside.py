"""Nesterov: is the learning rate inside the buffer of the step ahead?

PyTorch: b = mu b + g, w = w - lr (g + mu b). So does TensorFlow 1.
Others: v = mu v - lr g, w = w + mu v - lr g: Keras, scikit-learn, CS231n, Y. Bengio et al. (2012).
Discussed: https://github.com/jax-ml/jax/pull/1528
Check: lr_inside_the_momentum_buffer
Training: the same as long as lr stays, then as plain momentum: the old steps go on at the old length.
"""

TRAINING = {"lr": 0.3, "momentum": 0.9, "nesterov": True}


def sgd_update(param, grad, state, *, lr, momentum=0.0, nesterov=False):
    if not momentum:
        return param - lr * grad, {}
    buffer = momentum * state["momentum_buffer"] + lr * grad if state else lr * grad
    step = momentum * buffer + lr * grad if nesterov else buffer
    return param - step, {"momentum_buffer": buffer}
