"""The results of training, what it records, and when it stops."""

import copy
import dataclasses
import itertools
import math
import sys
import warnings
from typing import Any, NamedTuple

import numpy as np

from contract.arguments import NonNegative
from contract.messages import invalid, shown


class PerceptronRun(NamedTuple):
    """What ``train_perceptron`` returns."""

    weight: Any
    bias: Any
    converged: bool
    epochs: int
    updates: int


class GradientRun(NamedTuple):
    """What ``train_gradient`` returns."""

    weight: Any
    bias: Any
    converged: bool
    epochs: int
    losses: list[float]


@dataclasses.dataclass
class History:
    """What ``fit`` returns."""

    losses: list[float] = dataclasses.field(default_factory=list)
    epochs: int = 0
    samples: int = 0
    converged: bool = False
    generator: dict[str, Any] | None = None
    weights: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    gradients: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    state: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def first(self):
        """The epoch in which a training goes on: the last one begun, or 0."""
        return max(self.epochs - 1, 0)

    def begin(self, epoch, steps):
        """Count this epoch, if it is new; how many of its steps are done."""
        if epoch == self.epochs:
            self.epochs, self.samples = epoch + 1, 0
        return len(self.losses) - epoch * steps

    def add(self, loss, samples):
        """Add a step of so many samples; the number of the step, the first being 1."""
        self.losses.append(loss)
        self.samples += samples
        return len(self.losses)

    def record(self, kinds, model, optimizer):
        """Store copies of the requested quantities by parameter name."""
        for kind in kinds:
            found = {
                name: copy.deepcopy(RECORDED[kind](parameter, optimizer))
                for name, parameter in model.named_parameters()
            }
            getattr(self, kind).append(found)


def history_of(history, n, batch_size):
    """A new history, or one that a training of such batches can go on from."""
    if history is None:
        return History()
    if not isinstance(history, History):
        raise invalid("history", shown(history), "one that fit returned")
    steps, losses = math.ceil(n / batch_size), len(history.losses)
    done = losses - history.first * steps  # in the last epoch begun
    if not 0 <= done <= steps or history.samples != min(done * batch_size, n):
        got = f"{losses} steps, and {history.samples} samples of epoch {history.epochs}"
        raise invalid("history", got, f"batches of {batch_size} of {n} samples")
    return history


def drawn(orders, n, history):
    """The orders; a generator draws those from the last epoch begun on."""
    if not isinstance(orders, np.random.Generator):
        return orders
    if history.epochs:
        go_on(orders, history)
    return permutations(orders, n, history)


def go_on(generator, history):
    """Set the generator to its state when the last epoch began."""
    if history.generator is None:
        raise invalid("orders", "a generator", "the orders of the epochs before")
    try:
        generator.bit_generator.state = history.generator
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise invalid("orders", shown(generator), f"its generator ({error})") from None


def permutations(generator, n, history):
    """An order for each epoch; the history has the state before it was drawn."""
    yield from itertools.repeat(None, history.first)  # epochs that are done
    while True:
        history.generator = generator.bit_generator.state
        yield generator.permutation(n)


def settled(losses, steps, tolerance):
    """Whether the mean loss of the last epoch is near that of the epoch before."""
    now, before = losses[-steps:], losses[-2 * steps : -steps]
    return bool(before) and abs(sum(now) / steps - sum(before) / steps) <= tolerance


INSIDE = ("contract.", "scratch.", "torchref.", "numpy.")
RECORDED = {
    "weights": lambda parameter, optimizer: parameter.data,
    "gradients": lambda parameter, optimizer: parameter.grad,
    "state": lambda parameter, optimizer: optimizer.state.get(parameter, {}),
}


def set_lr(optimizer, lr):
    """Set the learning rate of every group."""
    lr = NonNegative("lr", lr)
    for group in optimizer.param_groups:
        group["lr"] = lr


def finite_loss(loss, epoch, step=None):
    """Whether training may continue; warn where the loss became inf or nan."""
    if math.isfinite(loss):
        return True
    where = f"in epoch {epoch}" if step is None else f"at step {step}, in epoch {epoch}"
    message = f"the loss became {float(loss)} {where}; training stopped"
    warnings.warn(message, stacklevel=caller_level())
    return False


def caller_level():
    """How far the line that called the training is from the warning about it."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith(INSIDE):
        level, frame = level + 1, frame.f_back
    return level
