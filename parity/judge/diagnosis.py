"""Find the known mistakes that give a candidate's numbers.

A mistake is named if it is proved: a stand-in, ``scratch`` with this mistake, gives the candidate's results in all
examples, those in which the candidate differs and those in which it does not. Where the candidate is right as soon as
it is called otherwise, with its arguments swapped, that is named first.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from itertools import permutations
from typing import NamedTuple

import numpy as np

import scratch
from parity import trees
from parity.border.backend import Backend, Stopped
from parity.judge.compare import Check, Mismatch
from parity.judge.referee import UPDATES
from parity.judge.rounding import PRECISIONS, magnitude
from parity.mistakes import MISTAKES, called
from parity.mistakes.registry import CHANGING, calls

RULES = [f"{optimizer.lower()}_update" for optimizer in UPDATES]


class StandIn(Check):
    """A check in which something else replaces the candidate; it is called only for what the candidate defines."""

    def __init__(self, check, backend):
        super().__init__(backend, check.reference, check.dtype)
        self.original = check
        self.state_compared, self.rate_changes, self.stops = check.state_compared, check.rate_changes, check.stops

    def takes(self, name, option):
        """As the candidate."""
        return self.original.takes(name, option)

    def activation(self, name):
        """As the candidate."""
        return self.original.activation(name)

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


class Case(NamedTuple):
    """A property, the public names that it calls, and examples with the difference found in each, or None."""

    property_: Callable
    asked: list[str]
    examples: list


def causes(check, case, function, own):
    """Why the candidate differs: how it must be called, or the mistakes that are proved, a cause before its effects.

    ``own(name)`` is the case of a function's own property, or None. There, too, a mistake must give the candidate's
    numbers: few examples of another property may fit several mistakes, and what calls a wrong function is wrong, too.
    """
    own = cache(own)
    found = wrong_before(check, case, own) or wrong_itself(check, case, own) or wrong_inside(check, case)
    first = {one.name: one for one in reversed(found)}  # of a family, the most usual member
    return called_otherwise(check, case, own(function), function) + closest(check, case, [*first.values()][::-1])


def wrong_before(check, case, own):
    """The mistakes in a function that the candidate defines, and that is called by what the property checks."""
    for name in sorted(reached(case), key=trees.all_names().index):
        its_own = own(name) if check.candidate.defines(name) else None
        found = diagnose(check, its_own, [name]) if its_own else []
        if found := [one for one in found if fits(partial(replayed, check, case), check.dtype, case.examples, one)]:
            return found
    return []


def wrong_itself(check, case, own):
    """The mistakes in the functions that the property checks."""
    found = diagnose(check, case, case.asked)
    return [one for one in found if proves(one, check, case, own(one.replaced))]


def wrong_inside(check, case):
    """The mistakes in a function that the candidate has written inside another one; the nearest."""
    whole = any(name in CHANGING or name[0].isupper() for name in case.asked)  # where there would be too many
    inside = [name for name in reached(case) if not check.candidate.defines(name) and (not whole or name in RULES)]
    return next(filter(None, (diagnose(check, case, [name]) for name in inside)), [])


def reached(case):
    """The names of functions that are called by what the property checks, the nearest first."""
    return {name: None for asked in case.asked for name in calls(asked) if name not in case.asked}


def proves(mistake, check, case, own):
    """Whether the mistake also gives the candidate's numbers in the own property of its function."""
    if own is None or own.property_ is case.property_:
        return True
    return fits(partial(replayed, check, own), check.dtype, own.examples, mistake)


def closest(check, case, mistakes):
    """Of several mistakes those that also give the candidate's numbers behind the first difference, if any does."""
    if len(mistakes) < 2:
        return mistakes
    check.stops = False
    closer = mistakes
    for example, _ in case.examples:
        check.seen = {}
        check.candidate.fresh()
        difference(check, case, example)
        seen = check.seen
        closer = [one for one in closer if all_same(seen, replayed(check, case, one, example)[1], check.dtype)]
    check.stops = True
    return closer or mistakes


def all_same(seen, others, dtype):
    """Whether all numbers that were compared are the same within their rounding."""
    return seen.keys() == others.keys() and all(
        close(value, others[place][0], slack, dtype) for place, (value, slack) in seen.items()
    )


