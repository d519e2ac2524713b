"""Gradient descent for a layer of neurons: the derivative, the step, the epoch, the run."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judge import referee
from parity.judge import strategies as draw
from parity.judge.compare import Mismatch, shorten
from parity.judge.rounding import bounded

checks = pytest.mark.checks


@checks("neuron_gradients")
@given(draw.problems(), draw.activations)
def test_neuron_gradients(check, problem, activation):
    """The chain rule, summed over a batch and for one sample."""
    x, y, weight, bias = problem
    check("neuron_gradients", weight, bias, x, y, activation=activation)
    check("neuron_gradients", weight, bias, x[0], y[0], activation=activation, at="one sample")


@checks("neuron_gradients")
@given(draw.problems(sources=draw.EXACT))
def test_neuron_gradients_on_the_grid(check, problem):
    """Of the linear neuron on small numbers, bit for bit."""
    x, y, weight, bias = problem
    check("neuron_gradients", weight, bias, x, y, exactly=True)


@checks("gradient_step")
@given(draw.problems(), draw.rates, draw.activations)
def test_gradient_step(check, problem, lr, activation):
    """One step against the gradient."""
    x, y, weight, bias = problem
    check("gradient_step", weight, bias, x, y, lr, activation=activation)


@checks("gradient_step")
@given(draw.problems(sources=draw.EXACT), st.sampled_from(draw.EXACT_RATES))
def test_gradient_step_on_the_grid(check, problem, lr):
    """Of the linear neuron, with a learning rate that is a power of two, bit for bit."""
    x, y, weight, bias = problem
    check("gradient_step", weight, bias, x, y, lr, exactly=True)


@checks("gradient_step")
@given(draw.problems(), draw.rates, draw.activations)
def test_gradient_steps_resynchronised(check, problem, lr, activation):
    """Step by step over the samples, each from the reference's weights."""
    x, y, weight, bias = problem
    x = tame(x)
    for i in np.arange(3) % len(x):
        weight, bias = check("gradient_step", weight, bias, x[i], y[i], lr, activation=activation, at=f"sample {i}")


@checks("gradient_epoch")
@given(draw.problems(in_turn=True), draw.rates, draw.activations)
def test_gradient_epoch(check, problem, lr, activation):
    """A whole pass, with the bound propagated."""
    x, y, weight, bias = problem
    check("gradient_epoch", weight, bias, tame(x), y, lr, activation=activation)


@checks("train_gradient")
@given(
    draw.ordered(draw.problems(in_turn=True), 3),
    st.booleans(),
    st.sampled_from([0.5, 0.25, 0.1, 0.05, 2.0, 1.0]),
    st.sampled_from([0.0, 0.5, 10.0]),
    draw.activations,
)
def test_train_gradient(check, drawn, shuffled, lr, tolerance, activation):
    """A drifting run: weights, the loss after each epoch, and the epoch after which it settled.

    It ends if the change of the loss is within rounding of the tolerance; then both results are accepted.
    """
    (x, y, weight, bias), orders = drawn
    options = {"orders": orders} if shuffled else {}
    options |= {"tolerance": tolerance} if tolerance else {}
    check("train_gradient", weight, bias, tame(x), y, lr=lr, epochs=len(orders), activation=activation, **options)


@checks("train_gradient")
@given(draw.problems(sources=draw.EXACT), st.sampled_from([2.0, 4.0]))
def test_train_gradient_that_diverges(check, problem, lr):
    """One sample, and a rate so large that the loss grows: a loss that changes has not settled."""
    x, y, weight, bias = problem
    check("train_gradient", weight, bias, tame(x[:1]), y[:1], lr=lr, epochs=3)


@checks("train_gradient")
def test_on_epoch_of_train_gradient(check):
    """``on_epoch`` gets the number of each epoch, the first being 1, its weights and the loss after it."""
    check.requires("train_gradient", "on_epoch")
    check.needs_activation("train_gradient")
    start = np.array([[0.5, -0.25]]), np.array([0.125])
    weight, bias, x, y = map(check.cast, (*start, np.array([[0.3, 0.7], [-0.6, 0.1]]), np.array([[1.0], [-1.0]])))
    expected = check.judge("train_gradient", weight, bias, x, y, lr=0.25, epochs=3)
    runs: list[list] = []
    for backend in (check.candidate, check.reference):
        runs.append([])
        backend.train_gradient(weight, bias, x, y, lr=0.25, epochs=3, on_epoch=lambda *call: runs[-1].append(call))
    for label, position, bound in (("epoch", 0, bounded(check.floats([1, 2, 3]))), ("loss", 3, expected["losses"])):
        sides = [check.floats([call[position] for call in calls]) for calls in runs]
        check.compare("train_gradient", f"{label} that on_epoch gets", bound, *sides)
    for label, position in (("weight", 1), ("bias", 2)):
        sides = [check.floats(calls[-1][position]) for calls in runs]
        check.compare("train_gradient", f"last {label} that on_epoch gets", expected[label], *sides)


def tame(x):
    """The samples scaled by a power of two to a length of at most 1, so that no run overflows."""
    return x / 2.0 ** np.ceil(np.log2(max(1.0, float(np.linalg.norm(x)))))


