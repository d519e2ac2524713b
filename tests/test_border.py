"""The border around both packages: what a signature declares is checked there, once, and is there to be read."""

import copy
import inspect
import itertools
import pickle
import pydoc
import re
import sys
import types

import numpy as np
import pytest
import torch

import scratch
import torchref
from contract import Callback, Classes, D, Float, K, N, Net, NonNegative, OneOf, Seed, Shape, Sign, State
from contract.arguments import Argument, OptimizerObject, Size, Sizes
from contract.arrays import Array, Axis
from contract.border import checked, converted, export, rewired
from contract.messages import printable
from scratch import arrays

BOTH = pytest.mark.parametrize("backend", [scratch, torchref], ids=lambda backend: backend.__name__)
FUNCTIONS = [name for name in scratch.__all__ if not inspect.isclass(getattr(scratch, name))]

KINDS = OneOf["a", "b"]
NARROW = {name: np.ones(shape, "f4") for name, shape in {"x": (3, 2), "weight": (1, 2), "y": (3, 1)}.items()}


def inside(x: Float[N, D], weight: Float[K, D], y: Sign[N, K], lr: NonNegative = 0.1, kind: KINDS = "a"):
    """The arguments as they are inside."""
    return x, weight, y, lr, kind


@pytest.fixture
def example():
    """The function behind a border of its own."""
    return checked(arrays)(inside)


class Unprintable:
    """Its repr fails."""

    def __repr__(self):
        raise RuntimeError


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
def test_what_does_not_fit_is_one_line(example, change, message):
    """The argument, what was got, what was expected, in this order; also after arrays of these shapes were accepted."""
    given = {"x": X, "weight": W, "y": Y}
    for _ in range(2):
        example(**given)
        with pytest.raises(ValueError, match=r"\w") as caught:
            example(**{**given, **change})
        assert str(caught.value).startswith(message)


def test_what_fits_comes_in_as_declared(example):
    """Lists are arrays, integers are floats, all of one dtype, which float64 decides; options are Python's numbers."""
    x, weight, y, lr, kind = example([[1, 2]], W.astype("f4"), [[-1]], np.float64(0.5), "b")
    assert [array.dtype.name for array in (x, weight, y)] == ["float32"] * 3
    assert (x.tolist(), y.tolist(), lr, type(lr), kind) == ([[1.0, 2.0]], [[-1.0]], 0.5, float, "b")
    assert example(X, W.astype("f4"), Y)[1].dtype == np.float64
    assert example(X, W, Y)[0] is X


def test_the_border_shows_the_function_behind_it(example):
    """Its name, docstring and signature; one border for each function."""
    assert (example.__name__, example.__doc__, example.__wrapped__) == ("inside", inside.__doc__, inside)
    decorator = checked(arrays)
    assert decorator(inside) is decorator(inside)


def test_a_function_is_called_once(example):
    """Whatever the form of its arguments."""
    calls = []

    def counted(x: Float[Shape], *, lr: NonNegative = 0.1):
        calls.append(lr)

    outside = checked(arrays)(counted)
    outside([1.0])
    outside(x=[1.0], lr=0.5)
    assert calls == [0.1, 0.5]


def test_a_message_is_about_what_does_not_fit_the_weights():
    """Weights and biases are looked at first, then the arguments in their order."""
    linear, softmax_backward, cross_entropy = (
        checked(arrays)(getattr(scratch, name).__wrapped__) for name in ("linear", "softmax_backward", "cross_entropy")
    )
    with pytest.raises(ValueError, match=r"^bias: got shape \(2,\)"):
        linear(np.ones((3, 5)), W, [0.0, 0.0])
    with pytest.raises(ValueError, match=r"^grad_output: .* to fit z \(3, 2\); nothing is broadcast$"):
        softmax_backward(X, X[:1])
    with pytest.raises(ValueError, match=r"^target: got an array of float64, expected integers"):
        cross_entropy(X, Y[:, 0])


