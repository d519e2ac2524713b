"""The networks: a layer, its initial weights and its gradients; the deck's ToyNet and its three training methods."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.border.backend import Absent
from parity.judge import referee
from parity.judge import strategies as draw
from parity.judge.compare import Mismatch
from parity.judge.rounding import bounded

checks = pytest.mark.checks
SIDES = ("candidate", "reference")
MANY = 200


def toy_net(check, side, problem):
    """A ToyNet of one side that starts from the drawn weights."""
    net = getattr(check, side).ToyNet(dtype=check.dtype)
    net.load_state_dict({"fc1.weight": check.cast(problem.weight), "fc1.bias": check.cast(problem.bias)})
    return net


def compare_nets(check, expected, nets, at):
    """The weights of both nets against the referee's; returns the reference's."""
    states = {side: net.state_dict() for side, net in nets.items()}
    for label, bound in expected.items():
        key = f"fc1.{label}"
        check.compare(f"ToyNet.{at}", key, bound, states["candidate"][key], states["reference"][key])


def toy_nets(check, problem):
    """Both sides' nets."""
    return {side: toy_net(check, side, problem) for side in ("candidate", "reference")}


points = draw.problems(features=2, neurons=1)
labelled = draw.classified(features=2, neurons=1, in_turn=True)


@checks("Linear")
@given(draw.problems())
def test_linear_layer(check, problem):
    """A layer set to the same weights computes the same, for a batch and for one sample."""
    x, _, weight, bias = map(check.cast, problem)
    [one] = check.domain.rows("linear", [x[0]])
    outputs = {}
    for side in ("candidate", "reference"):
        layer = getattr(check, side).Linear(weight.shape[1], weight.shape[0], dtype=check.dtype)
        layer.load_state_dict({"weight": weight, "bias": bias})
        outputs[side] = layer(x), layer(one)
    for i, given_x in enumerate((x, one)):
        expected = check.judge("linear", given_x, weight, bias)["result"]
        check.compare("Linear", "output", expected, outputs["candidate"][i], outputs["reference"][i])


def layer_of(check, side, problem):
    """A layer of one side with the drawn weights."""
    layer = getattr(check, side).Linear(problem.x.shape[1], problem.y.shape[1], dtype=check.dtype)
    layer.load_state_dict({"weight": check.cast(problem.weight), "bias": check.cast(problem.bias)})
    return layer


def compare_gradients(check, where, expected, layers):
    """The gradients that both sides' layers hold against the referee's."""
    for name in ("weight", "bias"):
        sides = [check.floats(getattr(layers[side].kept, name).plain.grad) for side in SIDES]
        check.compare(where, f"grad of {name}", expected[f"grad_{name}"], *sides)


@checks("Linear", "SGD", "train_step")
@given(draw.problems(), draw.rates)
def test_linear_layer_trained(check, problem, lr):
    """A single layer without an MLP: the gradients of a step, and the weights after it."""
    loss, layers = check.domain.loss(), {side: layer_of(check, side, problem) for side in SIDES}
    for side, layer in layers.items():
        backend = getattr(check, side)
        optimizer = backend.SGD([layer.kept.weight, layer.kept.bias], lr=lr)
        backend.train_step(layer, check.cast(problem.x), check.cast(problem.y), loss, optimizer)
    start = {name: bounded(check.cast(getattr(problem, name))) for name in ("weight", "bias")}
    gradients = check.judge("layer_gradients", problem.weight, problem.bias, problem.x, problem.y, loss)
    compare_gradients(check, "Linear", gradients, layers)
    states = {side: layer.state_dict() for side, layer in layers.items()}
    for name, value in start.items():
        bound = value - lr * gradients[f"grad_{name}"]
        check.compare("Linear", name, bound, *(states[side][name] for side in SIDES))


def go_back(backend, layer, x, y):
    """Forward, and backward from the squared error, by the loss itself or by the layer."""
    pred = layer(x)
    try:
        layer.backward(backend.squared_error_backward(pred, y))
    except Absent:
        backend.squared_error.kept(layer.kept(x), y).backward()


