"""Arrays of several dtypes and numbers at the ends of the range: conversion, warnings and results."""

import warnings

import numpy as np
import pytest

from parity.judge.compare import Mismatch
from parity.judge.referee import ACTIVATIONS
from parity.properties.sides import KINDS, SIDES, X, explicit

checks = pytest.mark.checks
pytestmark = pytest.mark.usefixtures("whole_packages")


@checks("linear")
def test_arrays_of_several_kinds_become_one(check):
    """Integers take the dtype of the other arrays, or float64 by default; float64 wins over float32."""
    whole = ([[1, 2]], np.array([[1, 2]]), np.array([[1, 2]], dtype="uint8"), np.array([[True, False]]))
    for side in SIDES:
        backend = getattr(check, side)
        space = backend.namespace
        weights = {dtype: space.tensor([[0.5, -1.0]], dtype) for dtype in ("float32", "float64")}
        narrow, wide = (space.tensor([0.1], dtype) for dtype in ("float32", "float64"))
        cases = [([[0.1, 0.2]], weights["float32"], narrow, "float64")]
        for x in whole:
            cases += [(x, weights["float32"], narrow, "float32"), (x, [[3, 4]], [5], "float64")]
            cases += [(x, weights["float32"], wide, "float64"), (x, weights["float64"], narrow, "float64")]
        for x, weight, bias, expected in cases:
            got = str(space.linear(x, weight, bias).dtype).removeprefix("torch.")
            if got != expected:
                raise Mismatch(f"linear in {backend.name}: x={x!r}, weight {weight!r} give {got}, expected {expected}")
        third = space.tensor([[1 / 3]], "float32")
        z = space.linear(space.tensor([[0.1]], "float32"), third, wide).item()
        if abs(z - (narrow.item() * third.item() + 0.1)) > 1e-15:
            raise Mismatch(f"linear in {backend.name}: a float64 bias gives {z!r}, which has the digits of float32")


@checks("tensor")
def test_arrays_are_read_as_numpy_reads_them(check):
    """Reversed, in another byte order, in lists; the gradient of a loss has the wider of two dtypes, too."""
    back = np.arange(3.0)[::-1]
    for side in SIDES:
        space = getattr(check, side).namespace
        cases = [
            ("tensor", space.tensor(back), [2.0, 1.0, 0.0], "float64"),
            ("tensor", space.tensor(back.astype(">f8")), [2.0, 1.0, 0.0], "float64"),
            ("relu", space.relu(back), [2.0, 1.0, 0.0], "float64"),
            ("relu", space.relu(back.astype(">i4")), [2.0, 1.0, 0.0], "float64"),
            ("relu", space.relu([2**63]), [2.0**63], "float64"),
            ("relu", space.relu([np.float32(0.5)]), [0.5], "float32"),
        ]
        narrow, wide = space.tensor([[0.5]], "float32"), space.tensor([[1 / 3]])
        for loss in ("squared_error", "mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"):
            backward = getattr(space, f"{loss}_backward")
            expected = backward(space.tensor([[0.5]]), wide).tolist()
            cases.append((f"{loss}_backward", backward(narrow, wide), expected, "float64"))
        for name, value, expected, dtype in cases:
            if value.tolist() != expected or dtype not in str(value.dtype):
                raise Mismatch(f"{name} in {side} gives {value!r}, expected {expected} in {dtype}")


@checks("linear")
def test_the_kind_that_is_refused_is_named(check):
    """An error names the argument, even if it is not the first."""
    found = []
    for side in SIDES:
        space = getattr(check, side).namespace
        try:
            space.linear([[1, 2]], space.tensor([[3.0, 4.0]]), np.array([1j]))
        except ValueError as error:
            found.append(str(error).replace("torch.", ""))
    if len(found) != len(SIDES) or len(set(found)) != 1 or not found[0].startswith("bias: "):
        raise Mismatch(f"linear with a complex bias: {found}, expected the same error, which names bias")


@checks("binary_cross_entropy", "rmsprop_update", "tensor")
def test_no_warnings(check):
    """Expected results give no warning. Called without the border, which suppresses NumPy's warnings."""
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        for side in SIDES:
            space = getattr(check, side).namespace
            ends = [space.tensor(values, check.dtype) for values in ([0.0, 1.0], [1.0, 0.0])]
            space.binary_cross_entropy(*ends)
            param, grad = (
                space.tensor(values.tolist(), check.dtype) for values in (np.zeros(60), np.arange(1, 61) / 7)
            )
            state = None
            for _ in range(40):
                param, state = space.rmsprop_update(param, grad, state, lr=0.1, alpha=0.5, centered=True, eps=1e-8)


