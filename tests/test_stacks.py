"""``fit_stack`` leaves each net as ``fit`` would: whoever stops, goes on, or is of another kind."""

import math
import tracemalloc
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import scratch
import torchref
from contract.stacks import Member
from scratch import fast
from scratch.stacks import Each, way

BACKENDS = {"scratch": scratch, "torchref": torchref, "scratch.fast": fast}
LOSSES = ("squared_error", "mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy")
# Of each optimizer two that go different ways, and two that go the same way with other numbers.
OPTIMIZERS = [
    ("SGD", {"lr": 0.02}),
    ("SGD", {"lr": 0.05, "momentum": 0.5}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("Adagrad", {"lr": 0.01, "lr_decay": 0.1}),
    ("Adagrad", {"lr": 0.02, "initial_accumulator_value": 0.5}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "momentum": 0.5}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.25, "centered": True, "eps": 0.1}),
    ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.02, "betas": (0.25, 0.75), "amsgrad": True}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.1}),
]


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Each in turn."""
    return BACKENDS[request.param]


def problem(backend, loss="mse_loss", dtype="float64", sizes=(3, 5, 4, 2), n=10):
    """Samples and targets that fit the loss, and the activation of the output."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=(n, sizes[-1]))
    y = (y > 0).astype(float) if "binary" in loss else y
    x = backend.tensor(rng.normal(size=(n, sizes[0])).tolist(), dtype)
    y = rng.integers(0, sizes[-1], n) if loss == "cross_entropy" else backend.tensor(y.tolist(), dtype)
    orders = [rng.permutation(n) for _ in range(5)]
    return SimpleNamespace(x=x, y=y, orders=orders, output="sigmoid" if loss == "binary_cross_entropy" else "identity")


def nets(backend, count, sizes=(3, 5, 4, 2), **options):
    """As many nets, from different weights."""
    return [backend.MLP(list(sizes), seed=seed, **options) for seed in range(count)]


