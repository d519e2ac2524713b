"""Whole nets by four functions: right ones pass in any form, wrong ones are caught and named."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from parity.border import backend
from parity.cli import main
from parity.judge import forms, nets
from parity.judge.rounding import bounded
from parity.trees import NET

ROOT = Path(__file__).parents[1]
NETS = ROOT / "examples" / "nets"
OWN = ("column_net", "two_layer_net", "folded_net")


def lessons(rows):
    """The lessons of all failures."""
    return [lesson for row in rows["properties"] for lesson in row["lessons"]]


@pytest.mark.parametrize("name", OWN)
def test_the_adapters_pass(name, report):
    """Columns, dictionaries, folded biases, one sample a step: converted by the check, against PyTorch."""
    rows = report(NETS / f"{name}_adapter.py", "--examples", "20", "--only", "step")
    assert rows["exit_code"] == 0, lessons(rows)
    assert [row["property"] for row in rows["properties"]] == [
        "nets: weights of a net",
        "nets: step resynchronised",
        "nets: steps of a drifting run",
    ]


EARLY = """        self.beta = self.beta - learning_rate * np.outer(g_b, z)
        g_z = self.beta[:, 1:].T @ g_b
        g_a = g_z * z[1:] * (1 - z[1:])
"""
LATE = """        g_z = self.beta[:, 1:].T @ g_b
        g_a = g_z * z[1:] * (1 - z[1:])
        self.beta = self.beta - learning_rate * np.outer(g_b, z)
"""
# The net, what is replaced by what, and the known mistake.
WRONG = [
    (
        "column_net",
        "(self.weights[-layer + 1].T @ delta) * a * (1 - a)",
        "self.weights[-layer + 1].T @ delta",
        "hidden_derivative_forgotten",
    ),
    (
        "column_net",
        "(activations[-1] - y) * activations[-1] * (1 - activations[-1])",
        "activations[-1] - y",
        "output_derivative_forgotten",
    ),
    ("column_net", "rate = eta / len(batch)", "rate = eta", "loss_summed"),
    (
        "column_net",
        "[b - rate * nb for b, nb in zip(self.biases, nabla_b, strict=True)]",
        "self.biases",
        "mlp_biases_never_updated",
    ),
    ("column_net", "b - rate * nb", "b + rate * nb", "mlp_biases_climb"),
    ("two_layer_net", "dscores /= n", "pass", "cross_entropy_gradient_summed"),
    ("two_layer_net", "dhidden[hidden <= 0] = 0", "dhidden[dhidden <= 0] = 0", "relu_of_the_gradient"),
    ("two_layer_net", "2 * reg * W", "reg * W", "weight_decay_halved"),
    ("two_layer_net", "for name in self.params:", 'for name in ("W1", "W2"):', "mlp_biases_never_updated"),
    ("two_layer_net", "-= learning_rate", "+= learning_rate", "sgd_ascent"),
    ("folded_net", LATE, EARLY, "backward_through_updated_weights"),
    ("folded_net", "g_z * z[1:] * (1 - z[1:])", "g_z", "hidden_derivative_forgotten"),
    ("folded_net", "return -np.log(y_hat @ y)", "return -np.log(self.forward(x[1:])[2] @ y)", "loss_after_the_update"),
    # Not a known convention: the diagnosis must not guess.
    ("column_net", "rate = eta / len(batch)", "rate = 0.99 * eta / len(batch)", None),
]


def changed(folder, name, old, new):
    """The adapter of a net in which this is replaced."""
    text = (NETS / f"{name}.py").read_text(encoding="utf-8")
    assert old in text
    (folder / f"{name}.py").write_text(text.replace(old, new), encoding="utf-8")
    adapter = folder / f"{name}_adapter.py"
    adapter.write_text((NETS / adapter.name).read_text(encoding="utf-8"), encoding="utf-8")
    return adapter


@pytest.mark.slow
@pytest.mark.parametrize(("name", "old", "new", "mistake"), WRONG)
def test_a_wrong_net_is_caught_and_named(name, old, new, mistake, report, tmp_path):
    """The same catalogue as for single functions."""
    options = ("--only", "step", "--dtype", "float64", "--examples", "60", "--reference", "scratch")
    rows = report(changed(tmp_path, name, old, new), *options)
    assert rows["exit_code"] == 1
    for lesson in lessons(rows):
        named = {found["name"] for found in lesson["mistakes"]}
        assert lesson["function"] == "step"
        assert mistake in named if mistake else not named, lesson
        assert len(named) <= 2, named  # the same in the loss and in the whole step


def test_what_differs_first_is_told_without_gradients(report, tmp_path):
    """The layers from the last to the first; what agrees before; the gradient that the step follows."""
    adapter = changed(tmp_path, "two_layer_net", "dscores @ W2.T", "0 * dscores @ W2.T")
    rows = report(adapter, "--only", "step", "--dtype", "float64", "--examples", "60", "--reference", "scratch")
    lesson = lessons(rows)[0]
    assert re.match(r"step \d from the reference's weights: (weight|bias) of layer 1\[.*\] differs", lesson["headline"])
    assert lesson["facts"]["agree"].startswith("loss, weight of layer 2, bias of layer 2")
    assert re.match(r"\(w - w'\) / lr is \[.*\], expected \[.*\]$", lesson["facts"]["gradient"])
    assert lesson["facts"]["net"] == "relu, softmax, cross_entropy (mean), SGD, l2 0.1"


def test_a_failure_is_repeated_by_a_program(tmp_path, capsys):
    """With the net's own functions and arrays."""
    adapter = changed(tmp_path, "folded_net", LATE, EARLY)
    options = ["--only", "step", "--dtype", "float64", "--reference", "scratch", "--repro", str(tmp_path / "again")]
    assert main(["check", str(adapter), *options, "--examples", "20"]) == 1
    assert "again" in capsys.readouterr().out
    program = tmp_path / "again" / "test_step_resynchronised_float64.py"
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    assert "candidate: [array(" in done.stdout
    assert "net = candidate.make([" in program.read_text(encoding="utf-8")


