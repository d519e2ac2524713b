"""Reading the course's CSV files with NumPy, and cutting them into batches."""

from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parents[3] / "data"


def load_data(name_or_path, dtype="float64"):
    if dtype not in ("float64", "float32"):
        raise ValueError(f"dtype {dtype}")
    path = Path(name_or_path)
    if not path.suffix:
        path = DATA / f"{name_or_path}.csv"
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    with open(path, encoding="utf-8") as file:
        header = file.readline().strip().split(",")
    table = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    if not np.isfinite(table).all() or len(np.unique(table[:, -1])) < 2:
        raise ValueError(f"{path} is no table of two classes")
    x, y = table[:, :-1].astype(dtype), table[:, -1:]
    return (x, y[:, 0].astype(int)) if header[-1] == "class" else (x, y.astype(dtype))


def minibatches(x, y, batch_size=None, order=None):
    n = len(x)
    order = np.arange(n) if order is None else np.asarray(order)
    if n == 0 or len(y) != n or sorted(order.tolist()) != list(range(n)):
        raise ValueError("x, y and order do not fit together")
    size = n if batch_size is None else batch_size
    if not 1 <= size <= n:
        raise ValueError(f"batch_size {batch_size}")
    pieces = np.split(order, np.arange(size, n, size))
    return iter([(x[piece], y[piece]) for piece in pieces])
