"""The state, repr, saved state and input gradients of networks and optimizers."""

import contextlib

import numpy as np
import pytest

from parity.border.backend import Raised
from parity.judge.compare import Mismatch
from parity.judge.referee import ACTIVATIONS
from parity.properties.sides import KINDS, SIDES, X, Y, explicit, names, same, toy

checks = pytest.mark.checks
pytestmark = pytest.mark.usefixtures("whole_packages")


def spoil(states):
    """Overwrite every array of a saved state."""
    for number in states:
        for key in states[number]:
            if key != "step":
                states[number][key][...] = 7


@checks(*KINDS, "ToyNet", "train_step")
@pytest.mark.parametrize("kind", KINDS)
def test_saved_optimizers_go_on(check, kind):
    """After loading, all weights are equal bit for bit; the saved state is a copy; PyTorch's switches are accepted."""
    extra = {"foreach": None, "fused": None, "capturable": False, "differentiable": False, "maximize": False}
    extra["decoupled_weight_decay"] = kind == "AdamW"
    more = {"momentum": 0.5} if kind in ("SGD", "RMSprop") else {}
    for side in SIDES:
        backend, straight, broken = getattr(check, side), toy(check, side), toy(check, side)

        def make(net, backend=backend):
            return getattr(backend, kind)(net.kept.parameters(), lr=0.1, **more)

        one, two = make(straight), make(broken)
        for _ in range(3):
            for net, optimizer in ((straight, one), (broken, two)):
                backend.train_step(net, check.cast(X), check.cast(Y), "mse_loss", optimizer)
            saved = two.kept.state_dict()
            for group in saved["param_groups"]:
                group.update(extra)
            two = make(broken)
            two.load_state_dict(saved)
            for kept in (saved, two.kept.state_dict()):
                spoil(kept["state"])
        for name, value in straight.state_dict().items():
            if (value != broken.state_dict()[name]).any():
                raise Mismatch(f"{kind} in {backend.name}: {name} differs after saving and loading")


@checks("ToyNet", "MLP")
def test_seeds_of_nets(check):
    """Equal seeds give equal weights, different seeds different ones, in every layer and dtype."""
    for side in SIDES:
        backend = getattr(check, side)
        for make in (backend.ToyNet, lambda backend=backend, **options: backend.MLP([4, 4, 2], **options)):
            one, two, other = (make(dtype=check.dtype, seed=seed).state_dict() for seed in (3, 3, 4))
            for name, value in one.items():
                if (value != two[name]).any() or (value == other[name]).all() or value.dtype != check.dtype:
                    raise Mismatch(f"{name} in {backend.name}: expected equal weights for equal seeds only")


@checks("ToyNet", "MLP")
def test_nets_print_and_load_parameters(check):
    """Networks have the same repr, and load parameters as well as arrays."""
    found = []
    for side in SIDES:
        backend = getattr(check, side)
        found.append(repr(backend.MLP([2, 3, 1])))
        first, second = backend.ToyNet(seed=1), backend.ToyNet(seed=2)
        second.load_state_dict(dict(first.kept.named_parameters()))
        for parameter in first.kept.parameters():
            parameter.data[...] = 7
        fresh = backend.ToyNet(seed=1).state_dict()
        if any((value != fresh[name]).any() for name, value in second.state_dict().items()):
            raise Mismatch(f"ToyNet in {backend.name}: loaded parameters are not copies of the other network's")
    same("print", found, names(check))


@checks("ToyNet")
def test_parameters_become_arrays_of_their_own(check):
    """A parameter converted by NumPy is a copy in the requested dtype."""
    for side in SIDES:
        backend = getattr(check, side)
        net = backend.namespace.ToyNet(dtype=check.dtype, seed=1)
        for parameter in net.parameters():
            if hasattr(parameter, "detach"):
                continue  # of a PyTorch type
            before = parameter.tolist()
            array, other = np.array(parameter), np.array(parameter, dtype="int64")
            array[...] = 7
            copied = parameter.tolist() == before and not np.shares_memory(array, parameter.data)
            if not copied or array.dtype != check.dtype or other.dtype != "int64":
                raise Mismatch(f"ToyNet in {backend.name}: np.array of a parameter shares its memory, expected a copy")
            if not np.shares_memory(np.asarray(parameter), parameter.data):
                raise Mismatch(f"ToyNet in {backend.name}: np.asarray copies a parameter, expected the array itself")


@checks("ToyNet", "Linear")
def test_what_a_net_keeps(check):
    """A network keeps its dtype, whatever the samples have, and no input that it has rejected."""
    for side in SIDES:
        backend = getattr(check, side)
        space = backend.namespace
        net = space.ToyNet(dtype="float32")
        x, y = space.tensor([2.0, 1.0]), space.tensor([1.0])
        net.train_sample_perceptron(x, y)
        net.train_sample_gradient(x, y, 0.25)
        net.fit(x[None], y[None], epochs=1)
        kinds = {str(parameter.data.dtype).removeprefix("torch.") for parameter in net.parameters()}
        if kinds != {"float32"}:
            raise Mismatch(f"ToyNet in {backend.name}, created in float32, is in {kinds} after training")
        layer = space.Linear(2, 1)
        with contextlib.suppress(ValueError):
            layer(space.tensor([[1.0] * 5]))
        if getattr(layer, "x", None) is not None:
            raise Mismatch(f"Linear in {backend.name} keeps an input that it has rejected")


