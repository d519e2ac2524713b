"""The data sets of the course, and CSV files like them: a header, inputs, and a label
last.
"""

import csv
import math
from pathlib import Path

from contract.arguments import choice
from contract.messages import invalid, printable, shown

# A network has a score for each class: a larger number is not a class index.
MAX_CLASSES = 1_000_000


def read_data(name_or_path, package):
    """The inputs, the labels, and whether these are classes; an error names row and
    column.

    ``package`` is the folder of an installed package with ``data``; a checkout has it
    beside.
    """
    path = find(name_or_path, package)
    name = printable(str(path))
    columns, rows = read_rows(path, name)
    x, y = [row[:-1] for _, row in rows], [row[-1] for _, row in rows]
    if len(set(y)) == 1:
        raise ValueError(
            f"{name}: every label is {y[0]:g}, expected at least two classes"
        )
    if columns[-1] != "class":
        return x, [[label] for label in y], False
    for number, (*_, label) in rows:
        if not 0 <= label < MAX_CLASSES or label != int(label):
            raise invalid(
                f"{name}, row {number}, column class",
                f"{label:.16g}",
                f"an integer from 0 to {MAX_CLASSES - 1}",
            )
    return x, [int(label) for label in y], True


def find(name_or_path, package):
    """The file of a path, or of a name in data/."""
    try:
        path = Path(name_or_path)
    except TypeError:
        raise invalid("data", shown(name_or_path), "a name or a path") from None
    if path.suffix or len(path.parts) > 1:
        try:
            found = path.is_file()
        except OSError:  # the name is too long
            found = False
        if not found:
            raise ValueError(
                f"{printable(str(path))}: no such file, expected a CSV file"
            )
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
            f"{name}: the file is empty, expected a header and a line for each sample"
        )
    (_, columns), *samples = lines
    if all(map(is_number, columns)):
        raise invalid(f"{name}, row 1", "numbers", "a header such as x1,x2,y")
    if len(columns) < 2:
        raise invalid(
            f"{name}, row 1",
            f"one column {columns[0]!r}",
            "inputs and a label, separated by commas",
        )
    if not samples:
        raise invalid(name, "a header and no samples", "a line for each sample")
    return columns, [
        (row, numbers(name, row, cells, columns)) for row, cells in samples
    ]


def numbers(name, row, cells, columns):
    """The numbers of one row."""
    if len(cells) != len(columns):
        raise invalid(
            f"{name}, row {row}",
            f"{len(cells)} values",
            f"{len(columns)} as the header has",
        )
    for cell, column in zip(cells, columns, strict=True):
        if not is_number(cell) or not math.isfinite(float(cell)):
            raise invalid(
                f"{name}, row {row}, column {printable(column)}",
                f"{cell!r}",
                "a finite number",
            )
    return [float(cell) for cell in cells]


def is_number(cell):
    """Whether it reads as a number; Python reads 1_0 as 10."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
