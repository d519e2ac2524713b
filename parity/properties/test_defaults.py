"""What is easily left out: defaults, callbacks, saved state, what prints, ends of the range."""

import contextlib
import warnings

import numpy as np
import pytest

from parity.border.backend import Raised
from parity.judge import completeness
from parity.judge.compare import Mismatch
from parity.judge.referee import ACTIVATIONS

checks = pytest.mark.checks
SIDES = ("candidate", "reference")
KINDS = ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW")
X = np.array([[0.5, -1.0], [1.0, 0.25], [-0.75, 0.5]])
Y = np.array([[0.25], [-0.5], [1.0]])


@pytest.fixture(autouse=True, scope="module")
def _whole_packages(candidate, reference):
    """Homework of strangers is not asked for so much."""
    if not (candidate.ours and reference.ours and completeness.complete(candidate)):
        pytest.skip("for whole packages only")


def toy(check, side):
    """A ToyNet with weights that both have."""
    net = getattr(check, side).ToyNet(dtype=check.dtype)
    net.load_state_dict({"fc1.weight": check.cast(np.array([[0.5, -0.25]])), "fc1.bias": check.cast(np.array([0.125]))})
    return net


def same(what, results, names):
    """Both sides tell the same."""
    if results[0] != results[1]:
        raise Mismatch(f"{what}: {names[0]} tells {results[0]}, expected {results[1]}")


def warned(caught):
    """The messages."""
    return [str(w.message) for w in caught]


def names(check):
    """Of both backends."""
    return check.candidate.name, check.reference.name


@checks("fit", "ToyNet")
def test_fit_tells_every_step(check):
    """``on_step`` gets the number of the step, the net and its loss; a rule of the rate the epoch, from 0."""
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
            raise Mismatch(f"fit in {side}: on_step saw the losses {calls}, the history holds {history.losses}")
        found.append(([call[:2] for call in calls], rates, history.epochs, bool(history.converged)))
    same("fit", found, names(check))


@checks("fit", "ToyNet")
def test_fit_settles_at_the_ends_of_the_range(check):
    """Equal losses are within any tolerance, 0 too; after one epoch, or none, nothing has settled."""
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
        # Without the border, for there NumPy's warnings are switched off.
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn"):
            warnings.simplefilter("always")
            arrays = [space.tensor(array.tolist(), check.dtype) for array in given]
            result = space.train_gradient(*arrays, lr=1e30, epochs=20)
        found.append((len(result.losses), result.epochs, warned(caught)))
    same("train_gradient out of range", found, names(check))


@checks("fit", "ToyNet")
def test_fit_records_state(check):
    """What an optimizer without a state has of each parameter is an empty dictionary."""
    found = []
    for side in SIDES:
        history = getattr(check, side).fit(toy(check, side), check.cast(X), check.cast(Y), epochs=1, record=("state",))
        found.append((history.state, history.weights, history.gradients))
    same("fit", found, names(check))


def spoil(states):
    """Overwrite every array of what was saved."""
    for number in states:
        for key in states[number]:
            if key != "step":
                states[number][key][...] = 7


@checks(*KINDS, "ToyNet", "train_step")
@pytest.mark.parametrize("kind", KINDS)
def test_saved_optimizers_go_on(check, kind):
    """After loading, every weight is the same bit for bit; what was saved is apart; PyTorch's switches are known."""
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
    """Equal seeds give equal weights, different seeds different ones, in every layer and of the dtype."""
    for side in SIDES:
        backend = getattr(check, side)
        for make in (backend.ToyNet, lambda backend=backend, **options: backend.MLP([4, 4, 2], **options)):
            one, two, other = (make(dtype=check.dtype, seed=seed).state_dict() for seed in (3, 3, 4))
            for name, value in one.items():
                if (value != two[name]).any() or (value == other[name]).all() or value.dtype != check.dtype:
                    raise Mismatch(f"{backend.name}: seeds do not do what they should for {name}")


@checks("ToyNet", "MLP")
def test_nets_print_and_load_parameters(check):
    """Nets print the same, and load parameters as they load arrays."""
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
            raise Mismatch(f"ToyNet in {backend.name}: parameters loaded are not copies of those of the other net")
    same("print", found, names(check))


