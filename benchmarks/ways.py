"""Which way of gradient descent takes the least time: ``python benchmarks/ways.py [rounds]``.

For each number of samples and of features, all ways of ``scratch.fast.gradients`` in turn in one process: the medians
in microseconds for a sample, the fastest marked ``*``, the one that ``gradient_epoch`` chooses in brackets.
"""

import statistics
import sys
import time

from bench import LR, machine

import numpy as np  # isort: skip - after bench, which sets the number of threads
from scratch.fast import gradients

WAYS = {
    "loop": gradients.gradients.gradient_epoch,
    "floats": gradients.by_floats,
    "stretches": gradients.by_stretches,
    "blocks": gradients.by_blocks,
    "substitution": gradients.by_substitution,
}
SAMPLES = (100, 1000, gradients.MANY, 20_000)
FEATURES = (2, 4, 8, 12, 16, 24, 32, 48, 64, 100)


def medians(n, d, rounds):
    """The time of each way for a sample, in microseconds."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (n, d))
    given = np.zeros((1, d)), np.zeros(1), x, x @ rng.uniform(-1, 1, (d, 1)), LR
    times = {name: [] for name in WAYS if d == 2 or name != "floats"}
    for _ in range(rounds):
        for name in times:
            started = time.perf_counter()
            WAYS[name](*given)
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(each) / n * 1e6 for name, each in times.items()}


def main(rounds):
    """Print one table."""
    print("samples features", *(f"{name:>14}" for name in WAYS))
    for n in SAMPLES:
        for d in FEATURES:
            times = medians(n, d, rounds)
            fastest, chosen = min(times, key=times.get), gradients.way(n, d, contracting=True)
            row = []
            for name, each in WAYS.items():
                text = f"{times[name]:.3g}" if name in times else "-"
                text = f"[{text}]" if each is chosen else text
                row.append(f"{text + ('*' if name == fastest else ''):>14}")
            print(f"{n:7} {d:8}", *row)
    print(machine())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