def test_a_border_is_made_for_methods_options_and_states():
    """Positional and keyword arguments, numbers too large for float32, a state and Nesterov's conditions."""

    def update(param: Float[Shape], state: State("buffer if momentum"), *, momentum: NonNegative = 0.0, nesterov=False):
        return param, state

    outside = checked(arrays)(update)
    param = np.ones(2, "f4")
    assert outside(param, None)[1] == {}
    assert outside(param, {"buffer": [1, 2]}, momentum=0.5)[1]["buffer"].dtype == np.float32
    for change, message in (
        ({"state": {"buffer": 1.0}}, "state: buffer has shape (), expected (2,)"),
        ({"state": {"other": 1.0}, "momentum": 0.5}, "state: buffer is missing; other is unknown"),
        ({"momentum": 1e39}, "momentum: got 1e+39, expected at most 3.4e+38, as the parameters are float32"),
        ({"momentum": -1}, "momentum: got -1, expected a finite non-negative number"),
    ):
        with pytest.raises(ValueError, match=r"\w") as caught:
            outside(**{"param": param, "state": None} | change)
        assert str(caught.value) == message
    with pytest.raises(TypeError, match="takes 2 positional arguments but 3 were given"):
        outside(param, None, 0.5)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'state'"):
        outside(param)


def test_a_result_that_is_an_argument_is_copied(example):
    """And no other."""
    same = checked(arrays)(lambda: None)
    assert same() is None

    def second(x: Float[Shape], y: Float[Shape]):
        return y

    x, y = np.ones(2), np.zeros(2)
    result = checked(arrays)(second)(x, y)
    assert result is not y
    assert result.tolist() == [0, 0]


def test_converted_gives_the_arguments_in_order():
    """Of the first parameters of a function, as its signature declares them."""
    convert = converted(arrays)
    x, weight, y = convert(inside, [[1, 2]], W, [[1]])
    assert (x.tolist(), weight.tolist(), y.tolist()) == ([[1.0, 2.0]], W.tolist(), [[1.0]])
    with pytest.raises(ValueError, match=r"^x: got shape \(2,\)"):
        convert(inside, [1, 2], W, [[1]])
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        convert(inside, [[1, 2]], W)


def test_converted_lets_through_what_it_has_accepted():
    """Arrays of any numbers, by dtype and shape; where numbers are looked at, they are looked at every time."""
    convert = converted(arrays)

    def plain(x: Float[N, D], weight: Float[K, D]):
        """Arrays alone."""

    for _ in range(2):
        assert [one is other for one, other in zip(convert(plain, X, W), (X, W), strict=True)] == [True, True]
        with pytest.raises(ValueError, match="x: got shape"):
            convert(plain, X[0], W)
        convert(inside, X, W, Y)
        with pytest.raises(ValueError, match=r"y: got the label 0\.5"):
            convert(inside, X, W, 0.5 * Y)


def test_a_package_exports_the_names_of_its_files():
    """In study order, functions behind the border and found by pickle in the package, classes as they are."""
    package = types.ModuleType("made_up")
    file = types.ModuleType("made_up.losses")

    class Kind:
        """A class."""

    file.__all__, package.Kind, package.inside = ["inside", "Kind"], Kind, inside
    first = types.ModuleType("made_up.tensors")
    first.__all__, package.tensor = ["tensor"], scratch.tensors.tensor
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "made_up.losses", file)
        patch.setitem(sys.modules, "made_up.tensors", first)
        assert export(vars(package), arrays) == ["tensor", "inside", "Kind"]
    assert package.Kind is Kind
    assert package.inside.__wrapped__ is inside
    assert package.inside.__module__ == "made_up"
    with pytest.raises(ValueError, match="x: got shape"):
        package.inside(X[0], W, Y)


@BOTH
def test_a_class_is_made_from_its_rule(backend):
    """Options and state are those of the update's signature; given defaults are its own."""

    class Own(backend.Adam, update=backend.optimizers.adam_update, lr=0.5):
        """Adam with another learning rate."""

    rule = Own.rule
    assert rule.names == ("lr", "betas", "eps", "weight_decay", "amsgrad")
    assert rule.defaults == {"lr": 0.5, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False}
    assert rule.kinds["lr"] is NonNegative
    assert rule.state.keys["max_exp_avg_sq"] == "amsgrad"
    assert not rule.decoupled
    assert type("Own", (backend.AdamW,), {}, update=backend.optimizers.adamw_update).rule.decoupled
    assert getattr(Own, "update", backend.optimizers.adam_update) is backend.optimizers.adam_update
    assert str(Own.__signature__).startswith("(params, lr: NonNegative = 0.5, betas: Betas = (0.9, 0.999), ")
    assert Own([*backend.Linear(1, 1).parameters()]).param_groups[0]["lr"] == 0.5


