"""The perceptron, mostly exact: on small numbers no sum rounds, and both backends must give the same bits."""

import numpy as np
import pytest
from hypothesis import assume, example, given

from parity.judge import strategies as draw
from parity.judge.compare import Mismatch, shorten

checks = pytest.mark.checks


@checks("perceptron_step")
@given(draw.one_sample(draw.classified(sources=draw.EXACT)))
def test_perceptron_step_on_the_grid(check, problem):
    """One correction, bit for bit; half a step if the point lies on the line."""
    check("perceptron_step", problem.weight, problem.bias, problem.x, problem.y, exactly=True)


@checks("perceptron_step")
@given(draw.one_sample(draw.classified(sources=draw.ROUNDED)))
def test_perceptron_step(check, problem):
    """One correction on numbers that round."""
    check("perceptron_step", problem.weight, problem.bias, problem.x, problem.y)


@checks("perceptron_step")
@given(draw.classified(in_turn=True))
def test_perceptron_steps_resynchronised(check, problem):
    """Step by step over the samples, each from the reference's weights: a tie does not end the comparison."""
    x, y, weight, bias = problem
    for i in range(len(x)):
        weight, bias = check("perceptron_step", weight, bias, x[i], y[i], at=f"sample {i}")


@checks("perceptron_epoch")
@given(draw.classified(sources=draw.EXACT, in_turn=True))
def test_perceptron_epoch_on_the_grid(check, problem):
    """A whole pass, bit for bit, and the number of mistakes."""
    x, y, weight, bias = problem
    check("perceptron_epoch", weight, bias, x, y, exactly=True)


@checks("perceptron_epoch")
@given(draw.classified(sources=draw.ROUNDED, in_turn=True))
def test_perceptron_epoch(check, problem):
    """A whole pass on numbers that round."""
    x, y, weight, bias = problem
    check("perceptron_epoch", weight, bias, x, y)


@checks("train_perceptron")
@given(draw.ordered(draw.classified(sources=draw.EXACT, in_turn=True), 4))
def test_train_perceptron_on_the_grid(check, drawn):
    """Shuffled epochs until all points are right or the orders end: weights, epochs and updates, exactly."""
    (x, y, weight, bias), orders = drawn
    check("train_perceptron", weight, bias, x, y, orders=orders, exactly=True)


# A sum that is exactly 0, but rounds to either sign: from there the number of epochs may differ.
TIED = draw.Problem(
    np.array([[-0.3, -0.4], [0.2, -0.4], [0.1, -0.1]]),
    np.array([[1.0], [-1.0], [-1.0]]),
    np.array([[-0.3, 0.2]]),
    np.array([0.1]),
)


@checks("train_perceptron")
@given(draw.classified(sources=draw.ROUNDED, in_turn=True), draw.steps(4, least=0))
@example(TIED, 3)
def test_train_perceptron(check, problem, max_epochs):
    """A drifting run on numbers that round; it ends at the first tie, after which both results are accepted."""
    x, y, weight, bias = problem
    check("train_perceptron", weight, bias, x, y, max_epochs=max_epochs)


@checks("perceptron_step", "linear")
@given(problem=draw.one_sample(draw.classified(sources=draw.EXACT)))
def test_an_update_moves_the_sum_by_the_squared_length(check, side, problem):
    """An update on a misclassified sample moves its W.X by exactly |X|^2, X = (x, 1), towards the right side."""
    backend = getattr(check, side)
    x, y, weight, bias = map(check.cast, problem)
    z = np.asarray(backend.linear(x, weight, bias))
    weight, bias = map(check.floats, backend.perceptron_step(weight, bias, x, y))
    moved = backend.linear(x, weight, bias) - z
    expected = y * (x @ x + 1) * (1 - y * np.sign(z)) / 2
    if (moved != expected).any():
        raise Mismatch(
            f"perceptron_step in {backend.name}: W.X of x={shorten(x)}, y={shorten(y)} moved from {shorten(z)} by "
            f"{shorten(moved)}, expected {shorten(expected)}"
        )


