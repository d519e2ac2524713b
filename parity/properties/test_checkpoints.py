"""A training in a file: stopped after any step, in either backend, it goes on as if it had not been stopped."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.border.backend import Raised
from parity.judge.compare import Mismatch
from parity.properties.test_optimizers import adam_options, decays, epsilons, momenta, rmsprop_options
from parity.properties.test_training import (
    RECORDED,
    SIDES,
    compare_runs,
    judged,
    near_one,
    net,
    runs,
    within_range,
)

checks = pytest.mark.checks
NAMES = ("save_training", "load_training")
NEEDED = ("fit", "MLP", "SGD", "Adagrad", "RMSprop", "Adam", "AdamW")
KINDS = ("weights", "gradients", "state")


def sgd_options(momentum, dampening, weight_decay, nesterov):
    """Options of SGD that go together: Nesterov's form needs momentum and no dampening."""
    nesterov = nesterov and momentum > 0
    dampening = 0.0 if nesterov else dampening
    return {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}


# Every optimizer with every option.
OPTIMIZERS: dict[str, Any] = {
    "SGD": st.builds(sgd_options, momenta, st.sampled_from([0.0, 0.5]), decays, st.booleans()),
    "Adagrad": st.fixed_dictionaries(
        {},
        optional={
            "lr_decay": decays,
            "weight_decay": decays,
            "initial_accumulator_value": decays,
            "eps": epsilons,
        },
    ),
    "RMSprop": rmsprop_options,
    "Adam": adam_options,
    "AdamW": adam_options,
}
optimizers = st.one_of([st.tuples(st.just(kind), options) for kind, options in OPTIMIZERS.items()])
stops = st.integers(0, 24)  # a step after which a training is stopped
small_runs = runs(sources=(near_one,), most_layers=1)


class Stop(Exception):
    """Raised in ``on_step``: the training is interrupted."""


@pytest.fixture(autouse=True)
def _writes_files(candidate):
    """Skip what cannot be: the process of a candidate writes no file, and without safetensors nobody does."""
    if candidate.process:
        pytest.skip("a candidate's process writes no files")
    if not find_spec("safetensors"):
        pytest.skip("safetensors is not installed")