def test_a_state_is_written_as_in_a_signature():
    """Each key, with the option that requires it."""
    state = State("step", "max_exp_avg_sq if amsgrad")
    assert repr(state) == "State('step', 'max_exp_avg_sq if amsgrad')"
    assert state.keys == {"step": None, "max_exp_avg_sq": "amsgrad"}


@BOTH
def test_an_option_switched_on_without_its_state_moves_nothing(backend):
    """One line says so, before the first group has moved."""
    net = backend.MLP([1, 1, 1], seed=0)
    first, second = net.children()
    groups = [{"params": list(layer.parameters())} for layer in (first, second)]
    optimizer = backend.Adam(groups)
    backend.train_step(net, [[1.0]], [[1.0]], "mse_loss", optimizer)
    optimizer.param_groups[1]["amsgrad"] = True
    before = first.weight.tolist()
    with pytest.raises(ValueError, match=r"\w") as caught:
        optimizer.step()
    assert first.weight.tolist() == before
    wanted = "state: max_exp_avg_sq is missing; an option that needs it cannot be switched on between steps"
    assert str(caught.value) == wanted


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Seed, 2**64, "seed: got 18446744073709551616, expected an integer below 2**64"),
        (Seed, -1, "seed: got -1, expected a non-negative integer"),
        (Callback, 3, "seed: got 3, expected a function or None"),
        (OneOf["a", "b"], "c", "seed: got 'c', expected one of a, b"),
        (OneOf["xxxx", "y"], 3, "seed: got 3, expected one of xxxx, y"),
        (
            OneOf["binary_cross_entropy", "y"],
            "Bin",
            "seed: got 'Bin', expected one of binary_cross_entropy, y; did you mean 'binary_cross_entropy'?",
        ),
        (OptimizerObject, 3, "seed: got 3, expected an optimizer such as SGD"),
        (
            OptimizerObject,
            scratch.Linear(1, 1),
            "seed: got Linear(in_features=1, out_features=1, bias=True), expected an optimizer such as SGD",
        ),
        (Size, 0, "seed: got 0, expected a positive integer"),
        (Sizes, [2, 0], "seed: got [2, 0], expected at least two positive integers"),
        (Sizes, 5, "seed: got 5, expected at least two positive integers"),
        (Net, 6, "seed: got 6, expected a net such as MLP"),
        (NonNegative, "x" * 58, f"seed: got '{'x' * 58}', expected a finite non-negative number"),
        (NonNegative, "x" * 59, f"seed: got '{'x' * 56}..., expected a finite non-negative number"),
        (NonNegative, "a\tb" + "\n", r"seed: got 'a\tb\n', expected a finite non-negative number"),
        (NonNegative, Unprintable(), "seed: got <Unprintable>, expected a finite non-negative number"),
    ],
    ids=[
        "large seed",
        "negative seed",
        "callback",
        "choice",
        "no name",
        "begins",
        "number",
        "net",
        "size",
        "sizes",
        "no sizes",
        "no net",
        "as long as is shown",
        "long",
        "control",
        "no repr",
    ],
)
def test_other_kinds_say_what_they_expect(kind, value, message):
    """In one line, values that are long or cannot be printed included."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        kind("seed", value)
    assert str(caught.value) == message


def test_layers_have_limits():
    """The largest that are taken, and what is said beyond."""
    assert len(Sizes("sizes", [1] * 10_000)) == 10_000
    assert Sizes("sizes", [2**27, 1]) == [2**27, 1]
    limits = "expected at most 10000 sizes and 134217728 weights"
    for sizes in ([1] * 10_001, [2**27 + 1, 1]):
        with pytest.raises(ValueError, match=f"^sizes: got .*, {limits}$"):
            Sizes("sizes", sizes)
    with pytest.raises(ValueError, match=f"^in_features, out_features: got {re.escape('[1048576, 1024]')}, {limits}$"):
        scratch.Linear(2**20, 2**10)


@pytest.mark.parametrize("lacking", ["__call__", "zero_grad", "parameters"])
def test_a_net_is_called_has_parameters_and_resets_gradients(lacking):
    """All three."""
    has = dict.fromkeys(("__call__", "zero_grad", "parameters"), lambda *_: None)
    net = type("Net", (), has)()
    assert Net("model", net) is net
    del has[lacking]
    with pytest.raises(ValueError, match="expected a net such as MLP"):
        Net("model", type("Lacking", (), has)())


@BOTH
def test_groups_of_parameters_are_read(backend):
    """One parameter, a list, an iterator; what is no group is said in full."""
    layer = backend.Linear(2, 1)
    optimizer = backend.SGD([{"params": layer.weight}, {"params": iter([layer.bias]), "lr": 0.5}])
    assert [list(map(id, group["params"])) for group in optimizer.param_groups] == [
        [id(layer.weight)],
        [id(layer.bias)],
    ]
    for params, message in (
        (3, "params: got 3, expected a list"),
        ([{"params": 3}], "params[0]: got 3, expected a list"),
        ([{"params": [layer.bias], "lrr": 1}], "params[0]: got 'lrr', expected one of lr, momentum, dampening, "),
        ([{}], 'params[0]: got {}, expected a dictionary with "params"'),
        (
            [{"params": iter(backend.Linear(2, 1, dtype="float32").parameters()), "lr": 1e39}],
            "lr: got 1e+39, expected at most 3.4e+38, as the parameters are float32",
        ),
    ):
        with pytest.raises(ValueError, match=r"\w") as caught:
            backend.SGD(params)
        assert str(caught.value).startswith(message)
        assert str(caught.value) == message or "one of" in message


@BOTH
def test_what_is_no_state_of_a_net(backend):
    """One line names every fault; keys are shown as far as they are short."""
    weights = {"weight": [[0.0, 0.0]], "bias": [0.0]}
    for state_dict, message in (
        (3, "state_dict: got 3, expected a dictionary"),
        (weights | {"weight": "a"}, "weight: got an array of <U1, expected numbers in float64 or float32"),
        ({"weight": [0.0]}, "state_dict: bias is missing; weight has shape (1,), expected (1, 2)"),
        (weights | {"k" * 70: [0.0]}, f"state_dict: {'k' * 57}... is unknown"),
    ):
        with pytest.raises(ValueError, match=r"\w") as caught:
            backend.Linear(2, 1).load_state_dict(state_dict)
        assert str(caught.value) == message


def test_kinds_are_written_by_name():
    """As ``help`` shows them; with the docstring of their check."""
    positive = Argument(lambda name, value: value)
    assert (repr(Seed), repr(OneOf["a", "b"])) == ("Seed", "OneOf['a', 'b']")
    assert Argument(printable).__doc__ == printable.__doc__
    assert repr(Argument(printable)) == "printable"
    assert positive("x", 3) == 3


def test_text_in_a_message_is_short_and_printable():
    """Line breaks and control characters become blanks."""
    assert printable("a\n\x07b" + "c" * 999) == "a  b" + "c" * 496


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
        (lambda b: b.cross_entropy(X, [0, 1, 2]), "target: got the class 2, expected 0 to 1 to fit pred (3, 2)"),
        (
            lambda b: b.binary_cross_entropy([0.0, 1.0, 2.0], [0.0, 1.0, 1.0]),
            "pred: got the value 2, expected only numbers",
        ),
        (lambda b: b.minibatches(X, Y, order=itertools.count()), "order: got count(4), expected a permutation of 0..2"),
        (
            lambda b: b.train_perceptron(W, [0.0], X, Y, orders=3),
            "orders: got 3, expected a permutation of 0..2 for each epoch",
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
        result = backend.relu(np.array([1, -2], order + kind))
        assert result.tolist() == [1, 0]
        assert np.asarray(result).dtype == {"i4": "f8"}.get(kind, kind)


class Unreadable:
    """NumPy calls its method, which fails."""

    def __array__(self, dtype=None, copy=None):
        raise OSError("gone")

    def __repr__(self):
        return "Unreadable()"


@BOTH
def test_what_numpy_cannot_read_says_why(backend):
    """In one line."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        backend.sigmoid(Unreadable())
    wanted = "z: got Unreadable(), which NumPy cannot read (gone), expected numbers in a regular shape"
    assert str(caught.value) == wanted


