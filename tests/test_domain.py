"""A candidate of a smaller domain: what it declares or refuses is left out and told, and no wrong number is excused."""

import json
from pathlib import Path

import numpy as np
import pytest

from parity.border.backend import Limits, ObjectRef, OutOfTime, load
from parity.cli import main

RIGHT = Path(__file__).parent / "solutions" / "right"
NEURON = """
import numpy as np

def neuron(x, weight, bias, activation="identity"):
    z = x @ weight.T + bias
    {body}
"""
QUICK = ("--reference", "scratch", "--examples", "12", "--dtype", "float64")
MORE = ("--reference", "scratch", "--examples", "30", "--dtype", "float64")


@pytest.fixture
def homework(tmp_path):
    """Write a file to check; its path."""

    def write(text, name="homework.py"):
        file = tmp_path / name
        file.write_text(text)
        return file

    return write


def row(rows, name):
    """The row of a property."""
    return next(row for row in rows["properties"] if row["property"] == name)


REFUSALS = {
    "KeyError": 'return {"identity": z, "relu": np.maximum(z, 0)}[activation]',
    "ValueError": """if activation not in ("identity", "relu"):
        raise ValueError(f"got {activation!r}, expected one of identity, relu")
    return z if activation == "identity" else np.maximum(z, 0)""",
    "UnboundLocalError": """if activation == "identity":
        a = z
    elif activation == "relu":
        a = np.maximum(z, 0)
    return a""",
    "NotImplementedError": """if activation == "sigmoid":
        raise NotImplementedError("next week")
    if activation in ("tanh", "softmax"):
        raise NotImplementedError
    return z if activation == "identity" else np.maximum(z, 0)""",
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_name_that_is_refused_is_left_out(kind, homework, report):
    """However it is refused, if it is refused as a name that nobody has; the other activations are judged."""
    rows = report(homework(NEURON.format(body=REFUSALS[kind])), *QUICK)
    assert rows["exit_code"] == 0, rows
    neuron = row(rows, "neuron: neuron")
    assert neuron["left_out"] == ["activation sigmoid", "activation softmax", "activation tanh"]
    assert neuron["not_tried"] == ["leaky_relu"]
    assert neuron["examples"] >= 12
    assert rows["summary"].endswith("Left out: activation sigmoid, activation softmax, activation tanh.")


@pytest.mark.parametrize(
    "body",
    [
        'return np.maximum(z, 0) if activation == "relu" else z',  # a number for any name
        """if activation == "sigmoid":
        raise ValueError("shapes do not match")
    return {"identity": z, "relu": np.maximum(z, 0), "tanh": np.tanh(z)}[activation]""",  # an error of its own
        """if activation == "sigmoid":
        return 1 / (1 + np.exp(z))
    return {"identity": z, "relu": np.maximum(z, 0)}[activation]""",
        "return acts[activation](z)",  # every name is refused
    ],
)
def test_no_wrong_answer_is_a_smaller_domain(body, homework, report):
    """A number, an error that is none of an unknown name, or an error for every name is a difference."""
    rows = report(homework(NEURON.format(body=body)), *QUICK)
    assert rows["exit_code"] == 1
    assert row(rows, "neuron: neuron")["verdict"] == "DIFFERENT"


def test_single_samples_are_left_out_where_only_rows_are_taken(homework, report):
    """If they raise an error; a wrong number for one sample is a difference, unless the file declares rows only."""
    raising = "def mse_loss(pred, target):\n    n, k = pred.shape\n    return ((pred - target) ** 2).sum() / (n * k)\n"
    rows = report(homework(raising), *QUICK)
    assert rows["exit_code"] == 0
    assert row(rows, "losses: mse loss")["left_out"] == ["one sample that is no row"]
    wrong = "def mse_loss(pred, target):\n    return ((pred - target) ** 2).mean() * 2 / pred.ndim\n"
    assert report(homework(wrong), *QUICK)["exit_code"] == 1
    rows = report(
        homework("PARITY = {'rows_only': True}\n" + raising.replace("n, k = pred.shape", "n, k = pred.size, 1")), *QUICK
    )
    assert rows["exit_code"] == 0
    assert row(rows, "losses: mse loss")["left_out"] == ["one sample that is no row"]


def test_what_is_left_out_is_in_every_report(homework, capsys, tmp_path):
    """The table, JSON, the lesson of a failure."""
    text = 'PARITY = {"activations": ["tanh"], "eps": 1e-7}\n' + NEURON.format(body="return 1.01 * np.tanh(z)")
    text += "\ndef gradient_step(weight, bias, x, y, lr, activation='tanh'):\n    a = np.tanh(x @ weight.T + bias)\n"
    text += "    d = np.atleast_2d((a - y) * (1 - a * a))\n"
    text += "    return weight - lr * d.T @ np.atleast_2d(x), bias - lr * d.sum(axis=0)\n"
    assert main(["check", str(homework(text)), *QUICK, "--json", str(tmp_path / "out.json")]) == 1
    out = " ".join(capsys.readouterr().out.split())
    left = "activation identity, activation relu, activation sigmoid, activation softmax"
    assert f"left out: {left}" in out
    assert f"left out {left}" in out
    rows = json.loads((tmp_path / "out.json").read_text())
    neuron = row(rows, "neuron: neuron")
    assert neuron["left_out"] == left.split(", ")
    assert neuron["lessons"][0]["facts"]["left out"] == left
    assert row(rows, "gradients: gradient step")["left_out"] == left.split(", ")
    assert row(rows, "gradients: gradient step on the grid")["verdict"] == "left out: activation identity"


def test_an_option_that_is_not_implemented_is_left_out_alone(report):
    """The other options are judged; a function that is not written at all is told as before."""
    rows = report(RIGHT / "options_not_implemented.py", *MORE)
    assert rows["exit_code"] == 0
    update = row(rows, "optimizers: sgd update")
    assert {"sgd_update with dampening", "sgd_update with nesterov"} == set(update["left_out"])
    assert update["examples"] > 3
    assert row(rows, "losses: cross entropy backward")["verdict"] == "not written: cross_entropy_backward"
    assert not any(each["verdict"].startswith("not written: sgd") for each in rows["properties"])


@pytest.mark.parametrize("name", ["small_domain", "small_domain_declared"])
def test_a_net_of_a_smaller_domain_is_judged_on_it(name, report):
    """One hidden layer, two activations, two losses, one optimizer; a ``fit`` without tolerance."""
    rows = report(RIGHT / f"{name}.py", *QUICK)
    assert rows["exit_code"] == 0, rows
    fit = row(rows, "training: fit")
    others = ["loss binary_cross_entropy", "loss cross_entropy", "optimizer Adagrad", "optimizer Adam"]
    assert {"activation identity", "activation sigmoid", "hidden layers other than 1", *others} <= set(fit["left_out"])
    assert fit["examples"] >= 12
    assert row(rows, "training: fit stops within the tolerance")["examples"] == 0
    assert row(rows, "training: mlp of sizes alone")["verdict"].startswith(
        "left out: activation identity, activation sig"
    )


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("(pred - target) / pred.size", "(pred - target) / len(pred)", "training: fit"),
        ("np.where(pred > 0, 1, e)", "np.where(pred > 0, e, 1)", "training: fit"),
        ("return self.a @ w2.T + b2", "return self.a @ w2.T", "training: mlp"),
        ("hidden.T @ self.x", "hidden.T @ self.x * 2", "training: mlp backward"),
    ],
)
@pytest.mark.parametrize("file", ["small_domain", "small_domain_declared"])
def test_what_is_wrong_in_the_domain_is_caught(file, old, new, name, homework, report):
    """In the losses, forward and backward."""
    text = (RIGHT / f"{file}.py").read_text(encoding="utf-8")
    assert old in text
    rows = report(homework(text.replace(old, new)), *QUICK)
    assert row(rows, name)["verdict"] == "DIFFERENT"


