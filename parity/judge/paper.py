"""Equal on paper: is the formula of a candidate that differs right, and how much does it round?

The bound B is that of the referee's formula. Another formula for the same thing may exceed it, and a wrong one does.
Two facts tell them apart: in a wider format rounding shrinks with the unit roundoff, and the gap of a wrong formula
stays; and a formula loses as many bits in one format as in another.

Let S be the bound if inputs and exact results are rounded too (``rounding.coarser(1)``): what is below S is no larger
than an error of the inputs. A candidate beyond B is equal on paper if

1. it loses few digits: in its own format it is off by at most 2^5.5 S, and finite where the right result is;
2. its formula is right: computing in float64, a float32 candidate is off by at most 2^5.5 S of float64; computing in
   long double, a float64 candidate is off by at most S, if it can compute so and the machine has such a format.

``docs/paper.md`` derives this line, and says what it proves.
"""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import currently_in_test_context, target

from parity.border.backend import ArgumentMutated, Raised
from parity.judge.compare import Check, Mismatch
from parity.judge.domain import LeftOut
from parity.judge.rounding import HAS_LONG_DOUBLE, coarser, magnitude

LOST = 2**5.5  # of 11 bits, the significand of float16 and what long double has more than float64, the half
PAPER = "equal on paper"
# Also what says that the candidate cannot be asked so: a net of one precision, an option that it has not.
FAILURES = (Mismatch, Raised, ArgumentMutated, LeftOut, pytest.skip.Exception)


def examine(property_, check, args, options):
    """Run an example; a difference that is equal on paper is counted and returned, any other is raised."""
    try:
        property_(*args, **options)
    except Mismatch as mismatch:
        if check.candidate.ours or mismatch.value is None:
            raise
        transcript, kinds = list(check.candidate.transcript), check.evidence.kinds
        verdict, times = on_paper(lambda other: again(property_, check, other, args, options), check, mismatch)
        check.candidate.transcript[:] = transcript
        if not verdict:
            raise
        check.evidence.kinds = kinds | {verdict}
        check.evidence.times = max(check.evidence.times, times)
        if verdict == PAPER and currently_in_test_context():
            target(times)  # Hypothesis searches for examples that lose more
        return mismatch
    return None


def on_paper(run, check, mismatch):
    """The verdict on an example beyond B, empty if the candidate differs, and how many bounds it loses."""
    own, wide, longer = Again(check, check.dtype, mismatch), Again(check, "float64"), InLongDouble(check, "float64")
    try:
        with coarser(LOST):
            run(own)
            if check.dtype == "float32":
                run(wide)
    except FAILURES:
        return "", 0.0
    if check.dtype == "float64" and HAS_LONG_DOUBLE:
        with coarser(1), suppress(*FAILURES):  # of a candidate that cannot compute in long double
            run(longer)
    if longer.wrong or not own.repeated:  # a candidate that forgets its mistakes is wrong
        return "", 0.0
    return ("ill-conditioned", 0.0) if own.uncertain else (PAPER, own.times)


def remark(property_, check, args, options, mismatch):
    """What kind of difference this is, by how it scales from float32 to float64; empty if that cannot be told."""
    if not np.isfinite(mismatch.value).all():
        return "it overflows or divides by 0 on the way to a result that is finite"
    lost = {}
    for dtype in ("float32", "float64"):
        try:
            with coarser(1):
                again(property_, check, Again(check, dtype), args, options)
            lost[dtype] = 1.0
        except Mismatch as found:
            lost[dtype] = max(1.0, found.times) if found.place == mismatch.place and found.times else np.nan
        except FAILURES:
            return ""
    if lost["float64"] > LOST * lost["float32"]:
        return "float64 does not come closer than float32, so this is no rounding: the formula is another one"
    if lost["float64"] <= LOST * lost["float32"]:
        return (
            f"digits are lost, as when large numbers cancel: {lost[check.dtype]:.3g} times what rounding explains, "
            f"expected at most {LOST:.0f}; float32 and float64 lose alike, so the formula may be right on paper"
        )
    return ""


def again(property_, check, other, args, options):
    """Run an example again with another check."""
    for side in (check.candidate, check.reference):
        side.fresh()
    with other.evidence.example():
        property_(*args, **{key: other if value is check else value for key, value in options.items()})


class Again(Check):
    """The check of an example in a precision, on the inputs of the original check."""

    def __init__(self, original, dtype, mismatch=None):
        super().__init__(original.candidate, original.reference, dtype)
        self.original, self.abilities, self.mismatch = original, original.abilities, mismatch
        self.domain, self.form = original.domain, original.form
        self.state_compared, self.rate_changes = original.state_compared, original.rate_changes
        self.times, self.uncertain, self.repeated = 1.0, False, False

    def cast(self, value):
        """The numbers that the original check has."""
        return super().cast(self.original.cast(value))

    def compare(self, where, label, bound, candidate, reference, given=""):
        """Compare; where the reference is finite, an overflow is wrong, however large the bound is."""
        super().compare(where, label, bound, candidate, reference, given)
        if np.any(np.isfinite(reference) & ~np.isfinite(candidate)):
            raise Mismatch(f"{where}: {label} overflows")
        self.uncertain |= bool(np.max(bound.error, initial=0) > np.max(magnitude(bound.value), initial=0))
        if self.mismatch and self.mismatch.place == (where, label):
            self.weigh(bound, candidate)

    def weigh(self, bound, candidate):
        """How many times B the candidate is off, or how many times what rounded inputs do, if that is more."""
        self.repeated |= np.array_equal(candidate, self.mismatch.value, equal_nan=True)
        usual = np.asarray(self.mismatch.slack)
        with np.errstate(all="ignore"):
            largest = np.maximum(usual, bound.error / LOST - usual)
            times = magnitude(self.precision.wide(candidate) - bound.value) / largest
        self.times = max(self.times, float(np.max(times[np.isfinite(times)], initial=0)))


class InLongDouble(Again):
    """The candidate's functions get long doubles, and are wrong if what they computed from them is beyond the bound."""

    wrong = False

    def as_floats(self, name, args):
        """The arguments for the candidate."""
        return [widened(arg) for arg in super().as_floats(name, args)]

    def compare(self, where, label, bound, candidate, reference, given=""):
        """Compare a result in long double with the referee; other results say nothing about the formula."""
        with np.errstate(all="ignore"):
            computed = (candidate.dtype == np.longdouble) & (candidate != candidate.astype(self.dtype))
            sure = bound.reach() <= np.finfo(self.dtype).max
            self.wrong |= bool(np.any(computed & sure & ~(magnitude(candidate - bound.value) <= bound.error)))


def widened(value):
    """Float arrays as long doubles."""
    if isinstance(value, dict):
        return {key: widened(item) for key, item in value.items()}
    is_floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(np.longdouble) if is_floats else value
