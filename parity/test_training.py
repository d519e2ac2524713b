"""Training: batches, one step, and whole drifting runs of nets of up to three hidden layers."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import referee
from parity import strategies as draw
from parity.compare import Different
from parity.rounding import bounded

checks = pytest.mark.checks
SIDES = ("candidate", "reference")


class Run(NamedTuple):
    """A net, its data and how it is trained."""

    sizes: list[int]
    activation: str
    output: str
    weights: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray
    loss: str
    batch_size: int
    orders: list[list[int]]


def near_one(raw):
    """-1.64 to 1.64 in four digits: no run of these grows out of range."""
    return draw.decimals(4)(raw) / 2


@st.composite
def runs(draw_one, epochs=2):
    """Weights and points of the size of one; targets that fit the loss."""
    n, sizes = draw_one(draw.size(5)), draw_one(st.lists(draw.size(4), min_size=2, max_size=5))
    loss = draw_one(
        st.sampled_from(["mse_loss", "binary_cross_entropy_with_logits", "binary_cross_entropy", "cross_entropy"])
    )
    shapes = [shape for d, k in pairwise(sizes) for shape in ((k, d), (k,))]
    x, y, *arrays = draw_one(draw.arrays((n, sizes[0]), (n, sizes[-1]), *shapes, sources=[near_one, draw.quarters]))
    names = [f"fc{layer}.{kind}" for layer in range(1, len(sizes)) for kind in ("weight", "bias")]
    targets: Any = {"mse_loss": y, "cross_entropy": (np.abs(y[:, 0]) * 10).astype(int) % sizes[-1]}
    return Run(
        sizes,
        draw_one(st.sampled_from(["sigmoid", "tanh", "relu", "identity"])),
        "sigmoid" if loss == "binary_cross_entropy" else "identity",
        dict(zip(names, arrays, strict=True)),
        x,
        targets.get(loss, (y > 0).astype(float)),
        loss,
        draw_one(st.integers(1, n)),
        draw_one(draw.orders(n, epochs)),
    )


def net(check, side, run):
    """The net of one side, with the weights of the run."""
    model = getattr(check, side).MLP(run.sizes, activation=run.activation, output=run.output, dtype=check.dtype)
    model.load_state_dict(check.cast(run.weights))
    return model


def batches(check, run):
    """The batches in the order in which they are trained."""
    x, y = bounded(check.cast(run.x)), run.y if run.y.ndim == 1 else bounded(check.cast(run.y))
    for order in run.orders:
        for start in range(0, len(order), run.batch_size):
            chosen = order[start : start + run.batch_size]
            yield x[chosen], y[chosen]


def judged(check, run, optimizer, rates):
    """The referee's run, step by step."""
    weights = {name: bounded(check.cast(value)) for name, value in run.weights.items()}
    activations = [run.activation] * (len(run.sizes) - 2) + [run.output]
    drawn = list(batches(check, run))
    with np.errstate(all="ignore"):
        yield from referee.fit(
            weights, activations, drawn, loss=run.loss, optimizer=optimizer, rates=[rates(i) for i in range(len(drawn))]
        )


@checks("MLP", "fit")
@given(runs(), st.sampled_from(["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"]), st.sampled_from([0.1, 0.01]))
def test_fit(check, run, optimizer, lr):
    """A drifting run: loss, gradients, optimizer state and weights of every step, the bound carried along."""
    histories = {}
    for side in SIDES:
        histories[side] = getattr(check, side).fit(
            net(check, side, run),
            check.cast(run.x),
            check.cast(run.y),
            loss=run.loss,
            optimizer=optimizer,
            lr=lr,
            epochs=len(run.orders),
            batch_size=run.batch_size,
            orders=run.orders,
            record=("weights", "gradients", "state"),
        )
    kept = {
        side: {kind: getattr(history, kind) for kind in ("losses", "gradients", "state", "weights")}
        for side, history in histories.items()
    }
    for step, expected in enumerate(judged(check, run, optimizer, lambda _: lr)):
        where = f"fit of MLP({run.sizes}) at step {step + 1}"
        losses = [np.asarray(kept[side]["losses"][step], dtype=check.dtype) for side in SIDES]
        check.compare(where, "loss", expected["loss"], *losses, given=str(run))
        for name, bound in expected["gradients"].items():
            check.compare(where, f"grad of {name}", bound, *(kept[side]["gradients"][step][name] for side in SIDES))
        for name, state in expected["state"].items():
            for key, bound in state.items():
                theirs, ours = (np.asarray(kept[side]["state"][step][name][key]) for side in SIDES)
                check.compare(where, f"{key} of {name}", bound, theirs, ours)
        for name, bound in expected["weights"].items():
            check.compare(where, name, bound, *(kept[side]["weights"][step][name] for side in SIDES))


