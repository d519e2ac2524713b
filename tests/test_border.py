"""The border around both packages: what a signature declares is checked there, once, and is there to be read."""

import copy
import inspect
import pickle
import pydoc

import numpy as np
import pytest
import torch

import scratch
import torchref
from contract import Classes, D, Float, K, N, NonNegative, OneOf, Sign
from contract.arrays import Array, Axis
from contract.border import checked
from scratch import arrays

BOTH = pytest.mark.parametrize("backend", [scratch, torchref], ids=lambda backend: backend.__name__)
FUNCTIONS = [name for name in scratch.__all__ if not inspect.isclass(getattr(scratch, name))]

KINDS = OneOf["a", "b"]
NARROW = {name: np.ones(shape, "f4") for name, shape in {"x": (3, 2), "weight": (1, 2), "y": (3, 1)}.items()}


@checked(arrays)
def example(x: Float[N, D], weight: Float[K, D], y: Sign[N, K], lr: NonNegative = 0.1, kind: KINDS = "a"):
    """The arguments as they are inside."""
    return x, weight, y, lr, kind


X, W, Y = np.ones((3, 2)), np.ones((1, 2)), np.ones((3, 1))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": [[1.0], [1.0, 2.0]]}, "x: got [[1.0], [1.0, 2.0]], expected numbers in a regular shape"),
        ({"x": np.array(["a"])}, "x: got an array of <U1, expected numbers in float64 or float32"),
        ({"x": X[0]}, "x: got shape (2,), expected (N, 2) to fit weight (1, 2)"),
        ({"x": np.ones((3, 4))}, "x: got shape (3, 4), expected (N, 2) to fit weight (1, 2)"),
        ({"weight": W[0]}, "weight: got shape (2,), expected (K, D)"),
        ({"x": X[:0], "y": Y[:0]}, "x: got shape (0, 2), which is empty, expected at least one number"),
        ({"y": Y[:2]}, "y: got shape (2, 1), expected (3, 1) to fit x (3, 2) and weight (1, 2)"),
        ({"y": 0.5 * Y}, "y: got the label 0.5, expected only -1 and +1"),
        ({"lr": -1}, "lr: got -1, expected a finite non-negative number"),
        ({"kind": "A"}, "kind: got 'A', expected one of a, b; did you mean 'a'?"),
        (
            {**NARROW, "lr": 1e39},
            "lr: got 1e+39, expected at",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(change, message):
    """The argument, what was got, what was expected, in this order; also after arrays of these shapes were accepted."""
    given = {"x": X, "weight": W, "y": Y}
    for _ in range(2):
        example(**given)
        with pytest.raises(ValueError, match=r"\w") as caught:
            example(**{**given, **change})
        assert str(caught.value).startswith(message)


def test_what_fits_comes_in_as_declared():
    """Lists are arrays, integers are floats, all of one dtype, which float64 decides; options are Python's numbers."""
    x, weight, y, lr, kind = example([[1, 2]], W.astype("f4"), [[-1]], np.float64(0.5), "b")
    assert [array.dtype.name for array in (x, weight, y)] == ["float32"] * 3
    assert (x.tolist(), y.tolist(), lr, type(lr), kind) == ([[1.0, 2.0]], [[-1.0]], 0.5, float, "b")
    assert example(X, W.astype("f4"), Y)[1].dtype == np.float64
    assert example(X, W, Y)[0] is X


def test_kinds_of_arrays_are_written_as_in_a_signature():
    """With the check and the numbers of their kind, whatever their shape."""
    assert list(map(repr, (Float, Float[D], Float[..., D], Sign[N, K]))) == [
        "Float[Shape]",
        "Float[D]",
        "Float[..., D]",
        "Sign[N, K]",
    ]
    assert Sign[N].check is Sign.check
    assert (Classes[N].numbers, Array("Mine").numbers) == ("classes", "float")
    assert repr(Axis("M")) == "M"


@BOTH
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda b: b.linear(np.ones((2, 3, 4)), W, [0.0]), "x: got shape (2, 3, 4), expected (N, 2) or (2,) to fit"),
        (lambda b: b.softmax(1.0), "z: got shape (), expected (..., K)"),
        (lambda b: b.softmax_backward(X, X[:1]), "grad_output: got shape (1, 2), expected (3, 2) to fit z (3, 2)"),
        (
            lambda b: b.cross_entropy(X, Y[:, 0]),
            "target: got an array of float64, expected integers, the class indices",
        ),
        (lambda b: b.sigmoid(np.ma.array([1.0])), "z: got a masked array, expected numbers without a mask"),
    ],
)
def test_what_was_expected_is_said_in_full(backend, call, message):
    """Known sizes in numbers, others in letters; the same words in both."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        call(backend)
    assert str(caught.value).startswith(message)


@BOTH
@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_are_read_in_any_order_of_bytes(backend, order):
    """As NumPy does."""
    for kind in ("f8", "f4", "i4"):
        assert backend.relu(np.array([1, -2], order + kind)).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((), {}, "missing 3 required positional arguments: 'x', 'weight', and 'y'"),
        ((X, W), {}, "missing 1 required positional argument: 'y'"),
        ((X, W, Y, 0.1, "a", 6), {}, "takes from 3 to 5 positional arguments but 6 were given"),
        ((X, W, Y), {"x": X}, "got multiple values for argument 'x'"),
        ((X, W, Y), {"rate": 1}, "got an unexpected keyword argument 'rate'"),
    ],
)
def test_other_arguments_are_python_s_own_error(args, options, message):
    """As for a function without a border."""
    with pytest.raises(TypeError, match=message):
        example(*args, **options)


@BOTH
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_what_it_was(backend, name):
    """Signature, docstring, help, source; it is pickled by its name and found in its package."""
    function = getattr(backend, name)
    assert inspect.signature(function) == inspect.signature(inspect.unwrap(function))
    assert str(inspect.signature(function)) == str(inspect.signature(getattr(scratch, name)))
    assert inspect.getdoc(function).splitlines()[0] in pydoc.render_doc(function, renderer=pydoc.plaintext)
    assert inspect.getsource(function).startswith(f"def {name}(")
    assert pickle.loads(pickle.dumps(function)) is function


def test_help_shows_shapes_options_and_their_ranges():
    """As the signature declares them."""
    text = pydoc.render_doc(scratch.adam_update, renderer=pydoc.plaintext)
    for part in ("param: Float[Shape]", "lr: NonNegative = 0.001", "betas: Betas = (0.9, 0.999)", "exp_avg"):
        assert part in text
    assert "(weight: Float[K, D], bias: Float[K], x: Float[D], y: Sign[K])" in pydoc.render_doc(
        scratch.perceptron_step, renderer=pydoc.plaintext
    )


@BOTH
@pytest.mark.parametrize("name", ["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"])
def test_an_optimizer_has_the_signature_of_its_rule(backend, name):
    """The parameters of a net first, then the options of the rule by name or position."""
    parameters = [*inspect.signature(getattr(backend, name)).parameters.values()]
    rule = inspect.signature(getattr(backend, f"{name.lower()}_update")).parameters.values()
    options = [parameter for parameter in rule if parameter.kind is parameter.KEYWORD_ONLY]
    assert [p.name for p in parameters] == ["params", *(option.name for option in options)]
    lr = {"SGD": 1e-3}.get(name, options[0].default)
    assert [p.default for p in parameters[1:]] == [lr, *(option.default for option in options[1:])]
    assert getattr(backend, name)([*backend.Linear(2, 1).parameters()], 0.5).param_groups[0]["lr"] == 0.5


@BOTH
def test_nets_and_optimizers_are_pickled_and_copied(backend):
    """With weights, gradients and state; what is made of them goes on alike."""
    net = backend.MLP([2, 3, 1], seed=0)
    optimizer = backend.Adam(net.parameters(), lr=0.1)
    x, y = backend.load_data("toy")
    backend.train_step(net, x, y, "mse_loss", optimizer)
    for twins in (pickle.loads(pickle.dumps((net, optimizer))), copy.deepcopy((net, optimizer))):
        losses = [backend.train_step(model, x, y, "mse_loss", chosen) for model, chosen in [twins]]
        assert losses[0] == backend.train_step(copy.deepcopy(net), x, y, "mse_loss", backend.SGD(net.parameters(), 0.0))
        assert twins[1].state_dict()["state"][0]["step"] == 2


@BOTH
def test_a_result_is_no_argument(backend):
    """Where the formula is nothing but its argument, too."""
    z = backend.tensor([1.0, 2.0])
    for result in (backend.identity(z), backend.identity_backward(z, z), backend.tensor(z)):
        result[0] = 7
    assert z.tolist() == [1.0, 2.0]


def test_the_files_hold_bare_formulas():
    """Which check nothing; the names of the package do."""
    assert scratch.sigmoid.__wrapped__ is scratch.activations.sigmoid
    column, row = np.ones((2, 1)), np.ones(2)
    assert scratch.losses.mse_loss(column, row) == 0
    with pytest.raises(ValueError, match="nothing is broadcast"):
        scratch.mse_loss(column, row)


def test_numpy_s_warnings_stay_inside():
    """An overflow is a result, as in PyTorch; what the caller has set holds on."""
    with np.errstate(over="raise"):
        assert scratch.squared_error([[1e200]], [[-1e200]]) == np.inf
        with pytest.raises(FloatingPointError):
            np.array([1e308]) * 10
    assert torchref.squared_error([[1e200]], [[-1e200]]) == torch.inf


@BOTH
def test_a_copied_optimizer_checks_as_the_first(backend):
    """Options changed by hand are checked at the next step; none of the groups has moved then."""
    net = backend.Linear(2, 1)
    net.load_state_dict({"weight": [[0, 0]], "bias": [0]})
    first = backend.SGD([{"params": [net.weight]}, {"params": [net.bias]}], lr=0.1)
    for other in (copy.deepcopy((net, first)), pickle.loads(pickle.dumps((net, first)))):
        model, optimizer = other
        optimizer.param_groups[1]["lr"] = -1.0
        with pytest.raises(ValueError, match="lr: got -1"):
            backend.train_step(model, [[1.0, 2.0]], [[1.0]], "mse_loss", optimizer)
        assert model.weight.tolist() == [[0.0, 0.0]]


@BOTH
def test_a_layer_that_is_replaced_is_used(backend):
    """As in PyTorch; what the net shows is what it computes with."""
    net = backend.MLP([2, 1, 1], "identity", seed=0)
    net.fc2 = backend.Linear(1, 2)
    assert net([1.0, 2.0]).shape == (2,)
    net.fc2.load_state_dict({"weight": [[0], [0]], "bias": [3, 4]})
    assert net([[1.0, 2.0]]).tolist() == [[3.0, 4.0]]
    backend.fit(net, [[1.0, 2.0]], [[3.0, 5.0]], lr=0.5, epochs=1)
    assert net.fc2.bias.tolist() == [3.0, 4.5]


def test_weights_set_by_hand_become_floats():
    """Lists and integers; a step on integers would have lost what comes after the point."""
    net = scratch.ToyNet()
    net.fc1.weight.data, net.fc1.bias.data = np.array([[0, 0]]), [0]
    net.train_sample_gradient([2.0, 1.0], [1.0], 0.25)
    assert (net.fc1.weight.tolist(), net.fc1.bias.tolist()) == ([[0.5, 0.25]], [0.25])
    with pytest.raises(ValueError, match=r"^data: got an array of <U1, expected numbers"):
        net.fc1.bias.data = ["a"]


def test_a_gradient_set_by_hand_fits_its_parameter():
    """In shape and dtype, as PyTorch has it."""
    layer = scratch.Linear(2, 1)
    optimizer = scratch.SGD(layer.parameters(), lr=0.1)
    for grad, message in ((np.ones(2), r"shape \(2,\)"), (np.ones((1, 2), "f4"), "an array of float32")):
        layer.weight.grad = grad
        with pytest.raises(ValueError, match=f"^grad: got {message}, expected .*, that of the parameter$"):
            optimizer.step()


@BOTH
def test_an_option_that_was_deleted_is_missed(backend):
    """At the next step, before anything moves."""
    layer = backend.Linear(2, 1)
    optimizer = backend.SGD(layer.parameters(), lr=0.1)
    del optimizer.param_groups[0]["momentum"]
    with pytest.raises(ValueError, match="momentum: got None, expected a finite non-negative number"):
        optimizer.step()


@BOTH
def test_a_state_of_a_scheduled_optimizer_loads(backend):
    """``initial_lr`` and the names of parameters have no effect here."""
    layer = torch.nn.Linear(2, 1)
    scheduled = torch.optim.AdamW(layer.named_parameters(), lr=0.5)
    torch.optim.lr_scheduler.StepLR(scheduled, 1)

    class Own(backend.AdamW):
        """Its own name for AdamW."""

    optimizer = Own(backend.Linear(2, 1).parameters())
    optimizer.load_state_dict(scheduled.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.5


@BOTH
def test_what_is_no_net_is_refused(backend):
    """An optimizer has gradients to reset, too."""
    optimizer = backend.SGD(backend.Linear(2, 1).parameters())
    with pytest.raises(ValueError, match=r"model: got .*, expected a net such as MLP"):
        backend.fit(optimizer, [[1.0, 2.0]], [[1.0]])


@BOTH
def test_a_warning_needs_no_name_of_its_caller(backend):
    """A program that is run by ``exec`` has none."""
    with pytest.warns(UserWarning, match="the loss became inf"):
        exec("fit(net, [[1e200]], [[1e300]], lr=1e3)", {"fit": backend.fit, "net": backend.Linear(1, 1, seed=0)})


def test_a_result_keeps_no_gradient():
    """Of the step that made it: whoever goes on in PyTorch would add to it."""
    for result in torchref.gradient_step([[1.0, 2.0]], [0.0], [1.0, 1.0], [1.0], lr=0.1):
        assert result.grad is None