def trained(backend, models, optimizers, x, y, *, at_once, **options):
    """The histories of ``fit_stack``, or of ``fit`` for each; without the warnings."""
    made = [getattr(backend, kind)(m.parameters(), **o) for m, (kind, o) in zip(models, optimizers, strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if at_once:
            return made, backend.fit_stack(models, x, y, optimizer=made, **options)
        return made, [
            backend.fit(model, x, y, optimizer=one, **options) for model, one in zip(models, made, strict=True)
        ]


def compared(backend, make, optimizers, x, y, overflow=False, **options):
    """Both ways leave the same: histories, weights, gradients, states; returns the histories of ``fit_stack``."""
    found = []
    for at_once in (True, False):
        models = make()
        found.append((models, *trained(backend, models, optimizers, x, y, at_once=at_once, **options)))
    for ours, ours_by, history, theirs, theirs_by, expected in zip(*found[0], *found[1], strict=True):
        assert (history.epochs, history.converged) == (expected.epochs, expected.converged)
        assert ours_by.param_groups[0]["lr"] == theirs_by.param_groups[0]["lr"]
        near(history.losses, expected.losses, next(theirs.parameters()).dtype)
        if overflow and not math.isfinite(expected.losses[-1]):
            continue  # what overflows where depends on the order of sums
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            assert p.data.dtype == q.data.dtype
            near(p.data, q.data, q.dtype)
            assert (p.grad is None) == (q.grad is None)
            if p.grad is not None:
                near(p.grad, q.grad, q.dtype)
            mine, other = ours_by.state.get(p, {}), theirs_by.state.get(q, {})
            assert mine.keys() == other.keys()
            for key, value in mine.items():
                assert type(value) is type(other[key])
                near(value, other[key], q.dtype)
    return found[0][-1]


def near(got, expected, dtype="float64"):
    """The parity properties hold both within their bound; here a step more or less is to be seen."""
    precise = 1e-9 if "64" in str(dtype) else 1e-3
    # Whether an overflow ends as inf or nan depends on the order of a sum.
    got, expected = (np.where(np.isfinite(value), value, np.nan) for value in map(np.asarray, (got, expected)))
    np.testing.assert_allclose(got, expected, rtol=precise, atol=precise)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_optimizer_in_one_stack(backend, loss, dtype):
    """With options of its own for each net, all of them at once, on batches that do not divide evenly."""
    given = problem(backend, loss, dtype)
    options = {"loss": loss, "epochs": 5, "batch_size": 4, "orders": given.orders}

    def make():
        return nets(backend, len(OPTIMIZERS), output=given.output, dtype=dtype)

    histories = compared(backend, make, OPTIMIZERS, given.x, given.y, **options)
    assert [len(history.losses) for history in histories] == [15] * len(OPTIMIZERS)


@pytest.mark.parametrize(("loss", "most"), [("binary_cross_entropy", 100), ("cross_entropy", 1e8)])
def test_one_net_is_sure_and_wrong(backend, loss, most):
    """As in ``fit``: the logarithm of 0 counts as -100, no exponential leaves the range, and the other net is none."""
    given = problem(backend, loss)

    def one_sure():
        models = nets(backend, 2, output=given.output)
        large = {name: 1e6 * np.asarray(value) for name, value in models[0].state_dict().items()}
        models[0].load_state_dict(large)
        return models

    sure, other = compared(backend, one_sure, [("SGD", {})] * 2, given.x, given.y, loss=loss, epochs=1)
    assert other.losses[0] < 2 < sure.losses[0] < most


@pytest.mark.parametrize("activation", ["identity", "sigmoid", "tanh", "relu", "leaky_relu", "softmax"])
def test_every_activation(backend, activation):
    """In the hidden layers and at the output."""
    given = problem(backend)

    def make():
        return nets(backend, 3, activation=activation, output=activation)

    compared(backend, make, [("SGD", {"lr": 0.1})] * 3, given.x, given.y, epochs=3, batch_size=4)


@pytest.mark.parametrize("kind", ["Linear", "ToyNet"])
def test_layers_and_the_net_of_the_deck(backend, kind):
    """Not only MLPs."""
    given, size = problem(backend, sizes=(2, 1)), (2, 1) if kind == "Linear" else ()

    def make():
        return [getattr(backend, kind)(*size, seed=seed) for seed in range(3)]

    compared(backend, make, [("SGD", {"lr": 0.1})] * 3, given.x, given.y, epochs=3)


def test_more_nets_than_the_cache_has_room_for(backend):
    """Stacks of some, and nets so large that each stands alone."""
    given = problem(backend, sizes=(3, 40, 2))
    many = [("SGD", {"lr": 0.01 * (1 + i % 3)}) for i in range(200)]
    compared(backend, lambda: nets(backend, 200, (3, 40, 2)), many, given.x, given.y, epochs=2)
    large = problem(backend, sizes=(3, 4000, 2))
    compared(backend, lambda: nets(backend, 2, (3, 4000, 2)), many[:2], large.x, large.y, epochs=2)


def test_some_leave_the_range_and_the_others_go_on(backend):
    """At different steps; the warning counts them."""
    given = problem(backend)
    rates = [0.1, 1e3, 0.05, 1e30, 1e200, 0.1]
    optimizers = [("SGD", {"lr": lr, "momentum": 0.5}) for lr in rates]
    histories = compared(
        backend,
        lambda: nets(backend, 6, activation="relu"),
        optimizers,
        given.x,
        given.y,
        True,
        epochs=20,
        batch_size=4,
    )
    compared(
        backend,
        lambda: nets(backend, 3, activation="relu"),
        [("SGD", {"weight_decay": decay}) for decay in (0.0, 1e200, 0.0)],
        given.x,
        given.y,
        overflow=True,
        lr=lambda epoch: 0.1 / (1 + epoch),
        epochs=20,
        batch_size=4,
    )
    stopped = [not math.isfinite(history.losses[-1]) for history in histories]
    assert stopped == [lr > 1 for lr in rates]
    assert len({len(history.losses) for history in histories}) > 2


def warned(backend):
    """The warnings of three nets of which two leave the range."""
    given, models = problem(backend), nets(backend, 3, activation="relu")
    made = [backend.SGD(m.parameters(), lr=lr) for m, lr in zip(models, (0.1, 1e3, 1e200), strict=True)]
    with pytest.warns(UserWarning, match="the loss of") as caught:
        backend.fit_stack(models, given.x, given.y, optimizer=made, epochs=20, batch_size=4)
    return list(caught)


def test_a_warning_counts_those_that_stop(backend):
    """One for all."""
    assert [str(one.message) for one in warned(backend)] == [
        "the loss of 2 of 3 nets became inf or nan; their training stopped"
    ]


def test_the_warning_is_about_the_line_that_trained(backend):
    """And not about one of ours."""
    assert [one.filename for one in warned(backend)] == [__file__]


def test_all_leave_the_range(backend):
    """The training ends there."""
    given = problem(backend)
    make = [("SGD", {"lr": 1e200})] * 2
    [first, _] = compared(backend, lambda: nets(backend, 2, activation="relu"), make, given.x, given.y, True, epochs=9)
    assert first.epochs < 9


@pytest.mark.parametrize(("batch_size", "tolerance"), [(10, 0.01), (3, 0.003)])
def test_those_within_the_tolerance_stop(backend, batch_size, tolerance):
    """Each in its own epoch, by the mean loss of its steps; who does not move has settled even at 0."""
    given = problem(backend)
    optimizers = [("SGD", {"lr": lr}) for lr in (0.0, 0.05, 0.1, 0.3)]
    options = {"batch_size": batch_size, "epochs": 60, "tolerance": tolerance}
    histories = compared(backend, lambda: nets(backend, 4), optimizers, given.x, given.y, **options)
    assert len({history.epochs for history in histories}) > 1
    assert histories[0].epochs == 2
    assert histories[0].converged
    [still, moving] = compared(
        backend, lambda: nets(backend, 2), optimizers[:2], given.x, given.y, **(options | {"tolerance": 0.0})
    )
    assert (still.epochs, still.converged, moving.epochs) == (2, True, 60)


def test_no_probability_no_step(backend):
    """A sigmoid of nan stops its net before the update, as in ``fit``."""
    given = problem(backend, "binary_cross_entropy")

    def make():
        models = nets(backend, 3, output="sigmoid")
        state = models[1].state_dict()
        state["fc1.weight"] = np.full((5, 3), np.nan)
        models[1].load_state_dict(state)
        return models

    optimizers = [("SGD", {"lr": 0.1})] * 3
    histories = compared(backend, make, optimizers, given.x, given.y, loss="binary_cross_entropy", epochs=3)
    assert [len(history.losses) for history in histories] == [3, 1, 3]


def test_it_goes_on_from_where_the_optimizers_are(backend):
    """Some have taken steps already, some have not."""
    given = problem(backend)
    optimizers = [(kind, {"lr": 0.04}) for kind in ("Adam", "Adam", "RMSprop", "SGD", "SGD")]
    found = []

    def falling(epoch):
        return 0.1 / (1 + epoch)

    for at_once in (True, False):
        models = nets(backend, 5)
        made = [getattr(backend, kind)(m.parameters(), **o) for m, (kind, o) in zip(models, optimizers, strict=True)]
        made[-1].param_groups[0]["momentum"] = 0.5
        backend.fit(models[1], given.x, given.y, optimizer=made[1], epochs=3)
        backend.fit(models[4], given.x, given.y, optimizer=made[4], epochs=3)
        for _ in range(2):
            if at_once:
                backend.fit_stack(
                    models, given.x, given.y, optimizer=made, epochs=2, lr=lambda epoch: 0.1 / (1 + epoch)
                )
            else:
                for model, one in zip(models, made, strict=True):
                    backend.fit(model, given.x, given.y, optimizer=one, epochs=2, lr=falling)
        found.append([[np.asarray(p.data) for p in model.parameters()] for model in models])
        assert [one.param_groups[0]["lr"] for one in made] == [0.05] * 5
    for ours, theirs in zip(*found, strict=True):
        for p, q in zip(ours, theirs, strict=True):
            near(p, q)


def test_each_has_its_own_state_afterwards(backend):
    """What one goes on with does not change the others."""
    given, models = problem(backend), nets(backend, 3)
    made = [backend.Adam(model.parameters(), lr=0.1) for model in models]
    backend.fit_stack(models, given.x, given.y, optimizer=made, epochs=2)
    backend.fit(models[0], given.x, given.y, optimizer=made[0], epochs=1)
    steps = [[float(one.state[p]["step"]) for p in model.parameters()] for model, one in zip(models, made, strict=True)]
    assert steps == [[3.0] * 6, [2.0] * 6, [2.0] * 6]


def test_what_is_interrupted_changes_nothing(backend):
    """Nets and optimizers are as before."""
    given, models = problem(backend), nets(backend, 2)
    made = [backend.Adam(model.parameters(), lr=0.1) for model in models]
    backend.fit_stack(models, given.x, given.y, optimizer=made, epochs=1)
    before = [(model.state_dict(), one.state_dict()) for model, one in zip(models, made, strict=True)]
    made[0].param_groups[0]["lr"] = 1e300  # this net stops before the error
    before[0][1]["param_groups"][0]["lr"] = 1e300
    with pytest.raises(ValueError, match="orders"):
        backend.fit_stack(models, given.x, given.y, optimizer=made, orders=[*[range(10)] * 4, range(3)])
    with pytest.raises(ValueError, match="target"):
        backend.fit_stack(models, given.x, np.ones((10, 3)), optimizer=made, lr=lambda _: 0.5)
    for model, one, (weights, state) in zip(models, made, before, strict=True):
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(np.asarray(value), np.asarray(weights[name]))
        assert one.state_dict()["param_groups"] == state["param_groups"]
        for number, own in one.state_dict()["state"].items():
            for key, value in own.items():
                np.testing.assert_array_equal(np.asarray(value), np.asarray(state["state"][number][key]))


def test_one_without_numbers_does_not_hide_another(backend):
    """Which predicts no probabilities: that is refused as in ``fit``."""
    given, models = problem(backend, "binary_cross_entropy"), nets(backend, 2)
    models[0].load_state_dict({name: np.asarray(value) * np.inf for name, value in models[0].state_dict().items()})
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="pred: got the value"):
        backend.fit_stack(models, given.x, given.y, loss="binary_cross_entropy")


def test_by_default_it_is_as_fit(backend):
    """The loss, the rate and the number of epochs."""
    given = problem(backend)
    [model], [twin] = nets(backend, 1), nets(backend, 1)
    [history] = backend.fit_stack([model], given.x, given.y)
    near(history.losses, backend.fit(twin, given.x, given.y).losses)
    near(model.fc1.weight.data, twin.fc1.weight.data)


def test_a_rate_for_each_epoch_is_asked_for_once(backend):
    """Whatever the number of stacks."""
    given, asked = problem(backend), []
    models = nets(backend, 3)
    made = [
        backend.SGD(models[0].parameters()),
        backend.Adam(models[1].parameters()),
        backend.SGD(models[2].parameters()),
    ]
    backend.fit_stack(models, given.x, given.y, optimizer=made, epochs=3, lr=lambda epoch: asked.append(epoch) or 0.1)
    assert asked == [0, 1, 2]


def test_no_epoch_changes_nothing(backend):
    """Neither weights nor gradients nor states."""
    given = problem(backend)
    [history, _] = compared(backend, lambda: nets(backend, 2), [("Adam", {})] * 2, given.x, given.y, epochs=0)
    assert history.losses == []


@pytest.mark.parametrize(
    ("of_net", "of_data"), [("float32", "float64"), ("float64", "float32"), ("float32", "float32")]
)
@pytest.mark.parametrize("of_target", ["float64", "float32"])
@pytest.mark.parametrize("loss", LOSSES)
def test_data_of_another_dtype(backend, of_net, of_data, of_target, loss):
    """Are converted as in ``fit``."""
    given, other = (problem(backend, loss, dtype) for dtype in (of_data, of_target))

    def make():
        return nets(backend, 3, dtype=of_net, output=given.output)

    compared(backend, make, [("SGD", {"lr": 0.1})] * 3, given.x, other.y, loss=loss, epochs=3)


def test_what_it_refuses(backend):
    """One line each, and nothing has changed."""
    given = problem(backend)
    two, [narrow] = nets(backend, 2), nets(backend, 1, dtype="float32")
    weight = backend.SGD([two[0].fc1.weight], lr=0.1)
    groups = backend.SGD([{"params": [p]} for p in two[0].parameters()], lr=0.1)
    whole = backend.SGD(two[1].parameters(), lr=0.1)
    whole_of_first = backend.SGD(two[0].parameters(), lr=0.1)
    first, *others = two[1].parameters()
    halves = backend.SGD([{"params": [first]}, {"params": others}], lr=0.1)
    odd = backend.Adam(two[1].parameters())
    backend.fit(two[1], given.x, given.y, optimizer=odd, epochs=1)
    odd.state[first]["step"] += 1
    form = "the class, sizes, activations and dtype of models[0]"
    lacking = backend.RMSprop(two[0].parameters())
    backend.fit(two[0], given.x, given.y, optimizer=lacking, epochs=1)
    lacking.param_groups[0]["momentum"] = 0.5
    before = [model.state_dict() for model in two]

    class Own(backend.SGD):
        """Of somebody else, who may have another step."""

    twins, mixed, more = (nets(backend, 2) for _ in range(3))
    mixed[1].fc1.weight = nets(backend, 1, dtype="float32")[0].fc1.weight
    more[1].fc1.scale = nets(backend, 1)[0].fc1.bias
    twins[1].fc1.weight = twins[0].fc1.weight
    refused = {
        "optimizer[1]: got another Own, expected one of SGD, Adagrad, RMSprop, Adam, AdamW": {
            "optimizer": [backend.SGD(two[0].parameters()), Own(two[1].parameters())]
        },
        "models[1]: got parameters of two dtypes, expected one for all": {"models": mixed},
        "models[1]: got more parameters, expected those of its layers and no others": {"models": more},
        "models: got a parameter in two nets, expected each in one": {"models": twins},
        "state: momentum_buffer is missing": {"optimizer": [lacking, whole]},
        "models: got 3, expected a list": ({"models": 3}),
        "optimizer: got 3, expected a list": {"optimizer": 3},
        "optimizer[1]: got 2 groups with a part of the net, expected one group with all its parameters": {
            "optimizer": [whole_of_first, halves]
        },
        "optimizer[1]: got states of different steps, expected the same for all parameters": {
            "optimizer": [whole_of_first, odd]
        },
        "lr: got -2, expected a finite non-negative number": {"lr": lambda _: -2},
        "models: got none, expected at least one net": {"models": []},
        "models: got a net twice, expected each once": {"models": [two[0], two[0]]},
        "models[1]: got str, expected one of Linear, ToyNet, MLP": {"models": [two[0], "net"]},
        f"models[1]: got a net of another form, expected {form}": {"models": [two[0], backend.MLP([3, 6, 2])]},
        f"models[1]: got a net of another form, expected {form} ": {"models": [two[0], narrow]},
        f"models[1]: got a net of another form, expected {form}  ": {
            "models": [two[0], backend.MLP([3, 5, 4, 2], activation="relu")]
        },
        "optimizer: got 1 optimizers, expected a name, or 2 optimizers, one for each net": {"optimizer": [whole]},
        "optimizer[0]: got 1 group with a part of the net, expected one group with all its parameters": {
            "optimizer": [weight, whole]
        },
        "optimizer[0]: got 6 groups with a part of the net, expected one group with all its parameters": {
            "optimizer": [groups, whole]
        },
        "optimizer: got one made over other parameters, expected the model's own": {"optimizer": [whole, whole]},
        "lr: got -1, expected a finite non-negative number": {"lr": -1},
        "loss: got 'mse', expected one of": {"loss": "mse"},
        "batch_size: got 11, expected an integer from 1 to 10": {"batch_size": 11},
        "x: got shape (10, 4), expected (N, 3)": {"x": np.ones((10, 4))},
        "target: got shape (10, 3), expected (10, 2)": {"y": np.ones((10, 3))},
        "pred: got the value": {"loss": "binary_cross_entropy", "y": np.ones((10, 2))},
        "orders[0]: got [0, 1], expected a permutation of 0..9": {"orders": [[0, 1]]},
    }
    for message, changed in refused.items():
        with pytest.raises(ValueError, match=r"got|missing") as error:
            backend.fit_stack(**{"models": two, "x": given.x, "y": given.y} | changed)
        assert str(error.value).startswith(message.strip())
        assert "\n" not in str(error.value)
    for model, state in zip(two, before, strict=True):
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(np.asarray(value), np.asarray(state[name]))


def test_one_number_for_each_net_is_weak_like_a_float():
    """It takes the dtype of the array, as a Python float would; computed among themselves they are float64."""
    each, narrow = Each(np.array([0.1, 0.7])), np.ones((3, 2), np.float32)
    for got, expected in (
        (each * narrow, [0.1 * narrow[:, 0], 0.7 * narrow[:, 1]]),
        (narrow / (1 - each**3) ** 0.5, [narrow[:, 0] / (1 - 0.1**3) ** 0.5, narrow[:, 1] / (1 - 0.7**3) ** 0.5]),
    ):
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, np.stack(expected, axis=1))
    assert bool(each != 0)
    assert not bool(each < 0.05)


