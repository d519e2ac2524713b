"""The page of real disagreements: the programs of ``examples/disagreements`` and a short training with each of them."""

import ast
import inspect
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

import scratch
from parity import trees
from parity.mistakes import MISTAKES
from parity.mistakes.registry import rewired
from parity.site.chapters import code, coloured

INSIDE = Path(__file__).parents[1] / "disagreements"
PROGRAMS = sorted((INSIDE if INSIDE.is_dir() else trees.ROOT / "examples" / "disagreements").glob("*.py"))
FIELDS = ["PyTorch", "Others", "Discussed", "Check", "Training"]


class Case(NamedTuple):
    """A program: what its docstring says, its function, and the setting of its training."""

    name: str
    question: str
    pytorch: str
    others: str
    discussed: str
    check: str
    training: str
    function: str
    code: str
    names: dict[str, Any]


def read(path):
    """A program and what its docstring says, field by field."""
    text, names = path.read_text(encoding="utf-8"), runpy.run_path(str(path))
    tree = ast.parse(text)
    question, _, rest = (ast.get_docstring(tree) or "").partition("\n")
    said = re.findall(r"^(\w+): (.+)$", rest, flags=re.MULTILINE)
    if [field for field, _ in said] != FIELDS:
        raise ValueError(f"{path.name}: got {said}, expected lines that begin with {', '.join(FIELDS)}")
    pytorch, others, discussed, check, training = (text for _, text in said)
    [definition] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    lines = "\n".join(code(text, definition))
    return Case(path.stem, question, pytorch, others, discussed, check, training, definition.name, lines, names)


def numbers():
    """Every case under its chapter, with both codes and both trainings."""
    cases = [shown(read(path)) for path in PROGRAMS]
    chapters = {
        chapter: [case for case in cases if case["function"] in names] for chapter, names in trees.names().items()
    }
    return {"cases": {chapter: found for chapter, found in chapters.items() if found}, "count": len(cases)}


def shown(case):
    """What the page shows of a case."""
    ours = dedented(getattr(scratch, case.function))
    return case._asdict() | {
        "codes": [coloured(text, "python") for text in (ours, case.code)],
        "says": MISTAKES[case.check].explanation if case.check in MISTAKES else "",
        "setting": ", ".join(f"{option} {value}" for option, value in case.names["TRAINING"].items()),
        "effects": effects(case),
    }


def dedented(function):
    """The code of a public function without its docstring."""
    text = inspect.getsource(inspect.unwrap(function))
    return "\n".join(code(text, ast.parse(text).body[0]))


def effects(case):
    """What both conventions give in the training of the case: pairs of numbers by what they are."""
    right = {name: getattr(scratch, name) for name in trees.all_names()}
    wrong = right | {case.function: case.names[case.function]}
    if case.function == "sign":
        wrong["perceptron_step"] = rewired(scratch.perceptron_step, sign=wrong["sign"])
    train = TRAININGS.get(case.function, net)
    sides = [train(SimpleNamespace(**names), case.function, **case.names["TRAINING"]) for names in (right, wrong)]
    return [(what, *(side[what] for side in sides)) for what in sides[0]]


def net(names, function, data="moons", loss="mse_loss", activation="tanh", batch_size=None, lr=0.1, **options):
    """A 2-4-K net from given weights and zero biases, 40 epochs; half-way lr falls to a tenth."""
    update = getattr(names, function if function.endswith("_update") else "sgd_update")
    forward, through = getattr(names, activation), getattr(names, f"{activation}_backward")
    x, y = scratch.load_data(data)
    outputs = y.max() + 1 if y.ndim == 1 else y.shape[1]
    if loss == "mse_loss" and y.ndim == 1:
        y = np.eye(outputs)[y]
    w1, _, w2, _ = (p.data for p in scratch.MLP([2, 4, int(outputs)], seed=0).parameters())
    params, states = [w1, np.zeros(4), w2, np.zeros(outputs)], [None] * 4
    for epoch in range(40):
        rate = lr if epoch < 20 else lr / 10
        for x_b, y_b in names.minibatches(x, y, batch_size):
            w1, b1, w2, b2 = params
            z = names.linear(x_b, w1, b1)
            grad = getattr(names, f"{loss}_backward")(names.linear(forward(z), w2, b2), y_b)
            grad_z = through(z, grad @ w2)
            grads = [grad_z.T @ x_b, grad_z.sum(axis=0), grad.T @ forward(z), grad.sum(axis=0)]
            for i in range(4):
                params[i], states[i] = update(params[i], grads[i], states[i], lr=rate, **options)
    w1, b1, w2, b2 = params
    final = getattr(names, loss)(names.linear(forward(names.linear(x, w1, b1)), w2, b2), y)
    return {"loss after 40 epochs": f"{float(final):.7g}", "first weight": f"{w1[0, 0]:.7g}"}


def saturated(names, function, start):
    """A sigmoid that starts at a large z with the target 0, and 40 steps with lr 1."""
    z, target, losses = np.array([[start]]), np.zeros((1, 1)), []
    for _ in range(40):
        pred = scratch.sigmoid(z)
        losses.append(float(names.binary_cross_entropy(pred, target)))
        z = z - scratch.sigmoid_backward(z, names.binary_cross_entropy_backward(pred, target))
    return {"loss at the start": f"{losses[0]:.7g}", "z after 40 steps": f"{z.item():.7g}"}


def perceptron(names, function):
    """The perceptron on the deck's points from W = 0, until an epoch passes without a step."""
    weight, bias, steps = np.zeros((1, 2)), np.zeros(1), [0]
    x, y = scratch.load_data("toy")
    while len(steps) < 100 and (len(steps) == 1 or steps[-1]):
        steps.append(0)
        for x_i, y_i in zip(x, y, strict=True):
            before = bias
            weight, bias = names.perceptron_step(weight, bias, x_i, y_i)
            steps[-1] += int((bias != before).any())
    weights = ", ".join(f"{value:g}" for value in (*weight[0], *bias))
    return {"epochs": len(steps) - 1, "steps": sum(steps), "weights and bias": weights}


def copied(names, function):
    """The weights of a trained perceptron in the other formula."""
    x, y = scratch.load_data("toy")
    trained = scratch.train_perceptron(np.zeros((1, 2)), np.zeros(1), x, y)
    wrong = np.sign(names.linear(x, trained.weight, trained.bias)) != y
    return {"points that the copied weights classify wrong": f"{wrong.sum()} of {len(y)}"}


def reported(names, function, **options):
    """The losses that a training reports."""
    x, y = scratch.load_data("toy")
    run = names.train_gradient(np.zeros((1, 2)), np.zeros(1), x, y, **options)
    return {"losses of the epochs": ", ".join(f"{loss:.4g}" for loss in run.losses)}


# By function; the training of all others is that of a net.
TRAININGS: dict[str, Callable[..., dict[str, Any]]] = {
    "binary_cross_entropy": saturated,
    "binary_cross_entropy_backward": saturated,
    "sign": perceptron,
    "perceptron_step": perceptron,
    "linear": copied,
    "train_gradient": reported,
}
