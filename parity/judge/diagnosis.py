"""Find the known mistakes that give a candidate's numbers."""

import numpy as np

from parity.border.backend import Backend
from parity.judge.compare import Check, Mismatch
from parity.judge.rounding import PRECISIONS, magnitude
from parity.mistakes import MISTAKES

NONE_FITS = "no known mistake gives these numbers"


class StandIn(Check):
    """A check in which a mistake replaces the candidate; it is called only for what the candidate defines."""

    def __init__(self, check, mistake):
        super().__init__(mistake, check.reference, check.dtype)
        self.original = check
        self.domain = check.domain
        mistake.defines = check.candidate.defines  # a property may skip names that are not defined

    def takes(self, name, option):
        """As the candidate."""
        return self.original.takes(name, option)

    def options(self, name, options):
        """As the reference, because a mistake has every option."""
        _, given = self.original.options(name, options)
        return given, given

    def without_fixed(self, side, kind, options):
        """As the reference."""
        return options

    def able(self, what, probe):
        """As the candidate."""
        return self.original.able(what, probe)


def diagnose(property_, check, transcript, examples, among=None):
    """The mistakes, of all or of these, that give the candidate's numbers, if their function is in the transcript.

    ``examples`` has pairs of an example and the difference found in it, or None, the smallest first. In each, a mistake
    must differ from the reference at the same place, by the same numbers but for rounding, or like the candidate not
    differ.
    """
    # Differences of lost digits do not identify a mistake, unless there are no others.
    telling = [(example, found) for example, found in examples if found is None or "remark" not in found.facts]
    examples = telling if any(found for _, found in telling) else examples
    called = {asked.target for asked in transcript if isinstance(asked.target, str)}
    called |= set(check.form.names) if check.form and "step" in called else set()
    return [
        mistake
        for mistake in (MISTAKES.values() if among is None else among)
        if mistake.replaced.partition(".")[0] in called
        and all(same(found, difference(mistake, property_, check, example), check.dtype) for example, found in examples)
    ]


def difference(mistake, property_, check, example):
    """The difference that the property finds for the mistake in one example."""
    other = StandIn(check, Backend(mistake.name, mistake))
    args, options = example
    try:
        property_(*args, **{key: other if value is check else value for key, value in options.items()})
    except Mismatch as mismatch:
        return mismatch
    except Exception as error:
        return Mismatch(str(error))
    return None


def same(found, other, dtype):
    """Whether two differences are the same: the same place, the same numbers within their rounding."""
    if found is None or other is None:
        return found is other
    if found.value is None or other.value is None or found.place != other.place:
        return False
    if found.value.shape != other.value.shape:
        return False
    wide = PRECISIONS[dtype].wide
    ours, theirs = wide(found.value), wide(other.value)
    with np.errstate(all="ignore"):
        # The bound belongs to the correct formula; a wrong one has similar length, but not the same size.
        noise = 2 * found.slack + 16 * np.finfo(dtype).eps * (magnitude(ours) + magnitude(theirs))
        close = np.isfinite(noise) & (magnitude(ours - theirs) <= noise)
        return bool(np.all(close | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))))
