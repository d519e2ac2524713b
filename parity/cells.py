"""The code of some names in the cells of a notebook: the statements that define them and what they need."""

import ast

# Magics whose cell is Python.
PYTHON = ("parity", "time", "capture")


def source(names, cells):
    r"""A file with the statements of these cells that the names need.

    A name is what the last statement that binds it makes it: an import, a function, a class, an assignment. Statements
    of the last cell stand where they stand in the notebook, below a line that is its magic there and has the others
    here, so that errors name the line that a student sees.

    >>> print(source(["f"], ["import math\nprint('seen')", "def f(x):\n    return math.sqrt(x)"]))
    exec('import math')
    def f(x):
        return math.sqrt(x)
    <BLANKLINE>
    __all__ = ['f']
    """
    found = [(cell, node) for cell, text in enumerate(cells) for node in statements(text)]
    last = {name: place for place, (_, node) in enumerate(found) for name in bound(node)}
    wanted, places = list(names), {place for place, (_, node) in enumerate(found) if "*" in bound(node)}
    while wanted:
        name = wanted.pop()
        if name in last and last[name] not in places:
            places.add(last[name])
            wanted += needed(found[last[name]][1])
    earlier, own = [], [""] * len(cells[-1].splitlines())
    for place in sorted(places):
        cell, node = found[place]
        lines = cells[cell].splitlines()
        first, end = beginning(node) - 1, node.end_lineno
        if cell == len(cells) - 1:
            own[first:end] = lines[first:end]
        else:
            earlier += lines[first:end]
    defined = [name for name in names if name in last]
    return "\n".join([f"exec({chr(10).join(earlier)!r})", *own, "", f"__all__ = {defined}"])


def statements(text):
    """The statements of a cell at its outer level; none if it is not Python."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError):
        return []


def bound(node):
    """The names that a statement binds; ``*`` for all names of a module."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            inner = [each for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
            return [each.id for each in inner if isinstance(each.ctx, ast.Store)]
    return []


def needed(node):
    """The names that a statement mentions."""
    return sorted({each.id for each in ast.walk(node) if isinstance(each, ast.Name)})


def beginning(node):
    """The first line of a statement, with its decorators."""
    return min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])


def unwrapped(text, transform):
    """The Python of an executed cell: that of its magic, if it has one; ``transform`` makes Python of a cell."""
    match statements(text):
        case [ast.Expr(ast.Call(ast.Attribute(attr="run_cell_magic"), [ast.Constant(magic), _, ast.Constant(cell)]))]:
            return transform(cell) if magic in PYTHON else ""
    return text