@checks("perceptron_step", "train_perceptron")
@given(problem=draw.problems(sources=draw.EXACT, neurons=1, in_turn=True))
def test_separable_data_end_within_novikoffs_bound(check, side, problem):
    """On separable data it converges with at most (R / gamma)^2 corrections; one on the line counts half."""
    backend = getattr(check, side)
    x, _, weight, bias = map(check.cast, problem)
    distances = (x @ weight[0] + bias) / (float(np.hypot(np.linalg.norm(weight), bias[0])) or 1.0)
    lengths = np.sum(x**2, axis=1) + 1
    far = 30 * distances**2 >= np.max(lengths)  # for these the bound is at most 30, however many there are
    assume(far.any())
    x, y = x[far], np.sign(distances[far])[:, None]
    gamma = np.min(np.abs(distances[far]))
    bound = float(np.max(lengths[far]) / gamma**2)
    corrections, start = 0.0, (np.zeros_like(weight), np.zeros_like(bias))
    weight, bias = start
    for _ in range(int(2 * bound) + 2):
        corrected = 0.0
        for x_i, y_i in zip(x, y, strict=True):
            before = bias
            weight, bias = map(check.floats, backend.perceptron_step(weight, bias, x_i, y_i))
            corrected += float(abs(bias - before)[0])
        corrections += corrected
        if not corrected:  # nor will it ever again
            break
    result = backend.train_perceptron(*start, x, y, max_epochs=int(2 * bound) + 2)
    # gamma itself is rounded; a margin of 1e-4 is far more than that, and less than one correction.
    if corrections > bound * 1.0001 or not result.converged or result.updates > 2 * bound * 1.0001:
        raise Mismatch(
            f"perceptron in {backend.name}: {corrections:g} corrections on x={shorten(x)}, y={shorten(y)}, "
            f"converged={result.converged}; expected at most (R/gamma)^2 = {bound:.4g}"
        )


@checks("train_perceptron")
def test_train_perceptron_meaning(check):
    """If no line separates the data, it stops unconverged; without an epoch the weights do not change."""
    x, y = np.array([[0.0, 0.0], [0, 1], [1, 0], [1, 1]]), np.array([[-1.0], [1], [1], [-1]])
    start = np.zeros((1, 2)), np.zeros(1)
    for side in (check.candidate, check.reference):
        result = side.train_perceptron(*map(check.cast, start), check.cast(x), check.cast(y), max_epochs=7)
        if result.converged or result.epochs != 7:
            raise Mismatch(f"train_perceptron in {side.name}: XOR gave converged={result.converged} after 7 epochs")
    check("train_perceptron", *start, x, y, max_epochs=0, exactly=True)


@checks("train_perceptron")
def test_on_epoch_sees_every_epoch(check):
    """``on_epoch`` gets the number of each epoch, its weights and its mistakes."""
    check.requires("train_perceptron", "on_epoch")
    x, y = map(check.cast, (np.array([[2.0, 1.0], [6.0, 0.5]]), np.array([[1.0], [-1.0]])))
    found = []
    for side in (check.candidate, check.reference):
        calls: list = []

        def on_epoch(epoch, weight, bias, mistakes, calls=calls):
            calls.append((epoch, np.array(weight).tolist(), np.array(bias).tolist(), int(mistakes)))

        side.train_perceptron(np.zeros((1, 2), check.dtype), np.zeros(1, check.dtype), x, y, on_epoch=on_epoch)
        found.append(calls)
    if found[0] != found[1]:
        raise Mismatch(f"train_perceptron: on_epoch received {found[0]}, expected {found[1]}")


@checks("perceptron_step", "perceptron_epoch", "train_perceptron", each=True)
def test_perceptron_refuses(check):
    """Labels that are not signs, shapes that do not match, orders that are not permutations."""
    weight, bias, x, y = np.zeros((1, 2)), np.zeros(1), np.zeros((3, 2)), np.ones((3, 1))
    check.refuses("perceptron_step", weight, bias, x[0], np.array([0.0]))
    check.refuses("perceptron_step", weight, bias, x, y)
    check.refuses("perceptron_epoch", weight, bias, x, np.array([[1.0], [2.0], [-1.0]]))
    check.refuses("perceptron_epoch", weight, bias, x, np.ones(3))
    check.refuses("train_perceptron", weight, bias, x[:0], y[:0])
    check.refuses("train_perceptron", weight, bias, x, y, orders=[[0, 1, 1]])
    check.refuses("train_perceptron", weight, bias, x, y, max_epochs=-1)