NAMES = """
import numpy as np

NET = {net}


class Net:
    def __init__(self, sizes):
        self.w = [np.zeros((k, d)) for d, k in zip(sizes, sizes[1:])]
        self.b = [np.zeros(k) for k in sizes[1:]]
        self.kept = [{{}} for _ in range(2 * len(self.w))]


def make(sizes):
    return Net(sizes)


def get_weights(net):
    return [array for pair in zip(net.w, net.b) for array in pair]


def set_weights(net, weights):
    net.w, net.b = weights[::2], weights[1::2]


def update(kept, w, g, lr):
    {update}


def step(net, x, y, lr):
    {given}
    a, last = [x], len(net.w) - 1
    for i, (w, b) in enumerate(zip(net.w, net.b)):
        z = a[-1] @ w.T + b
        a.append(np.tanh(z) if i < last else {output})
    p = a[-1]
    {loss}
    for i in range(last, -1, -1):
        gw, gb = d.T @ a[i] + {l2} * net.w[i], d.sum(axis=0)
        d = d @ net.w[i] * (1 - a[i] * a[i])
        net.w[i] = update(net.kept[2 * i], net.w[i], gw, lr)
        net.b[i] = update(net.kept[2 * i + 1], net.b[i], gb, lr)
    return loss
"""
MSE = "loss, d = ((p - y) ** 2).mean(), 2 * (p - y) / p.size"
MOMENTUM = "kept['v'] = 0.9 * kept['v'] + g if kept else g\n    return w - lr * kept['v']"
ADAM = """t, m, v = kept.get('', (0, 0.0, 0.0))
    kept[''] = t, m, v = t + 1, 0.5 * m + 0.5 * g, 0.75 * v + 0.25 * g * g
    return w - lr * (m / (1 - 0.5**t)) / (np.sqrt(v / (1 - 0.75**t)) + 1e-3)"""
