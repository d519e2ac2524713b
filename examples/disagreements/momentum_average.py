"""Momentum: is the buffer a sum or an average of the gradients?

PyTorch: a sum, b = mu b + g.
Others: an average, b = mu b + (1 - mu) g, from b = 0: A. Ng's course, HIPS autograd, the first versions of MLX and JAX.
Discussed: https://github.com/HIPS/autograd/issues/289
Check: momentum_as_an_average
Training: with the same lr every step is 1 - mu times as long here: mu 0.9 needs an lr ten times as large.
"""

TRAINING = {"lr": 0.1, "momentum": 0.9}


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    if not momentum:
        return param - lr * grad, {}
    buffer = (1 - momentum) * grad
    if state:
        buffer = momentum * state["momentum_buffer"] + buffer
    return param - lr * buffer, {"momentum_buffer": buffer}
