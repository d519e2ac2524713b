"""Equinox and JAX as a backend: parity check examples/adapters/equinox_adapter.py

Adapted: a layer of Equinox, the activations of JAX with their gradients. Seen: equinox 0.13.8, jax 0.10.2.
"""

import equinox as eqx
import jax
import numpy as np

jax.config.update("jax_enable_x64", True)


def linear(x, weight, bias):
    weight, bias = weight + 0.0, bias + 0.0  # an integer has no gradient
    layer = eqx.nn.Linear(weight.shape[1], weight.shape[0], key=jax.random.key(0), dtype=weight.dtype)
    layer = eqx.tree_at(lambda one: (one.weight, one.bias), layer, (weight, bias))
    return np.asarray(jax.vmap(layer)(x) if x.ndim == 2 else layer(x))


def relu_backward(z, grad_output):
    return through(jax.nn.relu, z, grad_output)


def sigmoid_backward(z, grad_output):
    return through(jax.nn.sigmoid, z, grad_output)


def softmax_backward(z, grad_output):
    return through(jax.nn.softmax, z, grad_output)


def leaky_relu_backward(z, grad_output, negative_slope=0.01):
    return through(lambda t: jax.nn.leaky_relu(t, negative_slope), z, grad_output)


def through(function, z, grad_output):
    """The gradient through a function, by JAX."""
    return np.asarray(jax.vjp(function, z + 0.0)[1](grad_output)[0])
