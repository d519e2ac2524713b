"""Invalid input is rejected, by two whole packages with the same message: name, got, expected."""

import itertools

import numpy as np
import pytest

from parity.border.backend import Raised
from parity.judge.compare import Mismatch, in_plain_words
from parity.judge.referee import ACTIVATIONS

checks = pytest.mark.checks
pytestmark = pytest.mark.usefixtures("whole_packages")

W, B, X, Y = np.zeros((1, 2)), np.zeros(1), np.zeros((3, 2)), np.ones((3, 1))
NONE = np.array([None])
NEURON_FAULTS = (
    (X, np.zeros(2), B),
    (X, W, np.zeros(2)),
    (X, W, np.zeros((1, 1))),
    (np.zeros((3, 3)), W, B),
    (np.zeros((2, 2, 2)), W, B),
    (np.zeros(3), W, B),
    (np.array(0.0), W, B),
    (X[:0], W, B),
    (NONE, W, B),
    (X, NONE, B),
    (X, W, NONE),
    (X * 1j, W, B),
    ([[1.0], [1.0, 2.0]], W, B),
)
SAMPLE_FAULTS = ((X, Y), (X[0], np.ones(2)), (X[0], np.array([None])))
BATCH_FAULTS = ((X[0], Y[0]), (X, Y[:2]), (X, np.ones(3)), (X, np.ones((3, 2))), (X[:0], Y[:0]), (X, NONE))
PAIR_FAULTS = ((Y, np.ones(3)), (Y[:0], Y[:0]), (NONE, Y), (Y, NONE))
NUMBERS = (-0.1, np.nan, np.inf, 10**400, "0.1", None, 1j, True)
GENERATOR = np.random.default_rng(0)
COUNTS = (-1, 1.5, True, "3", None)
ORDERS = ([[0, 1]], [[0, 1, 1]], [[0, 1, 3]], [[0, 1, 2], [0, 1, 1]], [[0.0, 1.0, 2.0]], [None], [["a"]], 5)


@checks("linear", "neuron", "predict")
def test_neurons_refuse(check):
    """Shapes that do not match."""
    for name in ("linear", "neuron", "predict"):
        for fault in NEURON_FAULTS:
            check.refuses(name, *fault)
    check.refuses("neuron", X, W, B, activation="sigmoit")
    check.refuses("neuron", X, W, B, activation="?")
    check.refuses("neuron", X, W, B, activation=3)


@checks("perceptron_step", "perceptron_epoch", "train_perceptron")
def test_perceptrons_refuse(check):
    """Shapes, labels, counts and orders."""
    for x, weight, bias in NEURON_FAULTS:
        for name in ("perceptron_step", "perceptron_epoch", "train_perceptron"):
            check.refuses(name, weight, bias, x, Y)
    for x, y in SAMPLE_FAULTS:
        check.refuses("perceptron_step", W, B, x, y)
    for name in ("perceptron_epoch", "train_perceptron"):
        for x, y in BATCH_FAULTS:
            check.refuses(name, W, B, x, y)
        check.refuses(name, W, B, X, np.array([[1.0], [0.5], [-1.0]]))
    check.refuses("perceptron_step", W, B, X[0], np.array([0.0]))
    for value in COUNTS:
        check.refuses("train_perceptron", W, B, X, Y, max_epochs=value)
    for orders in ORDERS:
        check.refuses("train_perceptron", W, B, np.ones((3, 2)), -Y, orders=orders, max_epochs=2)
    check.refuses("train_perceptron", W, B, X, Y, on_epoch=3)
    check.refuses("train_perceptron", W, B, X, 2 * Y, max_epochs=0)