@BOTH
def test_the_ends_of_what_is_taken(backend):
    """The largest number of float32; a neuron without inputs is none, a layer without neurons is."""
    assert backend.leaky_relu(np.ones(1, "f4"), 3.4028234663852886e38).tolist() == [1.0]
    with pytest.raises(ValueError, match=r"^x: got shape \(0,\), which is empty, expected at least one number$"):
        backend.perceptron_step(np.ones((1, 0)), [0.0], [], [1.0])
    assert tuple(backend.linear(X, np.ones((0, 2)), []).shape) == (3, 0)


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
def test_other_arguments_are_python_s_own_error(example, args, options, message):
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


def test_a_parameter_is_read_as_an_array():
    """In any dtype; a module without layers has nothing between its parentheses."""
    layer = scratch.Linear(2, 1)
    assert np.asarray(layer.weight, dtype="f4").dtype == np.float32
    assert np.asarray(layer.weight).dtype == np.float64
    assert repr(scratch.modules.Module()) == "Module()"


@pytest.mark.parametrize(
    "net", [scratch.Linear(2, 1), scratch.MLP([2, 3, 1]), scratch.ToyNet()], ids=["Linear", "MLP", "ToyNet"]
)
def test_a_gradient_of_the_output_has_its_shape(net):
    """Of one sample and of several; what does not fit is said in full."""
    net([1.0, 2.0])
    assert net.backward([1.0]).shape == (2,)
    net([[1.0, 2.0], [3.0, 4.0]])
    assert net.backward([[1.0], [1.0]]).shape == (2, 2)
    with pytest.raises(ValueError, match=r"\w") as caught:
        net.backward([1.0, 1.0])
    assert str(caught.value) == "grad_output: got shape (2,), expected (2, 1), that of the output"