def called_otherwise(check, case, own, function):
    """How the candidate must be called so that this function is right in all examples, as a mistake in a list."""
    cases = [(case, example) for example, _ in case.examples]
    cases += [(own, example) for example, _ in own.examples] if own and own.property_ is not case.property_ else []
    parameters = check.reference.signature(function) or ()
    arrays = [name for name, kind, required in parameters if required and kind == "POSITIONAL_OR_KEYWORD"]
    if function in CHANGING or function[0].isupper() or len(arrays) not in range(1, MOST_SWAPPED + 1):
        return []
    given = [name for name, *_ in check.candidate.signature(function) or ()][: len(arrays)]
    plain, *others = permutations(range(len(arrays)))
    for order in [plain] if given == arrays else [plain, *others]:
        for of_a_pair in (False, True)[order == plain :]:
            other = StandIn(check, CalledOtherwise(check.candidate, function, order, of_a_pair))
            if all(right(difference(other, *each), function, each[0].asked) for each in cases):
                taken = [arrays[i] for i in order]
                return [called.called_otherwise(function, taken, order != plain, of_a_pair)]
    return []


MOST_SWAPPED = 4


def right(found, function, asked):
    """Whether no difference was found, or one of another function."""
    return found is None or re.match(r"\w*", found.headline)[0] in set(asked) - {function}


def diagnose(check, case, names):
    """The mistakes in functions of these names that give the candidate's numbers.

    In each example a mistake must differ from the reference at the same place, by the same numbers but for rounding, or
    like the candidate not differ.
    """
    # Differences of lost digits do not identify a mistake, unless there are no others.
    telling = [(example, found) for example, found in case.examples if found is None or "remark" not in found.facts]
    examples = telling if any(found for _, found in telling) else case.examples
    if not any(found and found.value is not None for _, found in examples):
        return []
    known = [one for one in MISTAKES.values() if one.replaced in names]
    replay = partial(replayed, check, case)
    return [member for one in known for member in fitting_members(one, replay, check.dtype, examples)]


def asked_in(transcript):
    """The public names that a judge has called."""
    return [*dict.fromkeys(asked.target for asked in transcript if asked.target in scratch.__all__)]


def replayed(check, case, mistake, example):
    """The difference that the property finds in an example for a mistake, and what was compared."""
    backend = mistake if mistake.replaced in case.asked else mistake.everywhere
    if check.own_state:
        backend = WithOwnState(backend, check.own_state)
    behind = Backend(mistake.name, backend)
    behind.defines = check.candidate.defines  # a property may skip names that are not defined
    other = StandIn(check, behind)
    return difference(other, case, example), other.seen


def fits(replay, dtype, examples, mistake):
    """Whether the mistake gives the candidate's numbers in all examples."""
    return all(same(found, replay(mistake, example)[0], dtype) for example, found in examples)


def fitting_members(mistake, replay, dtype, examples):
    """The members of a family, or the mistake itself, that give the candidate's numbers, in a list."""
    fitting = partial(fits, replay, dtype, examples)
    members = map(mistake.member, mistake.usual) if mistake.parameter else [mistake]
    if usual := [*filter(fitting, members)]:
        return usual
    numbers = [value for value in mistake.usual if isinstance(value, float)]
    for example, found in [pair for pair in examples if pair[1]][:MOST_SOLVED] if numbers else ():
        for value in solutions(mistake, partial(replay, example=example), found, sorted(numbers)):
            for digits in range(1, 7):
                member = mistake.member(float(f"{value:.{digits}g}"))
                if fitting(member):
                    return [member]
    return []


MOST_SOLVED = 3


def solutions(mistake, replay, found, grid):
    """The values of the free parameter, between usual ones, at which a stand-in gives the candidate's number."""
    if found.value is None:
        return

    def off(value):
        differs, seen = replay(mistake.member(value))
        given = differs.value if differs and differs.place == found.place else seen.get(found.place, [None])[0]
        if given is None or np.shape(given) != np.shape(found.value):
            return np.full(np.shape(found.value), np.nan)
        return np.asarray(given, float) - found.value

    grid = [grid[0] / 100, *grid, grid[-1] * 100]
    with np.errstate(all="ignore"):
        values = np.array([off(value) for value in grid]).reshape(len(grid), -1)
        spread = np.nanmax(values, axis=0, initial=-np.inf) - np.nanmin(values, axis=0, initial=np.inf)
        at = int(np.argmax(np.where(np.isfinite(spread), spread, -1)))
        for i in np.flatnonzero(values[:-1, at] * values[1:, at] < 0):
            low, high = np.log(grid[i]), np.log(grid[i + 1])
            for _ in range(50):
                middle = (low + high) / 2
                same_side = np.ravel(off(float(np.exp(middle))))[at] * values[i, at] > 0
                low, high = (middle, high) if same_side else (low, middle)
            yield float(np.exp((low + high) / 2))


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