@checks("squared_error", "mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy")
def test_losses_refuse_everything(check):
    """Shapes, probabilities and classes, forward and backward."""
    for way in ("", "_backward"):
        for loss in ("squared_error", "mse_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"):
            for pair in PAIR_FAULTS:
                check.refuses(loss + way, *pair)
        for wrong in (-0.5, 1.5, np.nan):
            bad = np.array([[0.0], [wrong], [1.0]])
            check.refuses(f"binary_cross_entropy{way}", bad, Y)
            check.refuses(f"binary_cross_entropy{way}", Y, bad)
            check.refuses(f"binary_cross_entropy_with_logits{way}", Y, bad)
        z = np.zeros((3, 2))
        for pair in (
            (z[:0], np.zeros(0, int)),
            (z[:, :0], np.zeros(3, int)),
            (z[0], np.zeros(2, int)),
            (z, np.zeros((3, 1), int)),
            (z, np.zeros(2, int)),
            (z, np.zeros(3)),
            (z, np.zeros(3, bool)),
            (z, np.array([0, 2, 1])),
            (z, np.array([0, -1, 5])),
            (NONE, np.zeros(1, int)),
            (z, [None, None, None]),
            (z, np.array([0, 1, 2**64 - 1], dtype="uint64")),
            (z, ["a", "b", "c"]),
            (z, [[0], [1, 2]]),
        ):
            check.refuses(f"cross_entropy{way}", *pair)


@checks(*ACTIVATIONS)
def test_activations_refuse(check):
    """Arrays that are not numeric, and shapes that differ."""
    for name in ACTIVATIONS:
        check.refuses(name, NONE)
        check.refuses(name, [[1.0], [1.0, 2.0]])
        check.refuses(f"{name}_backward", Y, np.zeros(3))
        check.refuses(f"{name}_backward", NONE, B)
        check.refuses(f"{name}_backward", B, NONE)
    check.refuses("sign", NONE)
    for z in (np.zeros(0), np.zeros((0, 3)), np.zeros((3, 0)), np.array(1.0)):
        check.refuses("softmax", z)
        check.refuses("softmax_backward", z, z)


@checks("neuron_gradients", "gradient_step", "gradient_epoch", "train_gradient")
def test_gradients_refuse_everything(check):
    """Shapes, rates, counts and orders."""
    runs = {
        "neuron_gradients": {},
        "gradient_step": {"lr": 0.1},
        "gradient_epoch": {"lr": 0.1},
        "train_gradient": {"lr": 0.1, "epochs": 2},
    }
    for name, options in runs.items():
        for x, weight, bias in NEURON_FAULTS:
            check.refuses(name, weight, bias, x, Y, **options)
        for x, y in BATCH_FAULTS[1:] if name in ("neuron_gradients", "gradient_step") else BATCH_FAULTS:
            check.refuses(name, W, B, x, y, **options)
        check.refuses(name, W, B, X, Y, **options, activation="sigmod")
        if "lr" in options:
            for lr in NUMBERS:
                check.refuses(name, W, B, X, Y, **options | {"lr": lr})
    check.refuses("neuron_gradients", W, B, X[0], np.ones(2))
    for value in COUNTS:
        check.refuses("train_gradient", W, B, X, Y, lr=0.1, epochs=value)
    for value in NUMBERS:
        check.refuses("train_gradient", W, B, X, Y, lr=0.1, epochs=1, tolerance=value)
    for value in NUMBERS:
        check.refuses("train_gradient", W, B, X, Y, lr=value, epochs=0)
    for orders in ORDERS:
        check.refuses("train_gradient", W, B, X, Y, lr=0.1, epochs=2, orders=orders)
    check.refuses("train_gradient", W, B, X, Y, lr=0.1, epochs=1, on_epoch=3)
    check.refuses("train_gradient", W, B, X, Y, lr=0.1, epochs=0, activation="sigmod")


