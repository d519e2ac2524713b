"""Keras, on PyTorch, as a backend: parity check examples/adapters/keras_adapter.py

Adapted: losses, activations and two optimizers, whose variables are set and read. Seen: 3.15.1.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"
import keras
from keras import losses, ops, optimizers

keras.config.set_floatx("float64")


def leaky_relu(z, negative_slope=0.01):
    return ops.convert_to_numpy(keras.activations.leaky_relu(z, negative_slope))


def mse_loss(pred, target):
    return float(losses.MeanSquaredError(dtype=str(pred.dtype))(target, pred))


def binary_cross_entropy(pred, target):
    return float(losses.BinaryCrossentropy(dtype=str(pred.dtype))(target, pred))


def sgd_update(param, grad, state, *, lr, momentum=0.0, nesterov=False):
    return stepped(optimizers.SGD(lr, momentum, nesterov), param, grad, state)


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    return stepped(optimizers.Adam(lr, *betas, epsilon=eps), param, grad, state)


def stepped(rule, param, grad, state):
    """One step; the state is what the optimizer remembers, without its learning rate."""
    weight = keras.Variable(param, dtype=str(param.dtype))
    rule.build([weight])
    kept = [variable for variable in rule.variables if variable is not rule._learning_rate]
    for variable, value in zip(kept, state or [], strict=False):
        variable.assign(value)
    rule.apply([ops.convert_to_tensor(grad)], [weight])
    return weight.numpy(), [variable.numpy() for variable in kept]
