"""The explanation of a failure, on one screen: place, gap, smallest input, expected value, known mistake."""

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis.errors import Flaky

from parity import trees
from parity.border.backend import ArgumentMutated, Raised, Stopped
from parity.border.transcript import program, statements
from parity.judge import paper
from parity.judge.compare import Evidence, Mismatch, as_mismatch, shorten
from parity.judge.diagnosis import NONE_FITS, causes
from parity.judge.domain import LeftOut
from parity.judge.standin import RULES, Case, asked_in
from parity.options import option
from parity.reports.formulas import formula
from parity.text import named, sentence

SURVEYED = 100


class Examples:
    """Runs the examples of a property and keeps the last failing one, which is the smallest."""

    def __init__(self, property_, check, most=SURVEYED):
        self.property_ = property_
        self.check = check
        self.most = most
        self.smallest: list = []
        self.varied: list = []
        self.transcript: list = []
        self.excused: list = []
        self.on_paper: Mismatch | None = None
        self.written: set = set()
        self.unwritten: list = []

    def left_out(self):
        """The options that the candidate has not written: as few as explain all of its unwritten calls."""
        calls, found = list(map(self.reasons, self.unwritten)), set()
        while calls:
            counts = Counter(reason for reasons in calls for reason in reasons)
            found.add(most := max(sorted(counts), key=counts.__getitem__))
            calls = [reasons for reasons in calls if most not in reasons]
        return found

    def reasons(self, call):
        """Why a call may be unwritten: an option that no other call had, or its value."""
        written = {(name, key) for name, key, _ in self.written}
        options = {f"{name} with {key}" for name, key, _ in call if (name, key) not in written}
        return options or {f"{name} with {key}={value}" for name, key, value in call - self.written} or {"an option"}

    def one(self, *args, **options):
        """Run one example for Hypothesis."""
        mismatch = self.observe(args, options)
        if mismatch:
            self.smallest = [((args, options), mismatch)]
            self.transcript = list(self.check.candidate.transcript)
            raise mismatch from None

    def survey(self, *args, **options):
        """Record one of the examples that distinguish the known mistakes: passing and failing, of any size."""
        if len(self.varied) >= self.most:
            return
        before = self.check.evidence.verdicts.total()
        found = self.observe(args, options)
        judged = self.check.evidence.verdicts.total() > before
        # Where a difference of the candidate was counted as none, a mistake may differ or not.
        if self.on_paper:
            self.excused.append(((args, options), self.on_paper))
        elif found or judged:
            self.varied.append(((args, options), found))

    def observe(self, args, options):
        """The difference found in an example, or None."""
        for side in (self.check.candidate, self.check.reference):
            side.fresh()
        evidence, candidate = self.check.evidence, self.check.candidate
        self.check.seen, self.on_paper = {}, None
        try:
            with evidence.example():
                self.on_paper = paper.examine(self.property_, self.check, args, options)
            self.written |= options_of(candidate.transcript)
        except LeftOut as left:
            evidence.left_out |= set(filter(None, [str(left)]))
        except (Raised, ArgumentMutated) as error:
            if getattr(error, "kind", "") == "NotImplementedError" and error.backend is candidate:
                if not evidence.verdicts.total():
                    pytest.skip(f"not written: {last_called(candidate)}")
                self.unwritten.append(options_of(candidate.transcript[-1:]))
                return None
            return as_mismatch(error, last_called(error.backend) or "the property")
        except Mismatch as error:
            return error
        return None

    def scaling(self, mismatch):
        """The remark on the difference found last: digits are lost, or, of a small one, that the formula is another."""
        [((args, options), _)] = self.smallest
        remark = paper.remark(self.property_, self.check, args, options, mismatch)
        small = "remark" in mismatch.facts
        return {"remark": remark} if remark and (small or not remark.startswith("float64")) else {}


def options_of(transcript):
    """The functions called by name, with their options and the names among their arguments."""
    found = set()
    for asked in transcript:
        if asked.action == "call" and isinstance(asked.target, str):
            args, options = asked.given
            found |= {(asked.target, key, shorten(value)) for key, value in options.items()}
            found |= {(asked.target, arg, "") for arg in args if isinstance(arg, str)}
    return found


def last_called(backend):
    """The function or object called last."""
    calls = [line for line in statements(backend.transcript) if "(" in line]
    return calls[-1].partition("(")[0].rpartition(" = ")[2] if calls else ""


