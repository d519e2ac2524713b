"""Every backward by torch.func: vjp and grad of the forward formula. NumPy at the border."""

import numpy as np
import torch
from torch.func import grad, vjp


def _in(*arrays):
    for a in arrays:
        if np.asarray(a).dtype.kind not in "fiu":
            raise ValueError("expected numbers")
    return [torch.as_tensor(np.array(a)) for a in arrays]


def _g(name):
    table = {
        "identity": lambda z: z * 1,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softmax": lambda z: torch.softmax(z, -1),
    }
    if name not in table:
        raise ValueError(f"unknown activation {name}")
    return table[name]


def _forward(name):
    def forward(z):
        (z,) = _in(z)
        return _g(name)(z).numpy()

    return forward


def _backward(name):
    def backward(z, grad_output):
        z, grad_output = _in(z, grad_output)
        if z.shape != grad_output.shape:
            raise ValueError(f"z {tuple(z.shape)}, grad_output {tuple(grad_output.shape)}")
        _, pull = vjp(_g(name), z)
        return pull(grad_output)[0].numpy()

    return backward


identity, sigmoid, tanh, relu, softmax = map(_forward, ("identity", "sigmoid", "tanh", "relu", "softmax"))
identity_backward = _backward("identity")
sigmoid_backward = _backward("sigmoid")
tanh_backward = _backward("tanh")
relu_backward = _backward("relu")
softmax_backward = _backward("softmax")


def _half_square(pred, target):
    return ((pred - target) ** 2).sum() / 2


def squared_error(pred, target):
    pred, target = _in(pred, target)
    if pred.shape != target.shape or pred.numel() == 0:
        raise ValueError(f"pred {tuple(pred.shape)}, target {tuple(target.shape)}")
    return _half_square(pred, target).item()


def squared_error_backward(pred, target):
    squared_error(pred, target)
    return grad(_half_square)(*_in(pred, target)).numpy()


def mse_loss(pred, target):
    return 2 * squared_error(pred, target) / pred.size


def mse_loss_backward(pred, target):
    squared_error(pred, target)
    return grad(torch.nn.functional.mse_loss)(*_in(pred, target)).numpy()


def neuron(x, weight, bias, activation="identity"):
    x, weight, bias = _in(x, weight, bias)
    if weight.ndim != 2 or bias.shape != weight.shape[:1] or x.ndim not in (1, 2) or x.shape[-1] != weight.shape[1]:
        raise ValueError("x, weight and bias do not fit")
    if x.numel() == 0:
        raise ValueError("no sample")
    return _g(activation)(torch.nn.functional.linear(x, weight, bias)).numpy()


def neuron_gradients(weight, bias, x, y, activation="identity"):
    if neuron(x, weight, bias, activation).shape != y.shape:
        raise ValueError("y does not fit")

    def loss(weight, bias, x, y):
        return _half_square(_g(activation)(x @ weight.mT + bias), y)

    return tuple(g.numpy() for g in grad(loss, argnums=(0, 1))(*_in(weight, bias, x, y)))
