"""The lessons: their numbers are those that PyTorch's autograd gives, and their lines of code run."""

import html
import re

import numpy as np
import pytest
import torch

import scratch
import torchref
from parity.mistakes import MISTAKES
from parity.plots import array
from parity.site import backpropagation as lessons
from parity.site import course, figures
from parity.site.evidence import Evidence
from parity.site.pages import pages

CLOSE = {"rtol": 1e-13, "atol": 1e-15}


@pytest.fixture(scope="module")
def text():
    """The page about backpropagation."""
    return pages(course.lessons(), Evidence("", None, None), "")["backpropagation.html"]


def autograd(x=(1, 2), b1=(0, -0.5), g=torch.tanh):
    """Every number of one pass and of one step, by autograd alone."""
    x, y = torch.tensor(x, dtype=torch.float64), torch.tensor([-1.0], dtype=torch.float64)
    starts = {"W1": [[-0.5, 0.5], [1, 0.25]], "b1": b1, "W2": [[1, 0.5]], "b2": [0]}
    weights = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in starts.items()}
    z1 = torch.nn.functional.linear(x, weights["W1"], weights["b1"])
    a1 = g(z1)
    y_hat = torch.nn.functional.linear(a1, weights["W2"], weights["b2"])
    loss = torch.nn.functional.mse_loss(y_hat, y) / 2
    given = {**weights, "dz2": y_hat, "da1": a1, "dz1": z1}
    grads = dict(zip(given, torch.autograd.grad(loss, list(given.values())), strict=True))
    found = {"z1": z1, "a1": a1, "y_hat": y_hat, "loss": loss, **{name: grads[name] for name in ("dz2", "da1", "dz1")}}
    found |= {f"d{name}": grads[name] for name in weights}
    found |= {name: value - 0.5 * grads[name] for name, value in weights.items()}
    return {name: value.detach().numpy() for name, value in found.items()}


def assert_same(found, expected):
    """Each of these numbers, whatever shape a single row has."""
    for name, value in found.items():
        np.testing.assert_allclose(value.ravel(), expected[name].ravel(), err_msg=name, **CLOSE)


@pytest.mark.parametrize("backend", [scratch, torchref])
def test_the_numbers_are_those_of_autograd(backend):
    """All of both passes, and the weights after the step."""
    found = lessons.passes(backend)
    assert found.keys() == autograd().keys() == lessons.LABELS.keys()
    assert_same(found, autograd())


def test_the_page_shows_them(text):
    """In the table once for each backend, and in the formulas."""
    table = re.search(r'aria-label="Numbers of both backends".*?</table>', text, re.DOTALL)[0]
    rows = re.findall(r"<tr><th .*?>(.*?)</th><td>(.*?)</td><td>(.*?)</td>", table)
    assert [label for label, _, _ in rows] == list(lessons.LABELS.values())
    for (_, *shown), (name, value) in zip(rows, ((name, autograd()[name]) for name in lessons.LABELS), strict=True):
        for cell in shown:
            numbers = [float(number) for number in re.split(", |<br>", cell.replace("−", "-"))]
            np.testing.assert_allclose(numbers, value.ravel(), atol=5.1e-5, err_msg=name)
    for name in ("y_hat", "loss", "da1", "dz1", "dW1", "dW2"):
        for number in autograd()[name].ravel():
            assert f"<mn>{number:.4f}</mn>" in text, name


@pytest.mark.parametrize(("column", "module"), [("numpy", "NumPy"), ("torch", "PyTorch")])
def test_the_lines_of_the_page_run(column, module, text):
    """As a reader copies them, and with the numbers of the table."""
    shown = re.search(rf'<section class="column {column}">.*?<code>(.*?)</code>', text, re.DOTALL)[1]
    names: dict = {}
    exec(html.unescape(re.sub("<.*?>", "", shown)), names)
    expected = autograd()
    known = {name: array(names[name]) for name in lessons.LABELS if name in names}
    assert len(known) == {"numpy": 15, "torch": 8}[column], module
    assert_same(known, expected)
    if column == "torch":
        assert_same({f"d{name}": array(names[name].grad) for name in ("W1", "b1", "W2", "b2")}, expected)


def test_the_nudge_gives_the_derivative():
    """Up to the curvature of the loss."""
    before, after, slope = map(float, lessons.nudge())
    assert before < after
    assert slope == pytest.approx(autograd()["dW1"][0, 0], rel=1e-3)


def test_the_mistake_gives_other_numbers(text):
    """Those of the catalogue: the gradient of the second hidden neuron has the wrong sign, and the loss falls less."""
    right, early = autograd(), lessons.run(lessons.START + lessons.FORWARD + lessons.EARLY)
    assert (np.sign(early["dW1"]) == np.sign(right["dW1"]) * [[1], [-1]]).all()
    assert np.sign(early["W2"][0, 1]) == -1
    net, x, y = lessons.started(scratch)
    mistake = MISTAKES["backward_through_updated_weights"]
    mistake.train_step(net, x, y, "squared_error", scratch.SGD(net.parameters(), lr=0.5))
    np.testing.assert_allclose(early["dW1"], net.fc1.weight.grad, **CLOSE)
    losses = {step: shown for step, *shown in lessons.losses_after(1, 2, 5, 50)}
    for ours, theirs, wrong in (losses[step] for step in (1, 2, 5)):
        assert ours == theirs
        assert float(wrong) > 1.9 * float(ours)
    assert losses[50] == ["below 1e-12"] * 3
    for words in (mistake.name, mistake.explanation, mistake.met, "modified by an inplace operation"):
        assert words in text


def test_the_exercises_have_their_solutions(text):
    """Another sample, a neuron that is dead, and a bug that shapes do not show."""
    other, dead = autograd(x=(0, 1)), autograd(b1=(-1, -0.5), g=torch.relu)
    assert_same({name: value for name, value in lessons.run(lessons.other_sample()).items() if name in other}, other)
    assert_same({name: value for name, value in lessons.run(lessons.dead_neuron()).items() if name in dead}, dead)
    assert (other["dW1"] == 0).tolist() == [[True, False]] * 2
    assert (dead["dW1"] == 0).tolist() == [[True, True], [False, False]]
    assert (dead["dz1"][0], dead["dW2"][0, 0]) == (0, 0)
    wrong = lessons.run(lessons.START + lessons.FORWARD + lessons.TRANSPOSED)["dW1"]
    np.testing.assert_allclose(wrong, autograd()["dW1"].T, **CLOSE)
    assert abs(wrong - wrong.T).max() > 1
    for values in (other["dz1"], dead["dW2"], wrong):
        assert f"({lessons.written(values)})" in text


def test_multiplications_are_counted():
    """By hand for the small net; each layer but the first costs two products on the way back."""
    assert lessons.cost([2, 2, 1]) == ("2-2-1", "6", "8", "1.33", "54")
    assert lessons.cost([3, 3, 3, 3])[1:3] == ("27", "45")


def test_the_figure_has_the_numbers():
    """Values in the upper graph, derivatives in the lower one."""
    assert figures.FIGURES["backpropagation"] == (figures.backpropagation,)
    forward, backward = (" ".join(text.get_text() for text in ax.texts) for ax in figures.backpropagation().axes)
    for found, names in ((forward, ("a1", "y_hat", "loss")), (backward, ("dz2", "dW2", "da1", "dz1", "dW1"))):
        for number in (number for name in names for number in autograd()[name].ravel()):
            assert f"{number:.4f}" in found
