"""The results of training, what it records, and when it stops."""

import copy
import dataclasses
import math
import sys
import warnings
from typing import Any, NamedTuple

from contract.arguments import NonNegative


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
    converged: bool = False
    weights: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    gradients: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    state: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def record(self, kinds, model, optimizer):
        """Store copies of the requested quantities by parameter name."""
        for kind in kinds:
            found = {
                name: copy.deepcopy(RECORDED[kind](parameter, optimizer))
                for name, parameter in model.named_parameters()
            }
            getattr(self, kind).append(found)


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


def finite_loss(loss, where):
    """Whether training may continue; warn where the loss became inf or nan."""
    if math.isfinite(loss):
        return True
    message = f"the loss became {float(loss)} {where}; training stopped"
    warnings.warn(message, stacklevel=caller_level())
    return False


def caller_level():
    """How far the line that called the training is from the warning about it."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith(INSIDE):
        level, frame = level + 1, frame.f_back
    return level