@checks("tensor", "load_data")
def test_data_refuse(check, tmp_path):
    """Values that are not numbers; files that are not tables."""
    for values in (["a"], [[1.0], [1.0, 2.0]], NONE, [1j], "abc", {}, np.array([[1j], [2]])):
        check.refuses("tensor", values)
    for dtype in ("float46", "int8", 3):
        check.refuses("tensor", [1.0], dtype=dtype)
        check.refuses("load_data", "toy", dtype=dtype)
    for name in ("tou", "no_such_file.csv", "no/such", "zzzzz", None, 3, "a\nb.csv", "a\nb", 300 * "a" + ".csv"):
        check.refuses("load_data", name)
    file = tmp_path / "data.csv"
    for content in (
        "",
        "\n , \n",
        "1,2\n3,4\n",
        "x\n1\n2\n",
        "x,y\n",
        "x,y\n1\n",
        "x,y\n1,2\n1,2,3\n",
        "x,y\n1,2\n\n1,a\n",
        "x,y\n1,2\n1,nan\n",
        "x,y\n1,2\ninf,1\n",
        "x,y\n1,2\n1_0,1\n",
        "x,y\n1,2\n2,2\n",
        "x,class\n1,2\n2,1.5\n",
        "x,class\n1,0\n2,1\n2,-1\n",
        "x,class\n1,0\n2,1000000\n",
        "x,class\n1,0\n2,1e300\n",
        '"x\n1",y\n1,2\na,3\n',
    ):
        file.write_text(content)
        check.refuses("load_data", str(file))
    file.write_text("1,2\n3,4\n", encoding="utf-8-sig")  # the byte order mark is not part of the header
    check.refuses("load_data", str(file))
    file.write_bytes(b"x,y\n\xff\xfe,1\n")
    check.refuses("load_data", str(file))
    file.write_text('x,y\n1,"2\n' + "0" * 140000)
    check.refuses("load_data", str(file))


class Unreadable:
    """An object that raises when NumPy reads it, with a repr of two lines."""

    def __init__(self, error):
        self.error = error

    def __array__(self, dtype=None, copy=None):
        raise self.error

    def __repr__(self):
        return "not\na number"


class Unprintable:
    """An object that cannot be printed either."""

    def __repr__(self):
        raise RuntimeError("no repr")


@checks("tensor", "linear", "sigmoid", "mse_loss", "cross_entropy", "perceptron_step", "minibatches", "MLP")
def test_what_cannot_be_read_is_refused_in_one_line(check):
    """Whatever the object raises and however it prints, in every array argument."""
    odd = [Unreadable(error("no\nnumbers")) for error in (RuntimeError, TypeError, ValueError, KeyError)]
    for value in (*odd, [odd[0]], Unprintable(), np.array([[1j], [2]]), -(10**5000)):
        for name, args in (
            ("tensor", (value,)),
            ("linear", (X, value, B)),
            ("sigmoid", (value,)),
            ("mse_loss", (Y, value)),
            ("cross_entropy", (X, value)),
            ("perceptron_step", (W, B, value, Y[0])),
            ("minibatches", (X, value)),
        ):
            both_refuse(check, f"{name}, {type(value)}", lambda side, n=name, a=args: getattr(side.namespace, n)(*a))
        both_refuse(check, f"MLP, {type(value)}", lambda side, v=value: side.namespace.MLP([2, 1])(v))
        both_refuse(
            check, f"a state, {type(value)}", lambda side, v=value: side.namespace.MLP([2, 1]).load_state_dict({"a": v})
        )