ADAM = """
import numpy as np
class Adam:
    def __init__(self, params, lr{default}):
        self.param_groups = [{{"params": list(params), "lr": lr}}]
        self.state = {{}}
    def zero_grad(self):
        pass
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                m, v, t = self.state.get(id(p), (0, 0, 0))
                t, m, v = t + 1, 0.9 * m + 0.1 * p.grad, 0.999 * v + 0.001 * p.grad**2
                self.state[id(p)] = m, v, t
                p.data = p.data - group["lr"] * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + {eps})
"""


@pytest.mark.parametrize(("eps", "default", "code"), [(1e-7, "", 0), (1e-7, "=1e-3", 0), (1e-8, "", 1)])
def test_an_epsilon_in_the_code_is_that_of_the_judge(eps, default, code, homework, report):
    """Of a class whose constructor requires lr; another epsilon than the declared one is a difference."""
    own = (RIGHT / "own_classes.py").read_text(encoding="utf-8")
    text = own + ADAM.format(eps=eps, default=default) + 'PARITY = {"eps": 1e-7}\n'
    rows = report(homework(text), "--reference", "scratch", "--examples", "30", "--dtype", "float64")
    assert row(rows, "optimizers: adam")["verdict"].startswith("DIFFERENT" if code else ("rounding", "exact"))
    assert rows["exit_code"] == code
    assert "eps other than 1e-07" in row(rows, "optimizers: adam")["left_out"]


