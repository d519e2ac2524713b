"""Both trees have the same names, in the same order, with the same signatures and docstrings; none is missing."""

from importlib import import_module
from importlib.util import find_spec

import pytest

from parity import trees
from parity.judge import completeness
from parity.judge.compare import Mismatch
from parity.options import option


def whole(backend):
    """Whether a backend is a package with all names and all files."""
    is_package = completeness.complete(backend) and hasattr(backend.namespace, "__path__")
    return is_package and all(find_spec(f"{backend.name}.{file}") for file in trees.FILES)


def test_every_name_has_its_places(pytestconfig):
    """In both trees, a property, the referee, the mistakes, the tables and the figures; without importing PyTorch."""
    if not {option(pytestconfig, side) for side in ("candidate", "reference")} <= set(trees.TREES):
        pytest.skip("for this project's own trees only")
    if lacking := list(completeness.omissions({file: checked(file) for file in trees.FILES})):
        raise Mismatch("\n".join(lacking))


def checked(file):
    """The names that the properties of one file check."""
    properties = vars(import_module(f"parity.properties.test_{file}")).items()
    marks = [
        mark for name, value in properties if name.startswith("test_") for mark in getattr(value, "pytestmark", ())
    ]
    cases = [case for mark in marks if mark.name == "parametrize" for case in mark.args[1]]
    marks += [mark for case in cases for mark in getattr(case, "marks", ())]
    return {name for mark in marks if mark.name == "checks" for name in mark.args}


def test_names(candidate, reference):
    """Two whole packages have the same public names in the same order, file by file."""
    if not (whole(candidate) and whole(reference)):
        pytest.skip("for whole packages only")
    for file in ("", *trees.FILES):
        ours, theirs = (import_module(f"{side.name}.{file}".rstrip(".")).__all__ for side in (reference, candidate))
        if theirs != ours:
            raise Mismatch(f"{file or '__init__'}.py: the public names differ, or their order")


def test_signatures_and_docstrings(candidate, reference):
    """Two whole packages read the same; a partial module's functions take the required arguments in order."""
    if whole(candidate) and whole(reference):
        wrong = list(completeness.differences(candidate, reference))
    else:
        defined = [name for name in trees.all_names() if candidate.defines(name) and reference.defines(name)]
        functions = [name for name in defined if not name[0].isupper()]  # a class of another form is another class
        wrong = [misfit for name in functions if (misfit := completeness.misfit(candidate, reference, name))]
    if wrong:
        raise Mismatch("; ".join(wrong))
