"""The adapters in examples/ run, and the adapted code is correct."""

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
