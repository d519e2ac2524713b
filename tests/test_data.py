"""The CSV files of data/: made by their script, and what their README says they are."""

import re
import runpy
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import scratch
import torchref
from contract import csvfiles

DATA = Path(__file__).parent.parent / "data"
make_data = runpy.run_path(str(DATA / "make_data.py"))
MADE = ("toy_flipped", "and", "xor", "moons", "circles", "blobs")


def separable(name):
    """Whether the perceptron settles, which it does if and only if a line separates the classes and it has time."""
    x, y = scratch.load_data(name)
    weight, bias = scratch.tensor([[0.0, 0.0]]), scratch.tensor([0.0])
    return scratch.train_perceptron(weight, bias, x, y, max_epochs=200).converged


def test_files_are_reproduced(tmp_path):
    """The script gives every file byte for byte, and no other."""
    make_data["write"](tmp_path)
    assert {file.stem for file in tmp_path.iterdir()} == set(MADE)
    for name in MADE:
        assert (tmp_path / f"{name}.csv").read_bytes() == (DATA / f"{name}.csv").read_bytes()


def test_readme_names_every_file():
    """Each data set has its row."""
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{file.name}` |" in readme for file in DATA.glob("*.csv"))


@pytest.mark.parametrize(
    ("name", "size"), [("toy", 8), ("toy_flipped", 8), ("and", 4), ("xor", 4), ("moons", 100), ("circles", 100)]
)
def test_two_classes(name, size):
    """Points of the plane, labelled -1 and +1."""
    x, y = scratch.load_data(name)
    assert x.shape == (size, 2)
    assert y.shape == (size, 1)
    assert np.unique(y).tolist() == [-1, 1]


def test_three_classes():
    """The blobs have class indices, 30 of each."""
    x, y = scratch.load_data("blobs")
    assert x.shape == (90, 2)
    assert np.bincount(y).tolist() == [30, 30, 30]


@pytest.mark.parametrize("name", ["toy", "and"])
def test_separable(name):
    """The perceptron settles on what a line separates."""
    assert separable(name)


@pytest.mark.parametrize("name", ["toy_flipped", "xor", "moons", "circles"])
def test_not_separable(name):
    """It does not on what none separates."""
    assert not separable(name)


def test_complex_tensors_are_no_numbers():
    """PyTorch would leave out their imaginary parts."""
    for values in (torchref.tensor([1.0]) * 1j, [torchref.tensor(1.0) * 1j]):
        with pytest.raises(ValueError, match="values: got "):
            torchref.tensor(values)


def test_toy_flipped_differs_in_one_label():
    """The points are the deck's, and so are all labels but one."""
    x, y = scratch.load_data("toy")
    x_flipped, y_flipped = scratch.load_data("toy_flipped")
    assert (x == x_flipped).all()
    assert (y != y_flipped).sum() == 1


def test_toy_flipped_proof():
    """(3.6, 0) lies between two points of +1 and between two of -1: it would have to be on both sides of a line."""
    x, y = scratch.load_data("toy_flipped")
    label = {tuple(map(Fraction, point)): sign for point, sign in zip(x.tolist(), y[:, 0], strict=True)}

    def between(p, q, share):
        return tuple(a + share * (b - a) for a, b in zip(p, q, strict=True))

    right, wrong = ((0, 0), (5, 0)), ((4, -1), (3, Fraction(3, 2)))
    assert [label[p] for p in right + wrong] == [1, 1, -1, -1]
    assert between(*right, Fraction(18, 25)) == between(*wrong, Fraction(2, 5)) == (Fraction(18, 5), 0)


@pytest.mark.parametrize("backend", [scratch, torchref])
def test_a_class_index_has_an_end(backend, tmp_path):
    """A net has a score for each class: 999999 is the last, whatever stands in the file."""
    file = tmp_path / "own.csv"
    file.write_text("x,class\n1,0\n2,999999\n")
    assert backend.load_data(file)[1].tolist() == [0, 999999]
    for label, got in (("1000000", "1000000"), ("3000000000000", "3000000000000"), ("1e300", "1e+300"), ("-1", "-1")):
        file.write_text(f"x,class\n1,0\n2,{label}\n")
        message = f"{file}, row 3, column class: got {got}, expected an integer from 0 to 999999"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            backend.load_data(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xef\xbb\xbfx1,y\r\n1,-1\r\n2,1\r\n", None),
        (b'x1,"a\ny"\n1,-1\n\n2,1\n', None),
        (b"\xef\xbb\xbf1,2\n3,1\n4,-1\n", ", row 1: got numbers, expected a header such as x1,x2,y"),
        (b"x,y\n1,1\n", ": got the label 1 in every row, expected at least two classes"),
        (b"1,2,3\n4,5,1\n", ", row 1: got numbers, expected a header such as x1,x2,y"),
        (b"y\n1\n", ", row 1: got one column 'y', expected inputs and a label, separated by commas"),
        (b"x,y\n1,\xe9\n", ": got 'utf-8' codec can't decode byte 0xe9 in position 6: invalid continuation byte, "),
        (b"x,y\n1,-1\n2,0.5,1\n", ", row 3: got 3 values, expected 2 as the header has"),
        (b"x,y\n1,1\n2,1\n", ": got the label 1 in every row, expected at least two classes"),
    ],
    ids=["marked", "quoted", "marked numbers", "one row", "numbers", "column", "latin-1", "ragged", "one class"],
)
def test_a_file_of_ones_own(tmp_path, content, message):
    """With or without a mark of UTF-8, any line ends, blank lines; else one line that says where and what."""
    file = tmp_path / "own.csv"
    file.write_bytes(content)
    if message is None:
        x, y = scratch.load_data(file)
        assert (x.tolist(), y.tolist()) == ([[1.0], [2.0]], [[-1.0], [1.0]])
        return
    with pytest.raises(ValueError, match=r"\w") as caught:
        scratch.load_data(file)
    assert str(caught.value).startswith(f"{file}{message}")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (3, "data: got 3, expected a name or a path"),
        ("", "data: got '', expected one of and, blobs, circles, moons, toy, toy_flipped, xor"),
        ("mons", "data: got 'mons', expected one of and, blobs, circles, moons, toy, toy_flipped, xor; did you mean"),
        ("no/such", "no/such: no such file, expected a CSV file"),
        ("toy.csv", "toy.csv: no such file, expected a CSV file"),
        ("x" * 5000 + ".csv", f"{'x' * 500}: no such file, expected a CSV file"),
    ],
    ids=["number", "empty", "misspelt", "path", "file", "long"],
)
def test_what_is_no_data_set(data, message):
    """Neither a name nor a file."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        scratch.load_data(data)
    assert str(caught.value).startswith(message)


def test_an_installed_package_has_its_data_inside(tmp_path):
    """A checkout has it beside the package."""
    (tmp_path / "package" / "data").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    for folder, label in ((tmp_path, 2), (tmp_path / "package", 3)):
        (folder / "data" / "own.csv").write_text(f"x,y\n1,{label}\n2,1\n")
    assert csvfiles.read_data("own", tmp_path / "package")[1] == [[3.0], [1.0]]
    assert csvfiles.read_data("own", tmp_path / "other")[1] == [[2.0], [1.0]]
