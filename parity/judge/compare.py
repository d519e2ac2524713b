"""The comparison of a candidate with a reference and with the referee.

Both get the same input. Each must lie within the bound B of the referee's value, so the two lie within 2 B of each
other. If the arithmetic is exact, B is 0 and they must be equal. (Zeros of different sign are equal.)
"""

from collections import Counter
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from parity.border.backend import ArgumentMutated, ObjectRef, Raised, Refused
from parity.border.transcript import Writer, stored
from parity.judge import referee
from parity.judge.domain import Domain, LeftOut
from parity.judge.rounding import PRECISIONS, bounded, magnitude

# In order of precedence: one tie among exact results makes the example a tie.
VERDICTS = ("accepts bad input", "equal on paper", "ill-conditioned", "ties", "rounding", "exact", "holds")


class Mismatch(AssertionError):
    """The candidate differs from the reference; the message explains the difference.

    If numbers differ, ``place`` says which, ``value`` has the candidate's values, ``slack`` the bound on each, and
    ``times`` how many bounds the candidate is off at most. ``numbers`` are what a picture shows: see ``numbers_at``.
    """

    def __init__(self, headline, facts=None, place=None, value=None, slack=None, times=0.0):
        super().__init__(headline)
        self.headline = headline
        self.facts: dict[str, str] = facts or {}
        self.place = place
        self.value = value
        self.slack = slack
        self.times = times
        self.numbers: dict[str, Any] | None = None

    def __str__(self):
        width = max(map(len, self.facts), default=0)
        return "\n".join([self.headline, *(f"  {key:<{width}}  {text}" for key, text in self.facts.items())])


class Evidence:
    """The results of the examples of one property."""

    def __init__(self):
        self.verdicts: Counter[str] = Counter()
        self.ulp = 0.0
        self.share = 0.0
        self.times = 0.0
        self.not_tried = set()
        self.left_out: set[str] = set()
        self.accepted: list[str] = []
        self.kinds: set[str] = set()

    @contextmanager
    def example(self):
        """One example, whose verdict is the first in precedence of its comparisons."""
        self.kinds = {"holds"}
        yield
        self.verdicts[min(self.kinds, key=VERDICTS.index)] += 1

    def nothing(self):
        """Why no example was judged, or an empty text."""
        left = [f"{reason}: {', '.join(sorted(names))}" for reason, names in self.omitted() if names]
        return left[0] if left and not self.verdicts.total() else ""

    def omitted(self):
        """What was left out of the examples, by its reason."""
        return ("left out", self.left_out), ("not tried", self.not_tried)

    def conclude(self):
        """Fail if most of the examples prove nothing."""
        if self.verdicts["ill-conditioned"] * 2 > self.verdicts.total():
            raise Mismatch(
                f"{self.verdicts['ill-conditioned']} of {self.verdicts.total()} examples are ill-conditioned: "
                "their rounding error may exceed the result, so this property has tested nothing"
            )

    def as_dict(self):
        """The evidence for reports."""
        return {
            "examples": self.verdicts.total(),
            "verdicts": dict(self.verdicts),
            "ulp": self.ulp,
            "share": self.share,
            "times": self.times,
            "not_tried": sorted(self.not_tried),
            "left_out": sorted(self.left_out),
            "accepted": self.accepted,
        }


class PerBackend(NamedTuple):
    """An argument of which each side has its own value."""

    reference: Any
    candidate: Any
    referee: Any


# Arguments that training computes, so that a candidate need not accept integers for them, only for inputs and labels.
COMPUTED = ("weight", "bias", "param", "grad", "grad_output", "pred")


