"""The lesson on backpropagation: the numbers of its text are those that PyTorch's autograd gives."""

import re

import numpy as np
import pytest
import torch

from parity.mistakes import MISTAKES
from parity.site import course, figures

FILE = course.COURSE / "backpropagation.md"
CLOSE = {"rtol": 1e-13, "atol": 1e-15}


@pytest.fixture(scope="module")
def text():
    """What is written, in one line."""
    return " ".join(FILE.read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def outputs():
    """What its cells print; of a pair, NumPy's and PyTorch's."""
    [lesson] = [lesson for lesson in course.lessons() if lesson.file == "backpropagation"]
    pair = [part.output for block in lesson.blocks for part in block.parts if part.kind in ("numpy", "torch")]
    return [*pair, *(block.output for block in lesson.blocks if block.kind == "python")]


def autograd(x=(1, 2), b1=(0, -0.5), g=torch.tanh):
    """Every number of one pass, and the weights before and after a step, by autograd alone."""
    x, y = torch.tensor(x, dtype=torch.float64), torch.tensor([-1.0], dtype=torch.float64)
    starts = {"W1": [[-0.5, 0.5], [1, 0.25]], "b1": b1, "W2": [[1, 0.5]], "b2": [0]}
    weights = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in starts.items()}
    z1 = torch.nn.functional.linear(x, weights["W1"], weights["b1"])
    a1 = g(z1)
    y_hat = torch.nn.functional.linear(a1, weights["W2"], weights["b2"])
    loss = torch.nn.functional.mse_loss(y_hat, y) / 2
    given = {**weights, "dz2": y_hat, "da1": a1, "dz1": z1}
    grads = dict(zip(given, torch.autograd.grad(loss, list(given.values())), strict=True))
    found = {"x": x, "z1": z1, "a1": a1, "y_hat": y_hat, "loss": loss, **weights}
    found |= {name if name.startswith("d") else f"d{name}": value for name, value in grads.items()}
    found |= {f"new {name}": value - 0.5 * grads[name] for name, value in weights.items()}
    return {name: value.detach().numpy() for name, value in found.items()}


def formulas():
    """Those with numbers, from autograd, as they must stand in the text."""
    numbers = autograd()
    latex = {name: matrix(value) for name, value in numbers.items()}
    a_row, x_row = (matrix(numbers[name][None]) for name in ("a1", "x"))
    slope, transposed = matrix(1 - numbers["a1"] ** 2), matrix(numbers["W2"].T)
    return [
        rf"z_1 = W_1 x + b_1 \quad = {latex['W1']} {latex['x']} + {latex['b1']} \quad = {latex['z1']}",
        rf"a_1 = \tanh(z_1) \quad = {latex['a1']}",
        rf"\hat y = z_2 = W_2 a_1 + b_2 \quad = {latex['W2']} {latex['a1']} + {latex['b2']} \quad = {latex['y_hat']}",
        rf"L = \tfrac12 (\hat y - y)^2 \quad = {latex['loss']}",
        rf"{by('z_2')} = \hat y - y \quad = {latex['dz2']}",
        rf"{by('W_2')} = {by('z_2')} a_1^\top \quad = {latex['dz2']} \cdot {a_row} \quad = {latex['dW2']}",
        rf"{by('a_1')} = W_2^\top {by('z_2')} \quad = {transposed} \cdot {latex['dz2']} \quad = {latex['da1']}",
        rf"{by('z_1')} = {by('a_1')} \odot (1 - a_1^2) \quad = {latex['da1']} \odot {slope} \quad = {latex['dz1']}",
        rf"{by('W_1')} = {by('z_1')} x^\top \quad = {latex['dz1']} {x_row} \quad = {latex['dW1']}",
        rf"W_1 \leftarrow W_1 - \eta \, {by('W_1')} \quad = {latex['W1']} \quad {{}} - 0.5 \cdot {latex['dW1']}"
        rf" \quad = {latex['new W1']}",
    ]


def by(name):
    """The derivative of the loss with respect to this."""
    return rf"\frac{{\partial L}}{{\partial {name}}}"


def matrix(values):
    """Numbers in LaTeX: one as it is, a vector as a column."""
    if values.size == 1:
        return short(values.item())
    rows = values if values.ndim == 2 else values[:, None]
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(map(short, row)) for row in rows) + r" \end{pmatrix}"


def short(value):
    """A number, rounded to four decimals if it has more."""
    text = f"{value:.4f}"
    return f"{value:g}" if float(text) == value else text


def written(values):
    """An array in a sentence, its rows separated by semicolons."""
    return "; ".join(", ".join(map(short, row)) for row in np.atleast_2d(values)).replace("-", "−")


@pytest.mark.parametrize("formula", formulas())
def test_the_formulas_have_the_numbers_of_autograd(formula, text):
    """All of both ways, and of the step."""
    assert f"$$ {formula} $$" in text