@checks("adam_update", "adamw_update", "rmsprop_update")
def test_without_memory_the_average_is_the_gradient(check):
    """With beta or alpha 0, the average of a small gradient after a huge one is that gradient bit for bit."""
    huge, small = check.cast(np.array([1e9])), check.cast(np.array([0.1]))
    for side in SIDES:
        backend = getattr(check, side)
        for name, key, options in (
            ("adam_update", "exp_avg", {"betas": (0.0, 0.5)}),
            ("adamw_update", "exp_avg", {"betas": (0.0, 0.5)}),
            ("rmsprop_update", "grad_avg", {"alpha": 0.0, "centered": True}),
        ):
            update, state = getattr(backend, name), None
            for grad in (huge, small):
                _, state = update(huge, grad, state, lr=0.5, **options)
            if state[key] != small:
                raise Mismatch(f"{name} in {backend.name}: {key} is {state[key]}, expected {small}")


@checks("perceptron_step", "perceptron_epoch", "train_perceptron")
def test_a_nan_weight_spoils_only_itself(check):
    """The sign of nan is 0: the other weights take half a step, and the other neurons their usual step."""
    weight, bias = np.array([[np.nan, 0.5], [0.5, 0.25]]), np.zeros(2)
    x, y = np.array([[1.0, 2.0]]), np.array([[1.0, -1.0]])
    right = [[np.nan, 1.5], [-0.5, -1.75]], [0.5, -1.0]
    for side in SIDES:
        backend = getattr(check, side)
        arrays = [check.cast(array) for array in (weight, bias, x, y)]
        for name, after in (
            ("perceptron_step", backend.perceptron_step(*arrays[:2], *(array[0] for array in arrays[2:]))),
            ("perceptron_epoch", backend.perceptron_epoch(*arrays)),
        ):
            for got, expected in zip(after, right, strict=False):
                if not np.array_equal(got, expected, equal_nan=True):
                    raise Mismatch(f"{name} in {backend.name}, a weight being nan, gives {got}, expected {expected}")
        if (run := backend.train_perceptron(*arrays, max_epochs=2)).converged or run.updates != 2:
            raise Mismatch(f"train_perceptron in {backend.name}, a weight being nan: {run}, expected no end")


@checks("squared_error_backward", "neuron_gradients")
def test_the_gradient_of_a_huge_error_is_the_error(check):
    """The gradient is not infinite, although twice the error would be."""
    huge = np.array([[2.0 ** (127 if check.dtype == "float32" else 1023)]])
    for side in SIDES:
        backend = getattr(check, side)
        got = backend.squared_error_backward(check.cast(huge), check.cast(np.array([[0.5]])))
        if got != huge:
            raise Mismatch(f"squared_error_backward in {backend.name} gives {got}, expected {huge}")


HUGE = np.array([[1e308, -1e308], [np.inf, -np.inf], [np.nan, 5e-324]])


def huge_calls(space, dtype):
    """Calls of every function in which numbers overflow, or are inf or nan."""
    z, ones, row = (space.tensor(values, dtype) for values in (HUGE, np.ones((3, 2)), HUGE[:1]))
    y, bias = ones[:, :1], space.tensor([1e308], dtype)
    narrow = space.tensor(HUGE, "float32")  # where 1e308 is inf
    for name in ACTIVATIONS:
        yield name, (z,), {}
        yield f"{name}_backward", (z, z), {}
    for name in ("squared_error", "mse_loss", "binary_cross_entropy_with_logits"):
        yield name, (z, ones), {}
        yield f"{name}_backward", (z, ones), {}
    for name in ("cross_entropy", "cross_entropy_backward"):
        yield name, (z, [0, 1, 1]), {}
    for name in ("linear", "neuron", "predict"):
        yield name, (z, row, bias), {}
        yield name, (narrow, row, bias), {}
    yield "sign", (z,), {}
    yield "perceptron_step", (row, bias, z[0], y[0]), {}
    yield "perceptron_epoch", (row, bias, z, y), {}
    yield "train_perceptron", (row, bias, z, y), {"max_epochs": 2}
    yield "neuron_gradients", (row, bias, z[0], y[0]), {}
    yield "gradient_step", (row, bias, z[0], y[0], 1.0), {}
    yield "gradient_epoch", (row, bias, z, y, 1.0), {}
    for name in ("sgd_update", "adagrad_update", "rmsprop_update", "adam_update", "adamw_update"):
        yield name, (z, z, None), {"lr": 10.0}