@checks("ToyNet")
def test_parameters_become_arrays_of_their_own(check):
    """What NumPy makes of a parameter is a copy, in the dtype that is asked for."""
    for side in SIDES:
        backend = getattr(check, side)
        net = backend.namespace.ToyNet(dtype=check.dtype, seed=1)
        for parameter in net.parameters():
            if hasattr(parameter, "detach"):
                continue  # of PyTorch's own kind
            before = parameter.tolist()
            array, other = np.array(parameter), np.array(parameter, dtype="int64")
            array[...] = 7
            copied = parameter.tolist() == before and not np.shares_memory(array, parameter.data)
            if not copied or array.dtype != check.dtype or other.dtype != "int64":
                raise Mismatch(f"ToyNet in {backend.name}: what NumPy makes of a parameter is no array of its own")
            if not np.shares_memory(np.asarray(parameter), parameter.data):
                raise Mismatch(f"ToyNet in {backend.name}: np.asarray copies a parameter, expected the array itself")


@checks("linear")
def test_arrays_of_several_kinds_become_one(check):
    """Whole numbers take the dtype of the others, float64 where there are none; float64 wins over float32."""
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
    """Backwards, of another order of bytes, in lists; the wider of two kinds holds the gradient of a loss too."""
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


@checks("ToyNet", "Linear")
def test_what_a_net_keeps(check):
    """Its dtype, whatever the samples have; and no input that it has refused."""
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
            raise Mismatch(f"ToyNet in {backend.name}, made in float32, is in {kinds} after training")
        layer = space.Linear(2, 1)
        with contextlib.suppress(ValueError):
            layer(space.tensor([[1.0] * 5]))
        if getattr(layer, "x", None) is not None:
            raise Mismatch(f"Linear in {backend.name} keeps an input that it has refused")


@checks("MLP", "Linear")
def test_an_output_that_is_changed_changes_no_gradient(check):
    """What a forward pass returns is the caller's own; where the net goes back by itself PyTorch sees to that."""
    x, grad = check.cast(X), check.cast(np.ones_like(Y))
    for backend in explicit(check):
        for output in ("identity", "sigmoid", "tanh", "relu", "softmax"):
            ends = []
            for change in (0, 3):
                net = backend.namespace.MLP([2, 2, 1], output=output, seed=4, dtype=check.dtype)
                pred = net(x)
                pred += change
                net.backward(grad)
                ends.append([parameter.grad.tolist() for parameter in net.parameters()])
            same(f"MLP in {backend.name}, output {output}", ends, ("as it is", "changed"))


@checks("fit", "ToyNet")
def test_the_learning_rate_is_asked_once_an_epoch(check):
    """As it starts, from 0 on: a schedule may keep count."""
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
                raise Mismatch(f"fit in {side} with {optimizer} asked for the learning rate of the epochs {asked}")


@checks("linear")
def test_the_kind_that_is_refused_is_named(check):
    """By the name of its argument, also where it is not the first."""
    found = []
    for side in SIDES:
        space = getattr(check, side).namespace
        try:
            space.linear([[1, 2]], space.tensor([[3.0, 4.0]]), np.array([1j]))
        except ValueError as error:
            found.append(str(error).replace("torch.", ""))
    if len(found) != len(SIDES) or len(set(found)) != 1 or not found[0].startswith("bias: "):
        raise Mismatch(f"linear with a complex bias: {found}, expected the same refusal that names bias")


def explicit(check):
    """Of each side that goes back explicitly, and not by PyTorch's autograd, its namespace."""
    backends = [getattr(check, side) for side in SIDES]
    return [backend for backend in backends if hasattr(backend.namespace.Linear, "backward")]


@checks("Linear", "ToyNet", "MLP")
def test_nets_hand_the_gradient_on(check):
    """The gradient of the input, dL/dx = dL/dz W, or None if not asked; it needs the input of a call before."""
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
        for made, kind in ((backend.Linear(2, 1), "layer"), (backend.MLP([2, 1]), "net")):
            try:
                made.backward(grad)
            except Raised as error:
                if str(error) != f"backward: no input is known yet, expected a call of the {kind} before":
                    raise Mismatch(f"{made!r} in {backend.name}: backward before forward says {error}") from None
            else:
                raise Mismatch(f"{made!r} in {backend.name} goes back before it has gone forward")