def test_the_cells_print_them_for_both(outputs):
    """NumPy's lines and PyTorch's, and one step of each backend."""
    numpy, pytorch, _, steps, *_ = outputs
    assert numpy == pytorch
    expected = autograd()
    for name in ("z1", "a1", "y_hat", "loss", "dz2", "dW2", "da1", "dz1", "dW1", "new W1", "new W2"):
        found = re.search(rf"(?:^|\s){name} ([^a-z]*)", numpy)[1]
        np.testing.assert_allclose(numbers(found), expected[name].ravel(), atol=5.1e-5, err_msg=name)
    names = ("dW1", "db1", "dW2", "db2", "new W1", "new b1", "new W2", "new b2")
    for line, name in zip(steps.splitlines(), names, strict=True):
        found = re.search(r"(\[.*\])", line)[1]
        np.testing.assert_allclose(numbers(found), expected[name].ravel(), atol=5.1e-5, err_msg=name)


def numbers(text):
    """The numbers in a text."""
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e[+-]\d+)?", text)]


def test_the_nudge_gives_the_derivative(outputs):
    """Up to the curvature of the loss."""
    before, after, slope = numbers(outputs[2])
    assert before < after
    assert slope == pytest.approx(autograd()["dW1"][0, 0], rel=1e-3)


def test_the_numbers_of_the_sentences(text):
    """Of the rule for one neuron, and of the vanishing gradient."""
    found = autograd()
    slope = 1 - found["a1"][1] ** 2
    values = [short(value) for value in (0.5, found["dz2"].item(), found["da1"][1], slope, found["dz1"][1])]
    assert r"${} \cdot {} = {}$".format(*values[:3]) in text
    assert r"${2} \cdot {3} = {4}$".format(*values) in text
    vanished = f"would leave ${slope:.2f}^{{10}} \\approx {slope**10:.1g}$ of the error"
    assert f"the slope of $h_2$, {short(slope)}, {vanished}" in text
    two = 0.5 * found["dz2"].item() + 0.25 * -2
    assert rf"${values[0]} \cdot {values[1]} + 0.25 \cdot (-2) = {short(two)}$" in text
    assert f"The prediction is {short(found['y_hat'].item())} and should be −1" in text


def test_the_mistake_gives_other_numbers(text, outputs):
    """The gradient of the second hidden neuron has the wrong sign, and the loss falls less."""
    right, new = autograd(), autograd()["new W2"]
    da1 = new[0] * right["dz2"]
    early = np.outer(da1 * (1 - right["a1"] ** 2), right["x"])
    assert (np.sign(early) == np.sign(right["dW1"]) * [[1], [-1]]).all()
    sentence = (
        f"The new $W_2$ is ({written(new)}): its second weight has changed its sign. So ${by('a_1')}$ becomes "
        f"({written(da1)}) instead of ({written(right['da1'])}), and ${by('W_1')}$ becomes ({written(early)}) "
        f"instead of ({written(right['dW1'])})."
    )
    assert sentence in text
    np.testing.assert_allclose(numbers(outputs[4].partition("dW1")[2]), early.ravel(), atol=5.1e-5)
    ours, theirs, wrong = (numbers(line) for line in outputs[5].splitlines())
    assert ours[:4] == theirs[:4]
    assert (np.array(wrong[1:4]) > 1.9 * np.array(ours[1:4])).all()
    assert ours[4] < 1e-12 > wrong[4]
    mistake = MISTAKES["backward_through_updated_weights"]
    for words in (mistake.name, mistake.explanation, mistake.met):
        assert " ".join(words.split()) in text
    assert "modified by an inplace operation" in outputs[6]


def test_the_exercises_have_their_solutions(text):
    """Another sample, and a neuron that is dead."""
    other, dead = autograd(x=(0, 1)), autograd(b1=(-1, -0.5), g=torch.relu)
    for name, words in (("z1", "$z_1 = "), ("a1", "$a_1 = "), ("da1", f"${by('a_1')} = "), ("dz1", r"$\delta_1 = ")):
        for found in (other, dead):
            assert f"{words}({written(found[name]).replace('−', '-')})$" in text
    for words, name in ((r"$\hat y = ", "y_hat"), (r"$\delta_2 = ", "dz2")):
        assert f"{words}{short(other[name].item())}$" in text
    assert f"${by('W_2')} = ({written(dead['dW2'])})$" in text
    assert f"It gives ({written(autograd()['dW1'].T)}) instead of ({written(autograd()['dW1'])}), the transpose" in text


def test_the_figure_has_the_numbers():
    """Values in the upper graph, derivatives in the lower one."""
    assert figures.FIGURES["backpropagation"] == (figures.backpropagation,)
    forward, backward = (" ".join(text.get_text() for text in ax.texts) for ax in figures.backpropagation().axes)
    for found, names in ((forward, ("a1", "y_hat", "loss")), (backward, ("dz2", "dW2", "da1", "dz1", "dW1"))):
        for number in (number for name in names for number in autograd()[name].ravel()):
            assert f"{number:.4f}" in found
