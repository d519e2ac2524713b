"""Train the MLP of scratch on scikit-learn's handwritten digits, and that of torchref for one epoch for comparison.

    python benchmarks/digits.py

1797 images of 8 by 8 pixels, ten classes, every fourth held out. Exit code 1 below 96 % held-out accuracy, or if the
backends' weights after an epoch differ by more than the bound that the referee propagates. That epoch has a
smaller learning rate: at 0.5 the bound, which assumes the worst at every step, soon exceeds the weights.
"""

import sys

import numpy as np
from sklearn.datasets import load_digits

import scratch
import torchref
from parity.judge import referee
from parity.judge.rounding import bounded

SIZES, EPOCHS, BATCH_SIZE, GOAL = (64, 128, 10), 60, 32, 0.96
LR, LR_COMPARED = 0.5, 0.02


def split():
    """Inputs from 0 to 1 and class indices, for training and held out."""
    x, y = load_digits(return_X_y=True)
    held_out = np.arange(len(x)) % 4 == 3
    return x[~held_out] / 16, y[~held_out], x[held_out] / 16, y[held_out]


def orders(n, epochs):
    """The same order of the samples for both, shuffled in each epoch."""
    rng = np.random.default_rng(0)
    return [rng.permutation(n) for _ in range(epochs)]


def train(backend, state, x, y, epochs, lr):
    """A net of this backend from these weights."""
    net = backend.MLP(SIZES, activation="relu")
    net.load_state_dict(state)
    options = {"loss": "cross_entropy", "optimizer": "SGD", "lr": lr, "batch_size": BATCH_SIZE}
    if backend is torchref:
        x, y = torchref.tensor(x), torchref.tensor(y).long()
    return net, backend.fit(net, x, y, epochs=epochs, orders=orders(len(x), epochs), **options)


def judged(state, x, y, lr):
    """The referee's weights after an epoch, each with its bound."""
    [order] = orders(len(x), 1)
    chosen = [order[i : i + BATCH_SIZE] for i in range(0, len(order), BATCH_SIZE)]
    batches = [(bounded(x[batch]), y[batch]) for batch in chosen]
    weights = {name: bounded(value) for name, value in state.items()}
    options = {"loss": "cross_entropy", "optimizer": "SGD", "rates": [lr] * len(batches)}
    with np.errstate(all="ignore"):
        *_, last = referee.fit(weights, ["relu", "identity"], batches, **options)
    return last["weights"]


def main():
    """Train and print; the exit code says whether the goals are met."""
    x, y, x_held_out, y_held_out = split()
    start = scratch.MLP(SIZES, activation="relu", seed=0).state_dict()

    net, history = train(scratch, start, x, y, EPOCHS, LR)
    accuracy = float((net(x_held_out).argmax(axis=1) == y_held_out).mean())
    print(f"scratch, {history.epochs} epochs: loss {history.losses[0]:.4f} -> {history.losses[-1]:.4f}")
    print(f"held-out accuracy {accuracy:.2%}, goal {GOAL:.0%}")

    ours, theirs = (train(backend, start, x, y, 1, LR_COMPARED)[0].state_dict() for backend in (scratch, torchref))
    print(f"scratch against torchref after one epoch, float64, lr {LR_COMPARED}:")
    worst = 0.0
    for name, bound in judged(start, x, y, LR_COMPARED).items():
        gap = np.abs(ours[name] - theirs[name].numpy())
        share = np.max(gap / (2 * bound.error))
        print(
            f"  {name:<11} largest gap {gap.max():.1e}, allowed {2 * bound.error.max():.1e}, at most {share:.1%} used"
        )
        worst = max(worst, float(share))
    return 0 if accuracy >= GOAL and worst <= 1 else 1


if __name__ == "__main__":
    sys.exit(main())
