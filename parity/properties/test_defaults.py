"""Details that are easily forgotten: defaults, callbacks, when training ends."""

import warnings

import numpy as np
import pytest

from parity.judge.compare import Mismatch
from parity.properties.sides import KINDS, SIDES, X, Y, names, same, toy, warned

checks = pytest.mark.checks
pytestmark = pytest.mark.usefixtures("whole_packages")


@checks("fit", "ToyNet")
def test_fit_tells_every_step(check):
    """``on_step`` gets the number of the step, the network and its loss; a schedule gets the epoch, from 0."""
    found = []
    for side in SIDES:
        net, calls, rates = toy(check, side), [], []

        def on_step(step, model, loss, net=net, calls=calls):
            calls.append((step, model.target == net.target, loss))

        def rate(epoch, rates=rates):
            rates.append(epoch)
            return 0.125 / (1 + epoch)

        history = getattr(check, side).fit(
            net, check.cast(X), check.cast(Y), lr=rate, epochs=3, batch_size=2, on_step=on_step, record=("weights",)
        )
        if [loss for *_, loss in calls] != history.losses:
            raise Mismatch(
                f"fit in {side}: on_step received the losses {calls}, expected {history.losses} as in the history"
            )
        found.append(([call[:2] for call in calls], rates, history.epochs, bool(history.converged)))
    same("fit", found, names(check))


@checks("fit", "ToyNet")
def test_fit_settles_at_the_ends_of_the_range(check):
    """Equal losses are within any tolerance, even 0; one epoch, or none, cannot converge."""
    found = []
    for side in SIDES:
        ends = []
        for options in ({"epochs": 5}, {"epochs": 5, "tolerance": 0.0}, {"epochs": 1}, {"epochs": 0}):
            history = getattr(check, side).fit(toy(check, side), check.cast(X), check.cast(Y), lr=0.0, **options)
            ends.append((history.epochs, bool(history.converged), len(history.losses)))
        found.append(ends)
    same("fit", found, names(check))


@checks("fit", "ToyNet")
def test_fit_stops_out_of_range(check):
    """A loss that is not finite ends the training, with a warning of one line."""
    found = []
    for side in SIDES:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = getattr(check, side).fit(
                toy(check, side), check.cast(X), check.cast(Y * 1e30), lr=1e30, epochs=20, batch_size=2
            )
        found.append((len(history.losses), history.epochs, warned(caught)))
    same("fit out of range", found, names(check))


@checks("train_gradient")
def test_train_gradient_stops_out_of_range(check):
    """A loss that is not finite ends the training, with a warning of one line."""
    found = []
    for side in SIDES:
        space = getattr(check, side).namespace
        given = (np.zeros((1, 2)), np.zeros(1), X, Y)
        # Called without the border, which suppresses NumPy's warnings.
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn"):
            warnings.simplefilter("always")
            arrays = [space.tensor(array.tolist(), check.dtype) for array in given]
            result = space.train_gradient(*arrays, lr=1e30, epochs=20)
        found.append((len(result.losses), result.epochs, warned(caught)))
    same("train_gradient out of range", found, names(check))


@checks("fit", "ToyNet")
def test_fit_records_state(check):
    """An optimizer without a state has an empty dictionary for each parameter."""
    found = []
    for side in SIDES:
        history = getattr(check, side).fit(toy(check, side), check.cast(X), check.cast(Y), epochs=1, record=("state",))
        found.append((history.state, history.weights, history.gradients))
    same("fit", found, names(check))


@checks("fit", "ToyNet")
def test_the_learning_rate_is_asked_once_an_epoch(check):
    """At the start of each epoch, counted from 0: a schedule may be stateful."""
    for side in SIDES:
        for optimizer in KINDS:
            asked = []
            getattr(check, side).fit(
                toy(check, side),
                check.cast(X),
                check.cast(Y),
                optimizer=optimizer,
                epochs=3,
                lr=lambda epoch, asked=asked: asked.append(epoch) or 0.25,
            )
            if asked != [0, 1, 2]:
                raise Mismatch(f"fit in {side} with {optimizer} called the schedule for the epochs {asked}")


