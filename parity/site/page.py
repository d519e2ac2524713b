"""Build the course as one offline site: every formula, its code in both trees, figures, and the evidence.

parity check --json evidence.json
parity page -o site/
"""

import hashlib
import html
import inspect
import json
import os
import re
from collections import Counter
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from parity.files import atomic_write
from parity.progress import bar
from parity.site import words
from parity.trees import ROOT, digest

MANIFEST = "parity-page.json"
# The lessons that are pages of their own: each has a module here for its numbers; and what the contents say of it.
LESSONS = {
    "backpropagation": "How an error finds its way back: one forward and one backward pass with all their numbers.",
    "equal": "What does equal mean? From 0.1 + 0.2 to the bound and the referee.",
    "disagreements": "Who is right? Real libraries that compute different numbers under one name.",
}
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


def add_arguments(parser):
    """The options of ``parity page``."""
    add = parser.add_argument
    add("-o", "--output", metavar="DIR", default="site", help="directory to write the site to (default: %(default)s)")
    text = "report of parity check --json (default: the newest one in the current directory)"
    add("--evidence", metavar="FILE", help=text)
    add("--force", action="store_true", help="write into a directory that has other files; none is deleted")


def run(args):
    """Write the site; other files in the directory are not changed."""
    code = digest()
    evidence = Evidence(code, *found_evidence(args.evidence))
    output = Path(args.output)
    try:
        with bar("reading the course"):
            from parity.site import figures
            from parity.site.chapters import chapters

            course = chapters()
            files = pages(course, evidence, code)
    except ModuleNotFoundError as error:
        raise ImportError(f"{error}; parity page needs pip install 'neuron-parity[all]'") from None
    drawings = {f"figures/{name}.svg": draw for name, draw in figures.all_figures().items()}
    ours, drawn_from = expect_ours(output, [*files, *drawings, MANIFEST], args.force)
    made_from = figures_made_from()
    fresh = drawn_from == made_from and all((output / name).is_file() for name in drawings)
    try:
        for folder in ("figures", "widgets"):
            (output / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"{output}: cannot be written: {error.strerror or error}") from None
    # The manifest is written first, with the files of earlier builds, so that an interrupted build can be repeated.
    names = sorted({*files, *drawings, MANIFEST, *ours})
    write(output / MANIFEST, json.dumps({"files": names, "figures": ""}))
    for name, text in files.items():
        write(output / name, text)
    if not fresh:
        draw_all(output, drawings)
    write(output / MANIFEST, json.dumps({"files": names, "figures": made_from}))
    print(f"{output / 'index.html'}: {len(course)} chapters; {evidence.sentence}")
    return 0


def draw_all(output, drawings):
    """Draw the figures, which takes most of the time."""
    from parity.site import figures

    with bar("drawing", len(drawings)) as move_bar:
        for done, (name, draw) in enumerate(drawings.items(), start=1):
            with atomic_write(output / name) as temporary:
                figures.save(draw(), temporary)
            move_bar(done, name)


def write(path, text):
    """Write a whole file; a file with the same content is not changed."""
    content = text.encode(errors="backslashreplace")
    if path.is_file() and path.read_bytes() == content:
        return
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def expect_ours(output, needed, force):
    """The files of earlier builds and the fingerprint of their figures; other files are rejected."""
    if not output.exists():
        return set(), None
    if not output.is_dir():
        raise ValueError(f"{output}: got a file, expected a directory")
    ours, drawn_from = built_before(output / MANIFEST)
    taken = [name for name in needed if name not in ours and os.path.lexists(output / name)]
    if taken:
        raise ValueError(
            f"{output / taken[0]}: got a file that parity page has not written, expected this name to be free"
        )
    other = None if force else next((name for name in names_below(output) if name not in ours), None)
    if other:
        raise ValueError(
            f"{output}: got {other}, which parity page has not written, expected an empty directory, or --force, "
            "which writes beside other files and deletes nothing"
        )
    return ours, drawn_from


def names_below(folder):
    """The files in a directory and below it, one by one, because there may be very many."""
    for path, folders, files in os.walk(folder):
        folders.sort()
        yield from (str(Path(path, name).relative_to(folder)) for name in sorted(files))


