"""The table of ``parity check``: one row a property, as soon as it is done, and a last line in words."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from parity.contract import digest

NAME, EXAMPLES, VERDICT, ULP, SHARE = 58, 8, 34, 9, 8


def plain_console(quiet=False):
    """Lines of text, with colours and a bar where a terminal shows them; a notebook is none."""
    notebook = "ipykernel" in sys.modules
    return Console(file=sys.stdout, quiet=quiet, force_jupyter=False, force_terminal=False if notebook else None)


class Row:
    """A property: the outcomes of its parts (precisions, backends, cases) put together."""

    def __init__(self, file, test, parts):
        self.name = f"{file}: {test.removeprefix('test_').replace('_', ' ')}"
        self.parts = parts
        self.outcomes: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.ulp = self.share = 0.0
        self.functions: list[str] = []
        self.not_tried: set[str] = set()
        self.accepted: list[str] = []
        self.message = ""
        self.lessons: list[dict] = []

    def add(self, report):
        """Take in one part."""
        told = dict(report.user_properties)
        evidence = told.get("parity")
        self.functions = told.get("functions", self.functions)
        lessons = [lesson for key, lesson in report.user_properties if key == "lesson"]
        # float64 first, whichever worker was faster.
        leads = "[float64" in report.nodeid
        self.lessons = [*lessons, *self.lessons] if leads else [*self.lessons, *lessons]
        self.outcomes[report.outcome] += 1
        if report.outcome == "failed" and (leads or not self.message):
            self.message = first_words(report)
        if report.outcome == "skipped" and not self.message:
            self.message = report.longrepr[2].removeprefix("Skipped: ")
        if evidence:
            self.verdicts.update(evidence["verdicts"])
            self.ulp, self.share = max(self.ulp, evidence["ulp"]), max(self.share, evidence["share"])
            self.not_tried |= set(evidence["not_tried"])
            self.accepted += [text for text in evidence["accepted"] if text not in self.accepted]
        elif report.outcome == "passed":
            self.verdicts["holds"] += 1

    @property
    def about(self):
        """The first function that it is about."""
        return self.functions[0] if self.functions else ""

    @property
    def absent(self):
        """Whether it has not been checked at all."""
        return self.done and not self.outcomes["passed"] and not self.outcomes["failed"]

    @property
    def done(self):
        """Whether all parts are in."""
        return self.outcomes.total() >= self.parts

    @property
    def verdict(self):
        """In a word or two."""
        if self.outcomes["failed"]:
            return "DIFFERENT"
        if self.absent:
            return self.message
        counts = {
            name: self.verdicts[name]
            for name in ("exact", "rounding", "ties", "ill-conditioned", "accepts bad input")
            if self.verdicts[name]
        }
        if len(counts) <= 1:
            return next(iter(counts), "holds")
        return ", ".join(f"{name} {count}" for name, count in counts.items())

    def as_dict(self):
        """For the JSON file."""
        return {
            "property": self.name,
            "functions": self.functions,
            "verdict": self.verdict,
            "examples": self.verdicts.total(),
            "verdicts": dict(self.verdicts),
            "worst_gap_ulp": self.ulp,
            "worst_gap_share": self.share,
            "not_tried": sorted(self.not_tried),
            "accepted": self.accepted,
            "message": self.message,
            "lessons": self.lessons,
        }

    def as_gradescope(self, points):
        """For results.json: all points or none."""
        passed = self.outcomes["passed"] and not self.outcomes["failed"]
        return {
            "name": self.name,
            "score": points if passed else 0,
            "max_score": points,
            "status": "passed" if passed else "failed",
            "output": "" if passed else self.message,
        }


class Report:
    """A pytest plugin that prints the table and knows how the run ended."""

    def __init__(self, args, quiet=False):
        self.candidate, self.reference, self.seed = args.candidate, args.reference, args.seed
        self.dtype, self.device = args.dtype, args.device
        self.sources = digest()  # now: who edits while it runs has not been checked
        self.rows: dict[tuple[str, str], Row] = {}
        self.errors: list[str] = []
        # The real streams: pytest's own output is sent elsewhere.
        self.console = plain_console(quiet)
        self.console.width = max(self.console.width, 80)
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self.progress = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        self.task = self.progress.add_task("starting", total=None)

    def __enter__(self):
        self.console.print(f"{self.candidate} against {self.reference}", highlight=False)
        self.line("property", "examples", "verdict", "worst ulp", "of bound", style="bold")
        self.progress.start()
        return self

    def __exit__(self, *exception):
        self.progress.stop()
        if exception[0] is None:
            self.close()

    def pytest_collection_finish(self, session):
        """In this process, all properties are known."""
        self.expect([item.nodeid for item in session.items])

    def pytest_xdist_node_collection_finished(self, node, ids):
        """In worker processes, all properties are known."""
        self.expect(ids)

    def expect(self, ids):
        """How many parts each property has."""
        parts = Counter(map(row_of, ids))
        self.rows = self.rows or {(file, test): Row(file, test, count) for (file, test), count in parts.items()}
        self.progress.update(self.task, total=len(self.rows))

    def pytest_collectreport(self, report):
        """A file of properties that cannot be read is no pass."""
        if report.failed:
            self.errors.append(first_words(report))

    def pytest_runtest_logreport(self, report):
        """A part is done; print the row with its last."""
        key = row_of(report.nodeid)
        if key not in self.rows or (report.when != "call" and report.passed):
            return
        row = self.rows[key]
        row.add(report)
        self.progress.update(self.task, description=row.name)
        if row.done:
            self.progress.advance(self.task)
            self.print(row)

    def print(self, row):
        """One row."""
        if row.absent:
            return
        style = {"DIFFERENT": "bold red"}.get(row.verdict)
        ulp = f"{row.ulp:.3g}" if row.ulp else "0" if row.verdicts["exact"] + row.verdicts["rounding"] else "-"
        share = f"{row.share:.0%}" if row.share else "-"
        self.line(row.name, str(row.verdicts.total()), row.verdict, ulp, share, style=style)
        if row.not_tried:
            self.console.print(f"    not tried: {', '.join(sorted(row.not_tried))}", style="dim", highlight=False)
        if row.accepted:
            more = f" (and {len(row.accepted) - 1} more)" if row.accepted[1:] else ""
            self.console.print(
                f"    {row.accepted[0]}{more}", style="dim", highlight=False, markup=False, soft_wrap=True
            )
        if row.outcomes["failed"]:
            self.console.print(
                "\n".join(f"    {line}" for line in row.message.splitlines()),
                highlight=False,
                markup=False,
                soft_wrap=True,
            )

    def line(self, name, examples, verdict, ulp, share, style=None):
        """Columns of fixed width, since rows are printed one by one."""
        text = f"{name:<{NAME}} {examples:>{EXAMPLES}}  {verdict:<{VERDICT}} {ulp:>{ULP}} {share:>{SHARE}}"
        self.console.print(text.rstrip(), style=style, highlight=False, markup=False, soft_wrap=True)

    def close(self):
        """What has been shown, in words."""
        for reason, names in self.absent().items():
            self.console.print(f"{reason}: {', '.join(names)}", style="dim", highlight=False)
        for error in self.errors:
            self.console.print(error, highlight=False, markup=False, soft_wrap=True)
        self.console.print(self.words(), style="bold", highlight=False, markup=False, soft_wrap=True)

    def absent(self):
        """Why properties were not checked, and the names to blame."""
        reasons: dict[str, dict] = {}
        for row in self.rows.values():
            reason, _, names = row.message.partition(": ")
            if row.absent and names:  # what is asked of whole packages only does not concern others
                reasons.setdefault(reason, {}).update(dict.fromkeys(names.split(", ")))
        return reasons

    def words(self):
        """The last line."""
        different = [row.name for row in self.rows.values() if row.outcomes["failed"]]
        total = sum((row.verdicts for row in self.rows.values()), Counter())
        absent = [row.message for row in self.rows.values() if row.absent and ": " in row.message]
        rest = f" {len(absent)} propert{'y was' if len(absent) == 1 else 'ies were'} not checked." if absent else ""
        if self.exit_code() == 2 and absent and not self.errors:
            # Of a template that nobody has filled in this is the point, not that some classes are missing.
            reason = next((message for message in absent if message.startswith("not written")), absent[-1])
            return f"Nothing has been checked of {self.candidate}: {reason}."
        if self.exit_code() == 2:
            return f"Nothing has been shown: the properties of {self.candidate} could not be run to their end."
        if different:
            return (
                f"{self.candidate} DIFFERS from {self.reference} in {len(different)} of {len(self.rows)} properties "
                f"({different[0]}{', ...' if len(different) > 1 else ''}).{rest}"
            )
        share = max(row.share for row in self.rows.values())
        alone = f", {self.dtype} alone" if self.dtype else ""
        lenient = sum("accepts bad input" in row.verdicts for row in self.rows.values())
        note = f" It accepts what is no input in {lenient} of the properties." if lenient else ""
        return (
            f"{self.candidate} and {self.reference} give the same in {total.total():,} examples "
            f"(seed {self.seed}{alone}): {total['exact']:,} bit for bit, {total['rounding']:,} within their rounding "
            f"bound (at most {share:.0%} of it), {total['ties']:,} ties, {total['ill-conditioned']:,} ill-conditioned, "
            f"{total['holds']:,} cases and laws that hold.{note}{rest}"
        )

    def exit_code(self):
        """0 the same, 1 different, 2 could not check."""
        rows = self.rows.values()
        if self.errors or not rows or not all(row.done for row in rows):
            return 2
        if any(row.outcomes["failed"] for row in rows):
            return 1
        # That the arguments of a function fit says nothing of what it does.
        return 0 if any(row.outcomes["passed"] and row.functions for row in rows) else 2

    def as_dict(self):
        """The rows, for programs."""
        return {
            "candidate": self.candidate,
            "reference": self.reference,
            "seed": self.seed,
            "dtype": self.dtype,
            "device": self.device,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "exit_code": self.exit_code(),
            "sources": self.sources,
            "summary": self.words(),
            "properties": [row.as_dict() for row in self.rows.values()],
        }

    def as_json(self):
        """As text."""
        return json.dumps(self.as_dict(), indent=1)

    def as_gradescope(self, weights):
        """Points for each property: its function's weight, or 1; with weights, only what has one."""
        rows = [(row, weights.get(row.about, 0.0 if weights else 1.0)) for row in self.rows.values()]
        tests = [row.as_gradescope(points) for row, points in rows if points and row.about]
        return json.dumps({"output": self.words(), "tests": tests}, indent=1)