@checks("Linear", "squared_error", "squared_error_backward")
@given(draw.problems(sources=(draw.small, draw.quarters)), st.integers(1, 3))
def test_linear_layer_adds_its_gradients(check, problem, passes):
    """Backward passes without zero_grad in between add up. This is not part of the contract, so only tested here."""
    if not check.able("Linear.backward", lambda _: False):
        return
    layers = {side: layer_of(check, side, problem) for side in SIDES}
    total = once = check.judge("neuron_gradients", problem.weight, problem.bias, problem.x, problem.y)
    for done in range(1, passes + 1):
        for side, layer in layers.items():
            go_back(getattr(check, side), layer, check.cast(problem.x), check.cast(problem.y))
        compare_gradients(check, f"Linear after {done} backward passes", total, layers)
        total = {name: total[name] + one for name, one in once.items()}


def expect_even(check, where, name, values, features):
    """Check for uniform numbers from -1/sqrt(D) to 1/sqrt(D): within, and in the outer quarter at each end.

    Of 200 correct ones, none is in the upper quarter with probability (3/4)^200 = 1e-25, likewise in the lower.
    """
    limit = referee.initial_bound(features, check.precision)
    most, half = float(limit.reach()), float(limit.value) / 2
    low, high = float(np.min(values)), float(np.max(values))
    if not (-most <= low < -half and half < high <= most):
        raise Mismatch(
            f"{where}: {name} starts between {low:.6g} and {high:.6g}, expected uniform numbers from "
            f"-{float(limit.value):.6g} to {float(limit.value):.6g}, which is 1/sqrt({features})"
        )


@checks("Linear")
@given(draw.width(5), st.integers(0, 2**32 - 1))
def test_first_weights_of_a_layer(check, features, seed):
    """Uniform from -1/sqrt(D) to 1/sqrt(D); equal for equal seeds, different for other seeds and without one."""
    chosen = {"seed": seed} if check.takes("Linear", "seed") else {}
    for backend in (check.candidate, check.reference):
        make = partial(backend.Linear, features, MANY, dtype=check.dtype)
        first, again = make(**chosen).state_dict(), make(**chosen).state_dict()
        other, free, free_again = (make(**options).state_dict() for options in (chosen and {"seed": seed ^ 1}, {}, {}))
        for name, value in first.items():
            expect_even(check, f"Linear in {backend.name}", name, value, features)
            if chosen and not np.array_equal(value, again[name]):
                raise Mismatch(f"Linear in {backend.name}: {name} differs from layer to layer with seed={seed}")
            if np.array_equal(value, other[name]) or np.array_equal(free[name], free_again[name]):
                seeds = f"seed={seed} and seed={seed ^ 1}" if np.array_equal(value, other[name]) else "no seed"
                raise Mismatch(f"Linear in {backend.name}: {name} is the same in two layers with {seeds}")


@checks("MLP")
def test_first_weights_of_a_net(check):
    """The weights of each layer are in the range for its inputs; no two layers start equal."""
    for backend in (check.candidate, check.reference):
        for seed in range(3):
            chosen = {"seed": seed} if check.takes("MLP", "seed") else {}
            depth, _ = check.domain.depth(2, 2)
            state = backend.MLP([2] + [MANY] * (depth + 1), dtype=check.dtype, **chosen).state_dict()
            for name, value in state.items():
                expect_even(check, f"MLP in {backend.name}", name, value, 2 if name.startswith("fc1") else MANY)
            if depth > 1 and np.array_equal(state["fc2.weight"], state["fc3.weight"]):
                raise Mismatch(f"MLP in {backend.name}: fc2 and fc3 start with the same weights")


@checks("ToyNet")
@given(labelled)
def test_toy_net_perceptron(check, problem):
    """``train_sample_perceptron`` corrects with one sample after the other; a drifting run."""
    nets, x, y = toy_nets(check, problem), check.cast(problem.x), check.cast(problem.y)
    for net in nets.values():
        for x_i, y_i in zip(x, y, strict=True):
            net.train_sample_perceptron(x_i, y_i)
    expected = check.judge("perceptron_epoch", problem.weight, problem.bias, x, y)
    del expected["mistakes"]
    compare_nets(check, expected, nets, "train_sample_perceptron")