def test_a_required_learning_rate_is_fine(homework, report):
    """``SGD(params, lr)`` and ``adam_update(param, grad, state, lr)``: every property gives it."""
    text = (RIGHT / "own_classes.py").read_text(encoding="utf-8")
    text = text.replace("def __init__(self, params, lr=1e-3, mom", "def __init__(self, params, lr, mom")
    rows = report(homework(text), *QUICK)
    assert rows["exit_code"] == 0
    assert row(rows, "contract: signatures and docstrings")["verdict"] == "holds"
    assert row(rows, "optimizers: sgd")["examples"] >= 12
    text = (RIGHT / "adam_textbook.py").read_text(encoding="utf-8")
    assert "lr=1e-3" in text or "lr=0.001" in text
    rows = report(homework(text.replace("lr=1e-3", "lr").replace("lr=0.001", "lr").replace("*, ", "")), *QUICK)
    assert row(rows, "contract: signatures and docstrings")["verdict"] == "holds"


def test_a_class_with_another_signature_is_not_the_contracts(report):
    """It is not checked, and said so if it is asked for."""
    file = RIGHT / "helpers_called_sgd.py"
    assert row(report(file, *QUICK), "networks: linear layer")["verdict"] == "another signature: Linear"
    rows = report(file, *QUICK, "--only", "Linear")
    assert rows["exit_code"] == 2
    assert "another signature: Linear" in rows["summary"]


def test_names_outside_of_all_are_not_checked(report):
    """``__all__`` is honoured; so what it leaves out is not there for ``--only`` either."""
    rows = report(RIGHT / "public_names.py", *QUICK)
    assert rows["exit_code"] == 0
    assert row(rows, "neuron: linear")["verdict"] == "not defined: linear"
    rows = report(RIGHT / "public_names.py", *QUICK, "--only", "linear")
    assert rows["exit_code"] == 2
    assert "not defined: linear" in rows["summary"]


def test_what_only_asks_for_cannot_be_declared_away(homework, capsys):
    """It is reported as left out, and is no success; the same check of everything is."""
    text = 'PARITY = {"activations": ["identity"]}\n' + NEURON.format(body="return z")
    file = str(homework(text))
    assert main(["check", file, *QUICK]) == 0
    capsys.readouterr()
    assert main(["check", file, *QUICK, "--only", "neuron"]) == 2
    assert "leaves out what --only neuron asks for: activation relu, activation sigmoid" in capsys.readouterr().out
    step = "\ndef gradient_step(weight, bias, x, y, lr):\n    d = np.atleast_2d(x @ weight.T + bias - y)\n"
    step += "    return weight - lr * d.T @ np.atleast_2d(x), bias - lr * d.sum(axis=0)\n"
    assert main(["check", str(homework(text + step)), *QUICK, "--only", "gradient_step"]) == 0  # has no activation
    wrong = str(homework(text.replace("return z", "return -z")))
    assert main(["check", wrong, *QUICK, "--only", "neuron"]) == 1