class Check:
    """``check(name, *args)``: both backends compute ``name(*args)``, and every number is compared with the referee."""

    def __init__(self, candidate, reference, dtype):
        self.candidate = candidate
        self.reference = reference
        self.dtype = dtype
        self.precision = PRECISIONS[dtype]
        self.evidence = Evidence()
        self.abilities: dict[str, bool] = {}
        self.domain = Domain()
        self.form: Any = None  # of a whole net
        self.own_state: set[tuple[str, str]] = set()  # update and label where the candidate's state is of its own kind
        self.state_compared = True
        self.rate_changes = True
        self.stops = True  # at the first difference
        self.seen: dict[tuple[str, str], tuple] = {}  # what was compared in this example, and its bound

    def cast(self, value):
        """Convert float arrays to the checked precision."""
        if isinstance(value, dict):
            return {key: self.cast(item) for key, item in value.items()}
        is_floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
        return value.astype(self.dtype) if is_floats else value

    def floats(self, value):
        """A result as an array in the checked precision; a candidate may return lists."""
        return np.asarray(value, dtype=self.dtype)

    def __call__(self, name, *given, at="", exactly=False, **options):
        """Compare one call and return the result of the reference, so that the next call starts from equal values.

        ``at`` is the position of the call in a run. ``exactly`` requires that the certificate holds.
        """
        self.needs_activation(name, options.get("activation", "identity"))
        args = self.domain.rows(name, [self.cast(arg) for arg in given])
        own, options = self.options(name, {key: self.cast(value) for key, value in options.items()})
        self.expected = expected = self.judge(name, *args, **options)
        of_candidate = self.as_floats(name, [arg.candidate if isinstance(arg, PerBackend) else arg for arg in args])
        of_reference = [arg.reference if isinstance(arg, PerBackend) else arg for arg in args]
        self.results = results = (
            call(self.reference, name, of_reference, options),
            call(self.candidate, name, of_candidate, own),
        )
        where = f"{name}{f' at {at}' if at else ''}"
        of_integers = not self.candidate.ours and any(stored(arg) == "integers" for arg in of_candidate)
        called = partial(inputs, name, of_candidate, own, self.reference)
        reference, candidate = (named(result, expected, where) for result in results)
        for label, bound in flat(expected):
            if "." in label and not (self.state_compared and label in candidate):
                self.own_state.add((name, label))
                continue  # the candidate's state has another structure
            if exactly and np.any(bound.error):
                raise Mismatch(f"{where}: {label} is not exact here, expected inputs whose sums fit the significand")
            # The losses of a run are Python floats; in an array they are float64.
            both = [list(side[label]) if label == "losses" else side[label] for side in (candidate, reference)]
            theirs, ours = (as_array(value, f"{where}: {label}", self.dtype) for value in both)
            if of_integers and theirs.dtype.kind in "iu":  # integer results of a candidate are accepted
                theirs = theirs.astype(self.dtype)
            elif of_integers and theirs.dtype == "float32":  # as PyTorch has it
                self.candidate.floats_only.add(name)
                continue
            self.compare(where, label, bound, theirs, ours, called)
        return results[0]

    def as_floats(self, name, args):
        """The arguments for a candidate's function: values computed during training are never integers."""
        if self.candidate.ours or not any(stored(arg) == "integers" for arg in args):
            return args
        names = [key for key, _, _ in self.reference.signature(name)]
        return [np.asarray(arg) if key in COMPUTED else arg for key, arg in zip(names, args, strict=False)]

    def judge(self, name, *given, **options):
        """The results of the referee by name; a single one is called ``result``."""
        args = [judged(self.cast(arg)) for arg in given]
        with np.errstate(all="ignore"):
            result = getattr(referee, name)(*args, **{key: judged(self.cast(value)) for key, value in options.items()})
        return result if isinstance(result, dict) else {"result": result}

    def takes(self, name, option):
        """Whether the candidate has this option; missing options are not tried."""
        parameters = self.candidate.signature(name) or ()
        takes = any(option == key or kind == "VAR_KEYWORD" for key, kind, _ in parameters)
        if not takes:
            self.evidence.not_tried.add(option)
        return takes

    def options(self, name, options):
        """The options that the candidate takes, and those of the reference, which has the candidate's epsilon."""
        fixed = self.domain.fixed(name)
        taken = {key: value for key, value in (options | fixed).items() if self.takes(name, key)}
        return taken, taken | fixed

    def without_fixed(self, side, kind, options):
        """The options of an optimizer for one side, without those that are written into the candidate's code."""
        fixed = {key for key in self.domain.fixed(kind) if side == "candidate" and not self.takes(kind, key)}
        return {key: value for key, value in options.items() if key not in fixed}

    def requires(self, name, option):
        """Leave the example out if the candidate's function does not have this option."""
        if not self.takes(name, option):
            raise LeftOut

    def needs_activation(self, name, activation="identity"):
        """Leave the example out if the candidate's function has activations, and this one is none of them."""
        if any(key == "activation" for key, *_ in self.candidate.signature(name) or ()):
            self.domain.needs(activation=activation)

    def able(self, what, probe):
        """Whether the candidate supports this, determined once by ``probe``; unsupported features are not tried."""
        if what not in self.abilities:
            try:
                self.abilities[what] = self.candidate.ours or bool(probe(self.candidate))
            except Raised:
                self.abilities[what] = False
        if not self.abilities[what]:
            self.evidence.not_tried.add(what)
        return self.abilities[what]

    def compare(self, where, label, bound, candidate, reference, given=""):
        """Compare one result with the referee and the other backend; ``given`` is the call or a function of it."""
        expect_form(where, label, bound, candidate, self.dtype)
        self.seen[where, label] = candidate, bound.error
        with np.errstate(all="ignore"):
            wide = self.precision.wide
            off = {
                "candidate": magnitude(wide(candidate) - bound.value),
                "reference": magnitude(wide(reference) - bound.value),
            }
            gap = magnitude(wide(candidate) - wide(reference))
            # Comparisons with nan are false: if the referee has a number, nan is wrong too.
            sure = bound.reach() <= np.finfo(self.dtype).max
            wrong = {side: sure & ~(distance <= bound.error) for side, distance in off.items()}
            wrong["candidate"] |= sure & ~(gap <= 2 * bound.error)
            if self.stops and (wrong["candidate"].any() or wrong["reference"].any()):
                raise explain(where, label, bound, candidate, reference, wrong, self, given)
            self.tally(bound, gap, sure)

    def tally(self, bound, gap, sure):
        """Count the result of this comparison."""
        scale = np.max(magnitude(bound.value), initial=0)
        allowed = np.where(sure, 2 * bound.error, np.inf)
        if bound.tied:
            self.evidence.kinds.add("ties")
            return
        if np.any(~sure) or np.max(bound.error, initial=0) > scale > 0:
            self.evidence.kinds.add("ill-conditioned")
            return
        self.evidence.kinds.add("rounding" if bound.error.any() else "exact")
        if gap.any() and scale > 0:
            self.evidence.ulp = max(self.evidence.ulp, float(gap.max() / spacing(scale, self.dtype)))
        if gap.any():
            self.evidence.share = max(self.evidence.share, float(np.max(gap[gap > 0] / allowed[gap > 0])))

    def means(self, name, *given, equals, **options):
        """Check that both backends give this value, in a case where conventions differ."""
        if not self.candidate.defines(name) or not all(self.takes(name, option) for option in options):
            return
        args = [self.cast(arg) for arg in given]
        rows = self.domain.rows(name, args)
        for backend in (self.reference, self.candidate):
            result = as_array(call(backend, name, rows, options), name, self.dtype)
            wanted = np.asarray(equals, dtype=self.dtype)
            wanted = wanted[None] if rows is not args and wanted.ndim else wanted
            if not np.array_equal(result, wanted, equal_nan=True):
                called = inputs(name, args, options, self.reference)
                facts = {backend.name: repr(result.tolist()), "expected": repr(wanted.tolist()), "call": called}
                values = (result, np.zeros_like(wanted)) if backend is self.candidate else ()
                mismatch = Mismatch(f"{name}: a convention differs", facts, (called, "result"), *values)
                if result.shape == wanted.shape:
                    mismatch.numbers = of_convention(mismatch.headline, backend.name, result, wanted)
                raise mismatch

    def refuses(self, name, *given, **options):
        """Check that both backends reject these arguments."""
        if not self.candidate.defines(name) or not all(self.takes(name, option) for option in options):
            return
        args = [self.cast(arg) for arg in given]
        called = inputs(name, args, options, self.reference)

        def attempt(backend):
            try:
                return getattr(backend, name)(*args, **options)
            except Raised as error:
                if error.kind == "NotImplementedError" and self.is_written(name, args, options):
                    raise Refused(backend, error.kind, str(error), error.place) from None
                raise

        self.refuses_to(name, called, attempt)

    def is_written(self, name, args, options):
        """Whether the candidate answers this call without one of its options."""
        for key in options:
            with suppress(Raised, ArgumentMutated):
                getattr(self.candidate, name)(
                    *args, **{other: value for other, value in options.items() if other != key}
                )
                return True
        return False

    def refuses_to(self, name, called, attempt, says=""):
        """Check that both backends raise a ValueError; those of this project use one line with ``says``, the
        same in both.

        If another candidate accepts the input, this is noted and is not a difference.
        """
        messages = []
        for backend in (self.reference, self.candidate):
            try:
                result = attempt(backend)
            except Raised as error:
                if error.kind == "NotImplementedError" and not isinstance(error, Refused):
                    raise
                if backend.ours:
                    expect_refusal(name, called, backend, error, says)
                messages.append(in_plain_words(error))
            else:
                if backend.ours:
                    facts = {"call": called, backend.name: shorten(result)}
                    raise Mismatch(f"{name} accepts invalid input in {backend.name}, expected a ValueError", facts)
                self.evidence.kinds.add("accepts bad input")
                self.evidence.accepted.append(f"{called} returned {shorten(result)}, expected a ValueError")
                return
        expected, said = messages
        if self.candidate.ours and self.reference.ours and said != expected:
            message = f"{name}: got the message {said!r} in {self.candidate.name}, expected {expected!r}"
            raise Mismatch(message, {"call": called})


