"""The course: lessons in the deck's order, from which the pages and the notebooks are made.

A lesson is a text in ``course/``, in Markdown, and an entry in ``course/course.toml``. Beside text and ``$formulas$``
it has

- code cells, which run from top to bottom; their output is shown
- ``::: figure NAME`` from ``figures``, and ``::: widget NAME`` from ``widgets/``
- ``::: essential NAME``: formulas, and the body of a function in both trees. In the formulas, ``\\class{z}{...}`` is a
  term, and a block ``terms`` says which code it is: ``z: weight @ x + bias | F.linear(x, weight, bias)``
- ``::: both``: a block ``numpy`` and a block ``torch`` that do the same, run, and shown beside each other
- ``:::: exercise TITLE``, in which there may be ``::: hint`` and ``::: solution``
- ``<div id="ties"></div>`` above a heading, or ``<span id="ties"></span>`` before a paragraph: a place for links to
  ``equal.md#ties``, where the words of the heading may change
"""

import ast
import re
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from mdit_py_plugins.container import container_plugin

from parity import trees
from parity.site import chapters

INSIDE = Path(__file__).parents[1] / "course"
COURSE = INSIDE if INSIDE.is_dir() else trees.ROOT / "course"
CONTAINERS = ("figure", "widget", "essential", "both", "exercise", "hint", "solution")
CODE = ("python", "numpy", "torch", "terms")


@dataclass
class Block:
    """A part of a lesson: its kind, what stands behind the kind, its text or its parts, and the output of a cell."""

    kind: str
    title: str = ""
    text: str = ""
    parts: list["Block"] = field(default_factory=list)
    output: str = ""

    def of(self, kind):
        """The parts of one kind."""
        return [part for part in self.parts if part.kind == kind]


class Lesson(NamedTuple):
    """One lesson; one whose text is a page of its own in ``parity/site`` has no blocks."""

    file: str
    title: str
    question: str
    terms: dict[str, str]
    chapters: list[chapters.Chapter]
    entries: list[chapters.Entry]
    blocks: list[Block]

    @property
    def public(self):
        """The names of the contract."""
        return [entry for entry in self.entries if entry.public]

    @property
    def headings(self):
        """The sections of its text."""
        text = "\n".join(block.text for block in self.blocks if block.kind == "text")
        return re.findall(r"^## (.*)", text, re.MULTILINE)

    @property
    def homework(self):
        """The names that may be written."""
        return [entry.name for entry in self.public if entry.name != "tensor"]

    @property
    def modules(self):
        """The files that its names stand in."""
        return list(dict.fromkeys(entry.file for entry in self.public))


def lessons():
    """All lessons in order; a chapter of the code belongs to the lesson that has its first name."""
    course = tomllib.loads((COURSE / "course.toml").read_text(encoding="utf-8"))
    code = chapters.chapters()
    public = {entry.name: entry for chapter in code for entry in chapter.public}
    helpers = {(entry.file, entry.name): entry for chapter in code for entry in chapter.entries if not entry.public}
    found = []
    for file, about in course.items():
        begun = [chapter for chapter in code if chapter.public[0].name in about["names"]]
        entries = with_helpers([public[name] for name in about["names"]], helpers)
        blocks = blocks_of(file, public)
        found.append(Lesson(file, about["title"], about["question"], about["terms"], begun, entries, blocks))
    for lesson in found:  # helpers that are behind no name of their own file
        for chapter in lesson.chapters:
            lesson.entries.extend(entry for entry in helpers.values() if entry.file == chapter.file)
    return found


def with_helpers(entries, helpers):
    """These entries and the helpers behind them, which are taken out of those that no lesson has shown."""
    for entry in entries:  # grows: a helper may have helpers
        entries += [helpers.pop((entry.file, name)) for name in entry.uses if (entry.file, name) in helpers]
    return entries


def blocks_of(file, entries):
    """The blocks of a text, with the output of its cells and the code of what is essential."""
    path = COURSE / f"{file}.md"
    if not path.exists():
        return []
    blocks = parsed(path.read_text(encoding="utf-8"))
    for block in blocks:
        if block.kind == "essential":
            sides = zip(("numpy", "torch"), entries[block.title].body, strict=True)
            block.parts += [Block(kind, text="\n".join(lines)) for kind, lines in sides]
    run(blocks, file)
    return blocks


def parser():
    """Markdown with containers."""
    markdown = MarkdownIt("commonmark")
    for name in CONTAINERS:
        container_plugin(markdown, name)
    return markdown


def parsed(text):
    """The blocks of a text; pieces of text in a row are one block."""
    lines, found = text.splitlines(), []
    for token in parser().parse(text):
        if token.level or token.nesting < 0:
            continue
        first, last = token.map
        kind, _, title = token.info.strip().partition(" ")
        if token.type.startswith("container"):
            found.append(Block(kind, title, parts=parsed("\n".join(lines[first + 1 : last]))))
        elif token.type == "fence" and kind in CODE:
            found.append(Block(kind, text=token.content.rstrip("\n")))
        elif found and found[-1].kind == "text":
            found[-1].text += "\n\n" + "\n".join(lines[first:last]).strip()
        else:
            found.append(Block("text", text="\n".join(lines[first:last]).strip()))
    return found


def run(blocks, file):
    """Run the cells in order; NumPy's and PyTorch's of a pair each go on from the cells before."""
    shared = {"__name__": "__main__"}
    cells = [block for block in blocks if block.kind in ("python", "both")]
    for number, block in enumerate(cells, start=1):
        try:
            block.output = printed(block.text, shared, file)
            for part in block.parts:
                part.output = printed(part.text, dict(shared), file)
        except Exception as error:
            raise ValueError(f"course/{file}.md, cell {number}: {type(error).__name__}: {error}") from None


def printed(source, namespace, file):
    """What a cell prints, and the value of its last expression."""
    body = ast.parse(source, f"course/{file}.md").body
    # As in a notebook: the last value is shown.
    last = [body.pop()] if body and isinstance(body[-1], ast.Expr) else []
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(StringIO()):
        exec(compile(ast.Module(body, []), f"course/{file}.md", "exec"), namespace)
        exec(compile(ast.Interactive(last), f"course/{file}.md", "single"), namespace)
    return out.getvalue().rstrip("\n")


def columns(block):
    """NumPy and PyTorch of a pair, aligned."""
    return chapters.aligned(*(block.of(kind)[0].text.splitlines() for kind in ("numpy", "torch")))


def without_terms(latex):
    r"""A formula without the marks of its terms.

    >>> without_terms(r"\class{delta}{\delta} = \tfrac12 (y - \class{z}{w \cdot x_{i}})")
    '{\\delta} = \\tfrac12 (y - {w \\cdot x_{i}})'
    """
    return re.sub(r"\\class{\w+}", "", latex)