@checks("MLP", "SGD", "train_step")
@given(runs(epochs=3), st.sampled_from([0.1, 0.01]))
def test_train_step_resynchronised(check, run, lr):
    """Step by step with plain SGD, each from the reference's weights: loss, gradients, weights."""
    for i, (x, y) in enumerate(batches(check, run)):
        given_x, given_y = (v if isinstance(v, np.ndarray) else np.asarray(v.value, dtype=check.dtype) for v in (x, y))
        models = {side: net(check, side, run) for side in SIDES}
        losses = []
        for side in SIDES:
            backend, model = getattr(check, side), models[side]
            optimizer = backend.SGD(list(model.inner.parameters()), lr=lr)
            loss = backend.train_step(model, given_x, given_y, run.loss, optimizer)
            losses.append(np.asarray(loss, dtype=check.dtype))
        (expected,) = judged(
            check,
            run._replace(x=given_x, y=given_y, orders=[list(range(len(x)))], batch_size=len(x)),
            "SGD",
            lambda _: lr,
        )
        where = f"train_step of MLP({run.sizes}) at step {i + 1}"
        check.compare(where, "loss", expected["loss"], *losses, given=str(run))
        states = {side: model.state_dict() for side, model in models.items()}
        for name, bound in expected["weights"].items():
            check.compare(where, name, bound, *(states[side][name] for side in SIDES), given=str(run))
        run = run._replace(weights=states["reference"])


@checks("MLP")
@given(runs())
def test_mlp(check, run):
    """The output for a batch."""
    expected = referee.Net(
        {name: bounded(check.cast(value)) for name, value in run.weights.items()},
        [run.activation] * (len(run.sizes) - 2) + [run.output],
    ).forward(bounded(check.cast(run.x)))
    outputs = [net(check, side, run)(check.cast(run.x)) for side in SIDES]
    check.compare("MLP", "output", expected, *outputs, given=str(run))


@checks("minibatches")
@given(draw.problems(), st.data())
def test_minibatches(check, problem, data):
    """The same samples in the same batches, the last one smaller."""
    n = len(problem.x)
    size, order = data.draw(st.integers(1, n)), data.draw(st.permutations(range(n)))
    x, y = check.cast(problem.x), check.cast(problem.y)
    for side in SIDES:
        backend = getattr(check, side)
        drawn = [backend.leave(batch) for batch in backend.minibatches(x, y, size, order).inner]
        expected = [(x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, n, size)]
        if len(drawn) != len(expected) or any(
            not np.array_equal(a, b) for d, e in zip(drawn, expected, strict=True) for a, b in zip(d, e, strict=True)
        ):
            raise Different(f"minibatches in {backend.name}: batches of {size} in order {order} are not those expected")


@checks("minibatches", "fit")
def test_training_refuses(check):
    """Batch sizes out of range, orders that are no permutation, sizes and targets that do not fit."""
    x, y = np.zeros((3, 2)), np.zeros((3, 1))
    for side in (check.candidate, check.reference):
        model = side.MLP([2, 1], dtype=check.dtype)
        for options in (
            {"batch_size": 0},
            {"batch_size": 4},
            {"orders": [[0, 0, 1]]},
            {"loss": "mse_los"},
            {"optimizer": "Adan"},
            {"lr": -1.0},
            {"loss": "cross_entropy"},
        ):
            try:
                side.fit(model, check.cast(x), check.cast(y), **options)
            except ValueError as error:
                if "\n" in str(error):
                    raise Different(f"fit in {side.name} with {options}: not one line: {error}") from None
            else:
                raise Different(f"fit in {side.name} accepts {options}")
