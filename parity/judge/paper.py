"""Equal on paper: is the formula of a candidate that differs right, and how much does it round?

The bound B is that of the referee's formula. Another formula for the same thing may exceed it, and a wrong one does. Two
facts tell them apart. Rounding shrinks with the unit roundoff u when the same formula is computed in a wider format; the
gap of a wrong formula stays. And a formula loses the same number of bits in every format.

Let S be the bound in which also the inputs and exact results are rounded once (``rounding.coarser(1)``): an error below it
is no larger than one from the inputs themselves. A candidate beyond B is equal on paper if

1. in its own format it is off by at most 2^5.5 S, and finite where the right result is;
2. in a wider format its formula is right: a float32 candidate is off by at most 2^5.5 S when it computes in float64, one
   in float64 by at most S when it computes in long double, if it can and the machine has one.

**The line.** The formats are 11 bits apart or more: float16 has 11 bits, float64 has 53 and long double 64. What loses k bits
keeps more than half of the 11 bits of float16, the coarsest format in which nets are trained, if k < 5.5. From float64 to
long double rounding shrinks 2^11 times and the gap of a wrong formula not at all; 2^5.5 is the middle of the two. In long
double the line is S itself, because Python's own numbers, such as 1 / n, stay double there, and round as often as S allows.

**What it proves**, for the inputs tried: the formula is right within 2^5.5 S of float64, about 14 decimal digits, or
within S where long double can tell. It does not prove that no wrong formula is as close: an error that is smaller than this
at every input tried passes. A candidate that computes something else in another format is limited by 1.
"""

from contextlib import suppress

import numpy as np

from parity.border.backend import ArgumentMutated, Raised
from parity.judge.compare import Check, Evidence, Mismatch, as_array, times
from parity.judge.rounding import HAS_LONG_DOUBLE, coarser, magnitude

LOST = 2**5.5
MIDDLE = 2**14.5  # of 1, as rounding scales from float32 to float64, and 2^29, as a wrong formula does
FAILURES = (Mismatch, Raised, ArgumentMutated)


def examine(property_, check, args, options):
    """Run an example; a difference that is equal on paper is counted, any other is raised."""
    try:
        property_(*args, **options)
    except Mismatch as mismatch:
        if check.candidate.ours or mismatch.value is None:
            raise
        transcript, kinds = list(check.candidate.transcript), check.evidence.kinds
        verdict, lost = on_paper(lambda other: again(property_, check, other, args, options), check)
        check.candidate.transcript[:] = transcript
        if not verdict:
            raise
        check.evidence.kinds = kinds | {verdict}
        check.evidence.times = max(check.evidence.times, mismatch.times or lost)


def on_paper(run, check):
    """The verdict of an example in which the candidate is beyond B, empty if it differs, and how many S it loses."""
    own, wide = Again(check, check.dtype), Again(check, "float64")
    longer = InLongDouble(check, check.dtype)
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
    verdict = "ill-conditioned" if "ill-conditioned" in own.evidence.kinds else "equal on paper"
    return "" if longer.wrong else verdict, LOST * own.lost


def remark(property_, check, args, options, mismatch):
    """What kind of difference this is, by how it scales from float32 to float64; empty if that cannot be told."""
    if not np.isfinite(mismatch.times):
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
    if lost["float64"] > MIDDLE * lost["float32"]:
        return "float64 does not come closer than float32, so this is no rounding: the formula is another one"
    if lost["float64"] <= MIDDLE * lost["float32"]:
        return (
            f"digits are lost, as when large numbers cancel: {lost[check.dtype]:.3g} times as much as rounding explains, "
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

    def __init__(self, original, dtype):
        super().__init__(original.candidate, original.reference, dtype)
        self.original, self.abilities = original, original.abilities
        self.lost = 0.0

    def cast(self, value):
        """The numbers that the original check has."""
        return super().cast(self.original.cast(value))

    def compare(self, where, label, bound, candidate, reference, given=""):
        """Compare; where the reference is finite, an overflow is wrong, however large the bound is."""
        super().compare(where, label, bound, candidate, reference, given)
        with np.errstate(all="ignore"):
            if np.any(np.isfinite(reference) & ~np.isfinite(candidate)):
                raise Mismatch(f"{where}: {label} overflows")
            self.lost = max(self.lost, times(candidate, bound))


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
