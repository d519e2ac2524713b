"""The data sets of the course, and a reader for your own: points and their labels."""

from pathlib import Path

import numpy as np

from contract import DType
from contract.csvfiles import read_data
from scratch.tensors import tensor

__all__ = ["load_data"]


def load_data(name_or_path, dtype: DType = "float64"):
    r"""The points x (N, D) and labels y (N, 1) of a data set.

    ``name_or_path`` is toy (the deck's eight points), toy_flipped, and, xor, moons,
    circles or blobs, as data/README.md describes them, or the path of a CSV file with a
    header, then a line for each sample: its inputs, and its label last. Where the
    header calls the last column ``class``, y (N,) holds integers, the class indices. A
    ValueError names the row, as an editor counts lines, and the column.

    >>> x, y = load_data("toy")
    >>> x[:2].tolist(), y[:2].tolist()
    ([[2.0, 1.0], [6.0, 0.5]], [[1.0], [-1.0]])
    """
    x, y, are_classes = read_data(name_or_path, Path(__file__).parent)
    return tensor(x, dtype), np.array(y, np.int64) if are_classes else tensor(y, dtype)
