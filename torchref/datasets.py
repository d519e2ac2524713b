"""The data sets of the course, and a reader for your own: CSV files of
points and their labels.
"""

import csv
import math
from pathlib import Path

import torch

from torchref.checks import choice, printable, shown
from torchref.tensors import tensor

__all__ = ["load_data"]

# A net has a score for each class: what exceeds this is no class index.
MOST_CLASSES = 1_000_000


def load_data(name_or_path, dtype="float64"):
    r"""The points and labels of a data set.

    Parameters
    ----------
    name_or_path : str or path
        The name of a data set of the course (toy, toy_flipped, and, xor,
        moons, circles, blobs), or the path of a CSV file: a header, then a
        line for each sample, its inputs first and its label last.
    dtype : "float64" or "float32"

    Returns
    -------
    x : (N, D) float
    y : (N, 1) float, or (N,) int
        Integers, the class indices from 0 to 999999, where the header calls
        the last column ``class``.

    Raises
    ------
    ValueError
        If there is no such data set or file, or it holds anything but a full
        table of finite numbers with at least two different labels; the
        message names the row, counted as an editor counts lines, and the
        column.

    Notes
    -----
    Source: the deck's eight points, "toy"; the others are described in
    data/README.md.

    Examples
    --------
    >>> x, y = load_data("toy")
    >>> x[:2].tolist(), y[:2].tolist()
    ([[2.0, 1.0], [6.0, 0.5]], [[1.0], [-1.0]])
    """
    choice("dtype", dtype, ("float64", "float32"))
    path = _find(name_or_path)
    name = printable(str(path))
    columns, rows = _read(path, name)
    x, y = [row[:-1] for row in rows], [row[-1] for row in rows]
    if len(set(y)) == 1:
        raise ValueError(
            f"{name}: every label is {y[0]:g}, expected at least two classes"
        )
    if columns[-1] != "class":
        return tensor(x, dtype), tensor([[label] for label in y], dtype)
    for number, label in enumerate(y):
        if not 0 <= label < MOST_CLASSES or label != int(label):
            raise ValueError(
                f"{name}, sample {number}, column class: got {label:.16g}, "
                f"expected a whole number from 0 to {MOST_CLASSES - 1}"
            )
    return tensor(x, dtype), torch.tensor(y, dtype=torch.int64)


def _find(name_or_path):
    """The file meant: a path if it looks like one, else a name in data/."""
    try:
        path = Path(name_or_path)
    except TypeError:
        raise ValueError(
            f"data: got {shown(name_or_path)}, expected a name or a path"
        ) from None
    if path.suffix or len(path.parts) > 1:
        try:
            found = path.is_file()
        except OSError:  # a name that is too long for one
            found = False
        if not found:
            raise ValueError(
                f"{printable(str(path))}: no such file, expected a CSV file"
            )
        return path
    here = Path(__file__).parent
    # An installed wheel carries the files in the package; a checkout has
    # them beside it.
    folder = (
        here / "data" if (here / "data").is_dir() else here.parent / "data"
    )
    choice(
        "data",
        str(path) if path.parts else "",
        sorted(file.stem for file in folder.glob("*.csv")),
    )
    return folder / f"{path.name}.csv"


def _read(path, name):
    """The header and the rows of numbers."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [
                (reader.line_num, [cell.strip() for cell in row])
                for row in reader
                if any(map(str.strip, row))
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"{name}: cannot be read as a CSV file in UTF-8: {error}"
        ) from None
    if not lines:
        raise ValueError(
            f"{name}: the file is empty, expected a header and a line for "
            "each sample"
        )
    (_, columns), *samples = lines
    if all(map(_is_number, columns)):
        raise ValueError(
            f"{name}, row 1: got numbers, expected a header such as x1,x2,y"
        )
    if len(columns) < 2:
        raise ValueError(
            f"{name}, row 1: got one column {columns[0]!r}, expected inputs "
            "and a label, separated by commas"
        )
    if not samples:
        raise ValueError(
            f"{name}: got a header and no samples, expected a line for each "
            "sample"
        )
    return columns, [
        _numbers(name, number, row, columns) for number, row in samples
    ]


def _numbers(name, number, row, columns):
    """The numbers of one row."""
    if len(row) != len(columns):
        raise ValueError(
            f"{name}, row {number}: got {len(row)} values, expected "
            f"{len(columns)} as the header has"
        )
    for cell, column in zip(row, columns, strict=True):
        if not _is_number(cell) or not math.isfinite(float(cell)):
            raise ValueError(
                f"{name}, row {number}, column {printable(column)}: "
                f"got {cell!r}, expected a finite number"
            )
    return [float(cell) for cell in row]


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python reads 1_0 as 10
