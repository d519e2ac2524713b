"""The time of ``parity check submissions/*.py`` for a class: ``python benchmarks/classroom.py 1000``.

Each submission has the seven functions of ``parity template perceptron gradients`` in one of many spellings; three of
ten have a mistake.
"""

import json
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

TEXT = """
import numpy as np
from types import SimpleNamespace

def forward(name, z):
    if name == "identity":
        return z
    if name == "sigmoid":
        return 1 / (1 + np.exp(-np.clip(z, -700, 700)))
    if name == "tanh":
        return np.tanh(z)
    if name == "relu":
        return np.maximum(z, 0)
    if name == "softmax":
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)
    raise ValueError("activation: got " + repr(name))

def backward(name, z, g):
    out = forward(name, z)
    if name == "softmax":
        return out * (g - (g * out).sum(axis=-1, keepdims=True))
    return g * dict(identity=1, sigmoid=out * (1 - out), tanh=1 - out ** 2, relu=z > 0)[name]

def perceptron_step(weight, bias, x, y):
    delta = {delta}
    return {corrected}

def perceptron_epoch(weight, bias, x, y):
    mistakes = 0
    for xi, yi in zip(x, y):
        w, b = perceptron_step(weight, bias, xi, yi)
        mistakes += {counted}
        weight, bias = w, b
    return weight, bias, mistakes

def train_perceptron(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    weight, bias, epochs, updates, converged = weight.copy(), bias.copy(), 0, 0, False
    every = orders if orders is not None else [np.arange(len(x))] * max_epochs
    for order in list(every)[:max_epochs]:
        weight, bias, mistakes = perceptron_epoch(weight, bias, x[order], y[order])
        epochs, updates, converged = epochs + 1, updates + mistakes, mistakes == 0
        if on_epoch is not None:
            on_epoch(epochs, weight, bias, mistakes)
        if converged:
            break
    return SimpleNamespace(weight=weight, bias=bias, converged=converged, epochs=epochs, updates=updates)

def neuron_gradients(weight, bias, x, y, activation="identity"):
    x, y = np.atleast_2d(x), np.atleast_2d(y)
    z = x @ weight.T + bias
    out = forward(activation, z)
    g = {error}
    return {gradient}, g.sum(axis=0)

def gradient_step(weight, bias, x, y, lr, activation="identity"):
    dw, db = neuron_gradients(weight, bias, x, y, activation)
    return {step}

def gradient_epoch(weight, bias, x, y, lr, activation="identity"):
    for xi, yi in zip(x, y):
        weight, bias = gradient_step(weight, bias, xi, yi, lr, activation)
    return weight, bias

def train_gradient(weight, bias, x, y, *, lr, epochs, orders=None, tolerance=0.0, activation="identity", on_epoch=None):
    weight, bias, losses, converged = weight.copy(), bias.copy(), [], False
    every = orders if orders is not None else [np.arange(len(x))] * epochs
    for order in list(every)[:epochs]:
        weight, bias = gradient_epoch(weight, bias, x[order], y[order], lr, activation)
        losses.append(float(((forward(activation, x @ weight.T + bias) - y) ** 2).sum() / 2))
        if on_epoch is not None:
            on_epoch(len(losses), weight, bias, losses[-1])
        converged = len(losses) > 1 and abs(losses[-1] - losses[-2]) <= tolerance
        if converged or not np.isfinite(losses[-1]):
            break
    return SimpleNamespace(weight=weight, bias=bias, converged=converged, epochs=len(losses), losses=losses)
"""
RIGHT = {
    "delta": ["(y - np.sign(weight @ x + bias)) / 2", "0.5 * (y - np.sign(bias + weight.dot(x)))"],
    "corrected": ["weight + delta[:, None] * x, bias + delta", "weight + np.outer(delta, x), bias + delta"],
    "counted": ["bool(np.any(b != bias) or np.any(w != weight))"],
    "error": ["backward(activation, z, out - y)", "-backward(activation, z, y - out)"],
    "gradient": ["g.T @ x", "np.einsum('nk,nd->kd', g, x)"],
    "step": ["weight - lr * dw, bias - lr * db", "weight + -lr * dw, bias + -lr * db"],
}
WRONG = {
    "delta": ["y - np.sign(weight @ x + bias)", "(y - np.where(weight @ x + bias >= 0, 1, -1)) / 2"],
    "corrected": ["weight + delta[:, None] * x, bias", "weight - delta[:, None] * x, bias - delta"],
    "counted": ["1"],
    "error": ["2 * backward(activation, z, out - y)", "out - y"],
    "gradient": ["g.T @ x / len(x)"],
    "step": ["weight + lr * dw, bias + lr * db"],
}


def submission(number):
    """A submission: a spelling of each formula, and in three of ten one or two wrong ones."""
    draw = random.Random(number)
    parts = {key: draw.choice(texts) for key, texts in RIGHT.items()}
    for key in draw.sample(sorted(WRONG), draw.choice([1, 1, 2]) if draw.random() < 0.3 else 0):
        parts[key] = draw.choice(WRONG[key])
    return TEXT.format(**parts)


def main(count):
    """Check a class of this size and print the time, the exit codes, the judges' processor time and memory."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"student_{i:05}.py" for i in range(count)]
        for i, file in enumerate(files):
            file.write_text(submission(i))
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "parity", "check", *files, "--reference", "scratch", "--json", report]
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        seconds = time.perf_counter() - started
        codes = Counter(each["exit_code"] for each in json.loads(report.read_text())["submissions"])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    judges = used.ru_utime + used.ru_stime  # isolated candidates are not counted: bubblewrap ends with them
    print(f"{count:,} submissions: {seconds:.0f} s, {codes[0]} the same, {codes[1]} different, {codes[2]} unjudged")
    print(f"judges: {judges / count:.2f} s of processor time each, largest process {used.ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
