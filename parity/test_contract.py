"""Both trees have the same names, in the same order, with the same signatures and docstrings."""

from importlib import import_module

import pytest

from parity import contract
from parity.compare import Different


def test_names(candidate, reference):
    """Two whole packages have the same public names in the same order, file by file."""
    if contract.missing(candidate) or not hasattr(candidate.namespace, "__path__"):
        pytest.skip("not a whole package: no __init__.py with all names")
    assert candidate.namespace.__all__ == reference.namespace.__all__
    for file in contract.FILES:
        ours, theirs = (import_module(f"{side.name}.{file}").__all__ for side in (reference, candidate))
        assert theirs == ours, f"{file}.py: the public names differ, or their order"


def test_signatures_and_docstrings(candidate, reference):
    """Two whole packages read the same; a partial module's functions take the required arguments in order."""
    if contract.missing(candidate) or not hasattr(candidate.namespace, "__path__"):
        defined = [name for name in contract.all_names() if candidate.defines(name)]
        wrong = [misfit for name in defined if (misfit := contract.misfit(candidate, reference, name))]
    else:
        wrong = list(contract.differences(candidate, reference))
    if wrong:
        raise Different("; ".join(wrong))
