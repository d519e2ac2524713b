"""Perceptron and gradient descent with dataclasses, helpers of my own, and some output on the way."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np

print("homework of group 7")


class Rule(Enum):
    PERCEPTRON = auto()
    GRADIENT = auto()


@dataclass(frozen=True)
class Weights:
    weight: np.ndarray
    bias: np.ndarray

    def __post_init__(self):
        if self.weight.ndim != 2 or self.bias.shape != (self.weight.shape[0],):
            raise ValueError(f"weight {self.weight.shape} and bias {self.bias.shape}")

    def z(self, x):
        return self.weight @ x + self.bias

    def moved(self, amounts, x):
        return Weights(self.weight + amounts[:, np.newaxis] * x[np.newaxis, :], self.bias + amounts)


@dataclass
class Result:
    weight: np.ndarray
    bias: np.ndarray
    converged: bool = False
    epochs: int = 0
    updates: int = 0
    losses: list[float] = field(default_factory=list)


def log(*what):
    print("[hw]", *what, file=sys.stderr)


def one_step(start: Weights, x, y, rule: Rule, lr=0.0) -> tuple[Weights, bool]:
    z = start.z(x)
    amounts = (y - np.sign(z)) / 2 if rule is Rule.PERCEPTRON else lr * (y - z)
    return start.moved(amounts, x), bool(np.any(amounts != 0))


def check_batch(start: Weights, x, y):
    if x.ndim != 2 or x.size == 0 or x.shape[1] != start.weight.shape[1]:
        raise ValueError(f"x {x.shape} for weight {start.weight.shape}")
    if y.shape != (x.shape[0], start.bias.shape[0]):
        raise ValueError(f"y {y.shape} for x {x.shape}")


def check_labels(y):
    if set(np.unique(y)) - {-1.0, 1.0}:
        raise ValueError("only -1 and 1 are labels")


def all_orders(orders, epochs, n):
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 0:
        raise ValueError(f"{epochs} epochs")
    if orders is None:
        orders = [range(n)] * epochs
    for _, order in zip(range(epochs), orders, strict=False):
        if sorted(order) != list(range(n)):
            raise ValueError("not a permutation: " + str(order))
        yield list(order)


def perceptron_step(weight, bias, x, y):
    start = Weights(weight, bias)
    check_batch(start, x[None], y[None])
    check_labels(y)
    after, _ = one_step(start, x, y, Rule.PERCEPTRON)
    return after.weight, after.bias


def perceptron_epoch(weight, bias, x, y):
    now, mistakes = Weights(weight, bias), 0
    check_batch(now, x, y)
    check_labels(y)
    for point, label in zip(x, y, strict=True):
        now, corrected = one_step(now, point, label, Rule.PERCEPTRON)
        mistakes += corrected
    return now.weight, now.bias, mistakes


def train_perceptron(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    check_batch(Weights(weight, bias), x, y)
    result = Result(weight, bias)
    for order in all_orders(orders, max_epochs, len(x)):
        result.weight, result.bias, mistakes = perceptron_epoch(result.weight, result.bias, x[order], y[order])
        result.epochs += 1
        result.updates += mistakes
        if on_epoch is not None:
            on_epoch(result.epochs, result.weight, result.bias, mistakes)
        if not mistakes:
            result.converged = True
            break
    else:
        log("did not settle after", result.epochs, "epochs")
    return result


def train_gradient(weight, bias, x, y, *, lr, epochs, orders=None, tolerance=0.0, on_epoch=None):
    for amount in (lr, tolerance):
        if not isinstance(amount, (int, float)) or amount != amount or amount < 0 or amount == float("inf"):
            raise ValueError(f"{amount!r} must be a finite number from 0 on")
    now = Weights(weight, bias)
    check_batch(now, x, y)
    losses, converged = [], False
    for order in all_orders(orders, epochs, len(x)):
        for i in order:
            now, _ = one_step(now, x[i], y[i], Rule.GRADIENT, lr)
        losses.append(float(np.sum((x @ now.weight.T + now.bias - y) ** 2) / 2))
        if on_epoch is not None:
            on_epoch(len(losses), now.weight, now.bias, losses[-1])
        if not np.isfinite(losses[-1]):
            log("out of range")
            break
        if len(losses) > 1 and abs(losses[-1] - losses[-2]) <= tolerance:
            converged = True
            break
    return Result(now.weight, now.bias, converged, len(losses), losses=losses)
