"""The optimizers of both backends against PyTorch's own, retyped here as its users write them."""

import copy
import inspect
import re

import numpy as np
import pytest
import torch

import scratch
import torchref

BACKENDS = pytest.mark.parametrize("backend", [scratch, torchref], ids=["scratch", "torchref"])
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])

# Every optimizer with every option, alone and together.
CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}),
    ("RMSprop", {}),
    ("RMSprop", {"alpha": 0.3, "eps": 1e-3, "centered": True}),
    ("RMSprop", {"momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adam", {}),
    ("Adam", {"betas": (0.3, 0.5), "eps": 1e-3}),
    ("Adam", {"betas": (0.0, 0.0)}),
    ("Adam", {"weight_decay": 0.1, "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.3, "amsgrad": True}),
]
EACH = pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{n}{list(o)}" for n, o in CASES])
STEPS, RATES = 6, (0.05, 0.05, 0.05, 0.01, 0.01, 0.2)  # the learning rate changes on the way


def exactly(line):
    """A pattern for this line and nothing else."""
    return f"^{re.escape(line)}$"


def gradients(dtype):
    """A gradient for each step, and the weights at the start."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((3, 4)).astype(dtype), rng.standard_normal((STEPS, 3, 4)).astype(dtype)


def by_torch(name, options, dtype):
    """The weights and the state after each step of plain torch.optim code."""
    start, grads = gradients(dtype)
    weight = torch.tensor(start, requires_grad=True)
    optimizer = getattr(torch.optim, name)([weight], lr=RATES[0], **options)
    for grad, lr in zip(grads, RATES, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        weight.grad = torch.tensor(grad)
        optimizer.step()
        yield (
            weight.detach().numpy().copy(),
            {key: np.asarray(value).copy() for key, value in optimizer.state[weight].items()},
        )


def by_update(backend, name, options, dtype):
    """The same by the pure function."""
    start, grads = gradients(dtype)
    param, state = backend.tensor(start, dtype=dtype), None
    for grad, lr in zip(grads, RATES, strict=True):
        update = getattr(backend, f"{name.lower()}_update")
        param, state = update(param, backend.tensor(grad, dtype=dtype), state, lr=lr, **options)
        yield np.asarray(param).copy(), {key: np.asarray(value).copy() for key, value in state.items()}


def parameters(backend, arrays):
    """What an optimizer of this backend is made over."""
    if backend is scratch:
        return [scratch.modules.Parameter(array.copy()) for array in arrays]
    return [torch.nn.Parameter(torch.tensor(array)) for array in arrays]


def by_class(backend, name, options, dtype):
    """The same by the class."""
    start, grads = gradients(dtype)
    (parameter,) = parameters(backend, [start])
    optimizer = getattr(backend, name)([parameter], lr=RATES[0], **options)
    for grad, lr in zip(grads, RATES, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        optimizer.zero_grad()
        parameter.grad = backend.tensor(grad, dtype=dtype)
        optimizer.step()
        state = optimizer.state.get(parameter, {})
        yield np.asarray(parameter.data).copy(), {key: np.asarray(value).copy() for key, value in state.items()}


def assert_close(ours, theirs, ulp):
    """Weights and states step by step, the gap in units of the largest number of the array."""
    for step, ((param, state), (torch_param, torch_state)) in enumerate(zip(ours, theirs, strict=True), start=1):
        assert param.dtype == torch_param.dtype
        assert set(state) == set(torch_state), f"step {step}"
        for key, got, wanted in [("param", param, torch_param), *((k, state[k], torch_state[k]) for k in state)]:
            unit = np.spacing(np.abs(wanted).max().astype(param.dtype))
            assert np.abs(got - wanted).max() <= ulp * unit, f"step {step}, {key}"


@DTYPES
@EACH
def test_updates_of_torchref_are_torch_itself(name, options, dtype):
    """torchref steps the real optimizer, so the same bits come out."""
    assert_close(by_update(torchref, name, options, dtype), by_torch(name, options, dtype), ulp=0)
    assert_close(by_class(torchref, name, options, dtype), by_torch(name, options, dtype), ulp=0)


@DTYPES
@EACH
def test_updates_of_scratch_give_the_results_of_torch(name, options, dtype):
    """Within a few units: PyTorch fuses a multiplication and an addition into one rounding, and its root is inexact.

    Measured: 2 units, and 6 where centered, for there two numbers near each other are subtracted under the root.
    """
    ulp = 12 if options.get("centered") else 4
    assert_close(by_update(scratch, name, options, dtype), by_torch(name, options, dtype), ulp)
    assert_close(by_class(scratch, name, options, dtype), by_torch(name, options, dtype), ulp)


@DTYPES
@pytest.mark.parametrize("options", [{}, {"momentum": 0.5}, {"momentum": 0.5, "dampening": 0.5}])
def test_sgd_on_a_grid_is_torch_to_the_last_bit(options, dtype):
    """With powers of two and eighths nothing is rounded, so nothing may differ."""
    start = np.arange(-6, 6).reshape(3, 4).astype(dtype) / 8
    param, state, theirs = start, None, torch.tensor(start, requires_grad=True)
    optimizer = torch.optim.SGD([theirs], lr=0.25, **options)
    for step in range(4):
        grad = np.roll(start, step)
        param, state = scratch.sgd_update(param, grad, state, lr=0.25, **options)
        theirs.grad = torch.tensor(grad)
        optimizer.step()
        assert (param == theirs.detach().numpy()).all()


@EACH
@BACKENDS
def test_class_is_its_update(backend, name, options):
    """The class and the function are one computation."""
    both = zip(by_class(backend, name, options, "float32"), by_update(backend, name, options, "float32"), strict=True)
    for (param, state), (other, other_state) in both:
        assert (param == other).all()
        assert all((state[key] == other_state[key]).all() for key in other_state)


@BACKENDS
@EACH
def test_updates_leave_the_callers_arrays_alone(backend, name, options):
    """Neither the parameter, nor the gradient, nor the state changes."""
    start, grads = gradients("float64")
    param, grad = backend.tensor(start), backend.tensor(grads[0])
    update = getattr(backend, f"{name.lower()}_update")
    _, state = update(param, grad, None, lr=0.1, **options)
    before = copy.deepcopy((param, grad, state))
    update(param, grad, state, lr=0.1, **options)
    assert np.array_equal(np.asarray(param), np.asarray(before[0]))
    assert np.array_equal(np.asarray(grad), np.asarray(before[1]))
    assert all(np.array_equal(np.asarray(state[key]), np.asarray(before[2][key])) for key in state)
    grad += 1
    assert all(np.array_equal(np.asarray(state[key]), np.asarray(before[2][key])) for key in state)


@BACKENDS
@pytest.mark.parametrize("name", ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"])
def test_constructors_are_those_of_torch(backend, name):
    """The same arguments in the same order with the same defaults, less the switches that change no result."""

    def arguments(cls):
        found = inspect.signature(cls).parameters.values()
        switches = {"foreach", "maximize", "capturable", "differentiable", "fused", "decoupled_weight_decay"}
        return [(p.name, p.default) for p in found if p.name not in switches]

    assert arguments(getattr(backend, name)) == arguments(getattr(torch.optim, name))


@BACKENDS
def test_groups_have_their_own_options(backend):
    """As torch.optim takes them; what a group does not say it has from the constructor."""
    start, grads = gradients("float64")
    first, second = parameters(backend, [start, start])
    groups = [{"params": first, "lr": 0.5}, {"params": [second], "momentum": 0.9}]
    given = copy.copy(groups[0])
    optimizer = backend.SGD(groups, lr=0.25)
    assert groups[0] == given
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.0, 0.9]
    first.grad = second.grad = backend.tensor(grads[0])
    optimizer.step()
    assert np.allclose(np.asarray(first.data), start - 0.5 * grads[0], rtol=0, atol=1e-15)
    assert np.allclose(np.asarray(second.data), start - 0.25 * grads[0], rtol=0, atol=1e-15)
    assert list(optimizer.state_dict()["state"]) == [1]


@BACKENDS
def test_parameters_without_a_gradient_stay(backend):
    """As in torch.optim, where None is not 0: no weight decay, no state."""
    (parameter,) = parameters(backend, [np.ones((2, 2))])
    optimizer = backend.AdamW([parameter], lr=0.5)
    optimizer.step()
    assert np.asarray(parameter.data).tolist() == [[1, 1], [1, 1]]
    assert optimizer.state_dict()["state"] == {}


@BACKENDS
def test_a_numpy_learning_rate_does_not_widen(backend):
    """float32 stays float32 where the caller's numbers are NumPy's."""
    param = backend.tensor([1.0], dtype="float32")
    for name in ("sgd", "adagrad", "rmsprop", "adam", "adamw"):
        got, state = getattr(backend, f"{name}_update")(
            param, param, None, lr=np.float64(0.1), weight_decay=np.float64(0.1)
        )
        assert got.dtype == param.dtype
        assert all(value.dtype == param.dtype for key, value in state.items() if key != "step")


def trained(backend, name, options, steps, state_dict=None, start=None):
    """An optimizer over two parameters after so many steps, from a state where given."""
    weights, grads = gradients("float32")
    own = parameters(backend, [weights, weights[0]] if start is None else start)
    optimizer = getattr(backend, name)(own, lr=0.05, **options)
    if state_dict is not None:
        optimizer.load_state_dict(state_dict)
    for grad in grads[:steps]:
        own[0].grad, own[1].grad = backend.tensor(grad, "float32"), backend.tensor(grad[1], "float32")
        optimizer.step()
    return optimizer, [np.asarray(parameter.data).copy() for parameter in own]


def plain(state_dict):
    """A state_dict as lists and numbers."""
    states = {i: {k: np.asarray(v).tolist() for k, v in state.items()} for i, state in state_dict["state"].items()}
    return {"state": states, "param_groups": state_dict["param_groups"]}


@EACH
@pytest.mark.parametrize("way", [(scratch, torchref), (torchref, scratch)], ids=["to torchref", "to scratch"])
def test_state_passes_to_the_other_backend_and_back(way, name, options):
    """Nothing is lost on the way: keys, layout, numbers."""
    here, there = way
    optimizer, weights = trained(here, name, options, 3)
    saved = optimizer.state_dict()
    other, _ = trained(there, name, {}, 0, saved)
    assert plain(other.state_dict()) == plain(saved)
    again, _ = trained(here, name, {}, 0, other.state_dict())
    assert plain(again.state_dict()) == plain(saved)
    _, ours = trained(here, name, {}, 3, saved, weights)
    _, theirs = trained(there, name, {}, 3, saved, weights)
    for mine, yours in zip(ours, theirs, strict=True):
        assert np.abs(mine - yours).max() <= 64 * np.spacing(np.abs(mine).max())


@EACH
@BACKENDS
def test_state_of_torch_itself_is_taken_and_taken_back(backend, name, options):
    """A checkpoint of torch.optim goes on here, and one from here goes on there, though the keys of switches miss."""
    weights, grads = gradients("float32")
    theirs = [torch.nn.Parameter(torch.tensor(weights)), torch.nn.Parameter(torch.tensor(weights[0]))]
    real = getattr(torch.optim, name)(theirs, lr=0.05, **options)
    theirs[0].grad, theirs[1].grad = torch.tensor(grads[0]), torch.tensor(grads[0][1])
    real.step()
    optimizer, _ = trained(backend, name, {}, 0, real.state_dict())
    assert plain(optimizer.state_dict())["state"] == plain(real.state_dict())["state"]
    assert optimizer.param_groups[0]["lr"] == 0.05
    real.load_state_dict(trained(torchref, name, options, 2)[0].state_dict())
    real.step()


@BACKENDS
def test_a_loaded_state_is_a_copy(backend):
    """Going on changes neither the dictionary that was loaded nor the one that was saved."""
    optimizer, _ = trained(backend, "Adam", {}, 2)
    saved = optimizer.state_dict()
    before = plain(copy.deepcopy(saved))
    trained(backend, "Adam", {}, 2, saved)
    trained(torchref if backend is scratch else scratch, "Adam", {}, 2, saved)
    optimizer.step()
    assert plain(saved) == before


BAD_OPTIONS = [
    ("sgd", {"lr": -1.0}, "lr: got -1.0, expected a finite non-negative number"),
    ("sgd", {"lr": float("nan")}, "lr: got nan, expected a finite non-negative number"),
    ("sgd", {"lr": 1.0, "momentum": -0.5}, "momentum: got -0.5, expected a finite non-negative number"),
    ("sgd", {"lr": 1.0, "weight_decay": float("nan")}, "weight_decay: got nan, expected a finite non-negative number"),
    ("sgd", {"lr": 1.0, "nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
    (
        "sgd",
        {"lr": 1.0, "nesterov": True, "momentum": 0.9, "dampening": 0.1},
        "Nesterov momentum requires a momentum and zero dampening",
    ),
    ("sgd", {"lr": 1.0, "nesterov": "yes"}, "nesterov: got 'yes', expected True or False"),
    ("adam", {"betas": (1.0, 0.9)}, "betas[0]: got 1.0, expected a number from 0 up to but not including 1"),
    ("adamw", {"betas": (0.9, -0.1)}, "betas[1]: got -0.1, expected a number from 0 up to but not including 1"),
    ("adam", {"betas": 0.9}, "betas: got 0.9, expected a pair of numbers"),
    ("adam", {"eps": -1e-8}, "eps: got -1e-08, expected a finite non-negative number"),
    ("rmsprop", {"eps": float("nan")}, "eps: got nan, expected a finite non-negative number"),
    ("adagrad", {"lr_decay": "0"}, "lr_decay: got '0', expected a finite non-negative number"),
]


@BACKENDS
@pytest.mark.parametrize(("name", "options", "line"), BAD_OPTIONS)
def test_bad_options_are_one_line(backend, name, options, line):
    """What, what was got, what was expected: from the function and from the class, also for one group of it."""
    param = backend.tensor([1.0, 2.0])
    with pytest.raises(ValueError, match=exactly(line)):
        getattr(backend, f"{name}_update")(param, param, None, **options)
    cls = {"sgd": backend.SGD, "adam": backend.Adam, "adamw": backend.AdamW}.get(name)
    cls = cls or {"rmsprop": backend.RMSprop, "adagrad": backend.Adagrad}[name]
    with pytest.raises(ValueError, match=exactly(line)):
        cls(parameters(backend, [np.ones(2)]), **options)
    with pytest.raises(ValueError, match=exactly(line)):
        cls([{"params": parameters(backend, [np.ones(2)]), **options}])


BAD_STATES = [
    ("sgd", [[1.0, 2.0]], None, "grad: got shape (1, 2), expected (2,) to fit param (2,); nothing is broadcast"),
    ("sgd", [1.0, 2.0], {"momentum_buffer": [[1.0, 2.0]]}, "momentum_buffer has shape (1, 2), expected (2,)"),
    ("sgd", [1.0, 2.0], {"velocity": [1.0, 2.0]}, "momentum_buffer is missing; velocity is unknown"),
    ("adam", [1.0, 2.0], {"step": 1, "exp_avg": [1.0, 2.0]}, "exp_avg_sq is missing"),
    (
        "adagrad",
        [1.0, 2.0],
        {"step": -1.0, "sum": [1.0]},
        "step is -1.0, expected a finite non-negative number; sum",
    ),
    ("rmsprop", [1.0, 2.0], 3, "got 3, expected a dictionary"),
]


@BACKENDS
@pytest.mark.parametrize(("name", "grad", "state", "line"), BAD_STATES)
def test_bad_gradients_and_states_are_one_line(backend, name, grad, state, line):
    """Every entry that is missing, unknown or of another shape is named."""
    if isinstance(state, dict):
        state = {key: backend.tensor(value) if isinstance(value, list) else value for key, value in state.items()}
    options = {"momentum": 0.9} if name == "sgd" else {}
    update = getattr(backend, f"{name}_update")
    with pytest.raises(ValueError, match=re.escape(line)) as error:
        update(backend.tensor([1.0, 2.0]), backend.tensor(grad), state, lr=0.1, **options)
    assert "\n" not in str(error.value)


@BACKENDS
def test_a_missing_learning_rate_is_pythons_error(backend):
    """sgd_update has no default for it."""
    with pytest.raises(TypeError, match="lr"):
        backend.sgd_update(backend.tensor([1.0]), backend.tensor([1.0]), None)


def replaced(state_dict, change):
    """A changed copy."""
    state_dict = copy.deepcopy(state_dict)
    change(state_dict)
    return state_dict


BAD_STATE_DICTS = [
    (lambda s: s.pop("state"), "state_dict: state is missing"),
    (
        lambda s: s["param_groups"].append(s["param_groups"][0]),
        "state_dict: got groups of [2, 2] parameters, expected [2]",
    ),
    (lambda s: s["param_groups"][0].pop("eps"), "state_dict: param_groups[0]: eps is missing"),
    (lambda s: s["param_groups"][0].update(rate=1), "state_dict: param_groups[0]: rate is unknown"),
    (
        lambda s: s["param_groups"][0].update(maximize=True),
        "state_dict: param_groups[0]: maximize is True, expected False in Adam",
    ),
    (
        lambda s: s["param_groups"][0].update(decoupled_weight_decay=True),
        "state_dict: param_groups[0]: decoupled_weight_decay is True, expected False in Adam",
    ),
    (lambda s: s["param_groups"][0].update(lr=-1.0), "lr: got -1.0, expected a finite non-negative number"),
    (lambda s: s["state"].update({7: {}}), "state_dict: state[7] belongs to no parameter"),
    (
        lambda s: (s["state"][0].pop("exp_avg"), s["state"][1].update(exp_avg=s["state"][0]["exp_avg_sq"], sum=1)),
        "state_dict: state[0]: exp_avg is missing; state[1]: sum is unknown; "
        "state[1]: exp_avg has shape (3, 4), expected (4,)",
    ),
]


@BACKENDS
@pytest.mark.parametrize(("change", "line"), BAD_STATE_DICTS, ids=[line for _, line in BAD_STATE_DICTS])
def test_bad_state_dicts_are_one_line_and_change_nothing(backend, change, line):
    """All that is wrong is named at once."""
    optimizer, _ = trained(backend, "Adam", {}, 2)
    saved = optimizer.state_dict()
    with pytest.raises(ValueError, match=exactly(line)):
        optimizer.load_state_dict(replaced(saved, change))
    assert plain(optimizer.state_dict()) == plain(saved)


@BACKENDS
def test_bad_parameters_are_one_line(backend):
    """No parameters, one parameter, a parameter twice, an unknown option, another thing."""
    (parameter,) = parameters(backend, [np.ones(2)])
    for params, line in [
        ([], "params: got none, expected at least one parameter"),
        (parameter, "params: got one Parameter, expected a list of them"),
        ([parameter, parameter], "params: got a parameter twice, expected each in one group"),
        ([{"params": parameter}, {"params": parameter}], "params: got a parameter twice, expected each in one group"),
        ([3], "params[0]: got int, expected a Parameter"),
        ([{"lr": 0.1}], "params[0]: got {'lr': 0.1}, expected a dictionary with \"params\""),
    ]:
        with pytest.raises(ValueError, match=exactly(line)):
            backend.SGD(params)
    with pytest.raises(ValueError, match="did you mean 'momentum'"):
        backend.SGD([{"params": parameter, "momentun": 0.9}])


def test_a_gradient_of_another_shape_does_not_broadcast():
    """PyTorch refuses to set it; scratch refuses to step with it."""
    (parameter,) = parameters(scratch, [np.ones((2, 2))])
    parameter.grad = np.ones(2)
    with pytest.raises(ValueError, match=r"grad: got shape \(2,\), expected \(2, 2\)"):
        scratch.SGD([parameter]).step()
