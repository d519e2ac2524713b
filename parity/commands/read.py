"""Read a function, a class or a chapter: its formula, and the NumPy and PyTorch code side by side."""

import ast
import shutil
import textwrap
from difflib import SequenceMatcher
from itertools import chain, zip_longest

from contract.arguments import choice
from parity import trees
from parity.reports.formulas import formula

SIDE_BY_SIDE = 100  # number of columns that a terminal needs for both


def add_arguments(parser):
    """The options of ``parity read``."""
    parser.add_argument(
        "name", metavar="NAME", help="function, class or chapter, such as adam_update, Linear or losses"
    )


def run(args):
    """Print both bodies; docstrings are folded to their sentence and formula."""
    names = trees.names()
    found = [file for file in names if args.name == file or args.name in names[file]]
    [file] = found or [behind_the_scenes(args.name)]
    columns = shutil.get_terminal_size().columns
    shown = names.get(args.name, [args.name])
    blocks = [[*headline(file, name, columns), *page(file, [name], columns)] for name in shown]
    if behind := helpers(file, None if args.name in names else args.name):
        blocks.append(page(file, behind, columns, aligned=False))
    print("\n\n".join(map("\n".join, blocks)))
    return 0


def behind_the_scenes(name):
    """The file of a class or function that is not public, such as Module or Optimizer."""
    for file in (*trees.FILES, "modules"):
        if name in (node.name for node in definitions("scratch", file)):
            return file
    return choice("NAME", name, (*trees.all_names(), *trees.FILES))


def page(file, names, columns, aligned=True):
    """The definitions of these names, side by side or one tree above the other."""
    bodies = []
    for tree in trees.TREES:
        found = [lines for name in names if (lines := code(tree, file, name))]
        bodies.append("\n\n".join(map("\n".join, found)).splitlines())
    if columns < SIDE_BY_SIDE:
        heads = [[f"--- {tree}/{file}.py"] for tree in trees.TREES]
        return [*chain.from_iterable(head + body for head, body in zip(heads, bodies, strict=True) if body)]
    width = (columns - 3) // 2
    lines = [f"{f'scratch/{file}.py':<{width}}   torchref/{file}.py"] if aligned else []
    unmarked = ((one, " ", other) for one, other in zip_longest(*bodies, fillvalue=""))
    for one, mark, other in rows(*bodies) if aligned else unmarked:
        folds = zip_longest(folded(one, width), folded(other, width), fillvalue="")
        lines += [f"{start:<{width}} {mark} {end}".rstrip() for start, end in folds]
    return lines


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


def helpers(file, name):
    """The definitions of a file that are not public: all, or the functions that this one names in either tree."""
    public = trees.names().get(file, [])
    found: dict[str, ast.AST] = {}
    for tree in trees.TREES:
        nodes = {node.name: node for node in definitions(tree, file)}
        if name is None:
            found |= nodes
        elif isinstance(one := nodes.get(name), ast.FunctionDef):
            words = {node.id for node in ast.walk(one) if isinstance(node, ast.Name)}
            found |= {key: node for key, node in nodes.items() if key in words and isinstance(node, ast.FunctionDef)}
    return [key for key in found if key not in public]


def code(tree, file, name):
    """The lines of a definition without docstrings, its signature in one; none where this tree does not have it."""
    text = (trees.ROOT / tree / f"{file}.py").read_text(encoding="utf-8").splitlines()
    nodes = [node for node in definitions(tree, file) if node.name == name]
    return with_signature_in_one(without_docstrings(nodes[0], text)) if nodes else []


def with_signature_in_one(lines):
    """The lines with a first one that lists its arguments below each other, ``def f(`` to ``):``, joined."""
    if not lines[0].endswith("("):
        return lines
    end = next(number for number, line in enumerate(lines) if line.startswith(")"))
    arguments = " ".join(line.strip() for line in lines[1:end])
    return [f"{lines[0]}{arguments.removesuffix(',')}{lines[end]}", *lines[end + 1 :]]


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
    """The line, in several where it is too long for its column; broken after a comma if there is one."""
    indent = len(line) - len(line.lstrip())
    lines = [line]
    while len(line) > width:
        start = len(line) - len(line.lstrip())
        comma = line.rfind(", ", start, width) + 1
        at = comma if comma > 0.6 * width else line.rfind(" ", start + 1, width)
        if at <= start:
            break
        line = " " * (indent + 8) + line[at:].lstrip()
        lines[-1:] = [lines[-1][:at].rstrip(), line]
    return lines
