"""Check that a name is in all its places, that a backend has all names, and that two backends read alike."""

import ast
import inspect
from functools import cache

from parity import trees
from parity.mistakes import MISTAKES

# How names of these files are looked up: the name itself, or its backward or update.
TABLES = {
    "activations": (
        ("scratch/activations.py", "ACTIVATIONS"),
        ("torchref/activations.py", "ACTIVATIONS"),
        ("parity/judge/referee.py", "ACTIVATIONS"),
    ),
    "losses": (
        ("scratch/losses.py", "LOSSES"),
        ("torchref/losses.py", "LOSSES"),
        ("parity/judge/referee.py", "LOSSES"),
    ),
    "optimizers": (
        ("scratch/optimizers.py", "OPTIMIZERS"),
        ("torchref/optimizers.py", "OPTIMIZERS"),
        ("parity/judge/referee.py", "UPDATES"),
    ),
}
DRAWN = ("activations", "losses")  # each name of these files has its own figure
RATES = trees.names()["optimizers"]  # take a learning rate by name
MOVED = ("datasets", "training", "checkpoints", "stacks")  # functions that pass data on, and call others to compute


def missing(backend):
    """The names that a backend does not define."""
    return [name for name in trees.all_names() if not backend.defines(name)]


def complete(backend):
    """Whether a backend has all names; the two trees are always treated as complete."""
    return backend.spec in trees.TREES or not missing(backend)


def omissions(checked):
    """What each public name of the two trees lacks; ``checked`` has the names with a property, file by file."""
    for file in trees.FILES:
        known = public(file)
        for name in known:
            if lacks := [*places(file, name), *evidence(file, name, checked), *partners(file, name, known)]:
                yield f"{name}: {', '.join(lacks)}"


def public(file):
    """The names that either tree should have in this file: listed, exported, with an example, or in a table."""
    known: dict[str, None] = {}
    for tree in trees.TREES:
        path = f"{tree}/{file}.py"
        known |= dict.fromkeys(listed(path, "__all__"))
        known |= dict.fromkeys(name for name, node in definitions(path).items() if has_example(name, node))
        known |= dict.fromkeys(exported(tree, file))
    return known | dict.fromkeys(name for path, table in TABLES.get(file, ()) for name in listed(path, table))


def has_example(name, node):
    """Whether the docstring has an example."""
    return not name.startswith("_") and ">>>" in (ast.get_docstring(node) or "")


def places(file, name):
    """The places in the trees where the name is missing."""
    for tree in trees.TREES:
        path = f"{tree}/{file}.py"
        if name not in definitions(path):
            yield f"not in {path}"
            continue
        if name not in listed(path, "__all__"):
            yield f"not in __all__ of {path}"
        elif name not in exported(tree, file):
            yield f"not in {tree}/__init__.py"


def evidence(file, name, checked):
    """The missing evidence: formula, property or mistake."""
    if name not in checked[file]:
        yield f"no property (parity/properties/test_{file}.py)"
    if file not in MOVED and not is_class(file, name) and name not in definitions("parity/judge/referee.py"):
        yield "no referee (parity/judge/referee.py)"
    wrong = {mistake.replaced.partition(".")[0] for mistake in MISTAKES.values()}
    if not wrong & {name, name.removesuffix("_backward"), f"{name}_backward"}:
        yield "no mistake (parity/mistakes/)"


def partners(file, name, known):
    """The missing partners: a backward, an update, an entry in the tables and figures."""
    if file not in TABLES:
        return
    head = name.removesuffix("_backward").removesuffix("_update")
    keys = [key for key in known if key in (head, name) or (is_class(file, key) and key.lower() == head)]
    pair = ("class", f"{head.lower()}_update") if file == "optimizers" else (head, f"{head}_backward")
    heads = [key for key in keys if not key.endswith(("_backward", "_update"))]
    if not heads:
        yield f"no {pair[0]} for it"
    elif name in heads:
        if pair[1] not in known:
            yield f"no {pair[1]}"
        yield from (f"not in {table} of {path}" for path, table in TABLES[file] if name not in listed(path, table))
        if file in DRAWN and not any(name in text for text in strings("parity/site/figures/curves.py", file)):
            yield f"not in the figure {file} (parity/site/figures/curves.py)"


