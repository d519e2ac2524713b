"""Create the data sets in this folder, except toy.csv, which is from the deck: ``python data/make_data.py``."""

import csv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FLIPPED = 3  # the sample (5, 0): labelled +1 it lies beyond (4, -1) and (3, 1.5), which are -1


def toy_flipped():
    """The deck's points with one label flipped, so that no line separates the classes."""
    with open(HERE / "toy.csv", newline="") as file:
        header, *rows = csv.reader(file)
    table = np.array(rows, dtype=float)
    table[FLIPPED, -1] *= -1
    return header, table


def logic_and():
    """+1 where both inputs are 1; a line separates it."""
    return ["x1", "x2", "y"], [[0, 0, -1], [0, 1, -1], [1, 0, -1], [1, 1, 1]]


def logic_xor():
    """+1 where exactly one input is 1; no line separates it."""
    return ["x1", "x2", "y"], [[0, 0, -1], [0, 1, 1], [1, 0, 1], [1, 1, -1]]


def moons(rng, n=50, noise=0.1):
    """Two interleaving half circles of n points: (cos t, sin t) and (1 - cos t, 1/2 - sin t)."""
    t = np.linspace(0, np.pi, n)
    upper = np.column_stack([np.cos(t), np.sin(t), np.full(n, -1)])
    lower = np.column_stack([1 - np.cos(t), 0.5 - np.sin(t), np.full(n, 1)])
    return ["x1", "x2", "y"], noisy(rng, [upper, lower], noise)


def circles(rng, n=50, noise=0.08):
    """A circle of radius 1/2 inside one of radius 1, n points each: r (cos t, sin t)."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    outer = np.column_stack([np.cos(t), np.sin(t), np.full(n, -1)])
    inner = np.column_stack([0.5 * np.cos(t), 0.5 * np.sin(t), np.full(n, 1)])
    return ["x1", "x2", "y"], noisy(rng, [outer, inner], noise)


def blobs(rng, n=30, noise=0.7):
    """Three clouds of n points around the corners of a triangle; classes 0, 1, 2, for cross-entropy."""
    corners = [(-2, -1), (2, -1), (0, 2)]
    clouds = [np.tile([*corner, label], (n, 1)) for label, corner in enumerate(corners)]
    return ["x1", "x2", "class"], noisy(rng, clouds, noise)


def noisy(rng, classes, noise):
    """The samples of all classes in random order, with normal noise of this deviation added to the inputs."""
    table = np.vstack(classes).astype(float)
    table[:, :2] += noise * rng.standard_normal((len(table), 2))
    return rng.permutation(table)


def write(folder):
    """Write every data set to the folder; each has its own generator, so none depends on the others."""
    tables = {
        "toy_flipped": toy_flipped(),
        "and": logic_and(),
        "xor": logic_xor(),
        "moons": moons(np.random.default_rng(1)),
        "circles": circles(np.random.default_rng(2)),
        "blobs": blobs(np.random.default_rng(3)),
    }
    for name, (header, rows) in tables.items():
        # Adding 0 turns -0 into 0.
        lines = [",".join(f"{value:g}" for value in row) for row in np.round(rows, 3) + 0.0]
        (Path(folder) / f"{name}.csv").write_text("\n".join([",".join(header), *lines, ""]), newline="\n")


if __name__ == "__main__":
    write(HERE)
