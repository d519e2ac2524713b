"""What ``parity train fit --sweep`` varies: the values, the table of all runs, and its picture."""

import argparse
import inspect
import itertools
import math

import numpy as np

from contract.arguments import choice
from parity import plots
from scratch.optimizers import OPTIMIZERS

# Of an optimizer, so that all runs are trained at once, any two together; the others are whole numbers, one at a time.
RATES, WHOLE = ("lr", "momentum"), ("hidden", "epochs", "batch-size")
SWEEPS = (*RATES, *WHOLE)
# The maximum number of neurons in a layer, and of any integer that is swept.
MOST = 1_000_000
MOST_RUNS = 1000
SHOWN = 10  # runs in the table of two hyperparameters
EXAMPLE = "NAME=FROM:TO:RUNS such as lr=0.001:1:20"


def names(args):
    """What is swept; nothing without the option, or where a rule has none."""
    text = getattr(args, "sweep", None) or ""
    return [part.partition("=")[0].strip() for part in text.split(",") if part]


def trials(args):
    """The options of each run, by the values that the sweep sets; without a sweep there is one run."""
    if getattr(args, "sweep", None) is None:
        return {(): args}
    spans = [span(part.strip()) for part in args.sweep.split(",")]
    swept = [name for name, _ in spans]
    if len(set(swept)) < len(swept) or (len(swept) > 1 and not set(swept) <= set(RATES)):
        raise ValueError(f"--sweep: got {', '.join(swept)}, expected one of them, or lr and momentum together")
    for name in swept:
        if name.replace("-", "_") in args.given:
            raise ValueError(f"--{name}: got it with --sweep {name}, which sets it in each run, expected one of them")
    if "momentum" in swept:
        able = [name for name, kind in OPTIMIZERS.items() if "momentum" in inspect.signature(kind).parameters]
        if args.optimizer not in able:
            raise ValueError(f"--sweep: got momentum with {args.optimizer}, expected --optimizer {' or '.join(able)}")
    runs = list(itertools.product(*(values for _, values in spans)))
    if len(runs) > MOST_RUNS:
        raise ValueError(f"--sweep: got {len(runs)} runs, expected at most {MOST_RUNS} in all")
    return {values: with_values(args, swept, values) for values in runs}


def with_values(args, swept, values):
    """The options of one run."""
    one = {name.replace("-", "_"): value for name, value in zip(swept, values, strict=True)}
    if "hidden" in one:
        one["hidden"] = [one["hidden"]]
    return argparse.Namespace(**vars(args) | one)


def span(text):
    """The name and the values of ``lr=0.001:1:20``."""
    name, _, numbers = text.partition("=")
    choice("--sweep", name, SWEEPS)
    try:
        low, high, runs = (kind(part) for kind, part in zip((float, float, int), numbers.split(":"), strict=True))
    except ValueError:
        raise ValueError(f"--sweep: got {text!r}, expected {EXAMPLE}") from None
    from_zero = name == "momentum" and low == 0
    if not ((low > 0 or from_zero) and low < high < math.inf and 2 <= runs <= MOST_RUNS):
        least = "0 <=" if name == "momentum" else "0 <"
        raise ValueError(f"--sweep: got {text!r}, expected {least} FROM < TO and 2 to {MOST_RUNS} RUNS")
    if name == "lr":
        return name, np.geomspace(low, high, runs).tolist()
    if name == "momentum":
        return name, np.linspace(low, high, runs).tolist()
    if low < 1 or high > MOST:
        raise ValueError(f"--sweep: got {text!r}, expected integers from 1 to {MOST}")
    return name, np.unique(np.linspace(low, high, runs).round().astype(int)).tolist()


def report(swept, losses, said):
    """Print the final losses, by values, and what is said of each run; whether any run stayed finite."""
    runs = list(losses)
    if len(swept) > 1:
        runs = sorted(losses, key=losses.get)[:SHOWN]
        diverged = sum(not math.isfinite(loss) for loss in losses.values())
        print(f"{len(losses)} runs, {diverged} of them diverged; those with the least loss:")
    print(*(f"{name:<19}" for name in swept), f"{'loss':<12} accuracy")
    for values in runs:
        print(*(f"{value:<19.6g}" for value in values), f"{losses[values]:<12.6g} {said[values]}")
    best = min(losses, key=losses.get)
    where = ", ".join(f"{name} {value:.6g}" for name, value in zip(swept, best, strict=True))
    finite = math.isfinite(losses[best])
    print(f"the least loss is {losses[best]:.6g}, at {where}" if finite else "every run diverged")
    return finite


def draw(swept, losses, ceiling, title, path):
    """A curve over one hyperparameter, a map over two."""
    figure, [ax, *_] = plots.new_figure()
    axes = [sorted(set(values)) for values in zip(*losses, strict=True)]
    if len(swept) == 1:
        [name], [values] = swept, axes
        plots.plot_sweep(name, values, list(losses.values()), ceiling=ceiling, log_values=name == "lr", ax=ax)
    else:
        table = np.reshape(list(losses.values()), [len(values) for values in axes])
        plots.plot_map(swept, axes, table, ceiling=ceiling, log_values=[name == "lr" for name in swept], ax=ax)
    plots.set_title(figure, title)
    plots.save(figure, path)