def is_class(file, name):
    """Whether a tree has a class of this name."""
    return any(isinstance(definitions(f"{tree}/{file}.py").get(name), ast.ClassDef) for tree in trees.TREES)


@cache
def parsed(path):
    """Parse a file of this project without importing it, because PyTorch may be missing."""
    return ast.parse((trees.ROOT / path).read_text(encoding="utf-8"))


def definitions(path):
    """The functions and classes of a file."""
    return {node.name: node for node in parsed(path).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def listed(path, name):
    """The strings in a list, or in the keys of a dictionary, of a file."""
    for node in parsed(path).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if getattr(target, "id", "") == name:
            return [ast.literal_eval(item) for item in getattr(node.value, "keys", None) or node.value.elts]
    raise LookupError(f"{path} has no {name}")


def exported(tree, file):
    """The names that the package imports from one of its files: all public names, or none."""
    found = [node for node in parsed(f"{tree}/__init__.py").body if isinstance(node, ast.ImportFrom)]
    return listed(f"{tree}/{file}.py", "__all__") if any(node.module == f"{tree}.{file}" for node in found) else []


def strings(path, function):
    """The texts that a function has in quotes, its caption among them."""
    constants = [node.value for node in ast.walk(definitions(path)[function]) if isinstance(node, ast.Constant)]
    return [value for value in constants if isinstance(value, str)]


def differences(candidate, reference):
    """The differences visible to readers: signatures and docstrings of all names, and public methods of classes."""
    for name in filter(reference.defines, filter(candidate.defines, trees.all_names())):
        ours, theirs = getattr(reference.namespace, name), getattr(candidate.namespace, name)
        yield from _compare(name, theirs, ours)
        if inspect.isclass(ours):
            for method in public_methods(ours) & public_methods(theirs):
                yield from _compare(f"{name}.{method}", getattr(theirs, method), getattr(ours, method))


def _compare(name, theirs, ours):
    if str(inspect.signature(theirs)) != str(inspect.signature(ours)):
        yield f"{name}{inspect.signature(theirs)}, expected {name}{inspect.signature(ours)}"
    if inspect.getdoc(theirs) != inspect.getdoc(ours):
        yield f"{name} has another docstring"


def public_methods(cls):
    """The methods that a class defines itself."""
    return {name for name, value in vars(cls).items() if inspect.isfunction(value) and not name.startswith("_")}


def misfit(candidate, reference, name):
    """How a candidate's function violates the contract: too few or too many arguments, or another order. None if not.

    Arguments passed by position may have other names; those passed by name may also take a position.
    """
    wanted = required(reference.signature(name))
    needed = [*wanted[1], *({"lr"} if name in RATES else ())]
    got = required(candidate.signature(name), needed)
    if name in RATES and "lr" in got[1]:  # every property gives it
        wanted[1] = [*dict.fromkeys([*wanted[1], "lr"])]
    if any(kind == "VAR_POSITIONAL" for _, kind, _ in candidate.signature(name)):
        return None
    same_names = [sorted(names) for names in got] == [sorted(names) for names in wanted]
    fits = len(got[0]) == len(wanted[0]) and got[1] == wanted[1]
    if got == wanted or (fits and not same_names):
        return None
    return f"{name}({', '.join(got[0] + got[1])}), expected {name}({', '.join(wanted[0] + wanted[1])})"


def required(parameters, by_name=()):
    """The names of the arguments without a default: those passed by position, and the others, these by name."""
    names = [(name, kind) for name, kind, is_required in parameters if is_required and not kind.startswith("VAR")]
    late = [name for name, kind in names if kind == "KEYWORD_ONLY" or (name in by_name and kind != "POSITIONAL_ONLY")]
    return [[name for name, _ in names if name not in late], late]
