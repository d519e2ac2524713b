"""The evidence of a site: the report of one run of ``parity check``, and what the pages say of it."""

import json
from collections import Counter
from pathlib import Path

# The fields of a report that the page uses, and of each of its rows.
REPORT = {"candidate": str, "reference": str, "time": str, "summary": str, "sources": str, "properties": list}
ROW = {
    "property": str,
    "functions": list,
    "verdict": str,
    "examples": int,
    "verdicts": dict,
    "worst_gap_ulp": float,
    "worst_gap_share": float,
}


def found_evidence(path):
    """The report in this file, or the newest report in this directory, and its name."""
    if path is not None:
        return read_evidence(Path(path)), Path(path).name
    reports = []
    for file in Path().glob("*.json"):
        try:
            reports.append((read_evidence(file), file.name))
        except ValueError:
            continue
    return max(reports, key=lambda found: found[0]["time"], default=(None, None))


def read_evidence(path):
    """A report of scratch against torchref."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: cannot be read as evidence: {getattr(error, 'strerror', None) or error}") from None
    if not is_report(report):
        raise ValueError(f"{path}: got a file without evidence, expected a report of parity check --json")
    if {report["candidate"], report["reference"]} != {"scratch", "torchref"}:
        got = f"{report['candidate']} against {report['reference']}"
        raise ValueError(f"{path}: got evidence of {got}, expected scratch against torchref")
    return report


def is_report(value):
    """Whether this has the fields that the page shows."""
    return fits(value, REPORT) and all(
        fits(row, ROW) and all(isinstance(count, int) for count in row["verdicts"].values())
        for row in value["properties"]
    )


def fits(value, kinds):
    """Whether this is an object whose values are of these kinds."""
    return isinstance(value, dict) and all(isinstance(value.get(key), kind) for key, kind in kinds.items())


# What an example may be besides equal or different.
UNDECIDED = {"ties": "ties", "ill-conditioned": "ill-conditioned, which prove nothing"}


class Evidence:
    """The result of one run of ``parity check``."""

    def __init__(self, digest, report, name):
        self.rows = report["properties"] if report else []
        self.old = bool(report) and report["sources"] != digest
        self.sentence = "Nothing here has been checked yet: run parity check --json evidence.json and build again."
        if report:
            when = report["time"].replace("T", " ").removesuffix("+00:00")
            self.sentence = f"From {name}, {when} UTC: {report['summary']}"
            if self.old:
                self.sentence += " The code has changed since."

    def of(self, function):
        """The rows of one function, for its table."""
        return [as_dict(row) for row in self.rows if function in row["functions"]]

    def among(self, entries):
        """The rows of a lesson, each once."""
        return [as_dict(row) for row in self.of_lesson(entries)]

    def of_lesson(self, entries):
        """The rows in which one of these entries was checked."""
        names = {entry.name for entry in entries}
        return [row for row in self.rows if names.intersection(row["functions"]) and row["verdicts"]]

    def line(self, entries):
        """In how many examples a lesson is equal to PyTorch, in one line."""
        rows = self.of_lesson(entries)
        different = sum(row["verdict"] == "DIFFERENT" for row in rows)
        if different:
            return f"DIFFERENT from PyTorch in {different} of {len(rows)} properties"
        found = sum((Counter(row["verdicts"]) for row in rows), Counter())
        rest = [f"{found[kind]:,} {words}" for kind, words in UNDECIDED.items() if found[kind]]
        equal = found["exact"] + found["rounding"]
        total = equal + sum(found[kind] for kind in UNDECIDED)
        count = f"{equal:,} of {total:,} examples" if total else f"{found['holds']:,} cases"
        text = ", ".join([f"Equal to PyTorch in {count}", *rest])
        return f"{text}; the code has changed since" if self.old else text


def as_dict(row):
    """A row in the form shown."""
    verdicts = ", ".join(f"{kind} {count:,}" for kind, count in row["verdicts"].items() if count)
    different = row["verdict"] == "DIFFERENT"
    judged = row["verdicts"].keys() - {"holds"}
    return {
        "name": row["property"],
        "kind": "different" if different else "",
        "verdict": "DIFFERENT" if different else verdicts or row["verdict"],
        "examples": f"{row['examples']:,}",
        "ulp": f"{row['worst_gap_ulp']:.3g}" if judged else "–",
        "share": f"{row['worst_gap_share']:.0%}" if judged else "–",
    }
