"""The explanation of a failure, on one screen: place, gap, smallest input, expected value, known mistake."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis.errors import Flaky

from parity import trees
from parity.border.backend import ArgumentMutated, Raised, Stopped
from parity.border.transcript import program, statements
from parity.judge import paper
from parity.judge.compare import Evidence, Mismatch, as_mismatch
from parity.judge.diagnosis import diagnose
from parity.options import option
from parity.reports.formulas import formula
from parity.text import named, sentence

SURVEYED = 100


class Examples:
    """Runs the examples of a property and keeps the last failing one, which is the smallest."""

    def __init__(self, property_, check):
        self.property_ = property_
        self.check = check
        self.smallest: list = []
        self.varied: list = []
        self.transcript: list = []

    def one(self, *args, **options):
        """Run one example for Hypothesis."""
        mismatch = self.observe(args, options)
        if mismatch:
            self.smallest = [((args, options), mismatch)]
            self.transcript = list(self.check.candidate.transcript)
            raise mismatch from None

    def survey(self, *args, **options):
        """Record one of the examples that distinguish the known mistakes: passing and failing, of any size."""
        if len(self.varied) < SURVEYED:
            found = self.observe(args, options)
            if "equal on paper" not in self.check.evidence.kinds:  # there a mistake may differ or not
                self.varied.append(((args, options), found))

    def observe(self, args, options):
        """The difference found in an example, or None."""
        for side in (self.check.candidate, self.check.reference):
            side.fresh()
        try:
            with self.check.evidence.example():
                paper.examine(self.property_, self.check, args, options)
        except (Raised, ArgumentMutated) as error:
            if getattr(error, "kind", "") == "NotImplementedError" and error.backend is self.check.candidate:
                pytest.skip(f"not written: {last_called(error.backend)}")
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


def last_called(backend):
    """The function or object called last."""
    calls = [line for line in statements(backend.transcript) if "(" in line]
    return calls[-1].partition("(")[0].rpartition(" = ")[2] if calls else ""


class Lesson:
    """A difference and its explanation."""

    def __init__(self, mismatch, function, mistakes, partly, examples):
        self.headline = mismatch.headline
        self.facts = dict(mismatch.facts)
        self.function = function
        self.mistakes = mistakes
        self.partly = partly
        self.candidate = examples.check.candidate
        self.transcript = examples.transcript

    def as_dict(self, config, test):
        """The lesson for the reports, as far as ``--hint`` allows; with ``--repro``, also write the program."""
        hint, folder = option(config, "hint"), option(config, "repro")
        facts, mistakes = dict(self.facts), []
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
            facts, mistakes = {}, []
        return {"function": self.function, "headline": headline, "facts": facts, "mistakes": mistakes}

    def repeat(self, folder, test):
        """Write the program that repeats the calls and return its path."""
        path = folder / f"{test.replace('[', '_').rstrip(']')}.py"
        spec = self.candidate.spec
        path.write_text(program(spec, self.transcript, self.headline, self.facts), encoding="utf-8")
        return path


NONE_FITS = "no known mistake gives these numbers"
PARTLY = "no known mistake explains all examples; in this example,"


def as_dict(mistake):
    """The mistake for reports."""
    return {"name": mistake.name, "explanation": mistake.explanation, "met": mistake.met}


def learn(error, function, examples, survey=None):
    """The lesson of a failure; ``survey`` runs more examples if they can be repeated with the known mistakes."""
    check = examples.check
    found = [mismatch for _, mismatch in examples.smallest]
    if isinstance(error, Stopped):  # possibly during the search for a smaller example
        error = found[-1] if found else stopped(error, examples)
    elif not isinstance(error, Mismatch):
        error = Mismatch(
            f"{function} gives different results for the same arguments", found[-1].facts if found else None
        )
    word = error.headline.partition(":")[0].partition(" ")[0].partition(".")[0]
    function = word if word in trees.all_names() else function
    mistakes: list | None = None
    partly: list = []
    if error.value is not None and survey:
        check.evidence = Evidence()
        with suppress(Mismatch, Stopped, Flaky):
            survey(examples.survey)
        fitting = diagnose(examples.property_, check, examples.transcript, examples.smallest)
        mistakes = diagnose(examples.property_, check, examples.transcript, examples.varied, fitting)
        partly = fitting if not mistakes and len(fitting) == 1 else []
    lesson = Lesson(error, function, mistakes, partly, examples)
    if error in found and error.value is not None:
        with suppress(Stopped):
            lesson.facts |= examples.scaling(error)
    return lesson


def stopped(error, examples):
    """The mismatch of a candidate that did not return a result."""
    check = examples.check
    backend = next(side for side in (check.candidate, check.reference) if side.process and not side.process.child)
    examples.transcript = list(backend.transcript)
    name = last_called(backend) or "the property"
    return Mismatch(f"{name} {error} in {backend.name}", {"call": statements(backend.transcript)[-1]})
