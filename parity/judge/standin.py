"""What stands in for a candidate, and whether it gives the same numbers.

A stand-in is ``scratch`` with a known mistake, or the candidate itself, called otherwise.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

import scratch
from parity.border.backend import Backend, Stopped
from parity.judge.compare import Check, Mismatch
from parity.judge.referee import UPDATES
from parity.judge.rounding import PRECISIONS, magnitude

RULES = [f"{optimizer.lower()}_update" for optimizer in UPDATES]


class Case(NamedTuple):
    """A property, the public names that it calls, and examples with the difference found in each, or None.

    The excused ones have a difference that is equal on paper.
    """

    property_: Callable
    asked: list[str]
    examples: list
    excused: tuple | list = ()


def asked_in(transcript, form=None):
    """The public names that a judge has called; a step of a whole net stands for those of its form."""
    called = [asked.target for asked in transcript if isinstance(asked.target, str)]
    of_form = form.names if form and "step" in called else ()
    return [name for name in dict.fromkeys([*called, *of_form]) if name in scratch.__all__]


class StandIn(Check):
    """A check in which something else replaces the candidate; it is called only for what the candidate defines."""

    def __init__(self, check, backend):
        super().__init__(backend, check.reference, check.dtype)
        self.original = check
        self.domain, self.form = check.domain, check.form
        backend.defines = check.candidate.defines  # a property may skip names that are not defined
        self.state_compared, self.rate_changes, self.stops = check.state_compared, check.rate_changes, check.stops

    def takes(self, name, option):
        """As the candidate."""
        return self.original.takes(name, option)

    def options(self, name, options):
        """As the reference, because a mistake has every option; the candidate has its own."""
        own, given = self.original.options(name, options)
        return (own if isinstance(self.candidate, CalledOtherwise) else given), given

    def without_fixed(self, side, kind, options):
        """As the reference, likewise."""
        if isinstance(self.candidate, CalledOtherwise):
            return self.original.without_fixed(side, kind, options)
        return options

    def able(self, what, probe):
        """As the candidate."""
        return self.original.able(what, probe)


class WithOwnState:
    """A mistake whose state is of its own kind where the candidate's is: the contract sees what it sees of that one."""

    def __init__(self, backend, own_state):
        self.backend = backend
        for rule in RULES:
            hidden = {label.removeprefix("state.") for name, label in own_state if name == rule}
            setattr(self, rule, partial(self.update, getattr(backend, rule), hidden))

    def __getattr__(self, name):
        return getattr(self.backend, name)

    def update(self, rule, hidden, param, grad, state, **options):
        """The update, whose state shows these entries no more."""
        own = (state["own"] | {key: state[key] for key in state if key != "own"}) if state and "own" in state else state
        param, new = rule(param, grad, own, **options)
        shown = {key: value for key, value in new.items() if key not in hidden}
        return param, shown | {"own": new} if hidden else new


class CalledOtherwise:
    """The candidate, of which one function is called in another way."""

    def __init__(self, backend, name, order, of_a_pair):
        self.backend, self.name, self.order, self.of_a_pair = backend, name, order, of_a_pair

    def __getattr__(self, name):
        return self.call if name == self.name else getattr(self.backend, name)

    def call(self, *args, **options):
        """The function with its arguments in another order, or the first of its results."""
        given = [args[i] for i in self.order] if len(args) == len(self.order) else args
        result = getattr(self.backend, self.name)(*given, **options)
        return result[0] if self.of_a_pair and isinstance(result, list | tuple) and len(result) > 1 else result


def replayed(check, case, mistake, example):
    """The difference that the property finds in an example for a mistake, and what was compared."""
    backend = mistake if mistake.replaced in case.asked else mistake.everywhere
    if check.own_state:
        backend = WithOwnState(backend, check.own_state)
    other = StandIn(check, Backend(mistake.name, backend))
    return difference(other, case, example), other.seen


def difference(other, case, example):
    """The difference that the property finds in one example for what replaces the candidate."""
    args, options = example
    try:
        case.property_(*args, **{key: other if isinstance(value, Check) else value for key, value in options.items()})
    except Mismatch as mismatch:
        return mismatch
    except Stopped:
        raise
    except Exception as error:
        return Mismatch(str(error))
    return None


def same(found, other, dtype):
    """Whether two differences are the same: the same place, the same numbers within their rounding."""
    if found is None or other is None:
        return found is other
    if found.value is None or other.value is None or found.place != other.place:
        return False
    return close(found.value, other.value, found.slack, dtype)


def close(value, other, slack, dtype):
    """Whether two arrays have the same numbers within their rounding."""
    if np.shape(value) != np.shape(other):
        return False
    wide = PRECISIONS[dtype].wide
    ours, theirs = wide(value), wide(other)
    with np.errstate(all="ignore"):
        # The bound belongs to the correct formula; a wrong one has similar length, but not the same size.
        noise = 2 * slack + 16 * np.finfo(dtype).eps * (magnitude(ours) + magnitude(theirs))
        near = np.isfinite(noise) & (magnitude(ours - theirs) <= noise)
        return bool(np.all(near | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))))


def all_same(seen, others, dtype):
    """Whether all numbers that were compared are the same within their rounding."""
    return seen.keys() == others.keys() and all(
        close(value, others[place][0], slack, dtype) for place, (value, slack) in seen.items()
    )


def fits(replay, dtype, examples, mistake):
    """Whether the mistake gives the candidate's numbers in all examples."""
    return all(same(found, replay(mistake, example)[0], dtype) for example, found in examples)
