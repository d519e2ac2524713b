"""scratch.fast gives the weights of scratch, each of its ways by itself, and is a reference that sees every mistake."""

import copy
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scratch
from parity.judge import referee
from parity.judge.rounding import bounded
from parity.mistakes import MISTAKES
from scratch import fast
from scratch.fast import gradients, training

ROOT = Path(__file__).parents[1]
WAYS = (gradients.by_floats, gradients.by_stretches, gradients.by_blocks, gradients.by_substitution)
DTYPES = pytest.mark.parametrize("dtype", ["float64", "float32"])


def problem(seed, n, d, k, dtype):
    """Samples whose steps contract with a learning rate of 0.25, weights, targets near what other weights give."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, d)) / d**0.5
    y = x @ rng.uniform(-2, 2, (d, k)) + 0.1 * rng.standard_normal((n, k))
    return [array.astype(dtype) for array in (rng.uniform(-1, 1, (k, d)), rng.uniform(-1, 1, k), x, y)]


@pytest.mark.parametrize("reference", ["scratch", "torchref"])
@pytest.mark.parametrize("name", fast.FASTER)
def test_the_check_proves_it_equal(reference, name):
    """All properties of its names, the refusals included, as the command checks them."""
    options = ["--reference", reference, "--examples", "20", "--only", name]
    command = [sys.executable, "-m", "parity", "check", "scratch.fast", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_stands_for_scratch():
    """All names are there; those that are computed otherwise have the same signatures."""
    assert fast.__all__ == scratch.__all__
    assert fast.sigmoid is scratch.sigmoid
    for name in fast.FASTER:
        ours, theirs = getattr(fast, name), getattr(scratch, name)
        assert ours is not theirs
        assert str(inspect.signature(ours)) == str(inspect.signature(theirs))


def epoch(by_way, dtype, seed, n, d, k, rate):
    """An epoch by this way, at the sizes for which it is chosen, and by the referee; how large the numbers are."""
    many = gradients.by_stretches, gradients.by_substitution
    n += gradients.MANY if by_way in many else gradients.BLOCK if by_way is gradients.by_blocks else 0
    given = problem(seed, n, 2 if by_way is gradients.by_floats else d, k, dtype)
    before, lr = [array.copy() for array in given], rate(n)
    assert gradients.contracts(given[2], lr)
    with np.errstate(all="ignore"):  # as behind the border
        got = by_way(*given, lr)
        judged = list(referee.gradient_epoch(*map(bounded, before), lr).values())
    for array, was in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, was)
    assert [array.dtype for array in got] == [dtype, dtype]
    size = max(1, *(abs(array).max() for array in (*before, *got)))
    gaps = [abs(bound.precision.wide(array) - bound.value) for array, bound in zip(got, judged, strict=True)]
    return n, gaps, judged, size


EACH_WAY = pytest.mark.parametrize("by_way", WAYS, ids=lambda way: way.__name__)
SHAPES = st.integers(0, 2**32), st.integers(1, 150), st.integers(1, 6), st.integers(1, 3)


@DTYPES
@EACH_WAY
@settings(max_examples=20, deadline=None)
@given(*SHAPES, st.sampled_from([0.0, 0.1, 0.5]))
def test_each_way_is_within_the_bound_of_the_loop(by_way, dtype, seed, n, d, k, rate):
    """Which the referee computes step by step; rates so small that the bound still says something at the end."""
    _, gaps, judged, _ = epoch(by_way, dtype, seed, n, d, k, lambda n: rate / n)
    for gap, bound in zip(gaps, judged, strict=True):
        assert bound.error.max() < 0.01
        assert (gap <= bound.error).all()


@DTYPES
@EACH_WAY
@settings(max_examples=20, deadline=None)
@given(*SHAPES, st.sampled_from([0.05, 0.25, 0.5]))
def test_at_large_rates_errors_add_and_do_not_grow(by_way, dtype, seed, n, d, k, lr):
    """No step makes an error longer, so it is at most the sum of what the steps round: each 2 d + 8 times, at most
    three times the size of the numbers (weights, error and correction). The referee's bound knows of no contraction.
    """
    n, gaps, judged, size = epoch(by_way, dtype, seed, n, d, k, lambda _: lr)
    for gap, bound in zip(gaps, judged, strict=True):
        assert gap.max() <= n * (2 * d + 8) * 3 * size * bound.precision.unit


@DTYPES
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 3000), st.integers(1, 30), st.integers(1, 3))
def test_scanning_finds_every_mistake(dtype, seed, n, d, k):
    """The same bits as the loop, mistakes and points on the line included; on the grid no sum is rounded."""
    rng = np.random.default_rng(seed)
    weight, bias, x = (rng.integers(-8, 9, size).astype(dtype) / 8 for size in ((k, d), k, (n, d)))
    y = np.where(x @ rng.standard_normal((d, k)) + rng.normal(0, rng.choice([0.01, 1])) > 0, 1, -1).astype(dtype)
    for ours, theirs in zip(
        fast.perceptron_epoch(weight, bias, x, y), scratch.perceptron_epoch(weight, bias, x, y), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e308])
def test_scanning_takes_numbers_out_of_range_as_the_loop_does(value):
    """A nan stays in its neuron; an infinite score has a sign."""
    x, y = np.ones((40, 2)), np.ones((40, 2))
    x[20, 1] = value
    weight = np.array([[0.5, 0.25], [0.5, -0.25]])
    ours, theirs = (f.perceptron_epoch(weight, [0.0, 0.0], x, y) for f in (fast, scratch))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("n", "d", "lr", "way"),
    [
        (8, 2, 0.1, gradients.by_floats),
        (8, 20, 0.1, scratch.gradients.gradient_epoch),
        (100, 20, 0.1, gradients.by_blocks),
        (5000, 2, 0.1, gradients.by_stretches),
        (5000, 12, 0.1, gradients.by_stretches),
        (5000, 13, 0.1, gradients.by_substitution),
        (5000, 49, 0.05, gradients.by_blocks),
        (5000, 2, 9.0, gradients.by_floats),
        (5000, 20, 9.0, scratch.gradients.gradient_epoch),
    ],
)
def test_the_way_follows_from_shape_and_learning_rate(n, d, lr, way):
    """Steps that would magnify what is rounded before are taken one by one."""
    x = np.full((n, d), 0.5)
    assert gradients.way(n, d, gradients.contracts(x, lr)) is way


def test_a_number_that_is_not_finite_is_met_one_by_one():
    """As in scratch: the weights before it are those of the loop, nan after it."""
    x, y = np.full((3000, 2), 0.5), np.ones((3000, 1))
    x[2999, 0] = np.nan
    assert not gradients.contracts(x, 0.1)
    ours, theirs = (f.gradient_epoch([[0.0, 0.0]], [0.0], x, y, 0.1) for f in (fast, scratch))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, one in MISTAKES.items() if one.replaced in fast.FASTER])
def test_every_mistake_is_seen_beside_it(report, name):
    """With scratch.fast as the reference."""
    result = report(f"parity.mistakes:{name}", "--reference", "scratch.fast", "--only", MISTAKES[name].replaced)
    assert result["exit_code"] == 1


def nets(sizes=(2, 3, 2), dtype="float64", **options):
    """The same net twice."""
    net = scratch.MLP(list(sizes), dtype=dtype, seed=0, **options)
    return net, copy.deepcopy(net)


def trained(f, net, optimizer, n=10, dtype="float64", **options):
    """Weights, gradients, states and losses of a training by this fit."""
    rng = np.random.default_rng(1)
    layers = net.children()
    sizes = layers[0].in_features, layers[-1].out_features
    x, y = (rng.uniform(0, 1, (n, size)).astype(dtype) for size in sizes)
    history = f.fit(net, x, y, optimizer=optimizer, **({"epochs": 3, "batch_size": 4} | options))
    states = [] if isinstance(optimizer, str) else [optimizer.state.get(p, {}) for p in net.parameters()]
    return {
        "losses": history.losses,
        "weights": [p.data for p in net.parameters()],
        "gradients": [p.grad for p in net.parameters() if p.grad is not None],
        "states": [np.asarray(state[key]) for state in states for key in sorted(state)],
        "recorded": [array for step in history.weights + history.gradients for array in step.values()],
    }


def close(ours, theirs):
    """The same numbers within a few roundings, in arrays of their own."""
    for kind in theirs:
        assert len(ours[kind]) == len(theirs[kind])
        for one, other in zip(ours[kind], theirs[kind], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
            assert np.asarray(one).dtype == np.asarray(other).dtype
            assert np.asarray(one).base is None


RULES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.9, "alpha": 0.4, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1, "betas": (0.3, 0.5)}),
    ("AdamW", {"weight_decay": 0.3}),
]


@pytest.mark.parametrize(("rule", "options"), RULES)
def test_fit_goes_on_from_any_state(rule, options):
    """Twice, with records; between the two scratch could take over."""
    runs = []
    for f, net in zip((fast, scratch), nets(), strict=True):
        optimizer = getattr(scratch, rule)(net.parameters(), **options)
        runs.append([trained(f, net, optimizer, record=["weights", "gradients", "state"]) for _ in range(2)])
        assert getattr(optimizer, "state", None) is not None
    for ours, theirs in zip(*runs, strict=True):
        close(ours, theirs)


@pytest.mark.parametrize("activation", ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax"])
def test_every_activation_in_place(activation):
    """Hidden and at the output."""
    runs = [
        trained(f, net, "SGD") for f, net in zip((fast, scratch), nets((2, 3, 2), activation=activation), strict=True)
    ]
    close(*runs)
    runs = [trained(f, net, "SGD") for f, net in zip((fast, scratch), nets((2, 3, 2), output=activation), strict=True)]
    close(*runs)


def layerwise(net):
    """A group for each layer."""
    return [{"params": list(layer.parameters()), "lr": 0.1 * number} for number, layer in enumerate(net.children(), 1)]


def apart(net):
    """Weights and biases in different groups."""
    return [
        {"params": [layer.weight for layer in net.children()]},
        {"params": [layer.bias for layer in net.children()]},
    ]


def some(net):
    """The last layer alone is trained."""
    return list(net.children()[-1].parameters())


@pytest.mark.parametrize(("groups", "in_place"), [(layerwise, True), (apart, False), (some, False)])
def test_groups(groups, in_place):
    """A layer whose weight and bias are in one group is trained in place, others as in scratch."""
    runs = []
    for f, net in zip((fast, scratch), nets(), strict=True):
        optimizer = scratch.SGD(groups(net), lr=0.1, momentum=0.5)
        x = np.ones((1, 2))
        assert training.fits(net, x, x, optimizer) is in_place
        runs.append(trained(f, net, optimizer))
    close(*runs)


def test_what_is_special_is_left_to_scratch():
    """Classes of one's own, other dtypes, layers that do not fit, states of some parameters only."""
    net, x = nets()[0], np.ones((1, 2))
    fits = training.fits
    assert fits(net, x, x, "Adam")
    assert fits(scratch.ToyNet(), x, x[:, :1], "SGD")
    assert fits(scratch.Linear(2, 2), x, x, "SGD")
    assert fits(net, x, np.array([1]), "SGD")
    assert not fits(net, x.astype("f4"), x, "SGD")
    assert not fits(net, x, x.astype("f4"), "SGD")
    assert not fits(net, np.ones((1, 3)), x, "SGD")
    assert not fits(net, x, x, "sgd")
    assert not fits(type("Own", (scratch.MLP,), {})([2, 2]), x, x, "SGD")
    optimizer = scratch.Adam(net.parameters())
    optimizer.state[net.fc1.weight] = {"step": 1.0, "exp_avg": x, "exp_avg_sq": x}
    assert not fits(net, x, x, optimizer)
    net.fc2 = type("Own", (scratch.Linear,), {})(3, 2)
    assert not fits(net, x, x, "SGD")
    net.fc2 = scratch.Linear(4, 2)
    assert not fits(net, x, x, "SGD")