DEFAULTS = {
    "sgd_update": {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
    "adagrad_update": {
        "lr": 1e-2,
        "lr_decay": 0.0,
        "weight_decay": 0.0,
        "initial_accumulator_value": 0.0,
        "eps": 1e-10,
    },
    "rmsprop_update": {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "centered": False},
    "adam_update": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False},
    "adamw_update": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2, "amsgrad": False},
    "SGD": {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
    "Adagrad": {"lr": 1e-2, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10},
    "RMSprop": {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "centered": False},
    "Adam": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False},
    "AdamW": {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2, "amsgrad": False},
}


@checks(*DEFAULTS, "ToyNet", "train_step")
@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_of_optimizers(check, name):
    """An omitted option has PyTorch's default: two steps with and without it."""
    for side in SIDES:
        backend, ends = getattr(check, side), []
        momentum = {"momentum": 0.5} if "momentum" in DEFAULTS[name] else {}
        for options in ({}, DEFAULTS[name], momentum, DEFAULTS[name] | momentum):
            if name.endswith("update"):
                param, grad, state = check.cast(X), check.cast(X * 1e-5 + 1e-9), None
                given = options or ({"lr": 0.1} if name == "sgd_update" else {})
                given = given | ({"lr": 0.1} if name == "sgd_update" else {})
                for scale in (1.0, 0.5, -2.0):
                    param, state = getattr(backend, name)(param, grad * check.cast(np.array(scale)), state, **given)
                ends.append([param.tolist()])
            else:
                net = toy(check, side)
                optimizer = getattr(backend, name)(net.kept.parameters(), **options)
                for _ in range(3):
                    backend.train_step(net, check.cast(X * 1e-4), check.cast(Y * 1e-4), "mse_loss", optimizer)
                ends.append([value.tolist() for value in net.state_dict().values()])
        same(f"{name} in {backend.name}, defaults", ends[:2], ("what is left out", "given"))
        same(f"{name} in {backend.name}, defaults", ends[2:], ("what is left out", "given"))


@checks("fit", "ToyNet", "MLP", "train_gradient", "train_perceptron", "neuron", "load_data", "tensor", "Linear")
def test_defaults(check):
    """An omitted option has the contract's default."""
    x, y = np.array([[0.0, 0.0], [0, 1], [1, 0], [1, 1]]), np.array([[-1.0], [1], [1], [-1]])
    for side in SIDES:
        backend = getattr(check, side)
        ends = []
        for options in ({}, {"loss": "mse_loss", "optimizer": "SGD", "lr": 0.05, "epochs": 40, "tolerance": 0.0}):
            net = toy(check, side)
            history = backend.fit(net, check.cast(X), check.cast(Y), **options)
            again = toy(check, side)
            losses = again.fit(check.cast(X), check.cast(Y), **({"lr": 0.05, "epochs": 40} if options else {}))
            state, toy_state = net.state_dict(), again.state_dict()
            ends.append((history.losses, losses, *(value.tolist() for value in [*state.values(), *toy_state.values()])))
        same(f"fit in {backend.name}, defaults", ends, ("what is left out", "given"))
        start = np.zeros((1, 2), check.dtype), np.zeros(1, check.dtype)
        run = backend.train_perceptron(*start, check.cast(x), check.cast(y))
        if run.epochs != 1000:
            raise Mismatch(f"train_perceptron in {backend.name}: {run.epochs} epochs, expected 1000")
        ends = []
        for options in ({}, {"tolerance": 0.0, "activation": "identity"}):
            run = backend.train_gradient(*start, check.cast(X), check.cast(Y), lr=0.25, epochs=60, **options)
            ends.append((run.epochs, run.losses, run.weight.tolist(), bool(run.converged)))
        same(f"train_gradient in {backend.name}, defaults", ends, ("what is left out", "given"))
        ends = [
            [
                backend.MLP([2, 3, 1], seed=3, **options)(X).tolist(),
                backend.Linear(2, 1, seed=3, **dtype)(X).tolist(),
                backend.ToyNet(seed=3, **dtype)(X).tolist(),
                backend.load_data("toy", **dtype)[0].dtype.name,
                backend.tensor([1, 2], **dtype).dtype.name,
            ]
            for options, dtype in (
                ({}, {}),
                ({"activation": "sigmoid", "output": "identity", "dtype": "float64"}, {"dtype": "float64"}),
            )
        ]
        same(f"{backend.name}, defaults", ends, ("what is left out", "given"))