@BOTH
def test_a_rate_is_checked_where_it_is_not_used(backend):
    """An optimizer keeps its own; without momentum it has no state to record."""
    layer = backend.Linear(2, 1)
    optimizer = backend.SGD(layer.parameters(), lr=0.1)
    with pytest.raises(ValueError, match=r"^lr: got -1, expected a finite non-negative number"):
        backend.fit(layer, X, Y, optimizer=optimizer, lr=-1)
    assert backend.fit(layer, X, Y, epochs=1, record=["state"]).state == [{"weight": {}, "bias": {}}]


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


GROUP = {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False, "params": [0]}


@BOTH
@pytest.mark.parametrize(
    ("state_dict", "message"),
    [
        (3, "got 3, expected a dictionary"),
        ({"state": {}, "param_groups": 4}, "param_groups is 4, expected a list"),
        ({"state": 5, "param_groups": [GROUP]}, "state is 5, expected a dictionary"),
        ({"state": {}, "param_groups": [6]}, "param_groups[0] is 6, expected a dictionary"),
        ({"state": {}, "param_groups": [GROUP | {"params": 7}]}, "param_groups[0]: params is not a list of integers"),
        (
            {"state": {}, "param_groups": [{key: GROUP[key] for key in GROUP if key not in ("params", "eps")}]},
            "param_groups[0]: eps is missing; param_groups[0]: params is missing",
        ),
        (
            {"state": {0: {"step": 1.0, "exp_avg": "a", "exp_avg_sq": [1.0]}}, "param_groups": [GROUP]},
            "state[0]: exp_avg: got an array of <U1, expected numbers in float64 or float32",
        ),
    ],
    ids=["number", "groups", "state", "group", "params", "missing", "entry"],
)
def test_what_is_no_state_of_an_optimizer(backend, state_dict, message):
    """One line says what is wrong where."""
    layer = backend.Linear(1, 1)
    with pytest.raises(ValueError, match=r"\w") as caught:
        backend.Adam([layer.bias]).load_state_dict(state_dict)
    assert str(caught.value) == f"state_dict: {message}"


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


def test_a_function_with_other_meanings_of_the_names_it_calls():
    """All else is as before, its closure included, and so is the function itself."""
    outer = 5

    def f(a, b=2, *, c: int = 3):
        return len([a, b, c]) + outer

    twin = rewired(f, len=sum)
    assert (twin(1), f(1)) == (1 + 2 + 3 + 5, 3 + 5)
    assert twin.__name__ == "f"
    assert twin.__annotations__ == {"c": int}
