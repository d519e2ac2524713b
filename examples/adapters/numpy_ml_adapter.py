"""numpy-ml as a backend: parity check examples/adapters/numpy_ml_adapter.py

Adapted: activations, the squared error, SGD and Adam, whose cache is the state. Seen: 0.1.2, for an
older Python: it needs the first line.
"""

import collections

collections.Hashable = collections.abc.Hashable
from numpy_ml.neural_nets import activations, losses, optimizers  # noqa: E402


def sigmoid(z):
    return activations.Sigmoid().fn(z)


def relu_backward(z, grad_output):
    return grad_output * activations.ReLU().grad(z).astype(grad_output.dtype)  # int64 would widen float32


def leaky_relu(z, negative_slope=0.01):
    return activations.LeakyReLU(alpha=negative_slope).fn(z)


def squared_error(pred, target):
    return losses.SquaredError.loss(target, pred)


def sgd_update(param, grad, state, *, lr, momentum=0.0):
    optimizer = optimizers.SGD(lr=lr, momentum=momentum)
    optimizer.cache = {"w": state["momentum_buffer"]} if state else {}
    new = optimizer.update(param, grad, "w")
    return new, {"momentum_buffer": optimizer.cache["w"]} if momentum else {}


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    optimizer = optimizers.Adam(lr=lr, decay1=betas[0], decay2=betas[1], eps=eps)
    optimizer.cache = {"w": dict(state)} if state else {}
    return optimizer.update(param, grad, "w"), optimizer.cache["w"]