SOFTMAX = "np.exp(z - z.max(1, keepdims=True)) / np.exp(z - z.max(1, keepdims=True)).sum(1, keepdims=True)"
ONE_HOT = "loss, d = -np.log((p * y).sum(axis=1)).{}(), (p - y) / {}"
BCE = "loss, d = -(y * np.log(p) + (1 - y) * np.log(1 - p)).{}, (p - y) / {}"
FORMS = {
    "mean": ({}, {}),
    "sum, Adam": (
        {"reduction": "sum", "optimizer": "Adam", "betas": (0.5, 0.75), "eps": 1e-3},
        {"update": ADAM, "loss": "loss, d = ((p - y) ** 2).sum(), 2 * (p - y)"},
    ),
    "batchmean, momentum, l2": (
        {"reduction": "batchmean", "momentum": 0.9, "l2": 0.25},
        {
            "update": MOMENTUM,
            "l2": 0.25,
            "loss": "d = 2 * (p - y) / len(x)\n"
            "    loss = ((p - y) ** 2).sum() / len(x) + 0.125 * sum((w * w).sum() for w in net.w)",
        },
    ),
    "columns, squared error": (
        {"x": "(D, N)", "y": "(K, N)", "loss": "squared_error"},
        {"given": "x, y = x.T, y.T", "loss": "loss, d = 0.5 * ((p - y) ** 2).sum(), p - y"},
    ),
    "one column": (
        {"x": "(D, 1)", "y": "(K, 1)", "sizes": [3, 4, 2]},
        {"given": "x, y = x.T, y.T"},
    ),
    "labels 0 and 1": (
        {"output": "sigmoid", "loss": "binary_cross_entropy", "y": "(N,)"},
        {"given": "y = y[:, None]", "output": "1 / (1 + np.exp(-z))", "loss": BCE.format("mean()", "p.size")},
    ),
    "outputs summed": (
        {"output": "sigmoid", "loss": "binary_cross_entropy", "reduction": "batchmean"},
        {"output": "1 / (1 + np.exp(-z))", "loss": BCE.format("sum() / len(x)", "len(x)")},
    ),
    "one label": (
        {"x": "(D,)", "y": "()", "loss": "squared_error"},
        {"given": "x, y = x[None], np.array([[y]])", "loss": "loss, d = 0.5 * ((p - y) ** 2).sum(), p - y"},
    ),
    "one-hot": (
        {"output": "softmax", "loss": "cross_entropy"},
        {"output": SOFTMAX, "loss": ONE_HOT.format("mean", "len(x)")},
    ),
    "one-hot columns, summed": (
        {"output": "softmax", "loss": "cross_entropy", "y": "(K, N)", "reduction": "sum"},
        {"given": "y = y.T", "output": SOFTMAX, "loss": ONE_HOT.format("sum", "1")},
    ),
    "a column of classes": (
        {"output": "softmax", "loss": "cross_entropy", "y": "(N, 1)"},
        {
            "given": "y = np.eye(len(net.b[-1]), dtype=x.dtype)[y[:, 0]]",
            "output": SOFTMAX,
            "loss": ONE_HOT.format("mean", "len(x)"),
        },
    ),
}


def own(net, **parts):
    """A net of this form; its parts are those of tanh, mean squared error and plain SGD, unless they are given."""
    usual = {"given": "pass", "output": "z", "loss": MSE, "update": "return w - lr * g", "l2": 0}
    return NAMES.format(net={"activation": "tanh", **net}, **usual | parts)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_converted(name, report, tmp_path):
    """Losses, reductions, penalties, optimizers with state, and layouts of the samples."""
    net, parts = FORMS[name]
    file = tmp_path / "net.py"
    file.write_text(own(net, **parts))
    rows = report(file, "--only", "step", "--examples", "20")
    assert rows["exit_code"] == 0, lessons(rows)


LAYOUTS = [
    (weights, bias) for weights in forms.WEIGHTS for bias in forms.BIASES if "1" not in weights or bias == "(K,)"
]


