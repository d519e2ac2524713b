"""The speed of training a network in scratch, torchref and scikit-learn: ratios of alternating steps in one process.

    python benchmarks/bench_networks.py [--rounds 15]

Two threads each. Every network is L-H-K with a sigmoid, squared error, and SGD with momentum, in float32. The goals for
scikit-learn's MLPRegressor refer to ``partial_fit``, which does the same work: one call per step, like ``train_step``,
with checked arguments and the loss returned. ``fit`` checks once and loops inside; its step is shown for comparison.
Exit code 1 if a goal is missed.
"""

import argparse
import gc
import itertools
import os
import statistics
import sys
import time
import tracemalloc
import warnings

THREADS = 2
os.environ.update(OMP_NUM_THREADS=str(THREADS), OPENBLAS_NUM_THREADS=str(THREADS), MKL_NUM_THREADS=str(THREADS))

import numpy as np  # noqa: E402 - the number of threads is read as these are imported
import torch  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.neural_network import MLPRegressor  # noqa: E402

import scratch  # noqa: E402
import torchref  # noqa: E402

LR, MOMENTUM = 0.01, 0.9
WARM_UP = 0.1  # seconds
# sizes, samples in a batch, steps timed together, and of each rival how many times as fast scratch must be.
CASES = [
    ((2, 8, 1), 8, 200, {"torchref": 5.0, "sklearn partial_fit": 2.0}),
    ((64, 32, 10), 32, 100, {"torchref": 4.0}),
    ((784, 256, 10), 128, 15, {"torchref": 1.0, "sklearn partial_fit": 1.4, "bare products": 1 / 1.6}),
]


def data(sizes, n):
    """A batch of n samples, float32."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, sizes[0]), dtype="float32"), rng.standard_normal((n, sizes[-1]), dtype="float32")


def steps_of(backend, sizes, x, y):
    """Train a network of this backend for a number of steps."""
    x, y = backend.tensor(x, dtype="float32"), backend.tensor(y, dtype="float32")
    net = backend.MLP(sizes, dtype="float32", seed=0)
    optimizer = backend.SGD(net.parameters(), lr=LR, momentum=MOMENTUM)

    def run(steps):
        for _ in range(steps):
            backend.train_step(net, x, y, "mse_loss", optimizer)

    return run


def steps_of_sklearn(sizes, x, y, steps):
    """The same work in scikit-learn: one call for each step, and one call for all."""
    options = {
        "hidden_layer_sizes": sizes[1:-1],
        "activation": "logistic",
        "solver": "sgd",
        "alpha": 0,
        "batch_size": len(x),
        "learning_rate_init": LR,
        "momentum": MOMENTUM,
        "nesterovs_momentum": False,
        "shuffle": False,
        "random_state": 0,
    }
    y = y.ravel() if y.shape[1] == 1 else y
    called = MLPRegressor(**options)
    looped = MLPRegressor(**options, max_iter=steps, tol=0, n_iter_no_change=10**9)

    def partial_fit(steps):
        for _ in range(steps):
            called.partial_fit(x, y)

    return partial_fit, lambda _: looped.fit(x, y)


def products_of(sizes, x, y):
    """Only the matrix products of a step, without the gradient of the input."""
    rng = np.random.default_rng(1)
    first, last = (rng.standard_normal((k, d), dtype="float32") for d, k in itertools.pairwise(sizes))
    hidden = rng.standard_normal((len(x), sizes[1]), dtype="float32")

    def run(steps):
        for _ in range(steps):
            x @ first.T
            hidden @ last.T
            y.T @ hidden
            y @ last
            hidden.T @ x

    return run


def seconds(run, steps):
    """Seconds of one step, after the threads of the previous step are idle; they spin for a while."""
    rested = time.perf_counter() + WARM_UP
    while time.perf_counter() < rested:
        run(steps)
    start = time.perf_counter()
    run(steps)
    return (time.perf_counter() - start) / steps


def measure(sizes, n, steps, rounds):
    """Seconds of one step of each, in alternation, for every round."""
    x, y = data(sizes, n)
    runs = {"scratch": steps_of(scratch, sizes, x, y), "torchref": steps_of(torchref, sizes, x, y)}
    runs["sklearn partial_fit"], runs["sklearn fit"] = steps_of_sklearn(sizes, x, y, steps)
    runs["bare products"] = products_of(sizes, x, y)
    return [{name: seconds(run, steps) for name, run in runs.items()} for _ in range(rounds)]


def table(name, rounds, goals):
    """The ratios of one case, the median over the rounds, each against its goal; whether all goals are met."""
    mine = statistics.median(times["scratch"] for times in rounds)
    print(f"\n{name}, float32: scratch {mine * 1e6:.1f} us a step")
    print(f"  {'rival':<22}{'us a step':>10}{'ratio':>8}{'goal':>8}")
    met = True
    for rival in list(rounds[0])[1:]:
        theirs = statistics.median(times[rival] for times in rounds)
        ratio = statistics.median(times[rival] / times["scratch"] for times in rounds)
        goal = goals.get(rival)
        met &= goal is None or ratio >= goal
        verdict = "" if goal is None else f"{goal:8.2f}  {'met' if ratio >= goal else 'MISSED'}"
        print(f"  {rival:<22}{theirs * 1e6:10.1f}{ratio:8.2f}{verdict}")
    return met


def peak_memory(steps, n):
    """The most bytes that so many steps of a 64-32-10 net on batches of n hold at a time, beyond the net and data."""
    x, y = data((64, 32, 10), n)
    run = steps_of(scratch, (64, 32, 10), x, y)
    run(2)
    gc.collect()
    tracemalloc.start()
    run(steps)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def memory():
    """Memory of a step grows with the batch, not with the number of steps."""
    few, many, wide = peak_memory(10, 256), peak_memory(1000, 256), peak_memory(10, 2048)
    met = many < 1.1 * few
    print("\nmemory at its peak, 64-32-10")
    print(f"  {'10 steps, batch 256':<22}{few / 1024:10.0f} KiB")
    print(f"  {'1000 steps, batch 256':<22}{many / 1024:10.0f} KiB  {'met' if met else 'MISSED'} (goal: as for 10)")
    print(f"  {'10 steps, batch 2048':<22}{wide / 1024:10.0f} KiB")
    return met


def main():
    """All cases, and the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="measurements of each (default %(default)s)")
    rounds = parser.parse_args().rounds
    torch.set_num_threads(THREADS)
    warnings.simplefilter("ignore", ConvergenceWarning)
    met = True
    for sizes, n, steps, goals in CASES:
        name = f"{'-'.join(map(str, sizes))}, batch {n}"
        met &= table(name, measure(sizes, n, steps, rounds), goals)
    met &= memory()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