def built_before(manifest):
    """The manifest of the last build; empty if there is none."""
    try:
        before = json.loads(manifest.read_text(encoding="utf-8"))
        return {str(name) for name in before["files"]}, before["figures"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return set(), None


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
        """The rows of a chapter, each once."""
        return [as_dict(row) for row in self.of_chapter(entries)]

    def of_chapter(self, entries):
        """The rows in which one of these entries was checked."""
        names = {entry.name for entry in entries}
        return [row for row in self.rows if names.intersection(row["functions"]) and row["verdicts"]]

    def line(self, entries):
        """In how many examples a chapter is equal to PyTorch, in one line."""
        rows = self.of_chapter(entries)
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


def pages(course, evidence, digest):
    """The text of every file but the figures, by its name."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from parity.site import figures
    from parity.site.chapters import SITE

    # The docstrings are already HTML.
    environment = Environment(
        loader=FileSystemLoader(SITE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["linked"] = words.linked
    shared = {"chapters": course, "lessons": LESSONS, "evidence": evidence, "digest": digest}
    shown = {name: [caption(draw) for draw in draws] for name, draws in figures.FIGURES.items()}
    own = [path for path in (*SITE.iterdir(), *(SITE / "widgets").iterdir()) if path.suffix in (".css", ".js")]
    files = {path.relative_to(SITE).as_posix(): path.read_text(encoding="utf-8") for path in own}
    files["widgets/data.js"] = f"const DATA = {json.dumps(points())};\n"
    files["search.js"] = f"const INDEX = {json.dumps(index(course, shown), ensure_ascii=False)};\n"
    names = ["index", *(chapter.file for chapter in course), *LESSONS]
    around = {
        name: {"here": name, "before": before, "after": after}
        for before, name, after in zip([None, *names], names, [*names[1:], None], strict=False)
    }
    files["index.html"] = environment.get_template("index.html").render(
        **shared, **around["index"], figures=shown["training"]
    )
    for chapter in course:
        files[f"{chapter.file}.html"] = environment.get_template("chapter.html").render(
            **shared, **around[chapter.file], chapter=chapter, figures=shown.get(chapter.file, [])
        )
    for name in LESSONS:
        numbers = import_module(f"parity.site.{name}").numbers()
        files[f"{name}.html"] = environment.get_template(f"{name}.html").render(
            **shared, **around[name], figures=shown.get(name, []), **numbers
        )
    return files


def points():
    """The points and classes of the data sets of the moving pictures."""
    from scratch import load_data

    sets = ("toy", "toy_flipped", "xor", "moons")
    return {name: dict(zip("xy", (values.tolist() for values in load_data(name)), strict=True)) for name in sets}


def caption(draw):
    """The caption and the description from the docstring of a figure."""
    first, _, rest = (inspect.getdoc(draw) or "").partition("\n\n")
    return {"name": draw.__name__, "caption": " ".join(first.split()), "words": html.escape(" ".join(rest.split()))}


def index(course, shown):
    """The search index: every name, every Italian term, every figure, every lesson, and the words of the evidence."""
    found = []
    for chapter in course:
        page = f"{chapter.file}.html"
        terms = " ".join(f"{italian} {english}" for italian, english in chapter.terms.items())
        text = plain(" ".join([chapter.sentence, *chapter.about, terms]))
        found.append({"name": chapter.file, "about": f"chapter: {chapter.title}", "text": text, "url": page})
        for italian, english in chapter.terms.items():
            found.append({"name": italian, "about": f"{english}, in {chapter.file}", "text": "", "url": page})
        for entry in chapter.public:
            text = plain(" ".join([chapter.file, *entry.about]))
            about = plain(entry.sentence)
            found.append({"name": entry.name, "about": about, "text": text, "url": f"{page}#{entry.name}"})
        found += pictured(chapter.file, shown)
    for lesson, about in LESSONS.items():
        found.append({"name": lesson, "about": "lesson", "text": about, "url": f"{lesson}.html"})
        found += pictured(lesson, shown)
    return found + words.entries()


def pictured(name, shown):
    """The entries of the figures of one page."""
    return [
        {
            "name": figure["name"].replace("_", " "),
            "about": f"figure: {figure['caption']}",
            "text": f"{name} {html.unescape(figure['words'])}",
            "url": f"{name}.html#figure-{figure['name']}",
        }
        for figure in shown.get(name, [])
    ]


def plain(text):
    """HTML as plain text."""
    return html.unescape(re.sub(r"<.*?>", "", text))


def figures_made_from():
    """A fingerprint of everything that the figures depend on."""
    from parity import plots
    from parity.site import figures

    texts = [Path(str(module.__file__)).read_bytes() for module in (figures, plots)]
    texts += [path.read_bytes() for path in sorted((ROOT / "data").glob("*.csv"))]
    versions = [f"{name} {version(name)}" for name in ("matplotlib", "numpy", "torch")]
    return hashlib.sha256(b"\0".join([digest().encode(), *texts, *map(str.encode, versions)])).hexdigest()