@pytest.mark.parametrize(("weights", "bias"), LAYOUTS)
def test_weights_go_there_and_back(weights, bias):
    """Every layout holds every weight once."""
    form, sizes = forms.Form(weights=weights, bias=bias), [2, 3, 1]
    shapes = forms.contract_shapes(sizes)
    numbers = np.split(np.arange(1.0, 14.0), np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1])
    given = {name: part.reshape(shape) for part, (name, shape) in zip(numbers, shapes.items(), strict=True)}
    arrays = forms.to_net(form, given)
    assert len({w for array in arrays for w in array.flat}) == (13 if form.has_bias else 9)
    first = {"(K, D)": (3, 2), "(D, K)": (2, 3), "(K, 1+D)": (3, 3), "(K, D+1)": (3, 3)}
    assert arrays[0].shape == first.get(weights, (3, 3))
    for name, back in forms.from_net(form, arrays, sizes).items():
        expected = given[name] if form.has_bias or name.endswith("weight") else np.zeros(back.shape)
        np.testing.assert_array_equal(back, expected)


def test_a_folded_bias_is_where_it_is_declared():
    """1+D begins with it, D+1 ends with it."""
    given = {"fc1.weight": np.array([[1.0, 2.0]]), "fc1.bias": np.array([3.0])}
    for weights, expected in (("(K, 1+D)", [[3, 1, 2]]), ("(K, D+1)", [[1, 2, 3]]), ("(1+D, K)", [[3], [1], [2]])):
        [folded] = forms.to_net(forms.Form(weights=weights), given)
        assert folded.tolist() == expected


SIDES = [
    forms.Form(),
    forms.Form(activation="relu", output="sigmoid", loss="squared_error", reduction="batchmean", l2=0.5),
    forms.Form(activation="tanh", reduction="sum", optimizer="Adam", options=(("weight_decay", 0.1), ("eps", 1e-3))),
    forms.Form(reduction="batchmean", optimizer="AdamW"),
    forms.Form(loss="cross_entropy", reduction="sum", optimizer="RMSprop", l2=0.1, bias="none"),
    forms.Form(loss="cross_entropy", optimizer="Adagrad", options=(("initial_accumulator_value", 0.5),)),
    forms.Form(
        optimizer="SGD", reduction="sum", options=(("momentum", 0.5), ("nesterov", True), ("weight_decay", 0.1))
    ),
]


@pytest.mark.parametrize("form", SIDES, ids=str)
@pytest.mark.parametrize("made", [nets.ByClasses, nets.ByFunctions])
@pytest.mark.parametrize("name", ["scratch", "torchref"])
def test_all_sides_make_the_same_step(form, made, name):
    """The classes with their scaled options, the functions, and the referee, which multiplies the loss itself."""
    rng, sizes, n = np.random.default_rng(0), [3, 4, 2], 5
    weights = {key: rng.normal(size=shape) for key, shape in forms.contract_shapes(sizes).items()}
    if not form.has_bias:
        weights |= {key: 0 * value for key, value in weights.items() if key.endswith("bias")}
    side = made(backend.load(name), form, sizes, n, "float64")
    side.set(weights)
    expected, states = {key: bounded(value) for key, value in weights.items()}, dict.fromkeys(weights)
    for lr in (0.1, 0.1, 0.01):
        x, y = rng.normal(size=(n, 3)), rng.normal(size=(n, 2))
        y = y if form.loss != "cross_entropy" else (y[:, 0] > 0).astype(int)
        loss, expected, states = nets.judged(form, expected, states, x, y, lr)
        assert abs(side.step(x, y, lr) - loss.value) <= loss.error
        for key, after in side.weights().items():
            assert np.all(abs(after - expected[key].value) <= expected[key].error), key


