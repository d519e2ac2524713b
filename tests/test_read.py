"""``parity read`` as its user meets it: formula and both bodies, side by side where there is room."""

import pytest

from parity import trees
from parity.cli import main
from parity.commands import read

COLUMNS = 160


@pytest.fixture
def shown(capsys, monkeypatch):
    """What is printed in a terminal of this width."""

    def run(name, columns=COLUMNS):
        monkeypatch.setenv("COLUMNS", str(columns))
        assert main(["read", name]) == 0
        return capsys.readouterr().out.splitlines()

    return run


@pytest.mark.parametrize("name", ["perceptron_step", "adam_update", "cross_entropy", "Linear", "fit"])
def test_it_fits_one_screen(shown, name):
    """Of 50 lines of 160 columns."""
    lines = shown(name)
    assert len(lines) <= 50
    assert max(map(len, lines)) <= COLUMNS


NAMES = [(name, 300) for name in (*trees.all_names(), *trees.FILES)]
WIDTHS = [(name, columns) for name in ("MLP", "losses", "sgd_update") for columns in (40, 80, 99, 100, 120)]


@pytest.mark.parametrize(("name", "columns"), NAMES + WIDTHS)
def test_every_name_is_shown_at_any_width(shown, name, columns):
    """All of its code in both trees and no docstring; nothing is cut."""
    lines = shown(name, columns)
    assert '"""' not in "".join(lines)
    text = "".join("".join(lines).split())
    files = [file for file in trees.FILES if name == file or name in trees.names()[file]]
    for tree in trees.TREES:
        for each in trees.names()[files[0]] if name == files[0] else [name]:
            for line in read.code(tree, files[0], each):
                assert columns >= 100 or "".join(line.split()) in text


def test_marks_say_on_which_side_a_line_stands(shown):
    """Equal lines have none."""
    lines = [line for line in shown("predict") if "return" in line]
    assert lines == [f"{'    return sign(linear(x, weight, bias))':<78}       return sign(linear(x, weight, bias))"]
    marks = {line[79] for line in shown("ToyNet") if len(line) > 79}
    assert marks == {" ", "|", "<", ">"}


def test_below_each_other_where_there_is_no_room(shown):
    """First NumPy, then PyTorch."""
    lines = shown("sigmoid_backward", 80)
    heads = [line for line in lines if line.startswith("--- ")]
    assert heads == ["--- scratch/activations.py", "--- torchref/activations.py", "--- scratch/activations.py"]
    assert "def through_sigmoid(s, grad_output):" in lines


def test_a_chapter_has_all_its_names_and_what_is_behind_them(shown):
    """Each private definition once."""
    text = "\n".join(shown("optimizers"))
    for name in ("sgd_update", "AdamW", "_lerp", "with_state", "class Optimizer"):
        assert text.count(f"{name}(" if name != "class Optimizer" else name) >= 1
    assert text.count("def _lerp(") == 1


@pytest.mark.parametrize("name", ["Parameter", "Module", "Optimizer", "_lerp", "accumulate"])
def test_what_is_not_public_can_be_read_as_well(shown, name):
    """Its first sentence and its code, in the trees that have it."""
    lines = shown(name)
    assert lines[0].startswith(f"{name}: ")
    assert any(f"{name}(" in line or f"class {name}" in line for line in lines[1:])


def test_an_unknown_name_is_one_line(capsys):
    """With the nearest of the known."""
    assert main(["read", "adm_update"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.endswith("did you mean 'adam_update'?\n")
