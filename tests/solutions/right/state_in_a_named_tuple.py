"""States in the style of a functional library: named tuples, with members that exist only here."""

import threading
from typing import Any, NamedTuple

import numpy as np


class Trace(NamedTuple):
    velocity: Any
    schedule: Any  # a function
    lock: Any  # cannot be copied


class Moments(NamedTuple):
    count: int
    mu: Any
    nu: Any


class Mean:
    """An object with slots."""

    __slots__ = ("owner", "square")

    def __init__(self, square, owner):
        self.square, self.owner = square, owner


def sgd_update(param, grad, state, *, lr, momentum=0.0, nesterov=False):
    state = state or Trace(np.zeros_like(param), lambda decay, v, g: decay * v + g, threading.Lock())
    with state.lock:
        velocity = state.schedule(momentum, state.velocity, grad)
    step = state.schedule(momentum, velocity, grad) if nesterov else velocity
    return param - lr * step, state._replace(velocity=velocity)


def adam_update(param, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    state = state or Moments(0, np.zeros_like(param), np.zeros_like(param))
    count = state.count + 1
    mu = betas[0] * state.mu + (1 - betas[0]) * grad
    nu = betas[1] * state.nu + (1 - betas[1]) * grad * grad
    mu_hat, nu_hat = mu / (1 - betas[0] ** count), nu / (1 - betas[1] ** count)
    return param - lr * mu_hat / (np.sqrt(nu_hat) + eps), Moments(count, mu, nu)


def rmsprop_update(param, grad, state, *, lr=1e-2, alpha=0.99, eps=1e-8):
    square = alpha * (state.square if state else 0 * grad) + (1 - alpha) * grad * grad
    return param - lr * grad / (np.sqrt(square) + eps), Mean(square, threading.Lock())