LAYER = "of each layer weights (K, D), then bias (K,)"
# What is replaced in the net above, and the line that is printed.
BAD = [
    ("    return loss\n", "    return None\n", "step returned NoneType, expected the loss before the step, one number"),
    (
        "    return loss\n",
        "    return p\n",
        "step returned ndarray of shape (",
    ),
    (
        "zip(net.w, net.b) for array in pair]",
        "zip(net.w, net.b) for array in pair][:-1]",
        f"get_weights of make([1, 1]): got 1 array, expected 2: {LAYER}",
    ),
    (
        "for array in pair]",
        "for array in pair[::-1]]",
        f"get_weights of make([1, 1]): weights[0] has shape (1,), expected (1, 1): {LAYER}, as NET says",
    ),
    (
        "np.zeros((k, d))",
        "np.zeros((d, k))",
        f"get_weights of make([1, 2]): weights[0] has shape (1, 2), expected (2, 1): {LAYER}, as NET says",
    ),
    (
        "return [array for",
        "return None and [array for",
        "get_weights returned NoneType, expected a dictionary or list of arrays",
    ),
    (
        "return [array for",
        "return ['a', 'b'] or [array for",
        "get_weights: weights[0] is str of str32, expected an array of numbers",
    ),
    (
        "    net.w, net.b = weights[::2], weights[1::2]",
        "    pass",
        "set_weights: weights[",
    ),
    (
        "    return Net(sizes)",
        "    return Net([sizes[0], 3, sizes[1]])",
        f"get_weights of make([1, 1]): got 4 arrays, expected 2: {LAYER}",
    ),
    (
        "    return Net(sizes)",
        "    raise ValueError('only 2-8-1')",
        "make([1, 1]) raised ValueError in net.py, line 15: only 2-8-1, expected a net of these sizes, "
        'or "hidden_layers" or "sizes" in NET if it has others only',
    ),
    ("    a, last", "    x -= 1\n    a, last", "step changed its argument x in net.py, expected a new array"),
]


