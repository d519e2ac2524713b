"""The table of ``parity check``: one row a property, as soon as it is done, and a last line in words."""

import json
import sys
from collections import Counter
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

NAME, EXAMPLES, VERDICT, ULP, SHARE = 58, 8, 34, 9, 8


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
        self.message = ""

    def add(self, report):
        """Take in one part."""
        evidence = dict(report.user_properties).get("parity")
        self.outcomes[report.outcome] += 1
        if report.outcome == "failed" and not self.message:
            self.message = first_words(report)
        if report.outcome == "skipped" and not self.message:
            self.message = report.longrepr[2].removeprefix("Skipped: ")
        if evidence:
            self.verdicts.update(evidence["verdicts"])
            self.ulp, self.share = max(self.ulp, evidence["ulp"]), max(self.share, evidence["share"])
            self.functions = evidence["functions"]
            self.not_tried |= set(evidence["not_tried"])
        elif report.outcome == "passed":
            self.verdicts["holds"] += 1

    @property
    def done(self):
        """Whether all parts are in."""
        return self.outcomes.total() >= self.parts

    @property
    def verdict(self):
        """In a word or two."""
        if self.outcomes["failed"]:
            return "DIFFERENT"
        if not self.outcomes["passed"]:
            return self.message
        counts = {
            name: self.verdicts[name]
            for name in ("exact", "rounding", "ties", "ill-conditioned")
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
            "message": self.message,
        }


class Report:
    """A pytest plugin that prints the table and knows how the run ended."""

    def __init__(self, candidate, reference, seed):
        self.candidate, self.reference, self.seed = candidate, reference, seed
        self.rows: dict[tuple[str, str], Row] = {}
        self.errors: list[str] = []
        # The real streams: pytest's own output is sent elsewhere.
        self.console = Console(file=sys.stdout)
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

    def pytest_xdist_node_collection_finished(self, node, ids):
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
        style = {"DIFFERENT": "bold red"}.get(row.verdict, "dim" if not row.outcomes["passed"] else None)
        ulp = f"{row.ulp:.3g}" if row.ulp else "0" if row.verdicts["exact"] + row.verdicts["rounding"] else "-"
        share = f"{row.share:.0%}" if row.share else "-"
        self.line(row.name, str(row.verdicts.total()), row.verdict, ulp, share, style=style)
        if row.not_tried and row.outcomes["passed"]:
            self.console.print(f"    not tried: {', '.join(sorted(row.not_tried))}", style="dim", highlight=False)
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
        for error in self.errors:
            self.console.print(error, highlight=False, markup=False, soft_wrap=True)
        self.console.print(self.words(), style="bold", highlight=False, markup=False, soft_wrap=True)

    def words(self):
        """The last line."""
        different = [row.name for row in self.rows.values() if row.outcomes["failed"]]
        total = sum((row.verdicts for row in self.rows.values()), Counter())
        absent = sum(not row.outcomes["passed"] and not row.outcomes["failed"] for row in self.rows.values())
        rest = f" {absent} properties were not checked: not defined." if absent else ""
        if self.exit_code() == 2:
            return f"Nothing has been shown: the properties of {self.candidate} could not be run to their end."
        if different:
            return (
                f"{self.candidate} DIFFERS from {self.reference} in {len(different)} of {len(self.rows)} properties "
                f"({different[0]}{', ...' if len(different) > 1 else ''}).{rest}"
            )
        share = max(row.share for row in self.rows.values())
        return (
            f"{self.candidate} and {self.reference} give the same in {total.total():,} examples (seed {self.seed}): "
            f"{total['exact']:,} bit for bit, {total['rounding']:,} within their rounding bound (at most {share:.0%} "
            f"of it), {total['ties']:,} ties, {total['ill-conditioned']:,} ill-conditioned, "
            f"{total['holds']:,} cases and laws that hold.{rest}"
        )

    def exit_code(self):
        """0 the same, 1 different, 2 could not check."""
        rows = self.rows.values()
        if (
            self.errors
            or not rows
            or not all(row.done for row in rows)
            or not any(row.outcomes["passed"] + row.outcomes["failed"] for row in rows)
        ):
            return 2
        return int(any(row.outcomes["failed"] for row in rows))

    def as_json(self):
        """The rows, for programs."""
        return json.dumps(
            {
                "candidate": self.candidate,
                "reference": self.reference,
                "seed": self.seed,
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "exit_code": self.exit_code(),
                "summary": self.words(),
                "properties": [row.as_dict() for row in self.rows.values()],
            },
            indent=1,
        )


def row_of(nodeid):
    """The concept file and the test of a pytest node."""
    path, _, test = nodeid.rpartition("::")
    return path.rpartition("/")[2].removeprefix("test_").removesuffix(".py"), test.partition("[")[0]


def first_words(report):
    """The message of a failure, without the way through our own code."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = crash.message if crash else str(report.longrepr)
    # Hypothesis repeats what was drawn; the message itself shows the call.
    return message.removeprefix("parity.compare.Different: ").partition("\nFailing test case")[0]
