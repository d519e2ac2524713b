"""The table of ``parity check``: one row per property, printed as soon as it is finished, and a summary line."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from importlib import import_module

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from parity.border.backend import unprotected
from parity.reports.result import Part, Property, Result
from parity.reports.table import Page, Table
from parity.text import named, printable
from parity.trees import digest

UNJUDGED = "could not be judged"
KINDS = ("exact", "rounding", "equal on paper", "ties", "ill-conditioned", "accepts bad input")


class Row:
    """A property: the combined outcomes of its parts (precisions, backends, cases)."""

    def __init__(self, file, test, parts):
        self.name = f"{file}: {test.removeprefix('test_').replace('_', ' ')}"
        self.parts: dict[str, Part] = {node: Part(node, "unjudged", UNJUDGED, 0.0) for node in parts}
        self.reported: dict[str, bool] = dict.fromkeys(parts, False)
        self.failures: dict[str, tuple[str, list[dict]]] = {}
        self.outcomes: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.ulp = self.share = self.times = 0.0
        self.marks: dict[str, list[str]] = {}
        self.not_tried: set[str] = set()
        self.left_out: set[str] = set()
        self.texts: dict[str, list[str]] = {}  # of accepted bad input

    def add(self, report):
        """Add the report of one part."""
        properties = dict(report.user_properties)
        evidence = properties.get("parity")
        self.marks[report.nodeid] = properties.get("functions", [])
        self.reported[report.nodeid] = True
        # Not a failure of the candidate: before or after a property, of the pytest process, or if its time was up.
        unjudged = report.when != "call" or "unjudged" in properties
        outcome = "unjudged" if report.outcome == "failed" and unjudged else report.outcome
        self.outcomes[outcome] += 1
        message = ""
        if report.outcome == "failed":
            lessons = [lesson for key, lesson in report.user_properties if key == "lesson"]
            message = first_words(report)
            self.failures[report.nodeid] = message, lessons
        if report.outcome == "skipped":
            message = report.longrepr[2].removeprefix("Skipped: ")
        status = "absent" if outcome == "skipped" else outcome
        self.parts[report.nodeid] = Part(report.nodeid, status, message, getattr(report, "duration", 0.0))
        if evidence:
            self.verdicts.update(evidence["verdicts"])
            self.ulp, self.share = max(self.ulp, evidence["ulp"]), max(self.share, evidence["share"])
            self.times = max(self.times, evidence["times"])
            self.not_tried |= set(evidence["not_tried"])
            self.left_out |= set(evidence["left_out"])
            self.texts[report.nodeid] = evidence["accepted"]
        elif report.outcome == "passed":
            self.verdicts["holds"] += 1

    @property
    def failed(self):
        """Messages and lessons in the order of the parts, float64 first, whichever worker was faster."""
        return [self.failures[part] for part in self.reported if part in self.failures]

    @property
    def message(self):
        """The message of the first failure, or why the property was not checked."""
        return self.failed[0][0] if self.failures else self.skipped

    @property
    def skipped(self):
        """Why a part was not checked: the first of these in the order of the parts."""
        return next((part.message for part in self.parts.values() if part.status == "absent"), "")

    @property
    def lessons(self):
        """The lessons of all failures."""
        return [lesson for _, lessons in self.failed for lesson in lessons]

    def of_parts(self, lists):
        """Each item once, in the order of the parts, whichever worker was faster."""
        return list(dict.fromkeys(item for node in self.parts for item in lists.get(node, ())))

    @property
    def functions(self):
        """The functions that the property checks."""
        return self.of_parts(self.marks)

    @property
    def accepted(self):
        """The bad input that was accepted."""
        return self.of_parts(self.texts)

    @property
    def about(self):
        """The first function that the property checks."""
        return self.functions[0] if self.functions else ""

    @property
    def absent(self):
        """Whether no part was checked."""
        return self.done and self.outcomes.total() == self.outcomes["skipped"]

    @property
    def done(self):
        """Whether all parts have been reported."""
        return all(self.reported.values())

    @property
    def verdict(self):
        """The verdict in one or two words."""
        if self.outcomes["failed"]:
            return "DIFFERENT"
        if self.outcomes["unjudged"] or not self.done:
            return UNJUDGED
        if self.absent:
            return self.message
        if self.verdicts["equal on paper"]:
            return f"equal on paper, loses {loss(self.times)}"
        if len(self.counts) <= 1:
            return next(iter(self.counts), "holds")
        return ", ".join(f"{name} {count}" for name, count in self.counts.items())

    @property
    def counts(self):
        """The number of examples with each verdict."""
        return {kind: self.verdicts[kind] for kind in KINDS if self.verdicts[kind]}

    def as_dict(self):
        """The row for the JSON file."""
        return {
            "property": self.name,
            "functions": self.functions,
            "verdict": self.verdict,
            "examples": self.verdicts.total(),
            "verdicts": {kind: self.verdicts[kind] for kind in (*KINDS, "holds") if kind in self.verdicts},
            "worst_gap_ulp": self.ulp,
            "worst_gap_share": self.share,
            "times_the_bound": self.times,
            "not_tried": sorted(self.not_tried),
            "left_out": sorted(self.left_out),
            "accepted": self.accepted,
            "message": self.message,
            "lessons": self.lessons,
        }

    @property
    def status(self):
        """The status in one word, as that of a ``Property``."""
        if self.outcomes["failed"]:
            return "failed"
        if self.outcomes["unjudged"] or not self.done:
            return "unjudged"
        return "absent" if self.absent or self.left_out else "passed"

    def as_property(self, points):
        """The row for the formats: all points or none; none if it was not completely judged."""
        passed = self.status == "passed"
        lacking = f"left out: {', '.join(sorted(self.left_out))}" if self.left_out else UNJUDGED
        return Property(
            name=self.name,
            functions=list(self.functions),
            verdict=self.verdict,
            status=self.status,
            message="" if passed else self.message or lacking,
            points=points if passed else 0,
            max_points=points,
            lessons=self.lessons,
            parts=list(self.parts.values()),
        )


class Report:
    """A pytest plugin that prints the table and records how the run ended."""

    def __init__(self, args, quiet=False, sources=None):
        self.candidate, self.reference, self.seed = printable(args.candidate), args.reference, args.seed
        self.dtype, self.device, self.only = args.dtype, args.device, args.only
        self.unprotected = unprotected(args.candidate, args.reference)
        self.sources = sources or digest()  # now, because changes made during the run are not checked
        self.rows: dict[tuple[str, str], Row] = {}
        self.errors: list[str] = []
        self.table = Table(quiet, args.all)
        self.collected = False
        self.waiting: list[Row] = []
        self.unusable: str | None = None
        self.fitting: dict[str, set[str]] = {}
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self.progress = Progress(*columns, console=self.table.console, transient=True, disable=not self.table.terminal)
        self.task = self.progress.add_task("starting", total=None)

    def __enter__(self):
        self.table.line(f"{self.candidate} against {self.reference}")
        self.table.columns("property", "examples", "verdict", "worst ulp", "of bound", style="bold")
        self.progress.start()
        return self

    def __exit__(self, *exception):
        self.progress.stop()
        if exception[0] is None or issubclass(exception[0], KeyboardInterrupt):
            self.close()

    def pytest_collection_finish(self, session):
        """Record all properties collected in this process."""
        self.expect([item.nodeid for item in session.items])

    def pytest_xdist_node_collection_finished(self, node, ids):
        """Record all properties collected in the workers."""
        self.expect(ids)

    def expect(self, ids):
        """Create the rows with their parts, in study order."""
        self.collected = True
        if self.rows:
            return
        parts: dict[tuple[str, str], list[str]] = {}
        for nodeid in ids:
            parts.setdefault(row_of(nodeid), []).append(nodeid)
        self.rows = {key: Row(*key, ids) for key, ids in parts.items()}
        self.waiting = list(self.rows.values())
        self.progress.update(self.task, total=len(self.rows))

    def pytest_collectreport(self, report):
        """Record an error in the collection of properties, so that the run does not pass."""
        if report.failed:
            self.errors.append(first_words(report))

    def pytest_runtest_logreport(self, report):
        """Add a finished part; print the finished rows in order."""
        key = row_of(report.nodeid)
        if key not in self.rows or (report.when != "call" and report.passed):
            return
        row = self.rows[key]
        row.add(report)
        self.progress.update(self.task, description=row.name)
        if row.done:
            self.progress.advance(self.task)
        while self.waiting and self.waiting[0].done:
            self.narrow(self.waiting[0])
            self.table.row(self.waiting.pop(0))

    def narrow(self, row):
        """Keep, of several mistakes that fit a property, those that also fit other properties of the same function."""
        for lesson in row.lessons:
            known = self.fitting.setdefault(lesson["function"], {mistake["name"] for mistake in lesson["mistakes"]})
            both = [mistake for mistake in lesson["mistakes"] if mistake["name"] in known]
            if both and len(both) < len(lesson["mistakes"]):
                lesson["mistakes"] = both
                lesson["facts"]["mistake"] = named(both)

    def close(self):
        """Print the summary."""
        for row in self.waiting:  # print the finished rows after one that was not reported
            if row.done:
                self.table.row(row)
        for reason, names in self.absent().items():
            self.table.paragraph(", ".join(names), f"{reason}: ", "dim")
        for error in self.errors:
            self.table.paragraph(error)
        if self.table.brief:
            self.table.line(f"{self.table.brief} more explained in full with --all", "dim")
        self.table.summary(ended(self.words(), self.unprotected), "bold")

    def absent(self):
        """The reasons why properties were not checked, with the names concerned."""
        reasons: dict[str, dict] = {}
        for row in self.rows.values():
            reason, _, names = row.message.partition(": ")
            if row.absent and names:  # properties of whole packages do not concern others
                reasons.setdefault(reason, {}).update(dict.fromkeys(names.split(", ")))
        return reasons

    def words(self):
        """The summary line."""
        if self.unusable:
            return self.unusable
        different = [row.name for row in self.rows.values() if row.outcomes["failed"]]
        unjudged = [row for row in self.rows.values() if row.done and row.verdict == UNJUDGED]
        total = sum((row.verdicts for row in self.rows.values()), Counter())
        absent = [row.message for row in self.rows.values() if row.absent and ": " in row.message]
        rest = f" {len(absent)} propert{'y was' if len(absent) == 1 else 'ies were'} not checked." if absent else ""
        if self.only and self.collected and not self.rows and not self.errors:
            return f"Nothing was checked: no property is about {self.only}."
        if lost := [row.name for row in self.rows.values() if not row.done]:
            what = f"{len(lost)} of {len(self.rows)} properties of {self.candidate} were not reported"
            return f"The check is incomplete: {what}, such as {lost[0]}."
        if absent and not (self.errors or different or unjudged or self.judged()):
            # For an unfilled template this is the useful message, not that some classes are missing.
            if todo := self.absent().get("not written"):
                return f"Nothing was checked of {self.candidate}: {', '.join(todo)} still to be written."
            asked = [message for message in absent if self.only in re.split(": |, ", message)]
            reason = min(asked, key=len, default=absent[-1])
            reason = f"left out: {', '.join(sorted(self.left_out()))}" if self.left_out() else reason
            return f"Nothing was checked of {self.candidate}: {reason}."
        if self.errors or not self.rows:
            return f"The check is incomplete: the properties of {self.candidate} could not be run to the end."
        rest = f" {len(unjudged)} could not be judged.{rest}" if different and unjudged else rest
        if different:
            checked = sum(not row.absent for row in self.rows.values())
            first = f"{different[0]}{', ...' if len(different) > 1 else ''}"
            share = f"{len(different)} of the {checked} properties checked"
            return f"{self.candidate} DIFFERS from {self.reference} in {share} ({first}).{rest}"
        if unjudged:
            count = f"{len(unjudged)} of the {sum(not row.absent for row in self.rows.values())} properties checked"
            first = f"{unjudged[0].name}{', ...' if len(unjudged) > 1 else ''}"
            return f"{self.candidate} could not be judged in {count} ({first}); the others give the same.{rest}"
        if self.asked_and_left_out():
            left = ", ".join(sorted(self.left_out()))
            return f"{self.candidate} leaves out what --only {self.only} asks for: {left}. The rest gives the same."
        used = max(row.share for row in self.rows.values())
        alone = f", {self.dtype} alone" if self.dtype else ""
        lenient = sum("accepts bad input" in row.verdicts for row in self.rows.values())
        note = f" It accepts invalid input in {lenient} of the properties." if lenient else ""
        times = max(row.times for row in self.rows.values())
        paper = f" {total['equal on paper']:,} equal on paper (they lose {loss(times)})," if times else ""
        return (
            f"{self.candidate} and {self.reference} give the same in {total.total():,} examples "
            f"(seed {self.seed}{alone}): {total['exact']:,} bit for bit, {total['rounding']:,} within their rounding "
            f"bound (at most {used:.0%} of it),{paper} {total['ties']:,} ties, {total['ill-conditioned']:,} "
            f"ill-conditioned, {total['holds']:,} cases and laws that hold.{note}{rest}{self.domain()}"
        )

    def left_out(self):
        """What the candidate's domain leaves out of the properties."""
        return set().union(*(row.left_out for row in self.rows.values()))

    def domain(self):
        """A sentence about what was left out."""
        return f" Left out: {', '.join(sorted(self.left_out()))}." if self.left_out() else ""

    def asked_and_left_out(self):
        """Whether the candidate leaves out of its domain what ``--only`` asks for."""
        return bool(self.only and self.left_out())

    def complete(self):
        """Set the functions of rows that no process has reported because it ended before."""
        for (file, test), row in self.rows.items():
            if row.verdict == UNJUDGED and not row.functions:
                found = functions(getattr(import_module(f"parity.properties.test_{file}"), test))
                row.marks = dict.fromkeys(row.parts, found)

    def exit_code(self):
        """0: the same, 1: different, 2: could not be checked, or not all that was asked for."""
        rows = self.rows.values()
        if self.errors or not rows or not all(row.done for row in rows):
            return 2
        if any(row.outcomes["failed"] for row in rows):
            return 1
        if any(row.verdict == UNJUDGED for row in rows) or self.asked_and_left_out():
            return 2
        return 0 if self.judged() else 2

    def judged(self):
        """Whether a function was: a correct signature alone does not show that it is right."""
        return any(row.outcomes["passed"] and row.functions for row in self.rows.values())

    def as_dict(self):
        """The report for the JSON file; it follows from the seed, so that it has no time."""
        return {
            "candidate": self.candidate,
            "reference": self.reference,
            "seed": self.seed,
            "dtype": self.dtype,
            "device": self.device,
            "exit_code": self.exit_code(),
            "isolated": not self.unprotected,
            "sources": self.sources,
            "summary": self.words(),
            "properties": [row.as_dict() for row in self.rows.values()],
        }

    def as_json(self):
        """The JSON report as text."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return json.dumps({**self.as_dict(), "time": now}, indent=1)

    def result(self, weights):
        """The check for the formats: a property has the points of its function, or 1; with weights, only these."""
        properties = [row.as_property(weights.get(row.about, 0.0 if weights else 1.0)) for row in self.rows.values()]
        unusable = self.unusable or ""
        return Result(self.candidate, self.reference, self.words(), self.exit_code(), unusable, properties)


FIGURES = " {:>5} {:>10} {:>12}"
LEAST_WORDS = 40


class Submissions:
    """One row for each of several candidates, and a summary; of their reports only rows and counts are held."""

    def __init__(self, candidates, reference, unprotected=""):
        self.reference = reference
        self.unprotected = unprotected
        self.expected = len(candidates)
        self.waiting: dict[int, tuple] = {}
        self.printed = 0
        self.codes: Counter[int] = Counter()
        self.made: dict[str, int] = {}
        self.page = Page()
        figures = FIGURES.format("same", "different", "not defined")
        longest = max(map(len, [*candidates, "candidate"]))
        # In a pipe a row is one line; on a terminal the text goes below if there is no room.
        self.beside = not self.page.terminal or longest + len(figures) + 2 + LEAST_WORDS <= self.page.width
        self.width = longest if self.beside else min(longest, self.page.width - len(figures))
        words = "  first difference" * self.beside
        self.page.line(f"{'candidate':<{self.width}}{figures}{words}", "bold")

    def add(self, position, report):
        """Add a finished candidate; print it as soon as all before it are finished."""
        self.codes[report["exit_code"]] += 1
        if not report.get("isolated", True):
            self.unprotected = self.unprotected or "not isolated on every machine"
        self.waiting[position] = self.row(report), sorted(mistakes(report))
        while self.printed in self.waiting:
            self.show(*self.waiting.pop(self.printed))

    def show(self, row, made):
        """Print a row and count its mistakes."""
        self.print(*row)
        self.printed += 1
        for name in made:
            self.made[name] = self.made.get(name, 0) + 1

    def row(self, report):
        """The columns of a candidate, and their style."""
        rows = report["properties"]
        wrong = [row for row in rows if row["verdict"] == "DIFFERENT"]
        unjudged = sum(row["verdict"] == UNJUDGED for row in rows)
        absent = sum(row["examples"] == 0 and row not in wrong for row in rows) - unjudged
        lessons: list[dict] = [lesson for row in wrong for lesson in row["lessons"]]
        first: dict = lessons[0] if lessons else {"headline": "", "mistakes": []}
        if report["exit_code"] == 2:
            return report["candidate"], "-", "-", "-", report["summary"], "bold red"
        named = f" ({', '.join(mistake['name'] for mistake in first['mistakes'])})" if first["mistakes"] else ""
        same = len(rows) - len(wrong) - absent - unjudged
        return report["candidate"], same, len(wrong), absent, first["headline"] + named, "red" if wrong else None

    def print(self, name, same, different, absent, words, style):
        """Print columns of fixed width; a name that is too long gets its own line."""
        row = f"{name:<{self.width}}{FIGURES.format(same, different, absent)}"
        if not self.page.terminal:
            self.page.line(f"{row}  {words}".rstrip(), style)
            return
        if len(name) > self.width:
            self.page.line(name, style)
            row = row.replace(name, " " * self.width)
        if self.beside:
            self.page.paragraph(words, f"{row}  ", style=style)
        else:
            self.page.line(row, style)
            if words:
                self.page.paragraph(words, style=style)

    def close(self):
        """Print the summary and the most frequent mistakes."""
        for _, finished in sorted(self.waiting.items()):  # even if one before it is not finished
            self.show(*finished)
        codes, done = self.codes, self.printed
        count = done if done == self.expected else f"{done} of {self.expected}"
        text = (
            f"{count} candidates against {self.reference}: {codes[0]} the same, {codes[1]} different, "
            f"{codes[2]} could not be checked."
        )
        self.page.summary(ended(text, self.unprotected), "bold")
        for name, count in sorted(self.made.items(), key=lambda item: -item[1]):
            self.page.line(f"{count:>5} x {name}")

    def exit_code(self):
        """The highest exit code of all candidates."""
        return max(self.codes, default=0)


def loss(times):
    """How much is lost by what is equal on paper."""
    return f"up to {times:.3g} times the bound" if times > 1 else "no more than rounded inputs do"


def ended(words, remark):
    """The summary line with a remark."""
    return f"{words} ({remark})" if remark else words


def functions(test):
    """The names in the ``checks`` marks of a property or of its cases."""
    marks = list(getattr(test, "pytestmark", ()))
    cases = [case for mark in marks if mark.name == "parametrize" for case in mark.args[1]]
    marks += [mark for case in cases for mark in getattr(case, "marks", ())]
    return [name for mark in marks if mark.name == "checks" for name in mark.args]


def mistakes(report):
    """The names of all known mistakes of one candidate."""
    lessons = [lesson for row in report["properties"] for lesson in row["lessons"]]
    return {mistake["name"] for lesson in lessons for mistake in lesson["mistakes"]}


def row_of(nodeid):
    """The chapter and the test name of a pytest node."""
    path, _, test = nodeid.rpartition("::")
    return path.rpartition("/")[2].removeprefix("test_").removesuffix(".py"), test.partition("[")[0]


def first_words(report):
    """The message of a failure, without the traceback of this project."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash else str(report.longrepr)
    message = message.removeprefix("Failed: ").removeprefix("parity.judge.compare.Mismatch: ")
    # Hypothesis appends the drawn values, but the message already shows the call.
    return message.partition("\nFailing test case")[0]
