"""The data sets of the course, and CSV files like them: a header, inputs, a label."""

import csv
import math
import os
from pathlib import Path

from contract.arguments import choice
from contract.messages import invalid, printable, shown

# A network has a score for each class: a larger number is not a class index.
MAX_CLASSES = 1_000_000


def read_data(name_or_path, package):
    """The inputs, the labels, and whether these are classes.

    ``package`` is the folder of either package; data is in it, or beside it.
    """
    path = find(name_or_path, package)
    name = printable(str(path))
    columns, rows = read_rows(path, name)
    x, y = [row[:-1] for _, row in rows], [row[-1] for _, row in rows]
    if len(set(y)) == 1:
        raise invalid(name, f"the label {y[0]:g} in every row", "at least two classes")
    if columns[-1] != "class":
        return x, [[label] for label in y], False
    for number, (*_, label) in rows:
        if not 0 <= label < MAX_CLASSES or label != int(label):
            where = f"{name}, row {number}, column class"
            wanted = f"an integer from 0 to {MAX_CLASSES - 1}"
            raise invalid(where, f"{label:.16g}", wanted)
    return x, [int(label) for label in y], True


def find(name_or_path, package):
    """The file of a path, or of a name in data/."""
    try:
        path = Path(name_or_path)
    except TypeError:
        raise invalid("data", shown(name_or_path), "a name or a path") from None
    if path.suffix or len(path.parts) > 1:
        if not os.path.isfile(path):  # also where a name is too long
            name = printable(str(path))
            raise ValueError(f"{name}: no such file, expected a CSV file")
        return path
    inside = Path(package) / "data"
    folder = inside if inside.is_dir() else Path(package).parent / "data"
    names = sorted(file.stem for file in folder.glob("*.csv"))
    choice("data", str(path) if path.parts else "", names)
    return folder / f"{path.name}.csv"


def read_rows(path, name):
    """The header and the rows of numbers."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, r) for r in reader if any(map(str.strip, r))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise invalid(name, str(error), "a CSV file in UTF-8") from None
    if not lines:
        raise invalid(name, "an empty file", "a header and a line for each sample")
    (_, columns), *samples = [(line, list(map(str.strip, row))) for line, row in lines]
    where = f"{name}, row 1"
    if all(map(is_number, columns)):
        raise invalid(where, "numbers", "a header such as x1,x2,y")
    if len(columns) < 2:
        wanted = "inputs and a label, separated by commas"
        raise invalid(where, f"one column {columns[0]!r}", wanted)
    if not samples:
        raise invalid(name, "a header and no samples", "a line for each sample")
    return columns, [(n, numbers(f"{name}, row {n}", r, columns)) for n, r in samples]


def numbers(where, cells, columns):
    """The numbers of one row."""
    if len(cells) != len(columns):
        wanted = f"{len(columns)} as the header has"
        raise invalid(where, f"{len(cells)} values", wanted)
    for cell, column in zip(cells, columns, strict=True):
        if not is_number(cell) or not math.isfinite(float(cell)):
            at = f"{where}, column {printable(column)}"
            raise invalid(at, repr(cell), "a finite number")
    return [float(cell) for cell in cells]


def is_number(cell):
    """Whether it reads as a number; Python reads 1_0 as 10."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
