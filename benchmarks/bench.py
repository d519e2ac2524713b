"""One table: the time that scratch, scratch.fast, PyTorch and scikit-learn take for the same weights.

    python benchmarks/bench.py [--rounds 9] [--json FILE] [--plot FILE]

All rivals of a row run in turn in one process, two threads each, so that a busy machine slows all of them. A time is
the median over the rounds, a ratio the median of the ratios with its quartiles. Each training of a net takes at least
15 ms, because for the first half a millisecond the processor still has the rival's code and data in its caches. "x the
data" is what scratch.fast holds at its peak beyond the data, as a multiple of them. "floor" are the bare products.
"torch" is the loop of every tutorial, "torchref" checks its arguments. A goal is a ratio that scratch.fast is to reach;
exit code 1 if one is missed.
"""

import argparse
import gc
import itertools
import json
import os
import platform
import statistics
import sys
import time
import tracemalloc
import warnings
from pathlib import Path
from typing import NamedTuple

THREADS = 2
os.environ.update(OMP_NUM_THREADS=str(THREADS), OPENBLAS_NUM_THREADS=str(THREADS), MKL_NUM_THREADS=str(THREADS))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402 - the number of threads is read as these are imported
import sklearn  # noqa: E402
import torch  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.linear_model import Perceptron, SGDRegressor  # noqa: E402
from sklearn.neural_network import MLPRegressor  # noqa: E402

import scratch  # noqa: E402
import torchref  # noqa: E402
from scratch import fast  # noqa: E402

LR, MOMENTUM, EPOCHS = 0.01, 0.9, 3
OURS = "scratch.fast"


class Task(NamedTuple):
    """What is timed: each rival is a function, and the number of samples or steps that it takes in one call."""

    name: str
    size: str
    unit: str
    rivals: dict
    goals: dict
    data: tuple


def perceptron(n, d=20):
    """Three epochs on points that a plane separates with a margin."""
    rng = np.random.default_rng(0)
    plane = rng.standard_normal(d)
    x = rng.uniform(-1, 1, (2 * n, d))
    x = x[abs(x @ plane) > 0.1 * np.linalg.norm(plane)][:n]
    y = np.where(x @ plane > 0, 1.0, -1.0)[:, None]
    some = slice(0, 20_000)  # of the loop, whose time for a sample does not depend on how many there are

    def run(backend, part):
        weight, bias = np.zeros((1, d)), np.zeros(1)
        for _ in range(EPOCHS):
            weight, bias, _ = backend.perceptron_epoch(weight, bias, x[part], y[part])

    theirs = Perceptron(max_iter=EPOCHS, tol=None, shuffle=False)
    rivals = {
        OURS: (lambda: run(fast, slice(None)), EPOCHS * n),
        "scratch": (lambda: run(scratch, some), EPOCHS * min(n, 20_000)),
        "scikit-learn": (lambda: theirs.fit(x, y.ravel()), EPOCHS * n),
        "floor": (lambda: [x @ plane for _ in range(EPOCHS)], EPOCHS * n),
    }
    return Task("perceptron", f"{n} x {d}", "sample", rivals, {"scikit-learn": 3, "scratch": 40}, (x, y))


def torch_by_hand(x, y):
    """The two lines of the deck on tensors, sample by sample."""
    x, y = torch.tensor(x), torch.tensor(y)
    weight, bias = torch.zeros(1, x.shape[1], dtype=x.dtype), torch.zeros(1, dtype=x.dtype)
    for x_i, y_i in zip(x, y, strict=True):
        delta = weight @ x_i + bias - y_i
        weight, bias = weight - LR * delta[:, None] * x_i, bias - LR * delta