def expect_refusal(name, called, backend, error, says):
    """Check that the error is a ValueError of one line that contains ``says``."""
    if not isinstance(error, Refused):
        raise Mismatch(f"{name} raised {error.kind} in {backend.name}, expected a ValueError", {"call": called})
    if "\n" in str(error) or not str(error):
        raise Mismatch(f"{name}: the ValueError of {backend.name} is not one line: {error}", {"call": called})
    if says not in str(error):
        raise Mismatch(f"{name}: the ValueError of {backend.name} does not contain {says!r}: {error}", {"call": called})


def in_plain_words(error):
    """The message without names that only PyTorch uses."""
    return str(error).replace("torch.", "").replace("Tensor", "Parameter")


def judged(value):
    """Convert float arrays for the referee."""
    if isinstance(value, PerBackend):
        return judged(value.referee)
    if isinstance(value, dict):
        return {key: judged(item) for key, item in value.items()}
    return bounded(value) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def call(backend, name, args, options):
    """The result of the backend; an error is a difference."""
    try:
        return getattr(backend, name)(*args, **options)
    except (Raised, ArgumentMutated) as error:
        if getattr(error, "kind", "") == "NotImplementedError":
            raise
        called = inputs(name, args, options, backend)
        raise as_mismatch(error, name, {"call": called} if called else None) from error


