"""``%%parity`` and what graders call, in the shell of a notebook; which code of a notebook is checked."""

import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import v4

from parity import cells

interactive = pytest.importorskip("IPython.core.interactiveshell")

QUICK = "--reference scratch --examples 5 --dtype float64"
SIGN = "def sign(z):\n    return np.sign(z)\n"
STEP = """
def perceptron_step(weight, bias, x, y):
    delta = (y - sign(weight @ x + bias)){half}
    return weight + delta[:, None] * x, bias + delta
"""


@pytest.fixture
def shell(capsys):
    """Run a cell; whether it succeeded, its value, and what it printed."""
    interactive.InteractiveShell.clear_instance()
    notebook = interactive.InteractiveShell.instance()
    notebook.run_line_magic("colors", "nocolor")
    notebook.run_cell("%load_ext parity.notebook", store_history=True)
    notebook.run_cell("import numpy as np", store_history=True)

    def run(cell):
        done = notebook.run_cell(cell, store_history=True)
        out, err = capsys.readouterr()
        return done.success, done.result, out + err

    yield run
    interactive.InteractiveShell.clear_instance()


def test_a_cell_is_checked_in_place(shell):
    """Imports and functions of cells before are known, what else they do is not repeated; its names are defined."""
    shell("print('once')")
    shell(SIGN + "print('once')")
    done, _, out = shell(f"%%parity perceptron_step {QUICK}{STEP.format(half=' / 2')}print('once')")
    assert done
    assert out.count("once") == 1
    assert "cell.py against scratch" in out
    assert "cell.py and scratch give the same" in out
    assert shell("callable(perceptron_step)")[1] is True


def test_the_lesson_stands_below_the_cell(shell):
    """Of the second try, not of the first, although both are in the notebook."""
    shell(SIGN)
    shell(f"%%parity --examples 5{STEP.format(half=' / nothing')}")
    done, _, out = shell(f"%%parity perceptron_step {QUICK}{STEP.format(half='')}")
    assert done
    assert "cell.py DIFFERS from scratch" in out
    assert "error_not_halved: this is what you get when" in out


def test_an_error_names_the_line_that_is_seen(shell):
    """The magic is line 1."""
    _, _, out = shell(f"%%parity sign {QUICK}\n\ndef sign(z):\n    return np.sing(z)\n")
    assert "sign raised AttributeError in cell.py, line 4" in out


def test_names_of_the_cell(shell):
    """Without names, those of the contract that the cell defines."""
    _, _, out = shell(f"%%parity {QUICK}\n\nhelper = 1\n{SIGN}")
    assert "neuron: sign " in out
    assert "cell.py and scratch give the same" in out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sgn", "NAME: got 'sgn', expected one of tensor"),
        ("", "the cell defines no name of the contract, expected one, such as sign"),
        ("sign", "cell.py: defines no name of the contract"),
        ("sign --dtype half", "--dtype: got 'half', expected one of float64, float32"),
        ("sign --junit out.xml", "unrecognized arguments: --junit out.xml"),
        ("sign --examples few", "argument --examples: invalid int value: 'few'"),
    ],
)
def test_one_line(shell, line, message):
    """Of what cannot be checked; the cell has run."""
    done, _, out = shell(f"%%parity {line}\nx = 1\n")
    assert not done
    assert out.startswith("UsageError: %%parity: ")
    assert message in out
    assert len(out.splitlines()) == 1
    assert shell("x")[1] == 1


def test_a_cell_that_fails_is_not_checked(shell):
    """It has its usual traceback."""
    _, _, out = shell(f"%%parity sign {QUICK}\n{SIGN}1 / 0")
    assert "ZeroDivisionError" in out
    assert "against scratch" not in out


def test_credit_and_expect(shell):
    """A part of the points with its reason; an error with its reason; nothing for what is not there."""
    shell("from parity.notebook import credit, expect\n" + SIGN + STEP.format(half=""))
    options = 'reference="scratch", examples=5, dtype="float64"'
    _, points, out = shell(f'credit("sign", "perceptron_step", points=3, {options})')
    assert 0 < points < 3
    assert "error_not_halved" in out
    assert "against scratch" not in out
    assert shell(f'credit("sign", points=3, {options})')[1] == 3
    assert shell(f'expect("sign", {options})')[0]
    done, _, out = shell(f'expect("perceptron_step", {options})')
    assert not done
    assert "AssertionError: cell.py DIFFERS from scratch" in out
    _, points, out = shell(f'credit("linear", points=3, {options})')
    assert points == 0
    assert "defines no name of the contract" in out


def test_in_a_real_kernel(tmp_path):
    """In Jupyter, as a program runs notebooks; a module beside the notebook can be imported."""
    (tmp_path / "own.py").write_text("import numpy as np\n" + SIGN)
    cell = f"%%parity perceptron_step {QUICK}\nfrom own import sign\n{STEP.format(half=' / 2')}"
    codes = [f"import sys; sys.path += {sys.path!r}", "%load_ext parity.notebook", cell]
    book = v4.new_notebook(cells=[v4.new_code_cell(code) for code in codes])
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    nbformat.validate(book)
    text = "".join(output.text for output in book.cells[-1].outputs)
    assert "cell.py and scratch give the same" in text


@pytest.mark.parametrize(
    ("before", "cell", "lines"),
    [
        # A name is what its last statement makes it.
        (["rate = 1", "rate = 2"], "def f():\n    return rate", ["exec('rate = 2')", "def f():", "    return rate"]),
        # What the name needs, in turn; nothing else.
        (["a = 1\nb = a\nc = b"], "f = b", ["exec('a = 1\\nb = a')", "f = b"]),
        # Decorators belong to their function; lines stay where they are.
        ([], "x = 1\n\n@once\ndef f():\n    pass", ["exec('')", "", "", "@once", "def f():", "    pass"]),
        # Names of a module that are not listed may be needed.
        (["from math import *", "import os"], "f = sin", ["exec('from math import *')", "f = sin"]),
        # A cell that is no Python, an item of an array, a loop.
        (["1 +", "g[0] = 1", "for g in 'a': pass"], "f = g", ["exec('')", "f = g"]),
    ],
)
def test_the_code_of_a_name(before, cell, lines):
    """The statements of a notebook that it needs, and no others."""
    assert cells.source(["f"], [*before, cell]).splitlines() == [*lines, "", "__all__ = ['f']"]


def test_magics_around_python():
    """The body of ``%%time`` is Python, that of ``%%bash`` is not."""
    time, bash = (f"get_ipython().run_cell_magic({name!r}, '', 'x = 1')" for name in ("time", "bash"))
    assert [cells.unwrapped(text, str.upper) for text in (time, bash, "y = 1")] == ["X = 1", "", "y = 1"]