@checks("MLP", "Linear")
def test_an_output_that_is_changed_changes_no_gradient(check):
    """The output of a forward pass belongs to the caller; with autograd, PyTorch ensures this."""
    x, grad = check.cast(X), check.cast(np.ones_like(Y))
    for backend in explicit(check):
        for output in ACTIVATIONS:
            ends = []
            for change in (0, 3):
                net = backend.namespace.MLP([2, 2, 1], output=output, seed=4, dtype=check.dtype)
                pred = net(x)
                pred += change
                net.backward(grad)
                ends.append([parameter.grad.tolist() for parameter in net.parameters()])
            same(f"MLP in {backend.name}, output {output}", ends, ("as it is", "changed"))


@checks("Linear", "ToyNet", "MLP")
def test_nets_hand_the_gradient_on(check):
    """The gradient of the input, dL/dx = dL/dz W, or None if not requested; it needs an earlier forward pass."""
    weight, bias = check.cast(np.array([[0.5, -0.25]])), check.cast(np.array([0.125]))
    grad = check.cast(np.array([[2.0], [-0.5], [1.0]]))
    for backend in explicit(check):
        for net, prefix in (
            (backend.Linear(2, 1, dtype=check.dtype), ""),
            (backend.ToyNet(dtype=check.dtype), "fc1."),
            (backend.MLP([2, 1], dtype=check.dtype), "fc1."),
        ):
            net.load_state_dict({f"{prefix}weight": weight, f"{prefix}bias": bias})
            net.kept(check.cast(X))
            given, none = net.backward(grad), net.backward(grad, input_grad=False)
            if none is not None or not np.array_equal(given, grad @ weight):
                raise Mismatch(f"{net!r} in {backend.name}: backward gives {given} and {none}")
        for made in (backend.Linear(2, 1), backend.MLP([2, 1])):
            try:
                made.backward(grad)
            except Raised as error:
                if str(error) != "backward: got no input, expected a forward pass before it":
                    raise Mismatch(f"{made!r} in {backend.name}: backward before forward says {error}") from None
            else:
                raise Mismatch(f"{made!r} in {backend.name} accepts backward before forward, expected an error")


@checks("Linear", "SGD")
def test_gradients_are_of_the_parameters_kind(check):
    """Gradients have the dtype of the parameter, whatever the input has; another shape is rejected."""
    for backend in explicit(check):
        layer = backend.Linear(2, 1, dtype="float32")
        layer.kept(X)
        layer.backward(np.ones((3, 1)))
        parameter = layer.kept.weight
        if np.asarray(parameter.plain.grad).dtype != "float32":
            raise Mismatch(f"Linear in {backend.name}: the gradient of a float32 layer is not float32")
        net = backend.namespace.Linear(2, 1)
        optimizer = backend.namespace.SGD(net.parameters(), lr=0.5)
        net.weight.grad = np.zeros(3)
        try:
            optimizer.step()
        except ValueError as error:
            if str(error) != "grad: got shape (3,), expected (1, 2), that of the parameter":
                raise Mismatch(f"SGD in {backend.name}: a gradient of another shape is rejected with {error}") from None
        else:
            raise Mismatch(f"SGD in {backend.name} accepts a gradient of another shape")


@checks("MLP", "fit")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_in_a_net(check, activation):
    """In hidden layers and at the output, the gradients of one step equal those of the contract's functions."""
    g = activation
    for side in SIDES:
        backend = getattr(check, side)
        net = backend.MLP([2, 3, 2], activation=g, output=g, dtype=check.dtype, seed=5)
        w = net.state_dict()
        x, y = check.cast(X), check.cast(np.column_stack([Y, -Y]))
        history = backend.fit(net, x, y, epochs=1, lr=0.0, record=("gradients",))
        z1 = backend.linear(x, w["fc1.weight"], w["fc1.bias"])
        a1 = getattr(backend, g)(z1)
        z2 = backend.linear(a1, w["fc2.weight"], w["fc2.bias"])
        d2 = getattr(backend, f"{g}_backward")(z2, backend.mse_loss_backward(getattr(backend, g)(z2), y))
        d1 = getattr(backend, f"{g}_backward")(z1, d2 @ w["fc2.weight"])
        wanted = {"fc1.weight": d1.T @ x, "fc1.bias": d1.sum(0), "fc2.weight": d2.T @ a1, "fc2.bias": d2.sum(0)}
        alone = backend.MLP([2, 3, 2], activation=g, output=g, dtype=check.dtype, seed=5)
        sample = backend.MLP([2, 3, 2], activation=g, output=g, dtype=check.dtype, seed=5)
        for model, shape in ((alone, (1, -1)), (sample, (-1,))):
            optimizer = backend.SGD(model.kept.parameters(), lr=0.5)
            backend.train_step(model, x[0].reshape(shape), y[0].reshape(shape), "mse_loss", optimizer)
        for name, value in alone.state_dict().items():
            if not np.abs(sample.state_dict()[name] - value).max() <= 64 * np.finfo(check.dtype).eps:
                raise Mismatch(f"MLP with {g} in {backend.name}: one sample and a batch of one differ in {name}")
        for name, value in wanted.items():
            got = history.gradients[0][name]
            if not np.abs(got - value).max() <= 64 * np.finfo(check.dtype).eps * max(np.abs(value).max(), 0.1):
                gap = f"the gradient of {name} is {got.tolist()}, expected {value.tolist()}"
                raise Mismatch(f"MLP with {g} in {backend.name}: {gap}")