def sgd(d, goals, n=20_000):
    """One epoch of gradient descent on the squared error, sample by sample."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (n, d))
    y = x @ rng.uniform(-1, 1, (d, 1)) + 0.1 * rng.standard_normal((n, 1))
    theirs = SGDRegressor(penalty=None, learning_rate="constant", eta0=LR, shuffle=False, max_iter=1, tol=None)
    start, some = (np.zeros((1, d)), np.zeros(1)), min(n, 2000)
    rivals = {
        OURS: (lambda: fast.gradient_epoch(*start, x, y, LR), n),
        "scratch": (lambda: scratch.gradient_epoch(*start, x[:some], y[:some], LR), some),
        "torch": (lambda: torch_by_hand(x[:some], y[:some]), some),
        "scikit-learn": (lambda: theirs.fit(x, y.ravel()), n),
    }
    return Task("SGD, squared error", f"{n} x {d}", "sample", rivals, goals, (x, y))


def network(sizes, batch, batches, goals):
    """Steps of a sigmoid net: mean squared error, SGD with momentum, float32."""
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((batch * batches, size), dtype="float32") for size in (sizes[0], sizes[-1]))

    tensors = torchref.tensor(x, "float32"), torchref.tensor(y, "float32")

    def run(backend):
        net = backend.MLP(sizes, dtype="float32", seed=0)
        optimizer = backend.SGD(net.parameters(), lr=LR, momentum=MOMENTUM)
        samples = tensors if backend is torchref else (x, y)
        backend.fit(net, *samples, optimizer=optimizer, epochs=EPOCHS, batch_size=batch)

    rivals = {
        OURS: (lambda: run(fast), EPOCHS * batches),
        "scratch": (lambda: run(scratch), EPOCHS * batches),
        "torchref": (lambda: run(torchref), EPOCHS * batches),
        "torch": (lambda: torch_eager(sizes, batch, x, y), EPOCHS * batches),
        "scikit-learn": (lambda: of_sklearn(sizes, batch, x, y), EPOCHS * batches),
        "floor": (lambda: products(sizes, batch, EPOCHS * batches), EPOCHS * batches),
    }
    return Task("network", f"{'-'.join(map(str, sizes))}, batch {batch}", "step", rivals, goals, (x, y))


def torch_eager(sizes, batch, x, y):
    """The training loop of every PyTorch tutorial."""
    x, y = torch.tensor(x).split(batch), torch.tensor(y).split(batch)
    layers = [torch.nn.Linear(d, k) for d, k in itertools.pairwise(sizes)]
    net = torch.nn.Sequential(layers[0], torch.nn.Sigmoid(), *layers[1:])
    optimizer = torch.optim.SGD(net.parameters(), lr=LR, momentum=MOMENTUM)
    for _ in range(EPOCHS):
        for x_batch, y_batch in zip(x, y, strict=True):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(net(x_batch), y_batch)
            loss.backward()
            optimizer.step()
            loss.item()


def of_sklearn(sizes, batch, x, y):
    """The loop inside MLPRegressor.fit."""
    options = {"activation": "logistic", "solver": "sgd", "alpha": 0, "learning_rate_init": LR, "momentum": MOMENTUM}
    options |= {"nesterovs_momentum": False, "shuffle": False, "random_state": 0, "tol": 0, "n_iter_no_change": 10**9}
    net = MLPRegressor(hidden_layer_sizes=sizes[1:-1], batch_size=batch, max_iter=EPOCHS, **options)
    net.fit(x, y.ravel() if y.shape[1] == 1 else y)


def products(sizes, batch, steps):
    """Only the matrix products of a step, without the gradient of the input."""
    rng = np.random.default_rng(1)
    first, last = (rng.standard_normal((k, d), dtype="float32") for d, k in itertools.pairwise(sizes))
    x, hidden, y = (rng.standard_normal((batch, size), dtype="float32") for size in sizes)
    for _ in range(steps):
        x @ first.T
        hidden @ last.T
        y.T @ hidden
        y @ last
        hidden.T @ x


def many_nets(goals, count=1000, batch=8, steps=2000):
    """Steps of as many nets of 2-8-1, from weights of their own: mean squared error, Adam, float32."""
    rng = np.random.default_rng(0)
    sizes, few, some = (2, 8, 1), count // 200, steps // 20  # rivals that take long train fewer nets, or fewer steps
    x, y = (rng.standard_normal((batch, size), dtype="float32") for size in (sizes[0], sizes[-1]))
    tensors = torch.tensor(x), torch.tensor(y)
    nets = {
        backend: [backend.MLP(sizes, dtype="float32", seed=i) for i in range(count)] for backend in (fast, torchref)
    }
    layers = [[torch.nn.Linear(2, 8), torch.nn.Sigmoid(), torch.nn.Linear(8, 1)] for _ in range(count)]
    modules = [torch.nn.Sequential(*one) for one in layers]
    starts = {backend: [[p.data for p in net.parameters()] for net in nets[backend]] for backend in nets}

    def stack(backend, own, x, y, steps):
        for net, start in zip(nets[own], starts[own], strict=True):  # whose loss no longer changes stops
            for parameter, data in zip(net.parameters(), start, strict=True):
                parameter.data = data
        backend.fit_stack(nets[own], x, y, optimizer="Adam", epochs=steps)

    rivals = {
        OURS: (lambda: stack(fast, fast, x, y, steps), count * steps),
        "scratch": (lambda: stack(scratch, fast, x, y, steps), count * steps),
        "torchref": (lambda: stack(torchref, torchref, *tensors, some), count * some),
        "torch": (lambda: [adam_eager(module, *tensors, some) for module in modules[:few]], few * some),
        "torch.func.vmap": (lambda: adam_by_vmap(modules, *tensors, some), count * some),
        "fit in turn": (
            lambda: [fast.fit(net, x, y, optimizer="Adam", epochs=some) for net in nets[fast][:few]],
            few * some,
        ),
    }
    return Task(f"{count} nets at once", f"2-8-1, batch {batch}", "step of a net", rivals, goals, ())


def adam_eager(module, x, y, steps):
    """One net, as every PyTorch tutorial has it."""
    optimizer = torch.optim.Adam(module.parameters())
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(module(x), y)
        loss.backward()
        optimizer.step()
        loss.item()


def adam_by_vmap(modules, x, y, steps):
    """All nets, as PyTorch's tutorial on model ensembling has it, and one optimizer for the stack."""
    weights, _ = torch.func.stack_module_state(modules)

    def loss_of(weights, x, y):
        return torch.nn.functional.mse_loss(torch.func.functional_call(modules[0], weights, x), y)

    gradients = torch.func.vmap(torch.func.grad_and_value(loss_of), in_dims=(0, None, None))
    optimizer = torch.optim.Adam(weights.values())
    for _ in range(steps):
        grads, losses = gradients(weights, x, y)
        for name, weight in weights.items():
            weight.grad = grads[name]
        optimizer.step()
        losses.tolist()


