"""A public name that has been forgotten somewhere is found, and what it lacks is said with the file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import scratch
from parity import trees
from parity.judge import completeness
from parity.properties.test_contract import checked

ROOT = Path(__file__).parents[1]
PACKAGES = ("contract", "scratch", "torchref", "parity")
ELU = '''

def elu(z):
    """A negative z is bent."""
    return np.where(z > 0, z, np.expm1(z))


ACTIVATIONS = {'''


@pytest.fixture(autouse=True)
def _marker(request):
    """That of the properties, whose own conftest is not read here."""
    request.config.addinivalue_line("markers", "checks(*names): the functions that a property is about")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the packages, of which the contract reads."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(trees, "ROOT", tmp_path)
    completeness.parsed.cache_clear()
    yield tmp_path
    completeness.parsed.cache_clear()


def omissions(**without):
    """What is lacking where the properties of a file are not about these names."""
    return list(completeness.omissions({file: checked(file) - set(without.get(file, ())) for file in trees.FILES}))


def change(path, old, new):
    """Change the one place where this stands."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old, text.count(old))
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_is_lacking(folder):
    """In the trees as they are."""
    assert omissions() == []


FORGOTTEN = [
    ("scratch/activations.py", '    "tanh",\n', "", "tanh: not in __all__ of scratch/activations.py"),
    ("torchref/activations.py", '    "tanh",\n', "", "tanh: not in __all__ of torchref/activations.py"),
    ("torchref/neuron.py", "def predict(", "def _predict(", "predict: not in torchref/neuron.py"),
    ("scratch/__init__.py", "from scratch.tensors import *\n", "", "tensor: not in scratch/__init__.py"),
    ("torchref/__init__.py", "from torchref.tensors import *\n", "", "tensor: not in torchref/__init__.py"),
    ("parity/judge/referee.py", "def tanh(", "def tanhs(", "tanh: no referee (parity/judge/referee.py)"),
    ("parity/judge/referee.py", '    "tanh": (', '    "tan": (', "tanh: not in ACTIVATIONS of parity/judge/referee.py"),
    (
        "parity/judge/referee.py",
        '    "mse_loss": (',
        '    "mse": (',
        "mse_loss: not in LOSSES of parity/judge/referee.py",
    ),
    ("parity/judge/referee.py", '    "Adam": ', '    "Adams": ', "Adam: not in UPDATES of parity/judge/referee.py"),
    ("scratch/activations.py", '    "tanh": ', '    "tan": ', "tanh: not in ACTIVATIONS of scratch/activations.py"),
    ("torchref/losses.py", '    "mse_loss": ', '    "mse": ', "mse_loss: not in LOSSES of torchref/losses.py"),
    ("scratch/optimizers.py", '    "Adam": ', '    "Adams": ', "Adam: not in OPTIMIZERS of scratch/optimizers.py"),
    (
        "parity/site/figures/curves.py",
        "; tanh rises",
        "; it rises",
        "tanh: not in the figure activations (parity/site/figures/curves.py)",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), FORGOTTEN, ids=[said for *_, said in FORGOTTEN])
def test_a_place_that_was_forgotten(file, old, new, said, folder):
    """Each is named, with its file, and nothing is said of other names but of the one that took the place."""
    change(folder / file, old, new)
    name, _, lacks = said.partition(": ")
    found = dict(line.split(": ", 1) for line in omissions())
    assert lacks in found.pop(name).split(", ")
    assert not found.keys() - {"tan", "mse", "Adams"}


def test_a_name_without_a_property():
    """A marker in another file is none."""
    assert omissions(neuron=["sign"]) == ["sign: no property (parity/properties/test_neuron.py)"]
    assert omissions(optimizers=["SGD"]) == ["SGD: no property (parity/properties/test_optimizers.py)"]


def test_a_name_with_an_example_and_in_no_list(folder):
    """An example is written for those who may call it."""
    change(folder / "scratch/neuron.py", "\ndef predict(", '\ndef hard(z):\n    """>>> hard(0)"""\n\n\ndef predict(')
    [line] = omissions()
    assert line.startswith("hard: not in __all__ of scratch/neuron.py, not in torchref/neuron")


@pytest.mark.parametrize(
    ("pair", "file", "said"),
    [
        (("mse_loss", "mse_loss_backward"), "losses", "mse_loss: no mse_loss_backward"),
        (("mse_loss_backward", "mse_loss"), "losses", "mse_loss_backward: no mse_loss for it"),
        (("Adam", "adam_update"), "optimizers", "Adam: no adam_update"),
        (("adam_update", "Adam"), "optimizers", "adam_update: no class for it"),
    ],
)
def test_half_of_a_pair(pair, file, said):
    """A loss has its derivative, an optimizer its update, and the other way round."""
    name, lacking = pair
    known = [other for other in completeness.public(file) if other != lacking]
    assert [f"{name}: {lack}" for lack in completeness.partners(file, name, known)] == [said]


def test_the_check_fails_in_one_row(folder):
    """An activation that scratch alone has: exit code 1, and all other properties run as before."""
    change(folder / "scratch/activations.py", "\nACTIVATIONS = {", ELU)
    change(folder / "scratch/activations.py", '    "softmax_backward",\n]', '    "softmax_backward",\n    "elu",\n]')
    shutil.copytree(ROOT / "data", folder / "data")
    command = [
        sys.executable,
        "-m",
        "parity",
        "check",
        "--reference",
        "scratch",
        "--examples",
        "2",
        "--dtype",
        "float64",
    ]
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "999"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines if "DIFFERENT" in line] == ["contract: every name has its places"]
    [line] = [line for line in lines if "elu: " in line]
    for lack in (
        "not in torchref/activations.py",
        "no property (parity/properties/test_activations.py)",
        "no referee (parity/judge/ref",
    ):
        assert lack in line
    assert any(line.startswith("errors: ") for line in lines)
    assert "not checked" not in lines[-1]


def test_an_activation_has_one_table(monkeypatch):
    """What is in it, a neuron and a net take; what is not, both refuse with the names that are."""
    with pytest.raises(ValueError, match=r"activation: got 'selu', expected one of identity, .*; did you mean 'relu'"):
        scratch.MLP([2, 3, 1], activation="selu")
    monkeypatch.setitem(scratch.activations.ACTIVATIONS, "selu", scratch.activations.ACTIVATIONS["relu"])
    x = np.ones((1, 2))
    assert scratch.MLP([2, 3, 1], activation="selu", output="selu")(x) >= 0
    assert scratch.neuron(x, -np.ones((1, 2)), np.zeros(1), activation="selu") == 0