@checks("train_gradient", "train_perceptron", "ToyNet", "MLP", "SGD", "sigmoid")
def test_odd_options_are_refused_in_one_line(check):
    """A number too long to print, and text of several lines."""
    for value in (-(10**5000), "one\ntwo", Unreadable(RuntimeError()), Unprintable(), np.eye(2)):
        for what, action in {
            "lr": lambda space, v: space.train_gradient(W, B, X, Y, lr=v, epochs=1),
            "epochs": lambda space, v: space.train_gradient(W, B, X, Y, lr=0.1, epochs=v),
            "max_epochs": lambda space, v: space.train_perceptron(W, B, X, Y, max_epochs=v),
            "order": lambda space, v: space.train_perceptron(W, B, X, Y, orders=[v]),
            "activation": lambda space, v: space.neuron(X, W, B, v),
            "dtype": lambda space, v: space.tensor([1.0], v),
            "seed": lambda space, v: space.ToyNet(seed=v),
            "sizes": lambda space, v: space.MLP([2, v]),
            "momentum": lambda space, v: space.SGD(space.ToyNet().parameters(), momentum=v),
            "batch_size": lambda space, v: space.minibatches(X, Y, v),
            "state": lambda space, v: space.sgd_update(B, B, v, lr=0.1),
        }.items():
            both_refuse(check, f"{what}, {type(value)}", lambda side, a=action, v=value: a(side.namespace, v))


@checks("gradient_step", "ToyNet", "SGD", "Adagrad", "sgd_update")
def test_float32_refuses_what_it_cannot_hold(check):
    """PyTorch cannot multiply float32 by a number beyond its range; float64 accepts it."""
    for what, action in {
        "gradient_step": lambda s, t: s.gradient_step(t(W), t(B), t(X), t(Y), 1e39),
        "ToyNet.fit": lambda s, t: s.ToyNet(dtype=str(t(B).dtype)[-7:]).fit(t(X), t(Y), 1, 1e39),
        "SGD": lambda s, t: s.SGD(s.ToyNet(dtype=str(t(B).dtype)[-7:]).parameters(), lr=1e39),
        "Adagrad": lambda s, t: s.Adagrad(
            s.ToyNet(dtype=str(t(B).dtype)[-7:]).parameters(), initial_accumulator_value=1e39
        ),
        "sgd_update": lambda s, t: s.sgd_update(t(B), t(B), None, lr=1e39),
    }.items():
        both_refuse(
            check, what, lambda side, a=action: a(side.namespace, lambda v: side.namespace.tensor(v, "float32"))
        )
        for side in (check.reference, check.candidate):
            action(side.namespace, side.namespace.tensor)

    def changed_by_hand(side):
        space = side.namespace
        net = space.ToyNet(dtype="float32")
        optimizer = space.SGD(net.parameters(), lr=0.1)
        optimizer.param_groups[0]["lr"] = 1e39
        space.train_step(net, X, Y, "mse_loss", optimizer)

    both_refuse(check, "SGD, lr changed by hand", changed_by_hand)


def both_refuse(check, what, action):
    """Check that both backends raise a ValueError of one line with the same message."""
    messages = []
    for side in (check.reference, check.candidate):
        try:
            action(side)
        except ValueError as error:
            messages.append(in_plain_words(error))
        except Raised as error:
            raise Mismatch(f"{what} raised {error.kind} in {side.name}, expected a ValueError") from None
        else:
            raise Mismatch(f"{what} is accepted in {side.name}, expected a ValueError")
    expected, said = messages
    if "\n" in said or "\n" in expected or said != expected:
        raise Mismatch(f"{what}: got the message {said!r} in {check.candidate.name}, expected {expected!r}")


