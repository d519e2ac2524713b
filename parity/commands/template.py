"""Write a file to fill in: names, signatures and docstrings, and no bodies."""

import ast
import inspect
from importlib import import_module
from pathlib import Path
from textwrap import dedent, fill, indent

from contract.arguments import choice
from contract.arrays import Array
from parity import trees
from parity.files import atomic_write, check_path
from parity.text import printable

HEADER = '''"""What is not written yet raises NotImplementedError; ``parity check {file}`` checks the rest.

The examples say ``tensor(...)`` where NumPy says ``np.array(...)``.
"""

import numpy as np
'''
METHODS = ("__init__", "__call__")


def add_arguments(parser):
    """The options of ``parity template``."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="functions, classes, or whole chapters as perceptron (default: all)")
    add("-o", "--output", default="homework.py", metavar="FILE", help="file to write (default: %(default)s)")


def run(args):
    """Refuses to write over a file."""
    check_path(args.output, (".py",))
    if Path(args.output).exists():
        raise ValueError(f"{args.output}: exists already, expected the name of a new file")
    names = dict.fromkeys(name for given in args.names or trees.FILES for name in chosen(given) if name != "tensor")
    if not names:
        raise ValueError("NAME: got tensor alone, which need not be written, expected another name")
    with atomic_write(args.output) as path:
        path.write_text(template(names, args.output), encoding="utf-8", errors="backslashreplace")
    print(f"wrote {args.output}, {len(names)} names to fill in; then: parity check {args.output}")
    return 0


def chosen(given):
    """The names of a file of the contract, or the name itself."""
    choice("NAME", given, (*trees.FILES, *trees.all_names()))
    return trees.names().get(given, [given])


def template(names, file):
    """The text."""
    file = printable(file).replace("\\", "\\\\").replace('"', '\\"')  # it stands in a docstring
    return "\n\n".join([HEADER.format(file=file), *map(skeleton, names)])


def skeleton(name):
    """The head and docstring of a function or class, and nothing done."""
    thing = getattr(import_module("scratch"), name)
    if not inspect.isclass(thing):
        return emptied(thing)
    # A class with all that it inherits: one may well write it without a base.
    methods = {
        key: value
        for base in reversed(thing.__mro__)
        for key, value in vars(base).items()
        if inspect.isfunction(value) and (not key.startswith("_") or key in METHODS)
    }
    head = "\n".join([f"class {name}:", *documented(inspect.getsource(thing)), ""])
    return "\n".join([head, *(indent(emptied(method), "    ") for method in methods.values())])


def emptied(function):
    """A function without its body; what its arguments are stands in the docstring."""
    signature = inspect.signature(function)
    takes = [f"{p.name}: {p.annotation!r}" for p in signature.parameters.values() if isinstance(p.annotation, Array)]
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    head = f"def {function.__name__}{signature.replace(parameters=plain)}:"
    docstring = documented(dedent(inspect.getsource(function)))
    if takes and docstring:
        docstring[1:1] = ["", *indent(fill(", ".join(takes), 84), "    ").splitlines()]
    return "\n".join([head, *docstring, "    raise NotImplementedError", ""])


def documented(source):
    """The docstring's lines, as they stand."""
    [node] = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    first = node.body[0]
    return source.splitlines()[first.lineno - 1 : first.end_lineno] if ast.get_docstring(node) is not None else []
