"""Find the known mistakes that give a candidate's numbers.

A mistake is named if it is proved: a stand-in, ``scratch`` with this mistake, gives the candidate's results in all
examples, those in which the candidate differs and those in which it does not. Where the candidate is right as soon as
it is called otherwise, with its arguments swapped, that is named first.
"""

import re
from collections import Counter
from functools import cache, partial
from itertools import permutations

from parity import trees
from parity.judge.families import fitting_members
from parity.judge.standin import RULES, CalledOtherwise, StandIn, all_same, difference, fits, replayed
from parity.mistakes import MISTAKES, called
from parity.mistakes.registry import CHANGING, calls

NONE_FITS = "no known mistake gives these numbers"


def causes(check, case, function, own):
    """Why the candidate differs: how it must be called, or the mistakes that are proved, a cause before its effects.

    ``own(name)`` is the case of a function's own property, or None. There, too, a mistake must give the candidate's
    numbers: few examples of another property may fit several mistakes, and what calls a wrong function is wrong, too.
    """
    own = cache(own)
    found = wrong_before(check, case, own) or wrong_itself(check, case, own) or wrong_inside(check, case)
    named = closest(check, case, excused_alike(check, case, certain(found)))
    return called_otherwise(check, case, own(function), function) + named


def certain(mistakes):
    """Of these mistakes those whose number is certain, if there are any; of a family, the most usual member."""
    names = Counter(one.name for one in mistakes)
    once = [one for one in mistakes if names[one.name] == 1] or mistakes
    return [one for i, one in enumerate(once) if one.name not in {before.name for before in once[:i]}]


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


def excused_alike(check, case, mistakes):
    """Of several mistakes those that also give the candidate's numbers where it is equal on paper, if any does."""
    if len(mistakes) < 2:
        return mistakes
    replay = partial(replayed, check, case)
    return [one for one in mistakes if fits(replay, check.dtype, case.excused, one)] or mistakes


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
    return found is None or re.split(r"\W", found.headline)[0] in set(asked) - {function}
