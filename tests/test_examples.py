"""The adapters in examples/ run, and the adapted code is correct."""

import ast
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_the_adapter_passes(report):
    """Other names, orders, transposed weights, an object that keeps its state."""
    rows = report(EXAMPLES / "adapter.py", "--reference", "scratch", "--examples", "30")
    assert rows["exit_code"] == 0, [row["message"] for row in rows["properties"] if row["lessons"]]


def test_optax_passes(report):
    """An independent implementation of SGD and Adam. JAX compiles again for each shape, which is slow."""
    pytest.importorskip("optax", reason="optax is not installed")
    rows = report(EXAMPLES / "optax_adapter.py", "--examples", "20")
    assert rows["exit_code"] == 0, [row["message"] for row in rows["properties"] if row["lessons"]]


def test_optimizers_with_state_are_adapted_in_five_lines(report):
    """The rate in the constructor, the weights changed in place, the state an object of their own."""
    rows = report(EXAMPLES / "optimizer_adapter.py", "--reference", "scratch", "--examples", "30")
    assert rows["exit_code"] == 0, [row["message"] for row in rows["properties"] if row["lessons"]]
    checked = {row["functions"][0] for row in rows["properties"] if row["examples"] and row["functions"]}
    assert checked == {"sgd_update", "adam_update"}
    text = (EXAMPLES / "optimizer_adapter.py").read_text(encoding="utf-8")
    adapters = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert {node.name for node in adapters} == checked
    # The line that begins with def, and the statements below the docstring.
    assert {node.end_lineno - node.body[0].end_lineno + 1 for node in adapters} == {5}