def test_a_parameter_set_on_the_way_holds():
    """``on_step`` is given the net and may change it."""

    def halve(step, net, loss):
        net.fc1.weight.data = net.fc1.weight.data / 2
        net.fc2.bias.data[0] = step
        net.zero_grad()

    close(*(trained(f, net, "SGD", on_step=halve) for f, net in zip((fast, scratch), nets(), strict=True)))


def test_an_error_on_the_way_leaves_the_weights_of_the_last_step():
    """In arrays of their own."""

    def stop(step, net, loss):
        if step == 2:
            raise KeyboardInterrupt

    weights = []
    for f, net in zip((fast, scratch), nets(), strict=True):
        with pytest.raises(KeyboardInterrupt):
            trained(f, net, "SGD", on_step=stop)
        weights.append(net.fc1.weight.data)
        assert net.fc1.weight.data.base is None
    np.testing.assert_allclose(*weights, rtol=1e-12)


def test_a_prediction_of_nan_moves_nothing():
    """No gradient flows, so no step is made with that of the batch before."""
    runs = []
    for f in (fast, scratch):
        net = scratch.MLP([1, 1], output="sigmoid", seed=0)
        with pytest.warns(UserWarning, match="the loss became nan"):
            f.fit(net, [[1.0], [np.nan]], [[0.0], [1.0]], loss="binary_cross_entropy", batch_size=1, epochs=1)
        assert net.fc1.weight.grad is None
        runs.append(net.fc1.weight.data)
    np.testing.assert_allclose(*runs, rtol=1e-12)


def test_a_parameter_set_to_a_view_of_itself_holds():
    """Its memory is that of the old weights, its numbers are not."""

    def turn(step, net, loss):
        net.fc1.weight.data = net.fc1.weight.data[:, ::-1]

    close(*(trained(f, net, "SGD", on_step=turn) for f, net in zip((fast, scratch), nets(), strict=True)))