class Submissions:
    """A row for each of many candidates, and a summary."""

    def __init__(self, candidates, reference):
        self.reference = reference
        self.reports: list[dict] = []
        self.console = plain_console()
        self.width = max(map(len, [*candidates, "candidate"]))
        self.line("candidate", "same", "different", "not defined", "first difference", style="bold")

    def add(self, report):
        """One candidate is done."""
        self.reports.append(report)
        rows = report["properties"]
        wrong = [row for row in rows if row["verdict"] == "DIFFERENT"]
        absent = sum(row["examples"] == 0 and row not in wrong for row in rows)
        lessons: list[dict] = [lesson for row in wrong for lesson in row["lessons"]]
        first: dict = lessons[0] if lessons else {"headline": "", "mistakes": []}
        if report["exit_code"] == 2:
            self.line(report["candidate"], "-", "-", "-", report["summary"], style="bold red")
            return
        named = f" ({', '.join(mistake['name'] for mistake in first['mistakes'])})" if first["mistakes"] else ""
        same = len(rows) - len(wrong) - absent
        style = "red" if wrong else None
        self.line(report["candidate"], same, len(wrong), absent, first["headline"] + named, style=style)

    def line(self, name, same, different, absent, words, style=None):
        """Columns of fixed width."""
        text = f"{name:<{self.width}} {same:>5} {different:>10} {absent:>12}  {words}"
        self.console.print(text.rstrip(), style=style, highlight=False, markup=False, soft_wrap=True)

    def close(self):
        """What has been shown, and which mistakes are the most frequent."""
        codes = Counter(report["exit_code"] for report in self.reports)
        text = (
            f"{len(self.reports)} candidates against {self.reference}: {codes[0]} the same, {codes[1]} different, "
            f"{codes[2]} could not be checked."
        )
        self.console.print(text, style="bold", highlight=False, soft_wrap=True)
        made = Counter(name for report in self.reports for name in mistakes(report))
        for name, count in made.most_common():
            self.console.print(f"{count:>5} x {name}", highlight=False)

    def exit_code(self):
        """The gravest."""
        return max(report["exit_code"] for report in self.reports)


def mistakes(report):
    """The names of all known mistakes of one candidate."""
    lessons = [lesson for row in report["properties"] for lesson in row["lessons"]]
    return {mistake["name"] for lesson in lessons for mistake in lesson["mistakes"]}


def row_of(nodeid):
    """The concept file and the test of a pytest node."""
    path, _, test = nodeid.rpartition("::")
    return path.rpartition("/")[2].removeprefix("test_").removesuffix(".py"), test.partition("[")[0]


def first_words(report):
    """The message of a failure, without the way through our own code."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash else str(report.longrepr)
    # Hypothesis repeats what was drawn; the message itself shows the call.
    return (
        message.removeprefix("Failed: ").removeprefix("parity.compare.Different: ").partition("\nFailing test case")[0]
    )
