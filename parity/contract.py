"""The contract: which names there are, in which files, and what makes two backends the same to read."""

import hashlib
import inspect
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
TREES = ("scratch", "torchref")
FILES = (
    "tensors",
    "datasets",
    "activations",
    "neuron",
    "perceptron",
    "losses",
    "gradients",
    "networks",
    "optimizers",
    "training",
)


def names(package="scratch"):
    """The public names of each file, in study order."""
    return {file: list(import_module(f"{package}.{file}").__all__) for file in FILES}


def all_names():
    """All public names in study order."""
    return [name for file in names().values() for name in file]


def digest():
    """A fingerprint of both trees and of the check itself: evidence belongs to the code that it was found on."""
    texts = [path.read_bytes() for tree in (*TREES, "parity") for path in sorted((ROOT / tree).glob("*.py"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def missing(backend):
    """The names that a backend does not define."""
    return [name for name in all_names() if not backend.defines(name)]


def differences(candidate, reference):
    """What differs to the reader: signatures and docstrings of all names, and the public methods of classes."""
    for name in all_names():
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
    """The methods that a class writes itself."""
    return {name for name, value in vars(cls).items() if inspect.isfunction(value) and not name.startswith("_")}


def misfit(candidate, reference, name):
    """How a partial module's function misses the contract, or None: too few or many arguments, or another order.

    Those that are passed by position may have other names.
    """
    wanted, got = (required(backend.signature(name)) for backend in (reference, candidate))
    if any(kind == "VAR_POSITIONAL" for _, kind, _ in candidate.signature(name)):
        return None
    same_names = [sorted(names) for names in got] == [sorted(names) for names in wanted]
    fits = len(got[0]) == len(wanted[0]) and got[1] == wanted[1]
    if got == wanted or (fits and not same_names):
        return None
    return f"{name}({', '.join(got[0] + got[1])}), expected {name}({', '.join(wanted[0] + wanted[1])})"


def required(parameters):
    """The names of the arguments without a default: those passed by position, and the others."""
    names = [(name, kind) for name, kind, is_required in parameters if is_required and not kind.startswith("VAR")]
    return [
        [name for name, kind in names if kind != "KEYWORD_ONLY"],
        [name for name, kind in names if kind == "KEYWORD_ONLY"],
    ]
