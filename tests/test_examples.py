"""The adapters in examples/ run, and each package gets the verdict that docs/packages.md tells."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
# By package, the functions that differ from PyTorch's, by convention or by a mistake.
PACKAGES = {
    "autograd": {"relu_backward"},
    "equinox": {"leaky_relu_backward"},
    "keras": {"adam_update", "binary_cross_entropy", "mse_loss", "sgd_update"},
    "micrograd": set(),
    "mlxtend": {"perceptron_step"},
    "mygrad": {"leaky_relu_backward"},
    "numpy_ml": {"sgd_update"},
    "optax": set(),
    "sklearn": {"perceptron_step"},
    "tinygrad": set(),
}


def test_the_adapter_passes(report):
    """Other names, orders, transposed weights, an object that keeps its state."""
    rows = report(EXAMPLES / "adapter.py", "--reference", "scratch", "--examples", "30")
    assert rows["exit_code"] == 0, [row["message"] for row in rows["properties"] if row["lessons"]]


def test_every_adapter_is_listed():
    """In the table above, and in the one of the documentation."""
    assert {path.stem.removesuffix("_adapter") for path in (EXAMPLES / "adapters").glob("*.py")} == set(PACKAGES)
    documented = (EXAMPLES.parent / "docs" / "packages.md").read_text(encoding="utf-8")
    assert [name for name in PACKAGES if f"{name}_adapter.py" not in documented] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package(package, report):
    """Right code is right, and each difference is at its function. JAX compiles again for each shape, which is slow."""
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    rows = report(EXAMPLES / "adapters" / f"{package}_adapter.py", "--reference", "scratch", "--examples", "10")
    found = {lesson["function"] for row in rows["properties"] for lesson in row["lessons"]}
    assert found == PACKAGES[package]


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
