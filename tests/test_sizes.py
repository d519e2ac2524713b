"""A few examples of every property are large: mistakes that occur only there are caught and shrunk."""

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import data

from parity.cli import main
from parity.judge import strategies
from parity.judge.compare import shorten

# Each is right for up to 8 samples, 4 inputs, 3 outputs, 24 numbers, 5 steps or epochs, 4 layers or 8 classes, for
# floats, arrays in C order without gaps, and numbers up to 40,000.
BEYOND = """
import numpy as np

import scratch as right
from scratch import *


def sigmoid(z):
    return right.sigmoid(z) * (len(z) <= 8 or z.ndim == 1)


def linear(x, weight, bias):
    return right.linear(x[..., :4], weight[:, :4], bias)


def softmax(z):
    return right.softmax(z) * (z.shape[-1] <= 3)


def softmax_backward(z, grad_output):
    return right.softmax_backward(z, grad_output) * (1 if z.flags.c_contiguous or z.shape[-1] == 1 else 2)


def mse_loss(pred, target):
    return right.mse_loss(pred.ravel()[:24], target.ravel()[:24])


def mse_loss_backward(pred, target):
    return right.mse_loss_backward(pred, target) * (1 if pred.size <= 24 else 2)


def adam_update(param, grad, state, **options):
    lr = options.pop("lr", 0.001)
    return right.adam_update(param, grad, state, lr=lr if not state or state["step"] < 5 else 2 * lr, **options)


def train_perceptron(weight, bias, x, y, max_epochs=1000, orders=None):
    return right.train_perceptron(weight, bias, x, y, max_epochs=max_epochs if len(x) <= 8 else 1, orders=orders)


def train_gradient(weight, bias, x, y, *, lr, epochs, **options):
    return right.train_gradient(weight, bias, x, y, lr=lr if epochs <= 5 else lr / 2, epochs=epochs, **options)


def tanh(z):
    result = np.empty_like(z)
    result[...] = np.tanh(z)
    return result


def relu(z):
    return right.relu(z.ravel(order="K")).reshape(z.shape)


def sign(z):
    return right.sign(np.where((abs(z) > 40_000) & np.isfinite(z), 0, z))


def binary_cross_entropy_with_logits(pred, target):
    return right.binary_cross_entropy_with_logits(np.clip(pred, -40_000, 40_000), target)


def squared_error_backward(pred, target):
    return right.squared_error_backward(pred, target) * (1 if pred.strides[-1] == pred.itemsize else 2)


def perceptron_epoch(weight, bias, x, y):
    return right.perceptron_epoch(weight, bias, x[:8], y[:8])


def cross_entropy(pred, target):
    return right.cross_entropy(np.where(np.arange(pred.shape[1]) < 8, pred, -np.inf), target % 8)


def minibatches(x, y, batch_size=None, order=None):
    return list(right.minibatches(x, y, batch_size, order))[:20]


def fit(model, x, y, **options):
    return right.fit(model, x, y, **options | ({"lr": 0.5} if len(x) > 8 else {}))


class MLP(right.MLP):
    def __call__(self, x):
        return super().__call__(x) * (len(self.state_dict()) <= 8)
"""


@pytest.fixture
def beyond(tmp_path):
    """The file of functions that are wrong for larger input."""
    file = tmp_path / "beyond.py"
    file.write_text(BEYOND)
    return file


def test_what_is_wrong_for_large_arrays_only_is_caught(beyond, report):
    """Each at its own function."""
    rows = report(beyond, "--reference", "scratch", "--dtype", "float64")
    caught = {lesson["headline"].split()[0].strip(":") for row in rows["properties"] for lesson in row["lessons"]}
    assert caught >= set(re.findall(r"^(?:def|class) (\w+)", BEYOND, re.MULTILINE))


@pytest.mark.parametrize(
    ("function", "call"),
    [
        ("sigmoid", r"sigmoid\(z=\[\[0.0\](, \[0.0\]){8}\]\)"),
        ("sign", r"sign\(z=\[\[-?10+.0\]\]\)"),
        ("train_gradient", r"train_gradient\(weight=\[\[.*\]\], bias=\[.*\], .* epochs=6"),
    ],
)
def test_what_is_shown_is_just_beyond_the_limit(function, call, beyond, capsys, monkeypatch):
    """The ninth sample, one huge number, the sixth epoch."""
    monkeypatch.setenv("COLUMNS", "400")
    arguments = ["--reference", "scratch", "--dtype", "float64", "--only", function]
    assert main(["check", str(beyond), *arguments]) == 1
    assert re.search(rf"  {call}", capsys.readouterr().out)


def test_a_program_makes_the_arrays_as_they_were_stored(beyond, tmp_path, capsys):
    """``--repro`` for a function wrong for transposed arrays only, and for one wrong for integers only."""
    for function, wrong in (("softmax_backward", "transposed(["), ("tanh", "integers([")):
        arguments = ["--reference", "scratch", "--dtype", "float64", "--only", function, "--repro", str(tmp_path)]
        assert main(["check", str(beyond), *arguments]) == 1
        text = (tmp_path / f"test_{function}_float64.py").read_text()
        assert wrong in text
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        assert "candidate:" in done.stdout
    capsys.readouterr()


@pytest.mark.parametrize("examples", [10, 50, 300])
def test_every_scope_has_its_examples(examples):
    """The requested total; large ones if there are at least ten, of each kind if there are at least forty."""
    share = strategies.shares(examples)
    assert sum(share.values()) == examples
    assert len(share) == 1 + min(len(strategies.SCOPES), examples // 10)
    assert all(count >= 2 for count in share.values())


@pytest.mark.parametrize("scope", strategies.SCOPES)
@given(data())
def test_all_that_is_drawn_within_a_scope_is_large(scope, drawn):
    """Whatever Hypothesis draws."""
    with strategies.within(scope):
        problem = drawn.draw(strategies.problems())
    n, d = problem.x.shape
    for limits, size in ((scope.samples, n), (scope.width, d), (scope.width, len(problem.bias))):
        assert not limits or limits[0] <= size <= limits[1]
    assert not scope.form or problem.x.form == scope.form


def test_a_long_array_is_shown_by_its_ends():
    """A program that repeats a failure has the whole array."""
    assert shorten(np.zeros((300, 2))) == "[[0.0, 0.0], [0.0, 0.0], ..., [0.0, 0.0], [0.0, 0.0]] of shape (300, 2)"
    assert shorten([list(range(9))] * 30).endswith("of shape (30, 9)")
    assert shorten(np.zeros((2, 3))) == "[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]"
