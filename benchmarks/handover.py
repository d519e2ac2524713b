"""Train a net on handwritten digits, half in NumPy, half in PyTorch on two processes, beside an undisturbed run.

    python benchmarks/handover.py [--plot FILE]

1797 images of 8 by 8 pixels, ten classes, by the commands that a user would type: `parity train fit` writes the
training after each epoch, and after the third `torchrun` goes on with it. Prints and draws the largest gap between the
two runs after each epoch, and the bound for the weight that ends farthest apart. Exit code 1 if the gap of any weight
exceeds its own bound. The rate is small: the bound assumes the worst at every step, and exceeds the weights otherwise.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.datasets import load_digits

import scratch
from parity.judge import referee
from parity.judge.rounding import bounded

HIDDEN, EPOCHS, HALF, BATCH_SIZE, LR = 32, 6, 3, 64, 0.02
PARITY = (sys.executable, "-m", "parity")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "parity")


def write_digits(path):
    """The images with values from 0 to 1, as a CSV file with the class in its last column."""
    x, y = load_digits(return_X_y=True)
    header = ",".join([*(f"x{pixel}" for pixel in range(x.shape[1])), "class"])
    rows = np.column_stack([x / 16, y])
    np.savetxt(path, rows, delimiter=",", header=header, comments="", fmt=["%.4f"] * x.shape[1] + ["%d"])


def train(command, folder, name, epochs, *options):
    """Train with the command line, write the training after each epoch, and return what the command printed."""
    fit = ["train", "fit", "--data", "digits.csv", "--hidden", str(HIDDEN), "--activation", "relu", "--lr", str(LR)]
    fit += ["--loss", "cross_entropy", "--batch-size", str(BATCH_SIZE), "--epochs", str(epochs)]
    fit += ["--every", "1", "--keep", str(EPOCHS), "--save", f"{name}.safetensors", *options]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}  # torchrun warns that it sets it
    done = subprocess.run([*command, *fit], cwd=folder, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def weights(folder, name, epoch, start):
    """The weights after an epoch."""
    net = scratch.MLP([len(start["fc1.weight"][0]), HIDDEN, 10], "relu")
    scratch.load_training(folder / f"{name}-{epoch}.safetensors", net)
    return net.state_dict()


def judged(x, y):
    """The weights before the training and after each epoch, with their bounds; drawn as the command draws them."""
    rng, start = np.random.default_rng(0), {}
    for layer, d, k in (("fc1", x.shape[1], HIDDEN), ("fc2", HIDDEN, 10)):
        start[f"{layer}.weight"] = rng.uniform(-(d**-0.5), d**-0.5, (k, d))
        start[f"{layer}.bias"] = rng.uniform(-(d**-0.5), d**-0.5, k)
    orders = [rng.permutation(len(x)) for _ in range(EPOCHS)]
    chosen = [order[i : i + BATCH_SIZE] for order in orders for i in range(0, len(x), BATCH_SIZE)]
    steps = referee.fit(
        {name: bounded(value) for name, value in start.items()},
        ["relu", "identity"],
        [(bounded(x[batch]), y[batch]) for batch in chosen],
        loss="cross_entropy",
        optimizer="SGD",
        rates=[LR] * len(chosen),
    )
    with np.errstate(all="ignore"):
        every = [step["weights"] for step in steps]
    return start, every[len(chosen) // EPOCHS - 1 :: len(chosen) // EPOCHS]


def gaps_and_bounds(ours, theirs, bounds):
    """The gap of every weight, and what is allowed, in two rows."""
    pairs = [(np.abs(ours[name] - theirs[name]), 2 * bound.error) for name, bound in bounds.items()]
    return np.array([np.concatenate([part.ravel() for part in parts]) for parts in zip(*pairs, strict=True)])


def draw(gaps, allowed, path):
    """The gaps and the bounds against the epochs."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    epochs = np.arange(1, EPOCHS + 1)
    figure, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
    ax.plot(epochs, allowed, "--", color="black", label="allowed")
    apart = gaps > 0
    ax.plot(epochs[apart], gaps[apart], "o-", label="largest gap, NumPy against PyTorch on two processes")
    ax.axvspan(0.5, HALF + 0.5, alpha=0.12)
    ax.text((HALF + 1) / 2, 3e-18, "both in NumPy: the same bits", ha="center")
    ax.set(yscale="log", xlim=(0.5, EPOCHS + 0.5), ylim=(1e-18, None), xlabel="epoch", ylabel="gap between weights")
    ax.grid(alpha=0.3)
    ax.legend(loc="upper left")
    figure.savefig(path, metadata={"Date": None})


def main():
    """Train both runs and compare them; the exit code says whether every gap is allowed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", metavar="FILE", help="draw the gap and its bound")
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_digits(folder / "digits.csv")
        train(PARITY, folder, "alone", EPOCHS)
        train(PARITY, folder, "handed", HALF)
        rest = ("--backend", "torchref", "--resume", "handed.safetensors")
        print(train(TORCHRUN, folder, "handed", EPOCHS, *rest), end="")
        start, bounds = judged(*scratch.load_data(folder / "digits.csv"))
        runs = [[weights(folder, run, epoch, start) for epoch in range(1, EPOCHS + 1)] for run in ("alone", "handed")]
    gaps, allowed = np.array([gaps_and_bounds(*three) for three in zip(*runs, bounds, strict=True)]).transpose(1, 0, 2)
    farthest = np.argmax(gaps[-1])
    largest, bound = gaps.max(axis=1), allowed[:, farthest]
    for epoch in range(EPOCHS):
        print(f"epoch {epoch + 1}: largest gap {largest[epoch]:.1e}, allowed {bound[epoch]:.1e}")
    if args.plot:
        draw(largest, bound, args.plot)
    return 0 if (gaps <= allowed).all() else 1


if __name__ == "__main__":
    sys.exit(main())
