"""The networks: a layer and the deck's ToyNet, trained in its three ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import strategies as draw
from parity.compare import Different

checks = pytest.mark.checks


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
labelled = draw.classified(features=2, neurons=1)


@checks("Linear")
@given(draw.problems())
def test_linear_layer(check, problem):
    """A layer set to the same weights computes the same, for a batch and for one sample."""
    x, _, weight, bias = map(check.cast, problem)
    outputs = {}
    for side in ("candidate", "reference"):
        layer = getattr(check, side).Linear(weight.shape[1], weight.shape[0], dtype=check.dtype)
        layer.load_state_dict({"weight": weight, "bias": bias})
        outputs[side] = layer(x), layer(x[0])
    for i, given_x in enumerate((x, x[0])):
        expected = check.judge("linear", given_x, weight, bias)["result"]
        check.compare("Linear", "output", expected, outputs["candidate"][i], outputs["reference"][i])


@checks("ToyNet")
@given(labelled)
def test_toy_net_perceptron(check, problem):
    """``train_sample_perceptron`` corrects by one sample after the other; a drifting run."""
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
@given(points, draw.rates, st.integers(0, 5))
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
    """Both print the same, and name their parameters the same, in the same order and shapes."""
    seen = []
    for side in (check.candidate, check.reference):
        net = side.ToyNet(dtype=check.dtype)
        named = [(name, parameter.shape) for name, parameter in net.inner.named_parameters()]
        seen.append((repr(net.inner), repr(side.Linear(3, 2).inner), [(name, tuple(shape)) for name, shape in named]))
    if seen[0] != seen[1]:
        raise Different(f"ToyNet: {seen[0]}, expected {seen[1]}")


@checks("Linear", "ToyNet")
def test_weights_pass_from_one_to_the_other(check):
    """The state of either loads into the other and back without a change; first weights lie within 1/sqrt(D)."""
    for a, b in ((check.candidate, check.reference), (check.reference, check.candidate)):
        first, second = a.ToyNet(dtype=check.dtype, seed=3), b.ToyNet(dtype=check.dtype, seed=3)
        state = first.state_dict()
        second.load_state_dict(state)
        for name, value in second.state_dict().items():
            if (value != state[name]).any() or value.dtype != check.dtype or (abs(value) > 0.5**0.5).any():
                raise Different(f"ToyNet: {name} is {value.tolist()} after passing from {a.name} to {b.name}")


@checks("Linear", "ToyNet")
def test_networks_refuse(check):
    """Missing, unknown and wrongly shaped keys are named; sizes are counts."""
    for side in (check.candidate, check.reference):
        net = side.ToyNet()
        for state, told in (
            ({"fc1.weight": np.zeros((1, 2))}, "fc1.bias is missing"),
            ({"fc1.weight": np.zeros((1, 2)), "fc1.bias": np.zeros(1), "fc2.bias": np.zeros(1)}, "fc2.bias is unknown"),
            ({"fc1.weight": np.zeros((2, 1)), "fc1.bias": np.zeros(1)}, "fc1.weight has shape (2, 1), expected (1, 2)"),
        ):
            try:
                net.load_state_dict(state)
            except ValueError as error:
                if told not in str(error):
                    raise Different(f"ToyNet in {side.name}: the error {error} does not say that {told}") from None
            else:
                raise Different(f"ToyNet in {side.name} loaded a state although {told}")
    check.refuses("Linear", 0, 1)
    check.refuses("Linear", 2, 1, dtype="float16")
