"""Perceptron, one weight at a time. Every number is a Python float; result as a little class of mine."""

import numpy as np


class Outcome:
    def __init__(self, weight, bias, converged, epochs, updates):
        self.weight = weight
        self.bias = bias
        self.converged = converged
        self.epochs = epochs
        self.updates = updates


def check_shapes(weight, bias, x, y, dims):
    if weight.ndim != 2 or bias.shape != (weight.shape[0],):
        raise ValueError("weight and bias do not fit")
    if x.ndim != dims or x.size == 0 or x.shape[-1] != weight.shape[1]:
        raise ValueError("x does not fit the weight")
    if y.shape != x.shape[:-1] + bias.shape:
        raise ValueError("y does not fit")
    for label in y.flat:
        if label != 1 and label != -1:
            raise ValueError(f"a label is {label:g}")


def linear(x, weight, bias):
    x, weight, bias = np.asarray(x), np.asarray(weight), np.asarray(bias)
    if weight.ndim != 2 or bias.shape != weight.shape[:1] or x.ndim not in (1, 2) or x.shape[-1] != weight.shape[1]:
        raise ValueError("shapes do not fit")
    if x.size == 0 or x.dtype == object:
        raise ValueError("no numbers")
    rows = np.atleast_2d(x)
    z = np.zeros((rows.shape[0], weight.shape[0]), dtype=weight.dtype)
    for n in range(z.shape[0]):
        for k in range(z.shape[1]):
            s = float(bias[k])
            for d in range(weight.shape[1]):
                s += float(weight[k, d]) * float(rows[n, d])
            z[n, k] = s
    return z if x.ndim == 2 else z[0]


def perceptron_step(weight, bias, x, y):
    check_shapes(weight, bias, x, y, 1)
    weight, bias = weight.copy(), bias.copy()
    for k in range(weight.shape[0]):
        s = float(bias[k])
        for d in range(weight.shape[1]):
            s += float(weight[k, d]) * float(x[d])
        answer = 0
        if s > 0:
            answer = 1
        if s < 0:
            answer = -1
        if answer == y[k]:
            continue
        half_error = 0.5 * (float(y[k]) - answer)
        for d in range(weight.shape[1]):
            weight[k, d] += half_error * float(x[d])
        bias[k] += half_error
    return weight, bias


def perceptron_epoch(weight, bias, x, y):
    check_shapes(weight, bias, x, y, 2)
    mistakes = 0
    for i in range(x.shape[0]):
        w, b = perceptron_step(weight, bias, x[i], y[i])
        # the bias moves whenever anything was corrected... unless it is too large to move, hence both
        z = [float(v) for v in linear(x[i], weight, bias)]
        if any((v > 0) - (v < 0) != t for v, t in zip(z, y[i], strict=True)):
            mistakes += 1
        weight, bias = w, b
    return weight, bias, mistakes


def train_perceptron(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    if type(max_epochs) is not int or max_epochs < 0:
        raise ValueError("max_epochs is a count")
    check_shapes(weight, bias, x, y, 2)
    n, epochs, updates, converged = len(x), 0, 0, False
    every = iter(orders) if orders is not None else None
    while epochs < max_epochs and not converged:
        order = list(range(n))
        if every is not None:
            order = next(every, None)
            if order is None:
                break
            order = [int(i) for i in order]
            if sorted(order) != list(range(n)):
                raise ValueError("an order names every sample once")
        weight, bias, mistakes = perceptron_epoch(weight, bias, x[order], y[order])
        epochs += 1
        updates += mistakes
        converged = mistakes == 0
        if on_epoch:
            on_epoch(epochs, weight, bias, mistakes)
    return Outcome(weight, bias, converged, epochs, updates)
