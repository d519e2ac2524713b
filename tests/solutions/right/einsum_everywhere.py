"""All products as np.einsum: the subscripts are the formula."""

import numpy as np


def _validated(x, weight, bias):
    x, weight, bias = (np.asarray(a) for a in (x, weight, bias))
    for a in (x, weight, bias):
        if a.dtype == object:
            raise ValueError("objects are no numbers")
    if weight.ndim != 2 or bias.ndim != 1 or weight.shape[0] != bias.shape[0]:
        raise ValueError(f"weight {weight.shape} and bias {bias.shape} do not belong together")
    if x.ndim not in (1, 2) or x.size == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError(f"x {x.shape} does not go with weight {weight.shape}")
    return x, weight, bias


def linear(x, weight, bias):
    x, weight, bias = _validated(x, weight, bias)
    return np.einsum("...d,kd->...k", x, weight) + bias


def sign(z):
    return np.where(z > 0, 1, np.where(z < 0, -1, 0)).astype(z.dtype)


def predict(x, weight, bias):
    return sign(linear(x, weight, bias))


def squared_error(pred, target):
    if np.shape(pred) != np.shape(target) or np.size(pred) == 0:
        raise ValueError(f"pred {np.shape(pred)} and target {np.shape(target)} must be equally shaped and not empty")
    if pred.dtype == object or target.dtype == object:
        raise ValueError("objects are no numbers")
    d = (pred - target).ravel()
    return 0.5 * np.einsum("i,i->", d, d)


def squared_error_backward(pred, target):
    squared_error(pred, target)  # complains where the shapes do not fit
    return np.einsum("...,...->...", pred - target, np.ones_like(pred))


def _sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def _softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return np.einsum("...k,...->...k", e, 1 / np.einsum("...k->...", e))


def _outer_jacobian(y):
    return np.einsum("...i,ij->...ij", y, np.eye(y.shape[-1], dtype=y.dtype)) - np.einsum("...i,...j->...ij", y, y)


_G = {
    "identity": (lambda z: z, lambda z, g: g),
    "sigmoid": (_sigmoid, lambda z, g: np.einsum("...,...,...->...", g, _sigmoid(z), _sigmoid(-z))),
    "tanh": (np.tanh, lambda z, g: g * (1 - np.tanh(z)) * (1 + np.tanh(z))),
    "relu": (lambda z: np.maximum(z, 0), lambda z, g: g * (z > 0)),
    "softmax": (_softmax, lambda z, g: np.einsum("...ij,...j->...i", _outer_jacobian(_softmax(z)), g)),
}


def neuron(x, weight, bias, activation="identity"):
    if activation not in _G:
        raise ValueError(f"activation {activation!r} is none of {list(_G)}")
    return _G[activation][0](linear(x, weight, bias))


def neuron_gradients(weight, bias, x, y, activation="identity"):
    z = linear(x, weight, bias)
    if np.shape(y) != z.shape:
        raise ValueError(f"y {np.shape(y)} is not shaped like the output {z.shape}")
    g, g_backward = _G.get(activation, (None, None))
    if g is None:
        raise ValueError(f"activation {activation!r} is none of {list(_G)}")
    delta = np.atleast_2d(g_backward(z, g(z) - y))
    return np.einsum("nk,nd->kd", delta, np.atleast_2d(x)), np.einsum("nk->k", delta)


def gradient_step(weight, bias, x, y, lr, activation="identity"):
    if isinstance(lr, str) or not np.isfinite(lr) or lr < 0:
        raise ValueError(f"lr {lr!r} is no rate")
    dw, db = neuron_gradients(weight, bias, x, y, activation)
    rate = np.asarray(lr, dtype=dw.dtype)  # without it, float32 would become float64
    return weight - np.einsum(",kd->kd", rate, dw), bias - np.einsum(",k->k", rate, db)


def gradient_epoch(weight, bias, x, y, lr, activation="identity"):
    if np.ndim(x) != 2 or len(x) != len(y):
        raise ValueError("x and y are a batch")
    for i in range(len(x)):
        weight, bias = gradient_step(weight, bias, x[i], y[i], lr, activation)
    return weight, bias