def as_mismatch(error, name, facts=None):
    """The mismatch for a backend that raised an error or changed an argument."""
    backend = error.backend
    if isinstance(error, ArgumentMutated):
        at = error.args[0]
        argument = at if isinstance(at, str) else parameters(backend, name, range(at + 1))[at]
        return Mismatch(f"{name} changed its argument {argument} in {backend.name}, expected a new array", facts)
    if error.kind == "Flood":
        return Mismatch(f"{name}: {backend.name} {error}", facts)
    line = f", line {error.place}" if error.place else ""
    return Mismatch(f"{name} raised {error.kind} in {backend.name}{line}: {error}", facts)


def named(result, expected, where):
    """The results by name: by position from a tuple, by attribute from a result object."""
    names = list(expected)
    if len(names) == 1:
        return {names[0]: result}
    if isinstance(result, tuple):
        if len(result) != len(names):
            raise Mismatch(f"{where} returned {len(result)} results, expected {len(names)}: {', '.join(names)}")
        return dict(flat({key: opened(value, expected[key]) for key, value in zip(names, result, strict=True)}))
    missing = [name for name in names if not hasattr(result, name)]
    if missing:
        raise Mismatch(f"{where} returned a result without {', '.join(missing)}, expected {', '.join(names)}")
    return {name: getattr(result, name) for name in names}


def opened(value, expected):
    """A state that stays behind the border, by its entries if it has those of the contract."""
    if isinstance(value, ObjectRef) and isinstance(expected, dict):
        with suppress(Raised):
            return {key: value[key] for key in expected}
    return value


def flat(results):
    """Names and values; the entries of inner dictionaries, such as the optimizer's state, come first."""
    inner = [
        (f"{name}.{key}", v) for name, value in results.items() if isinstance(value, dict) for key, v in value.items()
    ]
    return inner + [(name, value) for name, value in results.items() if not isinstance(value, dict)]


def as_array(value, where, dtype):
    """Numbers as an array; Python floats, as in a list of losses, fit any dtype."""
    try:
        array = np.asarray(None if isinstance(value, ObjectRef) else value)
    except ValueError:
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        kind = value.target.type if isinstance(value, ObjectRef) else type(value).__name__
        of = f" of {array.dtype.name}" if array.dtype.kind != "O" else ""
        raise Mismatch(f"{where} is {kind}{of}, expected an array of numbers")
    return array.astype(dtype) if isinstance(value, list | tuple) else array


def expect_form(where, label, bound, candidate, dtype):
    """Check the shape and, for float arrays, the dtype."""
    if candidate.shape != bound.shape:
        message = f"{where}: {label} has shape {candidate.shape}, expected {bound.shape}"
        raise Mismatch(message, None, (where, label, "shape"), np.asarray(candidate), 0.0)
    if candidate.ndim and candidate.dtype != dtype:
        message = f"{where}: {label} has dtype {candidate.dtype}, expected {dtype}"
        raise Mismatch(message, None, (where, label, "dtype"), np.asarray(candidate), bound.error)