def test_what_is_left_out_gives_no_points(homework, tmp_path):
    """A teacher has asked for it."""
    text = (
        'PARITY = {"activations": ["identity"]}\n'
        + NEURON.format(body="return z")
        + "\ndef identity(z):\n    return z + 0\n"
    )
    main(["check", str(homework(text)), *QUICK, "--gradescope", str(tmp_path / "results.json")])
    tests = {test["name"]: test for test in json.loads((tmp_path / "results.json").read_text())["tests"]}
    assert tests["activations: identity"]["score"] == 1
    assert tests["neuron: neuron"]["score"] == 0
    assert tests["neuron: neuron"]["output"].startswith("left out: activation relu")


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            "['relu']",
            """PARITY: got ['relu'], expected a dictionary such as {"activations": ["relu"], "hidden_layers": 1}""",
        ),
        ("{'activation': ['relu']}", "PARITY: got 'activation', expected one of activations, losses, optimizers"),
        ("{'activations': ['rellu']}", "PARITY, activations: got 'rellu', expected"),
        (
            "{'activations': 'relu'}",
            "PARITY, activations: got 'relu', expected a list of at least one of identity, sig",
        ),
        ("{'losses': []}", "PARITY, losses: got [], expected a list of at least one of squared_error, mse_loss"),
        ("{'optimizers': [len]}", "PARITY, optimizers: got"),
        ("{'hidden_layers': True}", "hidden_layers: got True, expected the number of hidden layers, a non-negative"),
        ("{'hidden_layers': -1}", "hidden_layers: got -1, expected the number"),
        ("{'eps': 0}", "PARITY, eps: got 0, expected a positive number such as 1e-7"),
        ("{'eps': '1e-7'}", "PARITY, eps: got '1e-7', expected a positive number"),
        ("{'rows_only': 1}", "PARITY, rows_only: got 1, expected True or False"),
        ("{3: 1}", "PARITY: got 3, expected"),
        ("len", "PARITY: got"),
    ],
)
def test_a_declaration_that_names_nothing_is_one_line(declared, message, homework, capsys):
    """What was expected, before anything runs."""
    file = homework(f"PARITY = {declared}\ndef sign(z):\n    return z\n")
    assert main(["check", str(file), "--reference", "scratch"]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert "homework.py" in err


def test_nothing_left_to_check(homework, capsys):
    """One line says what was left out."""
    text = (RIGHT / "own_classes.py").read_text(encoding="utf-8")
    text += '__all__ = ["Linear", "SGD", "train_step"]\nPARITY = {"losses": ["cross_entropy"]}\n'
    assert main(["check", str(homework(text)), *QUICK, "--only", "SGD"]) == 2
    out = capsys.readouterr().out
    assert "Nothing was checked of" in out
    assert out.endswith("homework.py: left out: loss mse_loss.\n")


def test_time_that_is_up_is_no_difference(homework, capsys, tmp_path):
    """The property could not be judged, in the table and in JSON; the exit code is 2, or 1 if another one differs."""
    slow = "import time\ndef sign(z):\n    time.sleep(9)\ndef relu(z):\n    return z * (z > 0){}\n"
    options = (*QUICK, "--time-limit", "0.6", "--json", str(tmp_path / "out.json"))
    assert main(["check", str(homework(slow.format(""))), *options]) == 2
    out = capsys.readouterr().out
    assert "could not be judged" in out
    assert "DIFFERENT" not in out
    assert "sign took too long: more than 1.8 s (--time-limit 0.6) in homework.py" in " ".join(out.split())
    assert "could not be judged in 2 of the 5 properties checked (neuron: sign, ...); the others give the same." in out
    rows = json.loads((tmp_path / "out.json").read_text())
    assert row(rows, "neuron: sign")["verdict"] == "could not be judged"
    assert row(rows, "activations: relu")["verdict"] == "exact"
    assert main(["check", str(homework(slow.format(" + 1"))), *options]) == 1
    assert "2 could not be judged" in " ".join(capsys.readouterr().out.split())


def test_a_first_call_has_the_time_of_an_import(homework):
    """The first call of each kind may compile: it has more time, which is not that of the property."""
    text = """
import time
seen = set()
def sign(z):
    kind = z.ndim, z.dtype
    time.sleep(0 if kind in seen else 0.7)
    seen.add(kind)
    return z
"""
    backend = load(str(homework(text)), Limits(1.0))
    try:
        for _ in range(3):
            for z in (np.ones(2), np.ones((2, 2)), np.ones(2, "float32")):
                assert (backend.sign(z) == 1).all()
            backend.begin()
        assert backend.process.clock.used < 1
    finally:
        backend.close()


def test_a_function_that_never_answers_has_that_time_once(homework):
    """Stopped in its first call, it gets no more time than any other call, in the next property either."""
    backend = load(str(homework("import time\ndef sign(z):\n    time.sleep(60)\n")), Limits(0.6))
    with pytest.raises(OutOfTime, match=r"more than 1.8 s"):
        backend.sign(np.ones(1))
    backend.begin()
    with pytest.raises(OutOfTime, match=r"more than 0.2 s"):
        backend.sign(np.ones(2))
    backend.close()


def test_a_state_of_its_own_kind_stays(homework):
    """A ticket for it travels, and leads back to the object itself; arrays and numbers travel as they are."""
    text = """
from typing import NamedTuple
class State(NamedTuple):
    buffer: object
    lock: object
def sgd_update(param, grad, state, *, lr):
    import threading
    assert state is None or state.lock.acquire(False)
    return param - lr * grad, State(grad, threading.Lock())
def adam_update(param, grad, state):
    return param, {"step": 1, "exp_avg": grad}
"""
    backend = load(str(homework(text)))
    ones = np.ones(2)
    _, state = backend.sgd_update(ones, ones, None, lr=0.5)
    assert isinstance(state, ObjectRef)
    param, _ = backend.sgd_update(ones, ones, state, lr=0.5)
    assert param.tolist() == [0.5, 0.5]
    _, state = backend.adam_update(ones, ones, None)
    assert state["exp_avg"].tolist() == [1, 1]
    assert isinstance(state, dict)
    backend.close()


CHANCE = """
import random
import numpy as np
def tanh(z):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("w = np.random.rand(*z.shape); w[...] = z; return np.tanh(w)", 0),
        ("random.random(); return np.tanh(z)", 0),
        ("return np.nextafter(np.tanh(z), z.dtype.type(random.choice([-1, 1])))", 1),
    ],
)
def test_only_a_result_that_depends_on_chance_is_a_fault(body, code, homework, report):
    """A second run with another seed settles it."""
    rows = report(homework(CHANCE.format(body=body)), *QUICK)
    assert rows["exit_code"] == code
    assert ("depends on the global random generator" in row(rows, "activations: tanh")["message"]) == bool(code)


def test_initial_weights_may_be_random(homework, report):
    """Of what the contract makes with a capital letter, class or not."""
    text = "from scratch import Linear as Right\nimport numpy as np\ndef Linear(i, o, *, dtype='float64', seed=None):\n"
    text += "    return Right(i, o, dtype=dtype, seed=np.random.randint(2**31) if seed is None else seed)\n"
    assert report(homework(text), *QUICK, "--only", "Linear")["exit_code"] == 0


PROGRAM = """#!/usr/bin/env python3
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["call"] == "names":
        answer = {"names": {"neuron": ["x", "weight", "bias", "activation?"]}, "PARITY": DECLARED}
    else:
        a = request["arguments"]
        neurons = list(zip(a["weight"], a["bias"]))
        answer = {"result": [[max(0.0, sum(map(float.__mul__, x, w)) + b) for w, b in neurons] for x in a["x"]]}
    print(json.dumps(answer), flush=True)
"""


def test_a_program_declares_its_domain_with_its_names(homework, capsys):
    """The same words in the same place; what is wrong with them is one line."""
    file = homework(PROGRAM.replace("DECLARED", '{"activations": ["relu"], "rows_only": True}'), "neuron")
    file.chmod(0o755)
    assert main(["check", str(file), *QUICK]) == 0
    assert "left out: activation identity" in capsys.readouterr().out
    file.write_text(PROGRAM.replace("DECLARED", '{"rows_only": 1}'))
    assert main(["check", str(file), *QUICK]) == 2
    assert "neuron: PARITY, rows_only: got 1, expected True or False" in capsys.readouterr().err
