"""The nets that ``fit_stack`` trains at once: of one form, each with its optimizer."""

import math
import warnings
from typing import Any, NamedTuple

from contract.arguments import listed
from contract.messages import invalid
from contract.optimizers import optimizer_over
from contract.training import History, caller_level


class Member(NamedTuple):
    """A net, its parameters, its optimizer, and what ``fit`` would return."""

    model: Any
    parameters: list
    optimizer: Any
    history: History

    def states(self):
        """What the optimizer remembers of each parameter."""
        return [self.optimizer.state.get(p, {}) for p in self.parameters]

    def step(self):
        """How many steps have been taken, where the optimizer counts them."""
        return float(self.states()[0].get("step", 0))


def members_of(models, optimizer, lr, kinds, optimizers):
    """Each net with its optimizer, all of them checked."""
    models = listed("models", models)
    if not models:
        raise invalid("models", "none", "at least one net")
    if len(set(map(id, models))) < len(models):
        raise invalid("models", "a net twice", "each once")
    forms = [form_of(f"models[{i}]", model, kinds) for i, model in enumerate(models)]
    for i, form in enumerate(forms):
        if form != forms[0]:
            wanted = "the class, sizes, activations and dtype of models[0]"
            raise invalid(f"models[{i}]", "a net of another form", wanted)
    if isinstance(optimizer, str):
        given = [optimizer] * len(models)
    else:
        given = listed("optimizer", optimizer)
    if len(given) != len(models):
        wanted = f"a name, or {len(models)} optimizers, one for each net"
        raise invalid("optimizer", f"{len(given)} optimizers", wanted)
    members = []
    for model, one in zip(models, given, strict=True):
        own = optimizer_over(model, one, lr, optimizers)
        members.append(Member(model, list(model.parameters()), own, History()))
    owned = [id(parameter) for member in members for parameter in member.parameters]
    if len(set(owned)) < len(owned):
        raise invalid("models", "a parameter in two nets", "each in one")
    for i, member in enumerate(members):
        if type(member.optimizer) not in optimizers.values():
            got, wanted = type(member.optimizer).__name__, ", ".join(optimizers)
            raise invalid(f"optimizer[{i}]", f"another {got}", f"one of {wanted}")
        expect_whole(f"optimizer[{i}]", member)
    return members


def form_of(name, model, kinds):
    """What nets of one stack have in common."""
    layers = model.children() if type(model) in kinds else [None]
    if any(type(layer) is not kinds[0] for layer in layers):
        names = ", ".join(kind.__name__ for kind in kinds)
        raise invalid(name, type(model).__name__, f"one of {names}")
    named = dict(model.named_parameters())
    if len({parameter.dtype for parameter in named.values()}) > 1:
        raise invalid(name, "parameters of two dtypes", "one for all")
    if not all(getattr(p, "requires_grad", True) for p in named.values()):
        raise invalid(name, "a parameter without requires_grad", "all to be trained")
    if any(key.rpartition(".")[2] not in ("weight", "bias") for key in named):
        raise invalid(name, "more parameters", "those of its layers and no others")
    shapes = [(key, tuple(p.shape), p.dtype) for key, p in named.items()]
    return type(model), getattr(model, "activations", None), shapes


def expect_whole(name, member):
    """Check that the optimizer takes the same step for all parameters of the net."""
    groups, states = member.optimizer.param_groups, member.states()
    if len(groups[0]["params"]) < len(states):
        got = f"{len(groups)} group{'s' * (len(groups) > 1)} with a part of the net"
        raise invalid(name, got, "one group with all its parameters")
    if len({(*state, float(state.get("step", 0))) for state in states}) > 1:
        raise invalid(name, "states of different steps", "the same for all parameters")


def warn_of(histories):
    """Say how many trainings have stopped because their loss is out of range."""
    ends = [history.losses[-1] for history in histories if history.losses]
    stopped = sum(not math.isfinite(loss) for loss in ends)
    if stopped:
        which = f"{stopped} of {len(histories)} nets"
        message = f"the loss of {which} became inf or nan; their training stopped"
        warnings.warn(message, stacklevel=caller_level())