@checks("ToyNet")
@given(points, draw.rates)
def test_toy_net_gradient(check, problem, lr):
    """``train_sample_gradient`` steps against the gradient of one sample."""
    nets, x, y = toy_nets(check, problem), check.cast(problem.x[0]), check.cast(problem.y[0])
    for net in nets.values():
        net.train_sample_gradient(x, y, lr)
    expected = check.judge("gradient_step", problem.weight, problem.bias, x, y, lr)
    compare_nets(check, expected, nets, "train_sample_gradient")


@checks("ToyNet")
@given(points, draw.rates, draw.steps(5, least=0))
def test_toy_net_fit(check, problem, lr, epochs):
    """``fit`` is PyTorch's SGD on the mean squared error of all samples; a drifting run."""
    x = problem.x / 2.0 ** np.ceil(np.log2(max(1.0, float(np.linalg.norm(problem.x)))))
    nets = toy_nets(check, problem)
    losses = {side: net.fit(check.cast(x), check.cast(problem.y), epochs=epochs, lr=lr) for side, net in nets.items()}
    expected = check.judge("toy_net_fit", problem.weight, problem.bias, x, problem.y, epochs=epochs, lr=lr)
    bound = expected.pop("losses", None)
    if bound is not None:
        sides = [np.array(losses[side], dtype=check.dtype) for side in ("candidate", "reference")]
        check.compare("ToyNet.fit", "losses", bound, *sides)
    compare_nets(check, expected, nets, "fit")


@checks("Linear", "ToyNet")
def test_networks_print_and_name_the_same(check):
    """Both have the same repr and the same parameter names, order and shapes."""
    found = []
    for side in (check.candidate, check.reference):
        net = side.ToyNet(dtype=check.dtype)
        shapes = [(name, parameter.shape) for name, parameter in net.named_parameters()]
        found.append((repr(net), repr(side.Linear(3, 2)), shapes))
    if found[0] != found[1]:
        raise Mismatch(f"ToyNet: {found[0]}, expected {found[1]}")


@checks("ToyNet")
def test_weights_pass_from_one_to_the_other(check):
    """The state of either loads into the other and back without a change; initial weights lie within 1/sqrt(D)."""
    for a, b in ((check.candidate, check.reference), (check.reference, check.candidate)):
        first, second = a.ToyNet(dtype=check.dtype, seed=3), b.ToyNet(dtype=check.dtype, seed=3)
        state = first.state_dict()
        second.load_state_dict(state)
        for name, value in second.state_dict().items():
            if (value != state[name]).any() or value.dtype != check.dtype or (abs(value) > 0.5**0.5).any():
                raise Mismatch(f"ToyNet: {name} is {value.tolist()} after passing from {a.name} to {b.name}")


@checks("ToyNet")
def test_a_state_holds_still(check):
    """Further training does not change an earlier ``state_dict``."""
    x, y = map(check.cast, (np.array([[1.0, 2.0]]), np.array([[1.0]])))
    for backend in (check.candidate, check.reference):
        net = backend.ToyNet(dtype=check.dtype)
        state = net.state_dict.kept()
        before = {name: np.array(state.plain[name]) for name in ("fc1.weight", "fc1.bias")}
        net.fit(x, y, epochs=2)
        for name, value in before.items():
            if not np.array_equal(np.asarray(state.plain[name]), value):
                raise Mismatch(f"ToyNet in {backend.name}: {name} of its state_dict changed with the network")


@checks("ToyNet")
def test_networks_refuse(check):
    """Missing, unknown and wrongly shaped keys are named."""
    weight, bias = np.zeros((1, 2)), np.zeros(1)
    for state, message in (
        ({"fc1.weight": weight}, "fc1.bias is missing"),
        ({"fc1.weight": weight, "fc1.bias": bias, "fc2.bias": bias}, "fc2.bias is unknown"),
        ({"fc1.weight": weight.T, "fc1.bias": bias}, "fc1.weight has shape (2, 1), expected (1, 2)"),
    ):
        called = f"ToyNet().load_state_dict of {', '.join(state)}, where {message}"
        check.refuses_to("ToyNet", called, lambda side, state=state: side.ToyNet().load_state_dict(state), message)


@checks("Linear")
def test_linear_layer_refuses(check):
    """Sizes are positive integers; there are two precisions."""
    check.refuses("Linear", 0, 1)
    check.refuses("Linear", 2, 1, dtype="float16")