@checks("neuron_gradients", "neuron", "squared_error")
@given(
    problem=draw.problems(sources=(draw.small,)), activation=draw.names("activation", ("identity", "sigmoid", "tanh"))
)
def test_the_gradient_is_the_central_difference_of_the_loss(check, side, problem, activation):
    """(L(w + h) - L(w - h)) / 2h, within its truncation, h^2/6 |L'''|, and the rounding of the loss over h."""
    backend, h = getattr(check, side), 2.0**-10 if check.dtype == "float64" else 2.0**-4
    x, y, weight, bias = map(check.cast, problem)
    if not check.takes("neuron_gradients", "activation") or not check.takes("neuron", "activation"):
        activation = "identity"
    for name in ("neuron_gradients", "neuron"):
        check.needs_activation(name, activation)
    chosen = {"activation": activation} if activation != "identity" else {}
    grad_weight = check.floats(backend.neuron_gradients(weight, bias, x, y, **chosen)[0])
    up, down = weight.copy(), weight.copy()
    up[0, 0] += h
    down[0, 0] -= h
    outputs = [check.floats(backend.neuron(x, w, bias, **chosen)) for w in (up, down)]
    losses = [float(backend.squared_error(output, y)) for output in outputs]
    rounding = [
        float(
            referee.squared_error(referee.neuron(bounded(x), bounded(w), bounded(bias), activation), bounded(y)).error
        )
        for w in (up, down)
    ]
    gradients = referee.neuron_gradients(bounded(weight), bounded(bias), bounded(x), bounded(y), activation)
    truncation = h**2 / 6 * np.sum(np.abs(x[:, 0]) ** 3 * third_derivative(activation, y[:, 0]))
    difference = (losses[0] - losses[1]) / (2 * h)
    allowed = truncation + sum(rounding) / (2 * h) + float(gradients["grad_weight"].error[0, 0])
    if not abs(float(grad_weight[0, 0]) - difference) <= allowed:
        raise Mismatch(
            f"neuron_gradients in {backend.name}: grad_weight[0, 0] is {float(grad_weight[0, 0])!r}, but the central "
            f"difference of the loss is {difference!r}, at most {allowed:.3g} apart for weight={shorten(weight)}, "
            f"bias={shorten(bias)}, x={shorten(x)}, y={shorten(y)}, activation={activation!r}"
        )


def third_derivative(activation, y):
    """A bound on |d^3/dz^3 of (g(z) - y)^2 / 2| = |3 g' g'' + (g - y) g'''|."""
    slope, second, third, reach = {"identity": (1, 0, 0, 0), "sigmoid": (0.25, 0.1, 0.125, 1), "tanh": (1, 0.77, 2, 1)}[
        activation
    ]
    return 3 * slope * second + (reach + np.abs(y)) * third


@checks("gradient_step", "linear", "squared_error")
@given(problem=draw.problems())
def test_a_small_step_does_not_raise_the_loss(check, side, problem):
    """With a learning rate of 1 / |X|^2 the loss of the linear neuron does not grow, except by rounding."""
    backend = getattr(check, side)
    check.needs_activation("gradient_step")
    x, y, weight, bias = map(check.cast, problem)
    lr = float(1 / (np.sum(x.astype(float) ** 2) + len(x)))
    after = map(check.floats, backend.gradient_step(weight, bias, x, y, lr))
    outputs = [check.floats(backend.linear(x, *w)) for w in ((weight, bias), after)]
    losses = [float(backend.squared_error(output, y)) for output in outputs]
    start, given = (bounded(weight), bounded(bias)), (bounded(x), bounded(y))
    with np.errstate(all="ignore"):
        step = referee.gradient_step(*start, *given, lr)
    allowed = sum(
        float(referee.squared_error(referee.linear(given[0], *w), given[1]).error)
        for w in (start, tuple(step.values()))
    )
    if not losses[1] <= losses[0] + allowed:
        raise Mismatch(
            f"gradient_step in {backend.name}: the loss grew from {losses[0]!r} to {losses[1]!r} with lr={lr!r}, "
            f"weight={shorten(weight)}, bias={shorten(bias)}, x={shorten(x)}, y={shorten(y)}"
        )


@checks("neuron_gradients", "gradient_step", "train_gradient", each=True)
def test_gradients_refuse(check):
    """Invalid learning rates, shapes that do not match, unknown activations."""
    weight, bias, x, y = np.zeros((1, 2)), np.zeros(1), np.ones((3, 2)), np.ones((3, 1))
    for lr in (-0.1, np.nan, np.inf, "0.1"):
        check.refuses("gradient_step", weight, bias, x, y, lr)
        check.refuses("train_gradient", weight, bias, x, y, lr=lr, epochs=1)
    check.refuses("neuron_gradients", weight, bias, x, np.ones(3))
    check.refuses("neuron_gradients", weight, bias, x[:0], y[:0])
    check.refuses("neuron_gradients", weight, bias, x, y, activation="sigmod")
    check.refuses("train_gradient", weight, bias, x, y, lr=0.1, epochs=1.5)
    check.refuses("train_gradient", weight, bias, x, y, lr=0.1, epochs=1, orders=[[0, 1]])
    check.refuses("train_gradient", weight, bias, x, y, lr=0.1, epochs=1, tolerance=-1.0)
