"""The speed of training one neuron in scratch and torchref, and the cost of the import compared with NumPy alone.

Run ``python benchmarks/bench_neuron.py``. The measurements alternate in one run, so that a busy machine slows both
sides equally; each figure is the median of a ratio or a difference over the rounds.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

# Python searches the script's own folder, not its parent.
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import scratch  # noqa: E402
import torchref  # noqa: E402

ROUNDS = 15
IMPORT_ROUNDS = 21
MAXRSS_PER_MB = 2**20 if sys.platform == "darwin" else 2**10

# A fresh interpreter prints the time of an import and its peak resident memory.
IMPORT = """
import time
start = time.perf_counter()
import {module}
seconds = time.perf_counter() - start
import resource
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

# Linux counts the memory of the parent process, which includes PyTorch, unless a small process starts the child.
LAUNCH = "import subprocess, sys; subprocess.run(sys.argv[1:], check=True)"


def toy():
    """The deck's eight points."""
    return scratch.load_data("toy")


def large():
    """2,000 points in 20 dimensions on two sides of a plane, all near 0 so that no run diverges."""
    rng = np.random.default_rng(7)
    x = rng.uniform(-1, 1, (2000, 20))
    return x, np.where(x @ rng.uniform(-1, 1, (20, 1)) > 0, 1.0, -1.0)


def start(backend, x, y):
    """Zero weights and the data, as this backend's arrays."""
    return [backend.tensor(values) for values in (np.zeros((1, x.shape[1])), np.zeros(1), x, y)]


def perceptron(backend, problem):
    """One epoch of the perceptron rule."""
    backend.perceptron_epoch(*problem)


def gradient(backend, problem):
    """One epoch of gradient descent, sample by sample."""
    backend.gradient_epoch(*problem, lr=0.01)


def seconds(epoch, backend, problem, repeats):
    """Seconds of one epoch."""
    began = time.perf_counter()
    for _ in range(repeats):
        epoch(backend, problem)
    return (time.perf_counter() - began) / repeats


def speed(epoch, x, y):
    """The time of torchref divided by that of scratch."""
    problems = {backend: start(backend, x, y) for backend in (scratch, torchref)}
    repeats = max(1, 400 // len(x))
    for backend, problem in problems.items():
        epoch(backend, problem)
    ratios = []
    for _ in range(ROUNDS):
        times = [seconds(epoch, backend, problem, repeats) for backend, problem in problems.items()]
        ratios.append(times[1] / times[0])
    return statistics.median(ratios)


def imported(module, cache):
    """Seconds and megabytes of an import in a fresh interpreter, which keeps compiled modules in this folder."""
    env = os.environ | {"PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", LAUNCH, sys.executable, "-c", IMPORT.format(module=module)]
    output = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    took, memory = map(float, output.split())
    return took, memory / MAXRSS_PER_MB


def imports():
    """The time of ``import scratch`` over that of ``import numpy``, and the memory it takes above."""
    modules = ("scratch", "numpy")
    with tempfile.TemporaryDirectory() as cache:
        rounds = [[imported(module, cache) for module in modules] for _ in range(1 + IMPORT_ROUNDS)]
    # The first round compiles.
    rounds = rounds[1:]
    ratio = statistics.median(ours[0] / numpys[0] for ours, numpys in rounds)
    extra = statistics.median(ours[1] - numpys[1] for ours, numpys in rounds)
    return ratio, extra


def row(what, figure, goal, met):
    """One line of the table."""
    print(f"{what:<42} {figure:>9}  {goal:>9}  {'met' if met else 'NOT MET'}", flush=True)


def main():
    """Measure and print; the benchmark does not fail."""
    torch.set_num_threads(2)
    print(f"{'what':<42} {'figure':>9}  {'goal':>9}")
    for data in (toy, large):
        x, y = data()
        for epoch in (gradient, perceptron):
            what = f"torchref / scratch, {epoch.__name__}_epoch {x.shape[0]} x {x.shape[1]}"
            ratio = speed(epoch, x, y)
            row(what, f"{ratio:.2f}", ">= 3.0", ratio >= 3)
    ratio, extra = imports()
    row("import scratch / import numpy, time", f"{ratio:.2f}", "<= 1.3", ratio <= 1.3)
    row("import scratch above numpy, memory", f"{extra:.1f} MB", "< 15 MB", extra < 15)


if __name__ == "__main__":
    main()