@checks("train_gradient")
def test_train_gradient_without_an_epoch(check):
    """Without an epoch no weight changes, no callback is called, and the run has not converged."""
    found = []
    for side in SIDES:
        calls = []
        weight, bias = check.cast(np.full((1, 2), 0.5)), check.cast(np.full(1, 0.25))
        run = getattr(check, side).train_gradient(
            weight,
            bias,
            check.cast(X),
            check.cast(Y),
            lr=0.25,
            epochs=0,
            on_epoch=lambda *call, c=calls: c.append(call),
        )
        still = np.array_equal(run.weight, weight) and np.array_equal(run.bias, bias)
        found.append((calls, still, run.epochs, run.losses, bool(run.converged)))
    same("train_gradient", found, names(check))


@checks("neuron", "neuron_gradients", "gradient_step", "gradient_epoch")
def test_the_activation_left_out_is_the_identity(check):
    """The default activation is the identity in every function that takes one."""
    weight, bias, x, y = map(check.cast, (np.array([[0.5, -0.25]]), np.array([0.125]), X, Y))
    calls = {"neuron": (x, weight, bias), "neuron_gradients": (weight, bias, x, y)}
    calls |= dict.fromkeys(["gradient_step", "gradient_epoch"], (weight, bias, x, y, 0.25))
    for side in SIDES:
        backend = getattr(check, side)
        for name, args in calls.items():
            ends = [
                np.concatenate([np.ravel(part) for part in getattr(backend, name)(*args, **options)]).tolist()
                for options in ({}, {"activation": "identity"})
            ]
            same(f"{name} in {backend.name}, activation", ends, ("what is left out", "identity"))


@checks("fit", "ToyNet", *KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_fit_takes_an_optimizer(check, kind):
    """An optimizer over the model's parameters acts like its name; one over other parameters is rejected."""
    found = []
    for side in SIDES:
        backend, ends = getattr(check, side), []
        for given in (False, True):
            net = toy(check, side)
            optimizer = getattr(backend, kind)(net.kept.parameters(), lr=0.125) if given else kind
            options = {"optimizer": optimizer} | ({} if given else {"lr": 0.125})
            backend.fit(net, check.cast(X), check.cast(Y), epochs=3, **options)
            ends.append([value.tolist() for value in net.state_dict().values()])
        same(f"fit in {backend.name}, optimizer={kind}", ends, ("the name", "the object"))
        others = getattr(backend, kind)(toy(check, side).kept.parameters(), lr=0.125)
        try:
            backend.fit(toy(check, side), check.cast(X), check.cast(Y), optimizer=others)
        except ValueError as error:
            found.append(str(error))
        else:
            raise Mismatch(f"fit in {backend.name} accepts an optimizer over the parameters of another network")
    same("fit", found, names(check))


@checks("fit", "ToyNet", "MLP")
def test_fit_stops_at_nan(check):
    """Predictions of nan end the training with every loss, even if the loss expects probabilities."""
    found = []
    for side in SIDES:
        for loss in ("binary_cross_entropy", "mse_loss"):
            net = getattr(check, side).MLP([2, 1], output="sigmoid", dtype=check.dtype)
            net.load_state_dict(
                {"fc1.weight": check.cast(np.full((1, 2), np.nan)), "fc1.bias": check.cast(np.zeros(1))}
            )
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                history = getattr(check, side).fit(net, check.cast(X), check.cast(np.abs(Y)), loss=loss, epochs=3)
            found.append((side, (len(history.losses), history.epochs, warned(caught))))
    same("fit", [[t for s, t in found if s == side] for side in SIDES], names(check))