@checks("linear", "sigmoid", "softmax", "mse_loss", "cross_entropy", "gradient_step", "adam_update", "tensor")
def test_functions_leak_no_warning(check):
    """An overflow, an inf and a nan are valid results."""
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        for side in SIDES:
            space = getattr(check, side).namespace
            for name, args, options in huge_calls(space, check.dtype):
                getattr(space, name)(*args, **options)


@checks("MLP", "Linear", "ToyNet", "train_step", *KINDS)
def test_nets_leak_no_warning(check):
    """Forward, backward, a step, and loading another dtype."""
    for backend in (getattr(check, side) for side in SIDES):
        space = backend.namespace
        with warnings.catch_warnings(), np.errstate(all="warn"):
            warnings.simplefilter("error")
            z, y = space.tensor(HUGE, check.dtype), space.tensor(np.ones((3, 1)), check.dtype)
            wide = space.tensor(HUGE[:1])
            layer, net = space.Linear(2, 1, dtype=check.dtype), space.MLP([2, 1], "relu", dtype=check.dtype)
            toy_net = space.ToyNet(dtype=check.dtype)
            for made, prefix in ((layer, ""), (net, "fc1."), (toy_net, "fc1.")):
                made.load_state_dict({f"{prefix}weight": wide, f"{prefix}bias": wide[0, :1]})
                out = made(z)
                if backend in explicit(check):
                    made.backward(out)
            for kind in KINDS:
                optimizer = getattr(space, kind)(net.parameters(), lr=10.0)
                for _ in range(2):
                    space.train_step(net, z, y, "squared_error", optimizer)
                optimizer.step()
            space.Adam(layer.parameters()).load_state_dict(saved_adam(wide))
            toy_net.train_sample_perceptron(wide[0], y[0])
            toy_net.train_sample_gradient(wide[0], y[0], 1.0)
            toy_net.fit(z, y, epochs=2)


def saved_adam(wide):
    """A state_dict of Adam with values too large for float32."""
    states = {i: {"step": 1.0, "exp_avg": w, "exp_avg_sq": abs(w)} for i, w in enumerate((wide, wide[0, :1]))}
    options = {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False, "params": [0, 1]}
    return {"state": states, "param_groups": [options]}


@checks("identity", "identity_backward", "train_gradient", "train_perceptron", "tensor", "sgd_update", "minibatches")
def test_no_result_is_an_argument(check):
    """Changing a result does not change an argument."""
    for side in SIDES:
        space = getattr(check, side).namespace

        def array(values, space=space):
            return space.tensor(values, check.dtype)

        # A copy of X: a tensor that keeps its argument would let the lines below write into that of all properties.
        weight, bias, x, y = map(array, (np.array([[0.5, -0.25]]), np.array([0.125]), X.copy(), np.ones((3, 1))))
        none = {"lr": 0.5, "epochs": 0}
        for name, given, results in (
            ("tensor", x, [array(x)]),
            ("identity", x, [space.identity(x)]),
            ("neuron", x, [space.neuron(x, weight, bias)]),
            ("identity_backward", x, [space.identity_backward(x, x)]),
            ("train_gradient", weight, space.train_gradient(weight, bias, x, y, **none)[:1]),
            ("train_gradient", bias, space.train_gradient(weight, bias, x, y, **none)[1:2]),
            ("train_gradient", weight, space.train_gradient(weight, bias, x, y, lr=0.5, epochs=3, orders=[])[:1]),
            ("train_perceptron", weight, space.train_perceptron(weight, bias, x, y, max_epochs=0)[:1]),
            ("train_perceptron", bias, space.train_perceptron(weight, bias, x, y, orders=[])[1:2]),
            ("minibatches", x, [next(space.minibatches(x, y))[0]]),
            ("minibatches", y, [next(space.minibatches(x, y))[1]]),
            ("sgd_update", x, [space.sgd_update(x, x, None, lr=0.0)[0]]),
            ("sgd_update", x, space.sgd_update(x, x, None, lr=0.5, momentum=0.5)[1].values()),
        ):
            before = given.tolist()
            for result in results:
                result[...] = 7
            if given.tolist() != before:
                raise Mismatch(f"{name} in {side} returns its argument, expected a copy")