def explain(where, label, bound, candidate, reference, wrong, check, given):
    """The mismatch for the first number that differs."""
    side = "candidate" if wrong["candidate"].any() else "reference"
    index = tuple(int(i) for i in np.argwhere(wrong[side])[0])
    theirs, ours, value, error = (np.asarray(a)[index] for a in (candidate, reference, bound.value, bound.error))
    sides = [name for name in ("candidate", "reference") if wrong[name][index]]
    names = {"candidate": check.candidate.name, "reference": check.reference.name}
    if names["candidate"] == names["reference"]:
        names = {side: f"{name} ({side})" for side, name in names.items()}
    gap = abs(float(theirs) - float(ours))
    size = max(abs(float(ours)), abs(float(value)))
    lost = 0 < gap < size * np.finfo(check.dtype).eps ** 0.5
    ulps = f" = {gap / spacing(size, check.dtype):.3g} ulp" if lost else ""
    allowed = "nothing, this arithmetic is exact" if error == 0 else f"{2 * error:.3g}"
    if gap <= 2 * error:  # the other result is on the other side of the referee
        allowed += f", and {error:.3g} from the referee"
    position = f"[{', '.join(map(str, index))}]" if index else ""
    facts = {
        names["candidate"]: repr(float(theirs)),
        names["reference"]: repr(float(ours)),
        "gap": f"{gap:.3g}{ulps}; allowed: {allowed}",
        "referee": f"{float(value)!r}; wrong: {' and '.join(names[s] for s in sides)}",
    }
    if text := given() if callable(given) else given and shorten(given):
        facts["call"] = text
    if lost:
        facts["remark"] = "the formula may be right, but digits are lost, as when large numbers cancel"
    headline = f"{where}: {label}{position} differs"
    values = (np.asarray(candidate), bound.error, times(candidate, bound)) if "candidate" in sides else ()
    mismatch = Mismatch(headline, facts, (where, label), *values)
    mismatch.numbers = numbers_at(index, headline, list(names.values()), candidate, reference, 2 * bound.error)
    return mismatch


NEARBY = 20  # numbers of a result before and after the one that differs


def numbers_at(index, headline, names, candidate, reference, allowed):
    """What a picture shows: the numbers of both sides near this index, flattened, with the allowed gap."""
    shape = np.shape(candidate)
    differs = int(np.ravel_multi_index(index, shape)) if index else 0
    first = max(0, differs - NEARBY)
    sides = {"candidate": candidate, "reference": reference, "allowed": np.broadcast_to(allowed, shape)}
    shown = {side: list(map(plain, np.ravel(values)[first : differs + NEARBY + 1])) for side, values in sides.items()}
    return {"headline": headline, "names": names, "first": first, "differs": differs, **shown}


def of_convention(headline, name, result, wanted):
    """What a picture shows of a result where a convention differs."""
    equal = (result == wanted) | (np.isnan(result) & np.isnan(wanted))
    return numbers_at(tuple(np.argwhere(~equal)[0]), headline, [name, "expected"], result, wanted, 0.0)


def plain(number):
    """A number as JSON has it; one that is not finite as text."""
    number = float(number)
    return number if np.isfinite(number) else repr(number)


def times(candidate, bound):
    """How many bounds a result is off at most, where it is not exact; not finite if the result is not."""
    off, error = magnitude(bound.precision.wide(candidate) - bound.value), np.asarray(bound.error)
    rounded = (error > 0) & np.isfinite(error)
    return float(np.max(off[rounded] / error[rounded], initial=0))


def spacing(value, dtype):
    """One unit in the last place (ulp) of a number of this size."""
    return float(np.spacing(np.asarray(value, dtype=dtype))) or float(np.finfo(dtype).smallest_subnormal)


def parameters(backend, name, args):
    """The names of the positional arguments."""
    names = [parameter for parameter, *_ in backend.signature(name) or ()]
    return [names[i] if i < len(names) else f"argument {i + 1}" for i in range(len(args))]


def inputs(name, args, options, backend):
    """The call as Python code; empty if an argument is an object."""
    named: dict[str, Any] = dict(zip(parameters(backend, name, args), args, strict=True)) | options
    if any(isinstance(value, ObjectRef) for value in named.values()):
        return ""
    return f"{name}({', '.join(f'{key}={shorten(value)}' for key, value in named.items())})"


def shorten(value):
    """A value as Python code."""
    return Writer().show(value)