class Training:
    """A net of one side, its optimizer and its history, and what was recorded of its steps."""

    def __init__(self, check, side, run, kind, lr, options):
        self.check, self.run, self.backend = check, run, getattr(check, side)
        self.net = net(check, side, run)
        self.optimizer = getattr(self.backend, kind)(self.net.kept.parameters(), lr=lr, **options)
        self.history = self.fitted(epochs=0)

    def fitted(self, **options):
        """The history after ``fit``."""
        x, y = self.check.cast(self.run.x), self.check.cast(self.run.y)
        options = {"loss": self.run.loss, "batch_size": self.run.batch_size, "optimizer": self.optimizer} | options
        return self.backend.fit.kept(self.net, x, y, **options)

    def go_on(self, until=None, **options):
        """Train to the end, or until this step is done."""
        if until == len(self.history.plain.losses):
            return self

        def on_step(step, *_):
            if step == until:
                raise Stop

        options = {"epochs": len(self.run.orders), "orders": self.run.orders, "record": KINDS} | options
        try:
            self.fitted(history=self.history, on_step=on_step, **options)
        except Raised as error:
            if error.kind != "Stop":
                raise
        return self

    def save(self, file):
        """Write it."""
        self.backend.save_training(file, self.net, self.optimizer, self.history)

    def load(self, file):
        """Go on with what was written, by whichever backend."""
        self.history = self.backend.load_training.kept(file, self.net, self.optimizer)
        return self

    def recorded(self):
        """Losses, and what was recorded since the last file was loaded."""
        return {kind: getattr(self.history.plain, kind) for kind in RECORDED}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Where a training is saved."""
    return str(tmp_path_factory.mktemp("training") / "run.safetensors")


@checks(*NAMES, *NEEDED)
@given(small_runs, optimizers, st.sampled_from([0.1, 0.01]), stops, stops)
def test_handed_over(check, file, run, optimizer, lr, first, second):
    """From one backend to the other and back, each after any step: one run within the bound, whoever begins."""
    kind, options = optimizer
    expected = within_range(check, judged(check, run, kind, lambda _: lr, **options))
    if not expected:
        return
    first, second = sorted(stop % (len(expected) + 1) for stop in (first, second))
    histories = {}
    for side, other in (SIDES, SIDES[::-1]):
        parts, before = [], None
        for name, until in zip((side, other, side), (first, second, None), strict=True):
            part = Training(check, name, run, kind, lr, options)
            if before:
                before.save(file)
                part.load(file)
            parts.append(before := part.go_on(until))
        kept = [part.recorded() for part in parts]
        histories[side] = {name: [entry for part in kept for entry in part[name]] for name in KINDS}
        histories[side]["losses"] = kept[-1]["losses"]
    compare_runs(check, run, histories, expected)


@checks(*NAMES, *NEEDED)
@given(small_runs, optimizers, st.sampled_from([0.1, 0.01]), st.none() | st.integers(0, 2**32 - 2), stops)
def test_stopped_and_gone_on(check, side, file, run, optimizer, lr, seed, until):
    """In one backend bit for bit what it would have been, in an order that a generator draws as well."""
    kind, options = optimizer

    def orders(more=0):
        return {} if seed is None else {"orders": np.random.default_rng(seed + more)}

    whole = Training(check, side, run, kind, lr, options).go_on(**orders())
    until %= len(whole.history.plain.losses) + 1
    stopped = Training(check, side, run, kind, lr, options).go_on(until, **orders())
    stopped.save(file)
    again = Training(check, side, run, kind, lr, options).load(file)
    same_history(f"load_training in {again.backend.name}", "saved", stopped.history, "loaded", again.history)
    again.go_on(**orders(more=bool(until)))  # once begun, its state is that of the file
    results = [
        (training.net.state_dict(), training.optimizer.state_dict(), training.history) for training in (whole, again)
    ]
    same(check, side, kind, until, results)


def same(check, side, kind, until, results):
    """Compare weights, states and histories bit for bit."""
    (weights, optimizer, history), (weights_again, optimizer_again, history_again) = results
    name = getattr(check, side).name
    for key, value in flat({"weights": weights, **optimizer}):
        other = dict(flat({"weights": weights_again, **optimizer_again})).get(key)
        if other is None or np.asarray(value).tobytes() != np.asarray(other).tobytes():
            raise Mismatch(f"{kind} in {name}, stopped after step {until}, saved and loaded: {key} differs at the end")
    what = f"fit in {name}, stopped after step {until}"
    same_history(what, "not stopped", history, "stopped", history_again)


def same_history(what, one, history, other, history_again):
    """Compare what two histories tell."""
    for key in ("losses", "epochs", "samples", "converged", "generator"):
        values = [getattr(found.plain, key) for found in (history, history_again)]
        if values[0] != values[1]:
            raise Mismatch(f"{what}: another history.{key}", dict(zip((one, other), map(repr, values), strict=True)))


def flat(value, path=""):
    """The leaves of nested dictionaries and lists, by their place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for key, item in enumerate(value):
            yield from flat(item, f"{path}[{key}]")
    else:
        yield path, value


@checks(*NAMES, *NEEDED)
@given(small_runs, optimizers, stops)
def test_the_file_is_the_same_bytes(check, file, run, optimizer, until):
    """Whoever wrote it: what one backend has loaded from the other, it saves as it was."""
    kind, options = optimizer
    for side, other in (SIDES, SIDES[::-1]):
        begun = Training(check, side, run, kind, 0.1, options)
        begun.go_on(until, orders=np.random.default_rng(0)).save(file)
        before = Path(file).read_bytes()
        Training(check, other, run, kind, 0.2, {}).load(file).save(file)
        after = Path(file).read_bytes()
        if after != before:
            names = [getattr(check, name).name for name in (side, other)]
            raise Mismatch(
                f"save_training: {names[1]} writes other bytes than {names[0]}, after step {until} of {kind}"
            )
