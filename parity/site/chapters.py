"""The code for reading: a chapter for each file of the contract, from the sources of both backends.

Nothing is imported: the files of the two trees are read, parsed, and aligned line by line.
"""

import ast
import re
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from parity import trees
from parity.site.mathml import to_mathml

SITE = Path(__file__).parent


class Line(NamedTuple):
    """One line of code as HTML; None pads a column if only the other has a line."""

    html: str | None
    same: bool


class Entry(NamedTuple):
    """One name: its docstring, its code in both trees, aligned line by line, and the part that computes."""

    file: str
    name: str
    public: bool
    sentence: str
    about: list[str]
    formulas: list[str]
    example: str
    columns: tuple[list[Line], list[Line]]
    body: tuple[list[str], list[str]]
    first_lines: tuple[int | None, int | None]
    uses: list[str]


class Chapter(NamedTuple):
    """One file of the contract."""

    file: str
    sentence: str
    about: list[str]
    entries: list[Entry]

    @property
    def public(self):
        """The names of the contract."""
        return [entry for entry in self.entries if entry.public]


def chapters():
    """All chapters in study order."""
    return [chapter(file) for file in trees.FILES]


def chapter(file):
    """The chapter of one file: its public names in order, then its private helpers."""
    texts = [source(tree, file) for tree in trees.TREES]
    parsed = [ast.parse(text) for text in texts]
    found = [definitions(tree) for tree in parsed]
    public = next(ast.literal_eval(node.value) for node in parsed[0].body if is_all(node))
    behind = [name for name in {**found[0], **found[1]} if name not in public]
    entries = [
        entry(file, name, name in public, [(text, nodes.get(name)) for text, nodes in zip(texts, found, strict=True)])
        for name in (*public, *behind)
    ]
    sentence, *about = said_by_both(*(paragraphs(ast.get_docstring(tree) or "") for tree in parsed))
    return Chapter(file, sentence, about, entries)


def source(tree, file):
    """The text of one file."""
    return (trees.ROOT / tree / f"{file}.py").read_text(encoding="utf-8")


def is_all(node):
    """Whether this is the list of public names."""
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"


def definitions(tree):
    """The functions, classes and constants of a file, by name."""
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign) and not is_all(node):
            found[getattr(node.targets[0], "id", "")] = node
    found.pop("", None)
    return found


def entry(file, name, public, sides):
    """One name in both trees; a private name may be missing in one."""
    docs = [ast.get_docstring(node) or "" for _, node in sides if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    heads, examples = zip(*map(taken_apart, docs or [""]), strict=True)
    head = said_by_both(*heads)
    words = [text for text in head if not text.startswith(".. math::")]
    formulas = [
        formula(text.removeprefix(".. math::"), f"{file}.py, {name}") for text in head if text.startswith(".. math::")
    ]
    nodes = [node for _, node in sides]
    return Entry(
        file,
        name,
        public,
        words[0] if words else "",
        words[1:],
        formulas,
        examples[0],
        columns=aligned(*(code(text, node) for text, node in sides)),
        body=tuple(body(text, node) for text, node in sides),
        first_lines=tuple(node and node.lineno for node in nodes),
        uses=sorted({part.id for node in nodes if node for part in ast.walk(node) if isinstance(part, ast.Name)}),
    )


def formula(latex, where):
    """A formula as MathML, in parts that can wrap on a narrow page."""
    outside_braces = r"\\q?quad\b(?!(?:[^{}]|\{[^{}]*\})*\})"
    return " ".join(to_mathml(part, where) for part in re.split(outside_braces, latex))


def said_by_both(ours, theirs=None):
    """The paragraphs of both trees merged: the common sentences, then those of one tree with its name."""
    return ours if theirs is None else [merged(*pair) for pair in zip_longest(ours, theirs, fillvalue="")]


def merged(ours, theirs):
    """Merge two paragraphs sentence by sentence.

    >>> merged("One. Two.", "One. Three.")
    'One. <em>scratch</em>: Two. <em>torchref</em>: Three.'
    """
    left, right = (re.split(r"(?<=\.) ", text) for text in (ours, theirs))
    said = [sentence for sentence in left if sentence in right]
    for tree, own, other in zip(trees.TREES, (left, right), (right, left), strict=True):
        alone = [sentence for sentence in own if sentence and sentence not in other]
        said += [f"<em>{tree}</em>:", *alone] if alone else []
    return " ".join(said)


def taken_apart(docstring):
    """The paragraphs, and the example at the end as HTML."""
    text, begins, example = docstring.partition("\n\n>>> ")
    return paragraphs(text), coloured(f">>> {example}", "pycon") if begins else ""


def paragraphs(text):
    """The paragraphs of a docstring: text as HTML, formulas unchanged."""
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    return [block if block.startswith(".. math::") else marked(block) for block in blocks]


def marked(text):
    """Text as HTML, with ``code`` for double backquotes."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"``(.+?)``", r"<code>\1</code>", text)


def code(text, node):
    """The lines of a definition without the docstring, which the page shows above them."""
    if node is None:
        return []
    lines = text.splitlines()
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
    kept = set(span(node)) | set(range(first, node.lineno))
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
        kept -= set(span(node.body[0]))
    found = [lines[number - 1] for number in sorted(kept)]
    # An empty line follows the docstring of a class.
    return [
        line for i, line in enumerate(found) if line or (i and found[i - 1] and not found[i - 1].startswith("class "))
    ]


def body(text, node):
    """The lines of a function below its signature and docstring."""
    if not isinstance(node, ast.FunctionDef):
        return []
    statements = node.body[1:] if ast.get_docstring(node) is not None else node.body
    lines = text.splitlines()[statements[0].lineno - 1 : node.end_lineno] if statements else []
    return dedent("\n".join(lines)).splitlines()


def span(node):
    """The line numbers of a definition."""
    return range(node.lineno, node.end_lineno + 1)


def aligned(left, right):
    """Both columns with equal lines at equal heights."""
    coloured_left, coloured_right = (coloured("\n".join(lines), "python").split("\n") for lines in (left, right))
    columns: tuple[list[Line], list[Line]] = ([], [])
    # Single brackets are equal by chance: they are aligned only next to other equal lines.
    matcher = SequenceMatcher(lambda line: not re.search(r"\w", line), left, right, autojunk=False)
    a = c = 0
    for b, d, size in matcher.get_matching_blocks():
        # So is a single word. The last block is the end, of size 0.
        if size and len(re.findall(r"\w+", " ".join(left[b : b + size]))) <= 1:
            continue
        height = max(b - a, d - c)
        for column, lines in zip(columns, (coloured_left[a:b], coloured_right[c:d]), strict=True):
            column += [Line(line, False) for line in lines] + [Line(None, False)] * (height - len(lines))
        columns[0].extend(Line(line, True) for line in coloured_left[b : b + size])
        columns[1].extend(Line(line, True) for line in coloured_right[d : d + size])
        a, c = b + size, d + size
    return columns


def coloured(text, language):
    """Code as HTML, one element per line; names, operators and brackets have the colour of the text."""
    lexer = get_lexer_by_name(language, stripnl=False)
    html = highlight(text, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
    return re.sub(r'<span class="(?:n|o|p|w|nn|nb|bp|vm)">([^<]*)</span>', r"\1", html)
