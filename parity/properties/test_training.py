"""Training: mini-batches, one step, and whole drifting runs of networks with up to three hidden layers."""

from functools import partial
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from parity.judge import referee
from parity.judge import strategies as draw
from parity.judge.compare import Mismatch, inputs, shorten
from parity.judge.domain import LeftOut
from parity.judge.referee import ACTIVATIONS
from parity.judge.rounding import SLACK, Bounded, bounded

checks = pytest.mark.checks
SIDES = ("candidate", "reference")
LOSSES = ("mse_loss", "binary_cross_entropy_with_logits", "binary_cross_entropy", "cross_entropy")
OPTIMIZERS = ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW")
SMOOTH = ("identity", "sigmoid", "tanh")
# Losses without clamping or cancellation in their simplest form, whose derivative a complex step gives.
ANALYTIC = ("mse_loss", "binary_cross_entropy_with_logits", "cross_entropy")


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
    """-1.64 to 1.64 with four digits, so that no run overflows."""
    return draw.decimals(4)(raw) / 2


@draw.composite
def runs(draw_one, epochs=2, sources=(near_one, draw.quarters), losses=LOSSES, most_layers=4, may_settle=False):
    """Weights and points of order one; targets that fit the loss."""
    # Many steps come from many samples, because with many epochs a loss may converge and end the run.
    long = draw.scope.steps and not may_settle
    n, layers = draw_one(draw.steps(5) if long else draw.samples(5, large=(30, 100))), draw.layers(most_layers)
    width = draw.width(4, large=(5, 24))
    sizes = [draw_one(width) for _ in range(draw_one(st.integers(*layers)) + 1)]
    loss = draw_one(draw.names("loss", losses))
    shapes = [shape for d, k in pairwise(sizes) for shape in ((k, d), (k,))]
    x, y, *arrays = draw_one(draw.arrays((n, sizes[0]), (n, sizes[-1]), *shapes, sources=sources))
    names = [f"fc{layer}.{kind}" for layer in range(1, len(sizes)) for kind in ("weight", "bias")]
    targets: Any = {"mse_loss": y, "cross_entropy": (np.abs(y[:, 0]) * 10).astype(int) % sizes[-1]}
    return Run(
        sizes,
        draw_one(draw.names("activation", tuple(name for name in ACTIVATIONS if name != "softmax"))),
        "sigmoid" if loss == "binary_cross_entropy" else "identity",
        dict(zip(names, arrays, strict=True)),
        x,
        targets.get(loss, (y > 0).astype(float)),
        loss,
        draw_one(draw.batch_sizes(n)),
        draw_one(draw.orders(n, draw_one(draw.steps(epochs, least=epochs)) if may_settle else epochs)),
    )


def net(check, side, run, by_default=False):
    """The net of one side, with the weights of the run."""
    options = {} if by_default else given_options(check, run)
    model = getattr(check, side).MLP(run.sizes, dtype=check.dtype, **options)
    model.load_state_dict(check.cast(run.weights))
    return model


def given_options(check, run):
    """The options of the net; the output by default is not given to a candidate that does not know its name."""
    check.domain.needs(activation=run.activation)
    if run.output == "identity" and (
        not check.takes("MLP", "output") or "identity" not in check.domain.names["output"]
    ):
        return {"activation": run.activation}
    check.requires("MLP", "output")
    check.domain.needs(output=run.output)
    return {"activation": run.activation, "output": run.output}


def batches(check, run):
    """The batches in the order in which they are trained."""
    x, y = bounded(check.cast(run.x)), run.y if run.y.ndim == 1 else bounded(check.cast(run.y))
    for order in run.orders:
        for start in range(0, len(order), run.batch_size):
            chosen = order[start : start + run.batch_size]
            yield x[chosen], y[chosen]


def judged(check, run, optimizer, rates, **options):
    """The referee's run, step by step."""
    weights = {name: bounded(check.cast(value)) for name, value in run.weights.items()}
    activations = [run.activation] * (len(run.sizes) - 2) + [run.output]
    check.domain.needs(loss=run.loss)
    drawn = list(batches(check, run))
    with np.errstate(all="ignore"):
        rates = [rates(i) for i in range(len(drawn))]
        yield from referee.fit(weights, activations, drawn, loss=run.loss, optimizer=optimizer, rates=rates, **options)


