"""Mistakes in reading data."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake


@mistake("load_data")
def first_sample_lost(name_or_path, dtype="float64"):
    """the first sample is treated as the header.

    Met where the header is skipped twice, as with pandas.read_csv(file, skiprows=1), which skips one more line.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return x[1:], y[1:]


@mistake("load_data")
def labels_in_a_row(name_or_path, dtype="float64"):
    """the labels have shape (N,) instead of (N, 1), so that against predictions (N, 1) they broadcast to (N, N).

    Met where a column is selected by its index, as in table[:, -1]; PyTorch's mse_loss then only warns.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return x, y.ravel()


@mistake("load_data")
def labels_0_and_1(name_or_path, dtype="float64"):
    """the labels are 0 and 1 instead of -1 and +1.

    Met in most data sets, scikit-learn's make_moons among them; a cross-entropy needs 0 and 1, a perceptron -1 and +1.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return x, np.maximum(y, 0)


@mistake("load_data")
def inputs_standardised(name_or_path, dtype="float64"):
    """the inputs are shifted and scaled to mean 0 and deviation 1.

    Met in the usual preparation, scikit-learn's StandardScaler; the line then belongs to other points.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return (x - x.mean(axis=0)) / x.std(axis=0), y
