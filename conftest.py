"""Docstring examples of a package find its public names, so that the same example runs in scratch and in torchref."""

from importlib import import_module

import pytest

collect_ignore = ["parity/border/forbidden.py"]  # its import is an error by design


@pytest.fixture(autouse=True)
def _public_names(request, doctest_namespace, tmp_path, monkeypatch):
    package = getattr(request.node, "dtest", None) and request.node.dtest.globs["__name__"].partition(".")[0]
    if package:
        doctest_namespace.update(vars(import_module(package)))
        monkeypatch.chdir(tmp_path)  # an example may write a file