@checks("Linear", "MLP", "ToyNet")
def test_networks_refuse_everything(check):
    """Sizes, dtypes, activations, inputs and states."""
    for sizes in ((0, 1), (1, 0), (2, 1.5), ("a", 1), (2, True), (10**400, 1), (10**5, 10**4)):
        check.refuses("Linear", *sizes)
        check.refuses("MLP", list(sizes))
    for sizes in ([2], [], [2, 0, 1], 3, None, [1] * 10**5, [2, 10**5, 10**4]):
        check.refuses("MLP", sizes)
    both_refuse(check, "MLP, sizes without end", lambda side: side.namespace.MLP(itertools.count(1)))
    for name, args in (("Linear", (2, 1)), ("MLP", ([2, 1],)), ("ToyNet", ())):
        check.refuses(name, *args, dtype="float16")
        for seed in (-1, 1.5, True, "1", 2**64):
            check.refuses(name, *args, seed=seed)
        both_refuse(
            check,
            f"{name}, seed a generator",
            lambda side, n=name, a=args: getattr(side.namespace, n)(*a, seed=GENERATOR),
        )
        for x, *_ in NEURON_FAULTS[3:9]:
            both_refuse(check, f"{name}, x {x.tolist()}", lambda side, n=name, a=args, x=x: getattr(side, n)(*a)(x))
    for option in ({"activation": "sigmod"}, {"output": "sofmax"}):
        check.refuses("MLP", [2, 2, 1], **option)
    for state in (
        {},
        {"fc1.weight": W},
        {"fc1.weight": W, "fc1.bias": B, "fc2.bias": B},
        {"fc1.weight": W.T, "fc1.bias": W},
        {"fc1.weight": W, "fc1.bias": np.array(["x"])},
        {"fc1.weight": W * 1j, "fc1.bias": B},
        {"fc1.weight": W, "fc1.bias": B, 1: B},
        {"fc1.weight": W, "fc1.bias": B, "a\nb": B},
        None,
    ):
        both_refuse(check, f"ToyNet, state {state}", lambda side, s=state: side.ToyNet().load_state_dict(s))
    for options in [{"epochs": value} for value in COUNTS] + [{"lr": value} for value in NUMBERS]:
        both_refuse(check, f"ToyNet.fit, {options}", lambda side, o=options: side.ToyNet().fit(X, Y, **o))
    for y in (Y[:, 0], Y[:2], NONE):
        both_refuse(check, f"ToyNet.fit, y {y.tolist()}", lambda side, y=y: side.ToyNet().fit(X, y))


def spoilt(side, y):
    """A step of a network that gives nan, with a loss that expects probabilities."""
    net = side.MLP([2, 1], output="sigmoid").kept
    net.load_state_dict({"fc1.weight": W * np.nan, "fc1.bias": B})
    side.train_step(net, X, y, "binary_cross_entropy", side.SGD(net.parameters(), lr=0.1).kept)


@checks("minibatches", "fit", "MLP")
def test_training_refuses_everything(check):
    """Samples, batches, orders, names and numbers."""
    z = np.zeros((3, 2))
    words = np.array([["a"], ["b"], ["c"]])
    for x, y in (
        (z[0], Y),
        (z[:0], Y[:0]),
        (z, Y[:2]),
        (z, np.ones((3, 1, 1))),
        (z, np.array(1.0)),
        (NONE, Y),
        (z, words),
        (z, Y * 1j),
    ):
        both_refuse(check, f"minibatches, {x.shape}, {y.shape}", lambda side, x=x, y=y: side.minibatches(x, y))
        both_refuse(check, f"fit, {x.shape}, {y.shape}", lambda side, x=x, y=y: side.fit(side.MLP([2, 1]), x, y))
    for size in (0, 4, 1.5, True, "2"):
        both_refuse(check, f"batch_size={size!r}", lambda side, s=size: side.minibatches(z, Y, s))
    for order in ([0, 1], [0, 0, 1], [0.0, 1.0, 2.0], ["a"], [1, 2, 3]):
        both_refuse(check, f"order={order}", lambda side, o=order: side.minibatches(z, Y, order=o))
    cases = [{"epochs": value} for value in COUNTS] + [{"lr": value} for value in NUMBERS]
    cases += [{"tolerance": value} for value in NUMBERS] + [{"batch_size": value} for value in (0, 4, 1.5, True)]
    cases += [{"orders": orders, "epochs": 2} for orders in ORDERS]
    cases += [{"loss": "mse_los"}, {"loss": 3}, {"optimizer": "Adan"}, {"optimizer": 3}, {"optimizer": "?"}]
    cases += [{"lr": lambda epoch: 0.1 - epoch}, {"record": ("weight",)}, {"loss": "cross_entropy"}]
    cases += [{"record": 3}, {"on_step": 3}, {"loss": np.array(["mse_loss"])}]
    for case in cases:
        both_refuse(check, f"fit, {case}", lambda side, c=case: side.fit(side.MLP([2, 1]), z, Y, **c))
    both_refuse(check, "fit, nan and a target too few", lambda side: spoilt(side, Y[:2]))
    both_refuse(check, "fit, no net", lambda side: side.fit(3, z, Y))
    both_refuse(check, "fit, a class", lambda side: side.namespace.fit(int, z, Y))
    both_refuse(check, "train_step, no net", lambda side: side.train_step(3, z, Y, "mse_loss", None))
    both_refuse(
        check,
        "train_step, the name of an optimizer",
        lambda side: side.train_step(side.MLP([2, 1]).kept, z, Y, "mse_loss", "SGD"),
    )


