"""Whole nets, whatever their classes: their weights, steps from the reference's weights, and drifting runs."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.border.backend import Stopped
from parity.judge import forms, nets
from parity.judge import strategies as draw
from parity.judge.compare import Mismatch
from parity.judge.rounding import bounded
from parity.properties.test_training import near_one
from parity.trees import NET

checks = pytest.mark.checks
SIDES = ("candidate", "reference")
MOST_INPUTS = 4


class Run(NamedTuple):
    """A net, and the samples and the learning rate of each step."""

    sizes: list[int]
    weights: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray
    rates: list[float]

    def steps(self, check, form):
        """Inputs, targets and learning rate of each step: the larger the gradient of a sum, the smaller the rate."""
        scale = form.scale(self.x.shape[1], self.sizes[-1]) if form.optimizer == "SGD" else 1
        return zip(check.cast(self.x), check.cast(self.y), [rate / scale for rate in self.rates], strict=True)


class Drawn:
    """The form of the net for which examples are drawn."""

    form = forms.Form()


@pytest.fixture(scope="module")
def form(check):
    """The form that the candidate declares."""
    side = check.candidate
    try:
        side.begin()
        if not all(map(side.defines, NET)):
            return None
        Drawn.form = check.form = forms.declared(side)
    except (ValueError, Stopped) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    return Drawn.form


@draw.composite
def runs(draw_one):
    """At least three steps of a net of the declared form, from weights and points of order one."""
    form = Drawn.form
    n = 1 if form.one_sample else draw_one(draw.samples(4, large=(10, 30)))
    steps = draw_one(draw.steps(5, least=3, large=(6, 12)))
    sizes = list(form.sizes or draw_one(sizes_of(form)))
    shapes: list = [(steps, n, sizes[0]), (steps, n, sizes[-1])]
    shapes += [shape for d, k in pairwise(sizes) for shape in ((k, d), (k,))]
    x, y, *arrays = map(np.asarray, draw_one(draw.arrays(*shapes, sources=(near_one, draw.quarters))))
    weights = dict(zip(forms.contract_shapes(sizes), arrays, strict=True))
    if form.loss == "cross_entropy":
        y = (np.abs(y[..., 0]) * 10).astype(int) % sizes[-1]
    elif form.loss.startswith("binary"):
        y = (y > 0).astype(float)
    rates = draw_one(st.sampled_from([(0.1,), (0.01,), (0.1, 0.01)]))
    return Run(sizes, weights, x, y, [rates[i % len(rates)] for i in range(steps)])


@draw.composite
def sizes_of(draw_one, form):
    """The numbers of inputs, of neurons in each hidden layer, and of outputs."""
    least, most = draw.layers(4) if form.hidden_layers is None else [form.hidden_layers + 1] * 2
    width = draw.width(MOST_INPUTS, large=(5, 24))
    sizes = [draw_one(width) for _ in range(draw_one(st.integers(least, most)) + 1)]
    return [*sizes[:-1], 1] if form.one_output else sizes


def net(check, side, form, run):
    """The net of one side, with the weights of the run; a net of one precision is not judged in the other."""
    made = nets.net_of(getattr(check, side), form, run.sizes, run.x.shape[1], check.dtype)
    try:
        made.set(weights_of(check, form, run))
    except nets.OtherPrecision:
        check.evidence.not_tried.add(check.dtype)
        pytest.skip(f"not in {check.dtype}: step")
    return made


def weights_of(check, form, run):
    """The first weights; biases that the net does not have are 0."""
    weights = check.cast(run.weights)
    return {name: w if form.has_bias or name.endswith("weight") else 0 * w for name, w in weights.items()}


@checks(*NET)
@given(run=runs())
def test_weights_of_a_net(check, form, run):
    """The weights that were set come back, in the declared layout and in the precision in which they were set."""
    weights = net(check, "candidate", form, run).weights()
    for name, expected in weights_of(check, form, run).items():
        check.compare("get_weights", name, bounded(expected), weights[name], expected)


@checks(*NET)
@given(run=runs())
def test_step_resynchronised(check, form, run):
    """Step by step, each from the reference's weights, at least three: the loss, and the weights, last layer first."""
    both = {side: net(check, side, form, run) for side in SIDES}
    weights = weights_of(check, form, run)
    states = dict.fromkeys(weights)
    for i, (x, y, lr) in enumerate(run.steps(check, form), start=1):
        if i > 1:
            both["candidate"].set(weights)
        start = {name: bounded(value) for name, value in weights.items()}
        loss, expected, states = nets.judged(form, start, states, x, y, lr)
        where = f"step {i} from the reference's weights"
        after = compare_step(check, form, both, where, (x, y, lr), weights, loss, expected)
        if not after:
            return
        weights = after["reference"]


@checks(*NET)
@given(run=runs())
def test_steps_of_a_drifting_run(check, form, run):
    """Each side goes on from its own weights, with the bound propagated: the same comparisons."""
    both = {side: net(check, side, form, run) for side in SIDES}
    weights = weights_of(check, form, run)
    now, states = {name: bounded(value) for name, value in weights.items()}, dict.fromkeys(weights)
    for i, (x, y, lr) in enumerate(run.steps(check, form), start=1):
        loss, now, states = nets.judged(form, now, states, x, y, lr)
        after = compare_step(check, form, both, f"step {i} of a run", (x, y, lr), weights, loss, now)
        if not after:
            return
        weights = after["candidate"]


def compare_step(check, form, both, where, given, before, loss, expected):
    """One step of both: the loss, then the layers from the last, weights before biases. The weights of both after it.

    None if it may overflow. ``before`` has the candidate's weights.
    """
    if not np.isfinite(loss.error):
        check.evidence.kinds.add("ill-conditioned")
        return None
    losses = [check.floats(both[side].step(*given)) for side in SIDES]
    after = {side: both[side].weights() for side in SIDES}
    facts = {"net": str(form)}
    explained(check, facts, where, "loss", loss, *losses)
    same = ["loss"]
    for name in in_backward_order(expected, form):
        theirs, ours = (after[side][name] for side in SIDES)
        if form.optimizer == "SGD" and not form.options and theirs.shape == ours.shape:
            gradients = [(before[name] - w) / given[-1] for w in (theirs, ours)]
            facts["gradient"] = "(w - w') / lr is {}, expected {}".format(*map(shown, gradients))
        explained(check, facts | {"agree": ", ".join(same)}, where, label(name), expected[name], theirs, ours)
        same.append(label(name))
    return after


def explained(check, facts, *compared):
    """Compare; a difference has these facts, too."""
    try:
        check.compare(*compared)
    except Mismatch as mismatch:
        mismatch.facts |= facts
        raise


def in_backward_order(weights, form):
    """The names from the last layer to the first, as the gradient passes."""
    layers = range(len(weights) // 2, 0, -1)
    return [f"fc{i}.{kind}" for i in layers for kind in ("weight", "bias")[: 1 + form.has_bias]]


def label(name):
    """``fc2.weight`` as weights of layer 2."""
    layer, _, kind = name.partition(".")
    return f"{kind} of layer {layer.removeprefix('fc')}"


def shown(array):
    """A few digits."""
    return " ".join(np.array2string(array, precision=6, separator=", ", threshold=20, edgeitems=2).split())