def tasks():
    """The rows of the table."""
    yield perceptron(20_000)
    yield perceptron(200_000)
    yield sgd(2, {"scratch": 20, "torch": 80, "scikit-learn": 0.5})
    yield sgd(20, {"scratch": 4, "torch": 30, "scikit-learn": 0.3})
    yield sgd(100, {})
    yield network((2, 8, 1), 8, 640, {"torch": 9, "scikit-learn": 2.5})
    yield network((64, 32, 10), 32, 320, {"torch": 7, "scikit-learn": 2.4})
    yield network((784, 256, 10), 128, 8, {"torch": 1.15, "scikit-learn": 1.7, "floor": 0.7})
    yield many_nets({"torch": 800, "torch.func.vmap": 5})


def seconds(rival):
    """Seconds for one sample or step; the garbage of all rivals is collected between them, as by ``timeit``."""
    run, count = rival
    gc.disable()
    began = time.perf_counter()
    run()
    ended = time.perf_counter()
    gc.enable()
    return (ended - began) / count


def peak(task):
    """What scratch.fast holds at its peak, beyond the data and as a multiple of them; None where these are nothing."""
    if not task.data:
        return None
    tracemalloc.start()
    task.rivals[OURS][0]()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / sum(array.nbytes for array in task.data)


def measured(task, rounds):
    """The row of a task."""
    for rival in task.rivals.values():
        seconds(rival)
    times = [{name: seconds(rival) for name, rival in task.rivals.items()} for _ in range(rounds)]
    row = {"task": task.name, "size": task.size, "unit": task.unit, "memory": peak(task), "us": {}, "ratio": {}}
    for name in task.rivals:
        row["us"][name] = statistics.median(each[name] for each in times) * 1e6
        if name != OURS:
            ratios = [each[name] / each[OURS] for each in times]
            low, middle, high = statistics.quantiles(ratios, n=4)
            row["ratio"][name] = {"median": middle, "quartiles": [low, high], "goal": task.goals.get(name)}
    return row


def lines(row):
    """A row as text: the times, and below each ratio with its goal."""
    head = f"{row['task']}, {row['size']}"
    peak = f"{row['memory']:.1f} x the data" if row["memory"] is not None else ""
    yield f"{head:<34}{OURS:<16}{row['us'][OURS]:>8.3g} us a {row['unit']:<13}{peak:>16}".rstrip()
    for name, ratio in row["ratio"].items():
        low, high = ratio["quartiles"]
        goal = ratio["goal"]
        verdict = "" if goal is None else f"goal {goal:<5g} {'met' if ratio['median'] >= goal else 'MISSED'}"
        spread = f"({low:.3g} to {high:.3g})"
        line = f"{'':<34}{name:<16}{row['us'][name]:>8.3g}   x {ratio['median']:<7.3g}{spread:<18}{verdict}"
        yield line.rstrip()


def growth(path):
    """A picture of the time for a sample against the number of samples."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    sizes = (2_000, 20_000, 200_000, 1_000_000)
    figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for label, made in {
        "perceptron, 20 features": lambda n: perceptron(n),
        "SGD, 2 features": lambda n: sgd(2, {}, n),
        "SGD, 20 features": lambda n: sgd(20, {}, n),
    }.items():
        ours = [min(seconds(made(n).rivals[OURS]) for _ in range(3)) * 1e6 for n in sizes]
        ax.plot(sizes, ours, "o-", label=label)
    ax.set(xscale="log", yscale="log", xlabel="samples", ylabel="microseconds a sample")
    ax.set_title("scratch.fast: the time for a sample does not grow", loc="left")
    ax.grid(alpha=0.3)
    ax.legend()
    figure.savefig(path)


def machine():
    """What the times belong to."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    kind = names[0] if names else platform.processor() or platform.machine()
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, PyTorch {torch.__version__}"
    return f"{kind}, {THREADS} of {os.cpu_count()} processors; {versions}, scikit-learn {sklearn.__version__}"


def main():
    """The table, and the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="measurements of each (default %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--plot", metavar="FILE", help="draw the time for a sample against the number of samples")
    args = parser.parse_args()
    torch.set_num_threads(THREADS)
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    for task in tasks():
        rows.append(measured(task, args.rounds))
        print("\n".join(lines(rows[-1])), flush=True)
    print(machine())
    if args.json:
        Path(args.json).write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n", encoding="utf-8")
    if args.plot:
        growth(args.plot)
    ratios = [ratio for row in rows for ratio in row["ratio"].values() if ratio["goal"]]
    return int(any(ratio["median"] < ratio["goal"] for ratio in ratios))


if __name__ == "__main__":
    sys.exit(main())