UPDATES = {
    "sgd_update": ("SGD", ["momentum", "dampening", "weight_decay"], ["nesterov"]),
    "adagrad_update": ("Adagrad", ["lr_decay", "weight_decay", "initial_accumulator_value", "eps"], []),
    "rmsprop_update": ("RMSprop", ["alpha", "eps", "weight_decay", "momentum"], ["centered"]),
    "adam_update": ("Adam", ["eps", "weight_decay"], ["amsgrad"]),
    "adamw_update": ("AdamW", ["eps", "weight_decay"], ["amsgrad"]),
}
BETAS = (
    (1.0, 0.9),
    (0.9, 1.0),
    (-0.1, 0.9),
    (10**400, 0.9),
    (0.9, -(10**400)),
    (False, 0.9),
    (0.9,),
    0.9,
    ("a", 0.9),
    (0.9, 0.9, 0.9),
)


@checks(*UPDATES)
@pytest.mark.parametrize("name", UPDATES)
def test_optimizers_refuse_everything(check, name):
    """Shapes, options out of range and states that do not fit."""
    kind, amounts, switches = UPDATES[name]
    w, step = np.zeros((2, 1)), np.array(1.0)
    check.refuses(name, w, np.zeros(2), None, lr=0.1)
    check.refuses(name, NONE, w, None, lr=0.1)
    cases = [{option: value} for option in ["lr", *amounts] for value in NUMBERS]
    cases += [{option: value} for option in switches for value in (1, None, "yes")]
    if "adam" in name:
        cases += [{"betas": value} for value in BETAS]
    if kind == "SGD":
        cases += [{"nesterov": True}, {"nesterov": True, "momentum": 0.9, "dampening": 0.5}]
    for case in cases:
        check.refuses(name, w, w, None, **{"lr": 0.1} | case)
        both_refuse(
            check,
            f"{kind}, {case}",
            lambda side, c=case: getattr(side, kind)(side.ToyNet().kept.parameters(), **{"lr": 0.1} | c),
        )
    for state in (
        3,
        {"momentum": w},
        {"step": step},
        {"step": -step, "sum": w},
        {"step": step * np.inf, "sum": w},
        {"step": 10**400, "sum": w},
        {"step": step, "sum": w * 1j},
        {"step": step, "exp_avg": np.array([["a"], ["b"]]), "exp_avg_sq": w},
        {"a\nb": w},
        {"step": step, "sum": w.T},
        {"step": w, "exp_avg": w, "exp_avg_sq": w},
        {"step": step, "exp_avg": w, "exp_avg_sq": w, "max_exp_avg_sq": w.T},
        {"step": step, "square_avg": w[0], "grad_avg": w},
        {"momentum_buffer": w, "extra": w},
        {"momentum_buffer": w[:1]},
    ):
        check.refuses(name, w, w, state, lr=0.1)


def parameters_of(side):
    """The parameters of a network, as an optimizer expects them."""
    return list(side.ToyNet().kept.parameters())