class Lesson:
    """A difference and its explanation."""

    def __init__(self, mismatch, function, examples):
        self.headline = mismatch.headline
        self.facts = dict(mismatch.facts)
        self.numbers = mismatch.numbers
        self.function = function
        self.mistakes: list | None = None
        self.partly: list = []
        self.examples = examples
        self.candidate = examples.check.candidate
        self.transcript = examples.transcript

    def explain(self, check, case, own):
        """Find the mistake; where the state of an update hides it, by the weights alone."""
        named = causes(check, case, self.function, own)
        if self.function in RULES and not named:
            case = self.compared_again(check, case, state_compared=False)
            named = causes(check, case, self.function, own)
            if not any(found for _, found in case.examples):
                self.facts["weights"] = f"the same in all {len(case.examples)} examples; only the state differs"
        if self.function in RULES and named:
            self.compare_rates(check, case)
        if named or any(found and found.value is not None for _, found in case.examples):
            self.mistakes = named
        if not named:
            smallest = case._replace(examples=case.examples[:1])
            fitting = causes(check, smallest, self.function, lambda name: None)
            self.partly = fitting if len(fitting) == 1 else []

    def compare_rates(self, check, case):
        """Whether the update differs only where the learning rate changes."""
        weights = self.compared_again(check, case, state_compared=False)
        steady = self.compared_again(check, case, state_compared=False, rate_changes=False)
        places = [found.headline.partition(":")[0] for _, found in weights.examples if found]
        if places and not any(found for _, found in steady.examples):
            [(place, _)] = Counter(places).most_common(1)  # in a few, rounding alone parts them before
            n, step = len(case.examples), place.rpartition(" at ")[2]
            self.facts["equal"] = (
                f"as long as lr stays, in {n} examples; they part at {step}, the first with another lr"
            )

    def compared_again(self, check, case, **ways):
        """The same examples, compared in these ways."""
        vars(check).update(AS_USUAL | ways)
        return case._replace(examples=[(each, self.examples.observe(*each)) for each, _ in case.examples])

    def as_dict(self, config, test):
        """The lesson for the reports, as far as ``--hint`` allows; with ``--repro``, also write the program."""
        hint, folder = option(config, "hint"), option(config, "repro")
        facts, mistakes, numbers = dict(self.facts), [], self.numbers
        if self.mistakes:  # digits are lost for a reason
            facts.pop("remark", None)
        if "call" not in facts and self.transcript:
            calls = statements(self.transcript)
            facts["calls"] = "; ".join(calls if len(calls) <= 12 else [*calls[:6], "...", *calls[-6:]])
        if expected := formula(self.function):
            facts["formula"] = expected
        if self.mistakes is not None:
            mistakes = [as_dict(mistake) for mistake in self.mistakes]
            facts["mistake"] = named(mistakes) or NONE_FITS
            if self.partly:
                facts["mistake"] = f"{PARTLY} {'; or '.join(map(sentence, map(as_dict, self.partly)))}"
        if folder:
            facts["again"] = f"python {self.repeat(Path(folder), test)}"
        headline = f"{self.function} differs" if hint == "none" else self.headline
        if hint in ("none", "message"):
            facts, mistakes, numbers = {}, [], None
        lesson = {"function": self.function, "headline": headline, "facts": facts, "mistakes": mistakes}
        return lesson | {"numbers": numbers}

    def repeat(self, folder, test):
        """Write the program that repeats the calls and return its path."""
        path = folder / f"{test.replace('[', '_').rstrip(']')}.py"
        spec = self.candidate.spec
        path.write_text(program(spec, self.transcript, self.headline, self.facts), encoding="utf-8")
        return path


PARTLY = "no known mistake explains all examples; in this example,"


def as_dict(mistake):
    """The mistake for reports."""
    return {"name": mistake.name, "explanation": mistake.explanation, "met": mistake.met}


def learn(error, function, examples, survey=None, own=None):
    """The lesson of a failure; ``survey`` runs more examples if they can be repeated with the known mistakes.

    ``own(name)`` is the case of the own property of a function.
    """
    check, found = examples.check, [mismatch for _, mismatch in examples.smallest]
    if isinstance(error, Stopped):  # possibly during the search for a smaller example
        error = found[-1] if found else stopped(error, examples)
    elif not isinstance(error, Mismatch):
        error = Mismatch(
            f"{function} gives different results for the same arguments", found[-1].facts if found else None
        )
    word = error.headline.partition(":")[0].partition(" ")[0].partition(".")[0]
    function = word if word in trees.checkable() else function
    lesson = Lesson(error, function, examples)
    if found and survey:
        check.evidence = Evidence()
        if check.candidate.process:
            check.candidate.process.clock.begin()  # the explanation has a time of its own
        with suppress(Mismatch, Flaky, Stopped):
            survey(examples.survey)
        asked = asked_in(examples.transcript, check.form)
        case = Case(examples.property_, asked, examples.smallest + examples.varied, examples.excused)
        with suppress(Stopped):
            lesson.explain(check, case, own)
        vars(check).update(AS_USUAL)
    if error in found and error.value is not None:
        with suppress(Stopped):
            lesson.facts |= examples.scaling(error)
    return lesson


AS_USUAL = {"state_compared": True, "rate_changes": True}


def stopped(error, examples):
    """The mismatch of a candidate that did not return a result."""
    check = examples.check
    backend = next(side for side in (check.candidate, check.reference) if side.process and not side.process.child)
    examples.transcript = list(backend.transcript)
    name = last_called(backend) or "the property"
    return Mismatch(f"{name} {error} in {backend.name}", {"call": statements(backend.transcript)[-1]})
