"""Read a function, a class or a chapter: its formula, and the NumPy and PyTorch code side by side."""

import ast
import shutil
import textwrap
from difflib import SequenceMatcher
from itertools import zip_longest

from contract.arguments import choice
from contract.names import FILES
from parity import trees
from parity.reports.formulas import formula

SIDE_BY_SIDE = 100  # number of columns that a terminal needs for both


def add_arguments(parser):
    """The options of ``parity read``."""
    parser.add_argument(
        "name", metavar="NAME", help="function, class or chapter, such as adam_update, Linear or losses"
    )


def run(args):
    """Print both bodies; docstrings are reduced to their first sentence and formula."""
    choice("NAME", args.name, (*trees.all_names(), *FILES))
    columns = shutil.get_terminal_size().columns
    names = trees.names()
    for name in names.get(args.name, [args.name]):
        [file] = [file for file in FILES if name in names[file]]
        print("\n".join(page(file, name, columns)), end="\n\n" if args.name in FILES else "\n")
    return 0


def page(file, name, columns):
    """The lines for one name."""
    sides = [code(tree, file, name) for tree in trees.TREES]
    yield from headline(file, name, columns)
    if columns < SIDE_BY_SIDE:
        for tree, lines in zip(trees.TREES, sides, strict=True):
            yield from [f"--- {tree}/{file}.py", *lines]
        return
    width = (columns - 3) // 2
    yield f"{f'scratch/{file}.py':<{width}}   torchref/{file}.py"
    for left, mark, right in rows(*sides):
        for one, other in zip_longest(folded(left, width), folded(right, width), fillvalue=""):
            yield f"{one:<{width}} {mark} {other}".rstrip()


def headline(file, name, columns):
    """The first sentence and the formulas of the docstring."""
    [node] = [node for node in definitions("scratch", file) if node.name == name]
    paragraphs = (ast.get_docstring(node) or "").split("\n\n")
    yield from textwrap.wrap(f"{name}: {' '.join(paragraphs[0].split())}", columns)
    yield from textwrap.wrap(formula(name), columns, initial_indent="    ", subsequent_indent="    ")
    yield ""


def definitions(tree, file):
    """The functions and classes of a file."""
    text = (trees.ROOT / tree / f"{file}.py").read_text(encoding="utf-8")
    return [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def code(tree, file, name):
    """The lines of a definition and of the private functions that it uses, without docstrings."""
    text = (trees.ROOT / tree / f"{file}.py").read_text(encoding="utf-8").splitlines()
    found = {node.name: node for node in definitions(tree, file)}
    public = trees.names()[file]
    shown = [name]
    for each in shown if isinstance(found[name], ast.FunctionDef) else ():
        words = {node.id for node in ast.walk(found[each]) if isinstance(node, ast.Name)} - {*public, *shown}
        shown += [other for other in found if other in words and isinstance(found[other], ast.FunctionDef)]
    lines: list[str] = []
    for each in shown:
        lines += [*([""] if lines else []), *without_docstrings(found[each], text)]
    return lines


def without_docstrings(node, text):
    """The lines of a definition without docstrings and the blank lines after them."""
    left_out = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None:
            first = inner.body[0]
            left_out |= {*range(first.lineno, (first.end_lineno or 0) + 1)}
            if len(inner.body) == 1:
                left_out.discard(first.lineno)
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    lines: list[str] = []
    for number in range(start, (node.end_lineno or 0) + 1):
        line = text[number - 1]
        if number in left_out or not line.strip():
            continue
        begins = line.lstrip().startswith(("def ", "@")) and lines and not lines[-1].lstrip().startswith("@")
        lines += [*([""] if begins else []), line_or_dots(line, number, node)]
    return lines


def line_or_dots(line, number, node):
    """A line unchanged; dots for a body that is only a docstring."""
    alone = any(
        isinstance(inner, ast.FunctionDef | ast.ClassDef)
        and len(inner.body) == 1
        and isinstance(inner.body[0], ast.Expr)
        and inner.body[0].lineno == number
        for inner in ast.walk(node)
    )
    return line[: len(line) - len(line.lstrip())] + "..." if alone else line


def rows(left, right):
    """Pairs of lines and a mark: blank if they are equal, | if they differ, < or > if only one side has the line."""
    for kind, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for one, other in zip_longest(left[i:j], right[k:m]):
            mark = (
                " "
                if kind == "equal"
                else "|"
                if one is not None and other is not None
                else "<"
                if other is None
                else ">"
            )
            yield one or "", mark, other or ""


def folded(line, width):
    """The line, wrapped if it is too long for its column."""
    if len(line) <= width:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 8)
    return textwrap.wrap(line, width, subsequent_indent=indent, drop_whitespace=True, break_on_hyphens=False) or [line]