# Changes that make an optimizer's state invalid.
BAD_STATES = {
    "nothing": lambda s: s.clear(),
    "no state": lambda s: s.pop("state"),
    "no groups": lambda s: s.pop("param_groups"),
    "a group too many": lambda s: s["param_groups"].append(s["param_groups"][0]),
    "a parameter too few": lambda s: s["param_groups"][0].update(params=[0]),
    "no lr": lambda s: s["param_groups"][0].pop("lr"),
    "an unknown option": lambda s: s["param_groups"][0].update(rate=3),
    "a bad lr": lambda s: s["param_groups"][0].update(lr=-1.0),
    "maximize": lambda s: s["param_groups"][0].update(maximize=True),
    "a stranger's state": lambda s: s["state"].update({7: {}}),
    "an unknown key": lambda s: s["state"].update({0: {"speed": 3}}),
    "an entry too many": lambda s: s.update(extra=1),
    "no parameters": lambda s: s["param_groups"][0].pop("params"),
    "parameters that are no list": lambda s: s["param_groups"][0].update(params=3),
    "a group that is none": lambda s: s["param_groups"].append(3),
    "groups that are none": lambda s: s.update(param_groups=3),
    "no state of a parameter": lambda s: s["state"].update({0: None}),
    "a list for a state": lambda s: s.update(state=[]),
    "steps in words": lambda s: s["state"].update({0: {"step": "3"}}),
    "steps that are none": lambda s: s["state"].update({0: {"step": None}}),
    "maximize that is no switch": lambda s: s["param_groups"][0].update(maximize=np.zeros(2, int)),
    "parameters that are no numbers": lambda s: s["param_groups"][0].update(params=[[0], [1]]),
}
BAD_PARAMETERS = {
    "none": lambda side: [],
    "numbers": lambda side: [3.0],
    "one": lambda side: parameters_of(side)[0],
    "twice": lambda side: parameters_of(side)[:1] * 2,
    "twice in groups": lambda side: [{"params": p} for p in parameters_of(side)[:1] * 2],
    "a group without": lambda side: [{"lr": 3}],
    "a group with an unknown option": lambda side: [{"params": parameters_of(side), "rate": 3}],
    "a group with a bad lr": lambda side: [{"params": parameters_of(side), "lr": -1.0}],
    "mixed": lambda side: [{"params": parameters_of(side)}, 3],
    "no list": lambda side: 3,
    "a group of no list": lambda side: [{"params": 3}],
}


@checks("SGD", "Adam", "AdamW", "RMSprop", "Adagrad")
@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_optimizer_classes_refuse(check, kind):
    """Invalid parameters, groups and states."""

    def state_with(side, change):
        optimizer = getattr(side, kind)(side.ToyNet(seed=0).kept.parameters(), lr=0.1)
        saved = optimizer.state_dict()
        change(saved)
        optimizer.load_state_dict(saved)

    for what, change in BAD_STATES.items():
        both_refuse(check, f"{kind}, {what}", lambda side, c=change: state_with(side, c))
    both_refuse(
        check, f"{kind}, None", lambda side: getattr(side, kind)(parameters_of(side), lr=0.1).load_state_dict(None)
    )

    def step_after(side, **changed):
        net = side.ToyNet(seed=0)
        optimizer = getattr(side, kind)(net.kept.parameters(), lr=0.1)
        for change in ({}, changed):
            for option, value in change.items():
                optimizer.kept.param_groups[0][option] = value
            side.train_step(net, X, Y, "mse_loss", optimizer)

    late = {"RMSprop": [{"momentum": 0.5}, {"centered": True}], "Adam": [{"amsgrad": True}]}
    for change in ({"lr": -0.1}, {"lr": np.nan}, {"lr": "a"}, *late.get(kind.removesuffix("W"), [])):
        both_refuse(check, f"{kind}, changed by hand: {change}", lambda side, c=change: step_after(side, **c))
    for what, params in BAD_PARAMETERS.items():
        both_refuse(check, f"{kind}, params {what}", lambda side, p=params: getattr(side, kind)(p(side), lr=0.1))