@pytest.mark.parametrize(("old", "new", "message"), BAD)
def test_a_net_that_does_not_fit_has_one_line(old, new, message, tmp_path, capsys):
    """What was wrong, where, and what was expected."""
    text = own({})
    assert old in text
    file = tmp_path / "net.py"
    file.write_text(text.replace(old, new))
    options = ["--only", "step", "--dtype", "float64", "--reference", "scratch", "--examples", "20"]
    assert main(["check", str(file), *options, "--json", str(tmp_path / "all.json")]) == 1
    out = capsys.readouterr().out
    assert "Traceback" not in out
    headlines = re.findall(r'"headline": "(.*)"', (tmp_path / "all.json").read_text(encoding="utf-8"))
    assert any(text.replace('\\"', '"').startswith(message) for text in headlines), headlines


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            "3",
            "got 3, expected a dictionary such as {'activation': 'tanh', 'loss': 'mse_loss'}; parity template",
        ),
        ("{'activaton': 'tanh'}", "got 'activaton', expected one of activation, output, "),
        ("{'activation': 'tahn'}", "activation: got 'tahn', expected one of identity, sigmoid, tanh, "),
        ("{'weights': '(N, K)'}", "weights: got '(N, K)', expected one of (K, D), (D, K), (K, 1+D), "),
        ("{'betas': (0.9, 0.99)}", "got 'betas', expected one of "),
        ("{'momentum': -1.0}", "momentum: got -1.0, expected a finite non-negative number"),
        ("{'l2': 'no'}", "l2: got 'no', expected a non-negative number"),
        ("{'l2': 0.1, 'optimizer': 'AdamW'}", "l2: got it with AdamW, expected weight_decay, which is decoupled there"),
        ("{'hidden_layers': -1}", "hidden_layers: got -1, expected a number from 0 to 8"),
        ("{'sizes': [2]}", "sizes: got [2], expected the number of inputs, ..., of outputs"),
        ("{'sizes': [2, 0]}", "sizes: got [2, 0], expected integers from 1 to 10000"),
        ("{'sizes': [2, 3, 1], 'hidden_layers': 2}", "hidden_layers: got 2, expected 1, as sizes say"),
        ("{'sizes': [2, 3], 'y': '(N,)'}", "y: got (N,), expected one with K for 3 outputs"),
        ("{'x': '(D,)'}", "y: got (N, K), expected one of (K,), (K, 1), (1, K), () for x (D,)"),
        (
            "{'loss': 'binary_cross_entropy'}",
            "output: got 'identity', expected sigmoid or softmax for binary_cross_entropy",
        ),
    ],
)
def test_a_form_that_is_none_is_refused(net, message, tmp_path, capsys):
    """In one line, before anything runs."""
    file = tmp_path / "net.py"
    file.write_text(re.sub(r"^NET = .*$", f"NET = {net}", own({}), flags=re.MULTILINE))
    assert main(["check", str(file), "--reference", "scratch"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"parity check: {file.name}: NET: {message}")
    assert err.count("\n") == 1


def test_a_net_without_its_form_is_refused(tmp_path, capsys):
    """NET says what is computed, so that it cannot be guessed."""
    file = tmp_path / "net.py"
    file.write_text(own({}).replace("NET =", "FORM ="))
    assert main(["check", str(file), "--reference", "scratch"]) == 2
    assert capsys.readouterr().err.startswith("parity check: net.py: NET: got nothing, expected a dictionary such as")


def test_a_net_of_one_precision_is_judged_in_that(report, tmp_path):
    """The other is not tried, which the rows say; asked for alone, nothing is checked."""
    file = tmp_path / "net.py"
    head = "def set_weights(net, weights):\n"
    file.write_text(own({}).replace(head, f"{head}    weights = [np.array(w, dtype=float) for w in weights]\n"))
    rows = report(file, "--only", "step", "--examples", "10", "--reference", "scratch")
    assert rows["exit_code"] == 0
    assert [row["not_tried"] for row in rows["properties"]] == [["float32"]] * 3
    assert {row["examples"] for row in rows["properties"]} == {10}
    alone = report(file, "--only", "step", "--examples", "10", "--reference", "scratch", "--dtype", "float32")
    assert alone["exit_code"] == 2
    assert "not in float32: step" in alone["summary"]


TORCH = """
import torch

NET = {"activation": "relu", "loss": "cross_entropy", "y": "(N,)", "optimizer": "SGD", "momentum": 0.9}


class Net(torch.nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(d, k) for d, k in zip(sizes, sizes[1:]))
        self.double()
        self.optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)


def make(sizes):
    return Net(sizes)


def get_weights(net):
    return list(net.parameters())


def set_weights(net, weights):
    for parameter, weight in zip(net.parameters(), weights):
        parameter.data = torch.as_tensor(weight, dtype=torch.float64)


def step(net, x, y, lr):
    net.optimizer.param_groups[0]["lr"] = lr
    net.optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(torch.as_tensor(x)), torch.as_tensor(y))
    loss.backward()
    net.optimizer.step()
    return loss
"""


@pytest.mark.parametrize(("old", "new", "code"), [("", "", 0), ("    net.optimizer.zero_grad()\n", "", 1)])
def test_a_net_of_torch_modules(old, new, code, report, tmp_path):
    """Tensors, a Module, an optimizer with state: they stay where they are, only arrays travel."""
    file = tmp_path / "net.py"
    file.write_text(TORCH.replace(old, new))
    rows = report(file, "--only", "step", "--examples", "10", "--dtype", "float64")
    assert rows["exit_code"] == code, lessons(rows)


def test_two_nets_with_equal_answers_and_other_forms(tmp_path, capsys):
    """One is not taken for the other, in the same process after it: what it declares is another loss."""
    text = own(
        {"loss": "squared_error", "x": "(D,)", "y": "()", "hidden_layers": 0},
        given="x, y = x[None], np.array([[y]])",
        loss="loss, d = 0.5 * ((p - y) ** 2).sum(), p - y",
    )
    files = {"a.py": "squared_error", "b.py": "squared_error", "c.py": "mse_loss", "d.py": "mse_loss"}
    for name, loss in files.items():
        (tmp_path / name).write_text(text.replace("squared_error", loss))
    options = ["--only", "step", "--dtype", "float64", "--reference", "scratch", "--examples", "10"]
    assert main(["check", *(str(tmp_path / name) for name in files), *options]) == 1
    assert "2 the same, 2 different" in capsys.readouterr().out


def test_other_candidates_have_no_rows_of_nets(report):
    """Nothing is said of nets where there is none, nor of single functions where there is a net."""
    rows = report(ROOT / "examples" / "adapter.py", "--reference", "scratch", "--examples", "5", "--dtype", "float64")
    assert {row["verdict"] for row in rows["properties"] if row["property"].startswith("nets")} == {
        "for whole nets only"
    }
    rows = report(NETS / "folded_net_adapter.py", "--reference", "scratch", "--examples", "5", "--dtype", "float64")
    assert "not checked" not in rows["summary"]


def test_a_net_that_is_half_written(tmp_path, capsys):
    """What is missing is said."""
    file = tmp_path / "net.py"
    file.write_text(own({}).replace("def set_weights", "def put_weights"))
    assert main(["check", str(file), "--only", "step", "--reference", "scratch"]) == 2
    assert "not defined: set_weights" in capsys.readouterr().out


def test_the_template_is_a_net_to_fill_in(tmp_path, capsys):
    """It declares every default in a line, and says so while nothing is written."""
    file = tmp_path / "homework.py"
    assert main(["template", "net", "-o", str(file)]) == 0
    assert f"wrote {file}, 4 functions to fill in" in capsys.readouterr().out
    text = file.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines()[1:])) <= 120
    module = SimpleNamespace()
    exec(compile(text, "homework.py", "exec"), vars(module))  # its own namespace
    assert {name: getattr(forms.Form(), name) for name in forms.OPTIONS} == module.NET
    assert all(callable(getattr(module, name)) for name in NET)
    assert main(["check", str(file), "--reference", "scratch"]) == 2
    assert "make still to be written" in capsys.readouterr().out
    assert main(["template", "net", "fit", "-o", str(tmp_path / "other.py")]) == 2
    assert (
        capsys.readouterr().err == "parity template: NAME: got net fit, expected net alone: its functions are others\n"
    )