def test_nets_of_one_stack_go_the_same_way():
    """No option that an update rule asks about differs among them."""
    net = scratch.MLP([2, 1])

    def of(kind, **options):
        return way(Member(net, [*net.parameters()], getattr(scratch, kind)(net.parameters(), **options), None))

    assert of("Adam", lr=0.1) == of("Adam", lr=0.9, betas=(0.8, 0.7))
    assert of("Adam") != of("Adam", betas=(0.4, 0.999))
    assert of("RMSprop", alpha=0.4) == of("RMSprop", alpha=0.5) != of("RMSprop", alpha=0.6)
    assert of("Adam", weight_decay=0.1) != of("AdamW", weight_decay=0.1)
    assert of("SGD", lr=0.1) != of("SGD", lr=0.1, momentum=0.1)
    assert of("SGD", lr=0.1, momentum=0.1) != of("SGD", lr=0.1, momentum=0.1, nesterov=True)


def test_a_rate_that_float32_cannot_hold(backend):
    """Is refused where a function of the epoch gives it, too."""
    given = problem(backend, dtype="float32")
    with pytest.raises(ValueError, match=r"^lr: got 1e\+39, expected at most 3.4e\+38"):
        backend.fit_stack(nets(backend, 2, dtype="float32"), given.x, given.y, lr=lambda _: 1e39)


def test_what_only_pytorch_has():
    """Its own optimizers, and parameters that are not to be trained."""
    given, [net] = problem(torchref), nets(torchref, 1)
    with pytest.raises(ValueError, match=r"^optimizer\[0\]: got another SGD, expected one of SGD"):
        torchref.fit_stack([net], given.x, given.y, optimizer=[torch.optim.SGD(net.parameters(), lr=0.1)])
    net.fc1.weight.requires_grad = False
    with pytest.raises(ValueError, match=r"^models\[0\]: got a parameter without requires_grad, expected all to be"):
        torchref.fit_stack([net], given.x, given.y)


def test_the_stacks_of_fast_share_their_places():
    """They compute one after another: many large nets need no more than one."""
    given = problem(scratch, sizes=(3, 4000, 2))
    peaks = []
    for count in (2, 8):
        models = nets(fast, count, (3, 4000, 2))
        tracemalloc.start()
        fast.fit_stack(models, given.x, given.y, epochs=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    places, weights = 3 * 8 * 4002 * 10, 8 * (4000 * 4 + 2 * 4001)
    assert peaks[1] - peaks[0] < 6 * 6 * weights + places
