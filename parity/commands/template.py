"""Write a file to fill in: names, signatures and docstrings, without bodies."""

import ast
import inspect
import json
from importlib import import_module
from pathlib import Path
from textwrap import dedent, fill, indent

from contract.arguments import choice
from contract.arrays import Array
from parity import trees
from parity.files import atomic_write, check_path
from parity.judge import forms
from parity.text import printable

HEADER = '''"""A function that is not written yet raises NotImplementedError; ``parity check {file}`` checks the others.

In the examples, ``tensor(values)`` is ``np.array(values, dtype=float)`` in NumPy. A result that has
attributes, such as ``result.weight``, may be any object with the attributes named.
"""

import numpy as np
'''
METHODS = ("__init__", "__call__")
NET = '''"""A net of your own, whatever its classes; ``parity check {file}`` trains it beside PyTorch, step by step."""

import numpy as np

# What the net computes, and how its arrays are laid out; the check converts them. A line left out has this default.
NET = {{
{options}
}}


def make(sizes):
    """A new net of these numbers of inputs, of neurons in each hidden layer, and of outputs, such as [2, 8, 1]."""
    raise NotImplementedError


def get_weights(net):
    """Its arrays in a list or dictionary: of the first layer the weights, then the biases, then of the next."""
    raise NotImplementedError


def set_weights(net, weights):
    """Put these in their place; they come as get_weights returns them."""
    raise NotImplementedError


def step(net, x, y, lr):
    """One step of training on these samples; returns the loss before the step, a number."""
    raise NotImplementedError
'''


def add_arguments(parser):
    """The options of ``parity template``."""
    add = parser.add_argument
    add(
        "names",
        nargs="*",
        metavar="NAME",
        help="functions, classes, whole chapters such as perceptron, or net: a whole net of your own (default: all)",
    )
    add("-o", "--output", default="homework.py", metavar="FILE", help="file to write (default: %(default)s)")


def run(args):
    """Write the file; an existing file is not overwritten."""
    check_path(args.output, (".py",))
    if Path(args.output).exists():
        raise ValueError(f"{args.output}: got an existing file, expected the name of a new file")
    if "net" in args.names:
        return write_net(args)
    names = dict.fromkeys(name for given in args.names or trees.FILES for name in chosen(given) if name != "tensor")
    if not names:
        raise ValueError("NAME: got tensor, which need not be written, expected another name")
    with atomic_write(args.output) as path:
        path.write_text(template(names, args.output), encoding="utf-8", errors="backslashreplace")
    print(f"wrote {args.output}, {len(names)} names to fill in; then: parity check {args.output}")
    return 0


def write_net(args):
    """Write the form and the functions of a net."""
    if args.names != ["net"]:
        raise ValueError(f"NAME: got {' '.join(args.names)}, expected net alone: its functions are others")
    options = "\n".join(map(declaration, forms.OPTIONS))
    with atomic_write(args.output) as path:
        path.write_text(NET.format(file=quoted(args.output), options=options), encoding="utf-8")
    print(f"wrote {args.output}, {len(trees.NET)} functions to fill in; then: parity check {args.output}")
    return 0


def chosen(given):
    """The names of a file of the contract, or the name itself."""
    choice("NAME", given, (*trees.FILES, *trees.all_names(), "net"))
    return trees.names().get(given, [given])


def template(names, file):
    """The text of the file."""
    return "\n\n".join([HEADER.format(file=quoted(file)), *map(skeleton, names)])


def quoted(file):
    """The name of a file as part of a docstring."""
    return printable(file).replace("\\", "\\\\").replace('"', '\\"')


def skeleton(name):
    """The signature and docstring of a function or class, without a body."""
    thing = getattr(import_module("scratch"), name)
    if not inspect.isclass(thing):
        return emptied(thing)
    # A class with everything that it inherits, because it may be written without a base class.
    methods = {
        key: value
        for base in reversed(thing.__mro__)
        for key, value in vars(base).items()
        if inspect.isfunction(value) and (not key.startswith("_") or key in METHODS)
    }
    head = "\n".join([f"class {name}:", *documented(inspect.getsource(thing)), ""])
    return "\n".join([head, *(indent(emptied(method), "    ") for method in methods.values())])


def declaration(name):
    """An option of a net with its default, and above it what may stand there."""
    choices, meaning = forms.OPTIONS[name]
    default = forms.Form._field_defaults[name]
    comment = indent(fill(f"{meaning}{': ' * bool(choices)}{', '.join(choices)}", 112), "    # ")
    return f"{comment}\n    {json.dumps(name)}: {json.dumps(default) if isinstance(default, str) else default},"


def emptied(function):
    """A function without its body; the kinds of its arguments are added to the docstring."""
    signature = inspect.signature(function)
    takes = [f"{p.name}: {p.annotation!r}" for p in signature.parameters.values() if isinstance(p.annotation, Array)]
    plain = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    head = f"def {function.__name__}{signature.replace(parameters=plain)}:"
    docstring = documented(dedent(inspect.getsource(function)))
    if takes and docstring:
        docstring[1:1] = ["", *indent(fill(", ".join(takes), 84), "    ").splitlines()]
    return "\n".join([head, *docstring, "    raise NotImplementedError", ""])


def documented(source):
    """The lines of the docstring, unchanged."""
    [node] = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    first = node.body[0]
    return source.splitlines()[first.lineno - 1 : first.end_lineno] if ast.get_docstring(node) is not None else []