@checks("Linear", "SGD")
def test_gradients_are_of_the_parameters_kind(check):
    """In its dtype, whatever that of the input is; a gradient of another shape is refused in words."""
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
            if str(error) != "grad: got shape (3,), expected (1, 2) as param has; nothing is broadcast":
                raise Mismatch(f"SGD in {backend.name}: a gradient of another shape is refused with {error}") from None
        else:
            raise Mismatch(f"SGD in {backend.name} takes a gradient of another shape")


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
    """What is left out has PyTorch's default: two steps with and without it."""
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
    """What is left out has the contract's default."""
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
            raise Mismatch(
                f"train_perceptron in {backend.name}: {run.epochs} epochs where nothing ends it, expected 1000"
            )
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


@checks("MLP", "fit")
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_in_a_net(check, activation):
    """Hidden and at the output: the gradients of one step are what the functions of the contract give one by one."""
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


@checks("train_gradient")
def test_train_gradient_without_an_epoch(check):
    """Nothing moves, nothing is told, nothing has settled."""
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
    """In every function that takes one."""
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
    """One made over the model's parameters does what its name does; one made over others is refused."""
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
            raise Mismatch(f"fit in {backend.name} takes an optimizer over the parameters of another net")
    same("fit", found, names(check))


@checks("fit", "ToyNet", "MLP")
def test_fit_stops_at_nan(check):
    """Predictions that are no numbers end the training with every loss, also where the loss wants probabilities."""
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


@checks("binary_cross_entropy", "rmsprop_update", "tensor")
def test_no_warnings(check):
    """What is meant to happen is not warned of. Without the border, for there NumPy's warnings are switched off."""
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
    """With beta or alpha 0 the average of a small gradient after a huge one is that gradient to the last bit."""
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
    """The sign of nan is 0: the other weights go half a step, and the others' neurons as ever."""
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
    """And not infinite, though twice the error would be."""
    huge = np.array([[2.0 ** (127 if check.dtype == "float32" else 1023)]])
    for side in SIDES:
        backend = getattr(check, side)
        got = backend.squared_error_backward(check.cast(huge), check.cast(np.array([[0.5]])))
        if got != huge:
            raise Mismatch(f"squared_error_backward in {backend.name} gives {got}, expected {huge}")


HUGE = np.array([[1e308, -1e308], [np.inf, -np.inf], [np.nan, 5e-324]])


def huge_calls(space, dtype):
    """Of every function, calls in which numbers overflow, or are inf or nan."""
    z, ones, row = (space.tensor(values, dtype) for values in (HUGE, np.ones((3, 2)), HUGE[:1]))
    y, bias = ones[:, :1], space.tensor([1e308], dtype)
    narrow = space.tensor(HUGE, "float32")  # where 1e308 is inf
    for name in ("identity", "sigmoid", "tanh", "relu", "softmax"):
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
    """An overflow, an inf and a nan are results like others."""
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        for side in SIDES:
            space = getattr(check, side).namespace
            for name, args, options in huge_calls(space, check.dtype):
                getattr(space, name)(*args, **options)


@checks("MLP", "Linear", "ToyNet", "train_step", *KINDS)
def test_nets_leak_no_warning(check):
    """Forward, backward, a step, and what is loaded in another dtype."""
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
    """A state_dict of Adam that float32 cannot hold."""
    states = {i: {"step": 1.0, "exp_avg": w, "exp_avg_sq": abs(w)} for i, w in enumerate((wide, wide[0, :1]))}
    options = {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False, "params": [0, 1]}
    return {"state": states, "param_groups": [options]}


@checks("identity", "identity_backward", "train_gradient", "train_perceptron", "tensor", "sgd_update", "minibatches")
def test_no_result_is_an_argument(check):
    """Whoever changes what a function returns does not change what it was given."""
    for side in SIDES:
        space = getattr(check, side).namespace

        def array(values, space=space):
            return space.tensor(values, check.dtype)

        weight, bias, x, y = map(array, (np.array([[0.5, -0.25]]), np.array([0.125]), X, np.ones((3, 1))))
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
                raise Mismatch(f"{name} in {side} returns what it was given, expected a copy")