# the table of docs/nets.md: before and after


def code_lines(path):
    """The number of lines without blank ones, comments and docstrings."""
    text = path.read_text(encoding="utf-8")
    documented: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            documented |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(bool(line.strip()) and not line.strip().startswith("#") and at not in documented for at, line in lines)


@pytest.mark.parametrize("name", OWN)
def test_the_table_counts_the_lines(name):
    """As a person counts them."""
    table = (ROOT / "docs" / "nets.md").read_text(encoding="utf-8")
    adapter = NETS / f"{name}_adapter.py"
    before, after = code_lines(ROOT / f"tests/nets/{name}_wrapped.py"), code_lines(adapter)
    [net] = [node for node in ast.parse(adapter.read_text(encoding="utf-8")).body if isinstance(node, ast.Assign)]
    declaration = net.end_lineno - net.lineno + 1
    assert f"| [`{name}.py`](../examples/nets/{name}.py) | {before} | {after} | {declaration} |\n" in table


@pytest.mark.parametrize("name", forms.OPTIONS)
def test_the_page_has_every_option(name):
    """With its choices."""
    page = (ROOT / "docs" / "nets.md").read_text(encoding="utf-8")
    [row] = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    choices = forms.OPTIONS[name][0]
    if name == "output":
        choices = ()  # the same as of the activation
    assert [choice for choice in choices if f'"{choice}"' not in row] == []


@pytest.mark.parametrize(
    ("name", "activations", "loss"),
    [
        ("column_net", ("sigmoid", "sigmoid"), "mse_loss"),
        ("two_layer_net", ("relu", "identity"), "cross_entropy"),
        ("folded_net", ("sigmoid", "identity"), "cross_entropy"),
    ],
)
def test_what_is_counted_as_before_is_right(name, activations, loss, monkeypatch):
    """The wrapped nets make the steps of scratch; the check cannot judge them, because it draws other activations."""
    monkeypatch.syspath_prepend(NETS)
    monkeypatch.syspath_prepend(ROOT / "tests" / "nets")
    wrapped, scratch = importlib.import_module(f"{name}_wrapped"), importlib.import_module("scratch")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    y = y if loss == "mse_loss" else (y[:, 0] > 0).astype(int)
    after = []
    for side in (wrapped, scratch):
        model = side.MLP([3, 5, 2], *activations)
        weights = {key: rng.normal(size=shape) for key, shape in forms.contract_shapes([3, 5, 2]).items()}
        model.load_state_dict(after[0][0] if after else weights)
        start, optimizer = model.state_dict(), side.SGD(model.parameters(), lr=0.1)
        losses = [side.train_step(model, x, y, loss, optimizer) for _ in range(2)]
        after.append((start, model.state_dict(), losses))
    for key, value in after[1][1].items():
        np.testing.assert_allclose(after[0][1][key], value, rtol=1e-9)
    np.testing.assert_allclose(after[0][2], after[1][2], rtol=1e-9)