RECORDED = ("losses", "gradients", "state", "weights")
# One rate for all epochs, or one for each.
rates = st.sampled_from([0.1, 0.01, (0.1, 0.01), (0.01, 0.1)])


def rule_of(lr):
    """The learning rate as ``fit`` expects it."""
    return (lambda epoch: lr[epoch % len(lr)]) if isinstance(lr, tuple) else lr


def by_step(run, lr):
    """The learning rate of each step of the run."""
    steps = -(-len(run.x) // run.batch_size)
    return (lambda step: lr[step // steps]) if isinstance(lr, tuple) else lambda _: lr


def fitting(check, run):
    """The run, in full batches if the candidate's ``fit`` has no others."""
    if not check.takes("fit", "batch_size"):
        run = run._replace(batch_size=len(run.x))
    if not check.takes("fit", "orders"):
        run = run._replace(orders=[list(range(len(run.x)))] * len(run.orders))
    return run


def train(check, side, run, model, **options):
    """One side's ``fit`` of the run; its history."""
    options |= {"batch_size": run.batch_size, "orders": run.orders, "record": ("weights", "gradients", "state")}
    options = {key: value for key, value in options.items() if check.takes("fit", key)}
    if "lr" in options:
        options["lr"] = rule_of(options["lr"])
    x, y = check.cast(run.x), check.cast(run.y)
    return getattr(check, side).fit(model, x, y, loss=run.loss, epochs=len(run.orders), **options)


def recorded(check, model, history):
    """The recorded quantities of each step; if the candidate records none, the losses and the last weights."""
    if check.takes("fit", "record"):
        return {kind: getattr(history, kind) for kind in RECORDED}
    return {"losses": history.losses, "last": model.state_dict()}


def expect_steps(check, steps, histories):
    """Check for one entry per step."""
    for side in SIDES:
        for kind, entries in histories[side].items():
            if kind in RECORDED and len(entries) != steps:
                value = (np.asarray(float(len(entries))), np.zeros(())) if side == "candidate" else ()
                name = getattr(check, side).name
                headline = f"fit: {kind} of {len(entries)} steps in {name}, expected {steps}"
                raise Mismatch(headline, {}, ("fit", kind), *value)


def compare_runs(check, run, histories, expected_steps):
    """Loss, gradients, optimizer state and weights of each step."""
    expect_steps(check, len(expected_steps), histories)
    for step, expected in enumerate(expected_steps):
        where = f"fit of MLP({run.sizes}) at step {step + 1}"
        kept = {
            side: {kind: histories[side][kind][step] for kind in RECORDED if kind in histories[side]} for side in SIDES
        }
        losses = [np.asarray(kept[side]["losses"], dtype=check.dtype) for side in SIDES]
        check.compare(where, "loss", expected["loss"], *losses, given=run)
        if "weights" not in kept["candidate"]:
            continue
        for name, bound in expected["gradients"].items():
            check.compare(where, f"grad of {name}", bound, *(kept[side]["gradients"][name] for side in SIDES))
        for name, state in expected["state"].items():
            for key, bound in state.items():
                theirs, ours = (np.asarray(kept[side]["state"][name][key]) for side in SIDES)
                check.compare(where, f"{key} of {name}", bound, theirs, ours)
        for name, bound in expected["weights"].items():
            check.compare(where, name, bound, *(kept[side]["weights"][name] for side in SIDES))
    if "last" in histories["candidate"]:
        for name, bound in expected_steps[-1]["weights"].items():
            check.compare(f"fit of MLP({run.sizes})", name, bound, *(histories[side]["last"][name] for side in SIDES))


def within_range(check, steps):
    """The referee's steps, none if the run may overflow, because training then stops early."""
    steps = list(steps)
    if all(np.isfinite(step["loss"].error) for step in steps):
        return steps
    check.evidence.kinds.add("ill-conditioned")
    return []


@checks("fit", "MLP")
@given(runs(), draw.names("optimizer", OPTIMIZERS), rates)
def test_fit(check, run, optimizer, lr):
    """A drifting run: loss, gradients, optimizer state and weights of every step, with the bound propagated."""
    check.domain.needs(optimizer=optimizer)
    run = fitting(check, run)
    expected = within_range(check, judged(check, run, optimizer, by_step(run, lr), **check.domain.fixed(optimizer)))
    if not expected:
        return
    histories = {}
    for side in SIDES:
        model = net(check, side, run)
        chosen = with_its_eps(check, side, model, optimizer)
        histories[side] = recorded(check, model, train(check, side, run, model, optimizer=chosen, lr=lr))
    compare_runs(check, run, histories, expected)


@checks("fit", "MLP")
@given(runs(losses=(*LOSSES, "squared_error")), draw.names("optimizer", OPTIMIZERS), st.integers(2, 5))
def test_fit_in_parts(check, run, optimizer, parts):
    """A batch is its parts together, even or uneven: the numbers of whole batches, within the bound of the parts."""
    check.requires("fit", "accumulate")
    check.domain.needs(optimizer=optimizer)
    run = fitting(check, run)
    options = {"optimizer": optimizer, "rates": lambda _: 0.01, **check.domain.fixed(optimizer)}
    parts = min(parts, run.batch_size)
    bounds = within_range(check, judged(check, run, accumulate=parts, **options))
    if not bounds:
        return
    expected = [within(*pair) for pair in zip(judged(check, run, **options), bounds, strict=True)]
    histories = {}
    for side in SIDES:
        model = net(check, side, run)
        chosen = with_its_eps(check, side, model, optimizer)
        histories[side] = recorded(
            check, model, train(check, side, run, model, optimizer=chosen, lr=0.01, accumulate=parts)
        )
    compare_runs(check, run, histories, expected)


def within(value, bound):
    """The numbers of one step with the errors of another, whose formula is equal on paper."""
    if isinstance(value, dict):
        return {key: within(value[key], bound[key]) for key in value}
    return Bounded(value.value, bound.error * SLACK, bound.precision, bound.grid, value.tied or bound.tied)


def with_its_eps(check, side, model, optimizer):
    """The name of the optimizer, or the reference's own with the epsilon that is written into the candidate's code."""
    fixed = check.domain.fixed(optimizer)
    if not fixed or side == "candidate":
        return optimizer
    return getattr(check.reference, optimizer)(model.kept.parameters(), lr=0.0, **fixed)


@checks("fit", "MLP", "Adam")
@given(runs(sources=(near_one,), most_layers=1), st.sampled_from([0.1, 0.01]), rates)
def test_fit_goes_on(check, run, own, lr):
    """With an existing optimizer, a second ``fit`` continues from its state, with its own rate or a schedule."""
    options, rate = ({"lr": lr}, lr[0]) if isinstance(lr, tuple) else ({}, own)
    run = fitting(check, run)
    fixed = check.domain.fixed("Adam")
    expected = within_range(check, judged(check, run, "Adam", lambda _: rate, **fixed))  # each fit counts from epoch 0
    if not expected:
        return
    histories = {}
    for side in SIDES:
        model = net(check, side, run)
        optimizer = getattr(check, side).Adam(
            model.kept.parameters(), **check.without_fixed(side, "Adam", {"lr": own, **fixed})
        )
        epochs = []
        for order in run.orders:
            history = train(check, side, run._replace(orders=[order]), model, optimizer=optimizer, **options)
            epochs.append(recorded(check, model, history))
        kinds = [kind for kind in RECORDED if kind in epochs[0]]
        histories[side] = epochs[-1] | {kind: [*chain.from_iterable(epoch[kind] for epoch in epochs)] for kind in kinds}
    compare_runs(check, run, histories, expected)


@checks("fit", "MLP")
@given(
    runs(epochs=4, sources=(near_one,), losses=("mse_loss",), most_layers=1, may_settle=True),
    st.sampled_from([0.1, 0.5, 0.02, 0.0]),
    st.sampled_from([0.1, 0.01]),
)
def test_fit_stops_within_the_tolerance(check, run, tolerance, lr):
    """It stops if the mean loss equals that of the epoch before, except at a tie; never after the first epoch."""
    check.requires("fit", "tolerance")
    run = fitting(check, run)
    losses = [step["loss"] for step in within_range(check, judged(check, run, "SGD", lambda _: lr))]
    if not losses:
        return
    histories = {side: train(check, side, run, net(check, side, run), lr=lr, tolerance=tolerance) for side in SIDES}
    steps = len(losses) // len(run.orders)
    epochs = [losses[start : start + steps] for start in range(0, len(losses), steps)]
    ends = None
    for epoch, (before, now) in enumerate(pairwise(epochs), start=2):
        settled = referee.settled(before, now, tolerance)
        if settled is None:
            return
        if settled:
            ends = epoch
            break
    for label, value in (("converged", ends is not None), ("epochs", ends or len(epochs))):
        sides = [check.floats(getattr(histories[side], label)) for side in SIDES]
        check.compare("fit", label, bounded(check.floats(value)), *sides)
    expect_steps(check, steps * (ends or len(epochs)), {side: {"losses": histories[side].losses} for side in SIDES})


@checks("train_step", "MLP", "SGD")
@given(runs(epochs=3), st.sampled_from([0.1, 0.01]))
def test_train_step_resynchronised(check, run, lr):
    """Step by step with plain SGD, each from the reference's weights: loss, gradients, weights."""
    models = {side: net(check, side, run) for side in SIDES}
    for i, (x, y) in enumerate(batches(check, run)):
        given_x, given_y = (v if isinstance(v, np.ndarray) else np.asarray(v.value, dtype=check.dtype) for v in (x, y))
        losses = []
        for side in SIDES:
            backend, model = getattr(check, side), models[side]
            # The weights are set, but the gradients of the step before are kept.
            model.load_state_dict(check.cast(run.weights))
            optimizer = backend.SGD(model.kept.parameters(), lr=lr)
            loss = backend.train_step(model, given_x, given_y, run.loss, optimizer)
            losses.append(np.asarray(loss, dtype=check.dtype))
        (expected,) = judged(
            check,
            run._replace(x=given_x, y=given_y, orders=[list(range(len(x)))], batch_size=len(x)),
            "SGD",
            lambda _: lr,
        )
        where = f"train_step of MLP({run.sizes}) at step {i + 1}"
        check.compare(where, "loss", expected["loss"], *losses, given=run)
        states = {side: model.state_dict() for side, model in models.items()}
        for name, bound in expected["weights"].items():
            check.compare(where, name, bound, *(states[side][name] for side in SIDES), given=run)
        run = run._replace(weights=states["reference"])


@checks("train_step", "MLP", "SGD", *ANALYTIC)
@given(run=runs(epochs=1, sources=(near_one,), losses=ANALYTIC))
def test_the_gradients_of_every_layer_are_derivatives_of_the_loss(check, side, run):
    """Against complex steps, Im L(w + ih) / h, of a net written here, and central differences of the backend's loss."""
    known = check.domain.among("activation", SMOOTH)
    smooth = run.activation if run.activation in known else known[-1]
    run = run._replace(activation=smooth, batch_size=len(run.x))
    backend, model = getattr(check, side), net(check, side, run)
    (expected,) = judged(check, run, "SGD", lambda _: 0.0)
    optimizer = backend.SGD(model.kept.parameters(), lr=0.0)
    order = run.orders[0]
    x, y = check.cast(run.x[order]), check.cast(run.y[order])
    backend.train_step(model, x, y, run.loss, optimizer)
    gradients = {name: p.plain.grad for name, p in model.kept.named_parameters()}
    for name, bound in expected["gradients"].items():
        weights = {key: value.astype(check.dtype).astype(complex) for key, value in run.weights.items()}
        weights[name].flat[0] += 2.0**-300 * 1j
        derivative = complex_loss(weights, run, x, y).imag / 2.0**-300
        gradient, error = float(gradients[name].flat[0]), float(bound.error.flat[0])
        # The complex step is a similar computation with four products for one, and rounds at most five times as much.
        allowed = error + 5 * error * (1 if check.dtype == "float64" else 2.0**-29)
        if not abs(gradient - derivative) <= allowed:
            raise Mismatch(
                f"train_step in {backend.name}: the gradient of {name} is {gradient!r}, the complex step gives "
                f"{derivative!r}, at most {allowed:.3g} apart for {shorten(run)}"
            )
        coarse, fine = (central_difference(backend, model, name, run, x, y, h) for h in (2.0**-8, 2.0**-9))
        # Halving h leaves a quarter of the truncation error, so a third of the change remains; all of it is a safe
        # bound. The loss is rounded at its own bound.
        rounding = 2 * float(expected["loss"].error) * 2.0**9
        if check.dtype == "float64" and not abs(fine - gradient) <= abs(coarse - fine) + rounding + error:
            raise Mismatch(
                f"train_step in {backend.name}: the gradient of {name} is {gradient!r}, the central difference of the "
                f"loss {fine!r} for {shorten(run)}"
            )


def central_difference(backend, model, name, run, x, y, h):
    """(L(w + h) - L(w - h)) / 2h for the first weight of that name, by the backend's own network and loss."""
    losses = []
    for step in (h, -h):
        state = {key: value.astype(x.dtype) for key, value in run.weights.items()}
        state[name].flat[0] += step
        model.load_state_dict(state)
        losses.append(float(getattr(backend, run.loss)(model(x), y)))
    return (losses[0] - losses[1]) / (2 * h)


def complex_loss(weights, run, x, y):
    """The loss of the network for complex weights, in the simplest formulas."""
    g: dict[str, Any] = {"identity": lambda z: z, "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    activations = [run.activation] * (len(run.sizes) - 2) + [run.output]
    a = x.astype(complex)
    for layer, activation in enumerate(activations, start=1):
        a = g[activation](a @ weights[f"fc{layer}.weight"].T + weights[f"fc{layer}.bias"])
    if run.loss == "mse_loss":
        return ((a - y) ** 2).mean()
    if run.loss == "binary_cross_entropy_with_logits":
        above = np.maximum(a.real, 0)
        return (above + np.log(np.exp(-above) + np.exp(a - above)) - y * a).mean()
    a = a - a.real.max(axis=1, keepdims=True)
    return (np.log(np.exp(a).sum(axis=1)) - a[np.arange(len(y)), y]).mean()


class Interleaved(RuleBasedStateMachine):
    """Steps, changes of the learning rate, resynchronisation, saving and loading, on both backends at once."""

    check: Any
    sizes = (2, 3, 1)
    activations = ("tanh", "identity")

    @initialize(
        optimizer=st.sampled_from(["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"]),
        values=draw.arrays((13,), sources=(near_one,)),
    )
    def start(self, optimizer, values):
        """Two equal nets, each with its optimizer."""
        for side in SIDES:
            getattr(self.check, side).fresh()
        self.example = self.check.evidence.example()
        self.example.__enter__()
        shapes = [(3, 2), (3,), (1, 3), (1,)]
        parts = np.split(self.check.cast(values[0]), np.cumsum([6, 3, 3]))
        names = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        weights = {name: part.reshape(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}
        self.kind, self.lr, self.nets, self.optimizers = optimizer, 0.1, {}, {}
        for side in SIDES:
            backend = getattr(self.check, side)
            self.nets[side] = backend.MLP(self.sizes, activation=self.activations[0], dtype=self.check.dtype)
            self.nets[side].load_state_dict(weights)
            self.optimizers[side] = self.fresh_optimizer(side)
        self.weights = {name: bounded(value) for name, value in weights.items()}
        self.states: dict = dict.fromkeys(weights)

    def fresh_optimizer(self, side):
        """A new optimizer over the network of that side."""
        options = {"lr": self.lr, **self.check.domain.fixed(self.kind)}
        options = self.check.without_fixed(side, self.kind, options)
        return getattr(getattr(self.check, side), self.kind)(self.nets[side].kept.parameters(), **options)

    @rule(points=draw.arrays((3, 2), (3, 1), sources=(near_one,)))
    def step(self, points):
        """One step on three samples."""
        x, y = map(self.check.cast, points)
        for side in SIDES:
            getattr(self.check, side).train_step(self.nets[side], x, y, "mse_loss", self.optimizers[side])
        model = referee.Net(self.weights, self.activations)
        pred = model.forward(bounded(x))
        gradients = model.backward(referee.mse_loss_backward(pred, bounded(y)))
        update = partial(referee.UPDATES[self.kind], lr=self.lr, **self.check.domain.fixed(self.kind))
        updates = {name: update(w, gradients[name], self.states[name]) for name, w in self.weights.items()}
        self.weights = {name: update["param"] for name, update in updates.items()}
        self.states = {name: update["state"] for name, update in updates.items()}

    @rule(lr=st.sampled_from([0.1, 0.05, 0.01]))
    def change_the_learning_rate(self, lr):
        """In the parameter group, as a scheduler does."""
        self.lr = lr
        for optimizer in self.optimizers.values():
            optimizer.kept.param_groups[0]["lr"] = lr

    @rule()
    def resynchronise(self):
        """Copy the reference's weights and optimizer state to the candidate; the referee restarts from them."""
        weights, state = self.nets["reference"].state_dict(), self.optimizers["reference"].state_dict()
        self.nets["candidate"].load_state_dict(weights)
        self.optimizers["candidate"].load_state_dict(state)
        self.weights = {name: bounded(value) for name, value in weights.items()}
        for i, name in enumerate(weights):
            kept = state["state"].get(i)
            self.states[name] = kept and {
                key: bounded(np.asarray(value, self.check.dtype)) for key, value in kept.items()
            }

    @rule()
    def save_and_load(self):
        """A new optimizer that loads the saved state continues unchanged."""
        for side in SIDES:
            saved = self.optimizers[side].state_dict()
            self.nets[side].load_state_dict(self.nets[side].state_dict())
            self.optimizers[side] = self.fresh_optimizer(side)
            self.optimizers[side].load_state_dict(saved)

    def teardown(self):
        """End the example."""
        if hasattr(self, "example"):
            self.example.__exit__(None, None, None)

    @invariant()
    def the_weights_agree(self):
        """Within the bound propagated since the last resynchronisation."""
        if not hasattr(self, "weights"):
            return
        states = {side: model.state_dict() for side, model in self.nets.items()}
        for name, bound in self.weights.items():
            self.check.compare(f"{self.kind}, interleaved", name, bound, *(states[side][name] for side in SIDES))


@checks("MLP", "SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "train_step", replay=False)
def test_interleaved(check):
    """A state machine of steps, learning rates, resynchronisation, saving and loading."""

    check.domain.needs(loss="mse_loss")
    if check.domain.depth(1, 1) != (1, 1):
        raise LeftOut

    class Machine(Interleaved):
        activations = (check.domain.among("activation", ("tanh", *SMOOTH, "relu"))[0], "identity")

    Machine.check = check
    with np.errstate(all="ignore"):
        run_state_machine_as_test(
            Machine, settings=settings(max_examples=max(5, 3 * settings().max_examples // 10), stateful_step_count=12)
        )


def compare_outputs(check, where, run, by_default=False):
    """The output for a batch."""
    expected = referee.Net(
        {name: bounded(check.cast(value)) for name, value in run.weights.items()},
        [run.activation] * (len(run.sizes) - 2) + [run.output],
    ).forward(bounded(check.cast(run.x)))
    outputs = [net(check, side, run, by_default)(check.cast(run.x)) for side in SIDES]
    check.compare(where, "output", expected, *outputs, given=run)


@checks("MLP")
@given(runs())
def test_mlp(check, run):
    """The output for a batch."""
    compare_outputs(check, "MLP", run)


@checks("MLP")
@given(runs(losses=("mse_loss",)))
def test_mlp_of_sizes_alone(check, run):
    """By default the hidden layers have a sigmoid and the last layer none."""
    check.domain.needs(activation="sigmoid")
    run = run._replace(activation="sigmoid", output="identity")
    compare_outputs(check, "MLP without options", run, by_default=True)


@checks("MLP", "SGD", "train_step")
@given(runs(epochs=1))
def test_mlp_backward(check, run):
    """The gradients of all samples in every layer, as stored in the parameters after a step."""
    run = run._replace(batch_size=len(run.x), orders=[list(range(len(run.x)))])
    (expected,) = judged(check, run, "SGD", lambda _: 0.0)
    gradients = {}
    for side in SIDES:
        backend, model = getattr(check, side), net(check, side, run)
        optimizer = backend.SGD(model.kept.parameters(), lr=0.0)
        backend.train_step(model, check.cast(run.x), check.cast(run.y), run.loss, optimizer)
        gradients[side] = {name: p.plain.grad for name, p in model.kept.named_parameters()}
    for name, bound in reversed(expected["gradients"].items()):
        check.compare("MLP.backward", f"grad of {name}", bound, *(gradients[side][name] for side in SIDES))


@checks("minibatches")
@given(draw.ordered(draw.problems(), 1), st.integers(0, 7))
def test_minibatches(check, drawn, rest):
    """The same samples in the same mini-batches, the last one smaller."""
    problem, [order, *_] = drawn
    n = len(order)
    size = 1 + rest % n
    x, y = check.cast(problem.x), check.cast(problem.y)
    called = inputs("minibatches", [x, y, size, order], {}, check.reference)
    expected = [(x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, n, size)]
    for side in SIDES:
        backend = getattr(check, side)
        batches = [pair(batch, backend.name, called) for batch in backend.minibatches(x, y, size, order)]
        if len(batches) != len(expected) or any(
            not np.array_equal(a, b) for d, e in zip(batches, expected, strict=True) for a, b in zip(d, e, strict=True)
        ):
            facts = {backend.name: shorten(batches), "expected": shorten(expected), "call": called}
            value = in_a_row(batches) if side == "candidate" else None
            raise Mismatch("minibatches: the batches differ", facts, called, value, 0.0)


def pair(batch, name, called):
    """A batch is inputs and targets."""
    if not isinstance(batch, list | tuple) or len(batch) != 2:
        raise Mismatch(f"minibatches: a batch in {name} is not a pair, expected (x, y)", {"call": called})
    return tuple(map(np.asarray, batch))


def in_a_row(batches):
    """The size of each mini-batch, and its samples."""
    return np.concatenate([[len(batches)], *(np.ravel(part) for x, y in batches for part in ([len(x)], x, y))])


@checks("minibatches", "tensor")
@given(draw.problems(), st.integers(0, 7))
def test_minibatches_are_copies(check, problem, rest):
    """Writing to a mini-batch does not change the data."""
    size = 1 + rest % len(problem.x)
    data: dict[str, list] = {"x": [], "y": []}
    for side in SIDES:
        backend = getattr(check, side)
        kept = [backend.tensor.kept(getattr(problem, name).tolist(), dtype=check.dtype) for name in data]
        for batch in backend.minibatches.kept(*kept, size):
            for part, name in zip(batch, data, strict=True):
                part[0] = check.cast(getattr(problem, name)[0] + 1)
        for name, array in zip(data, kept, strict=True):
            data[name].append(check.floats(array.plain[:]))
    for name, sides in data.items():
        bound = bounded(check.cast(getattr(problem, name)))
        check.compare("minibatches", f"{name} after its batches were changed", bound, *sides)


@checks("fit", "MLP")
def test_training_refuses(check):
    """Batch sizes out of range, orders that are not permutations, sizes and targets that do not match."""
    x, y = check.cast(np.zeros((3, 2))), check.cast(np.zeros((3, 1)))

    def make(side):
        return side.MLP(check.domain.sizes(2, 1), dtype=check.dtype)

    for options in (
        {"batch_size": 0},
        {"batch_size": 4},
        {"accumulate": 0},
        {"accumulate": 2, "batch_size": 1},
        {"orders": [[0, 0, 1]]},
        {"loss": "mse_los"},
        {"optimizer": "Adan"},
        {"lr": -1.0},
        {"loss": "cross_entropy"},
    ):
        called = f"fit with {options}"
        check.refuses_to("fit", called, lambda side, o=options: side.fit(make(side), x, y, **o))
