"""The output of ``parity check`` besides the table: points, hints, programs, many candidates; ``parity template``."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parity import trees
from parity.cli import main
from parity.reports.formulas import formula

WRONG = Path(__file__).parent / "solutions" / "wrong" / "sigmoid_slope_of_z.py"
QUICK = ("--reference", "scratch", "--examples", "20", "--dtype", "float64")


@pytest.fixture
def check(capsys, monkeypatch):
    """Run the command where nothing needs a second line; exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "999")

    def run(*arguments):
        code = main(["check", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_failure_is_a_lesson(check):
    """The smallest call, both numbers, the referee, the formula, the mistake."""
    code, out, _ = check(WRONG, *QUICK, "--only", "sigmoid_backward")
    facts = dict(re.findall(r"^      (\S+) +(.*)$", out, re.MULTILINE))
    assert code == 1
    assert facts["sigmoid_slope_of_z.py"] == "0.0"
    assert facts["scratch"] == "0.25"
    assert facts["referee"] == "0.25; wrong: sigmoid_slope_of_z.py"
    assert facts["call"] == "sigmoid_backward(z=[[0.0]], grad_output=[[1.0]])"
    assert facts["formula"] == "∂ L/∂ z = ∂ L/∂ g σ(z) (1 - σ(z))"
    assert facts["mistake"].startswith(
        "derivative_of_the_output: this is what you get when s (1 - s) is computed from z"
    )
    assert "Met in A. Trask" in facts["mistake"]


def test_a_terminal_without_the_letters_of_a_formula(monkeypatch):
    """They are escaped as in Python."""
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    assert main(["check", str(WRONG), *QUICK, "--only", "sigmoid_backward"]) == 1
    terminal.seek(0)
    assert r"formula                \u2202 L/\u2202 z" in terminal.read()


@pytest.mark.parametrize("seed", range(3))
def test_the_smallest_example_can_be_followed_by_hand(check, seed):
    """One sample, one number that is not 0: shapes shrink and leave the numbers where they are."""
    candidate = "parity.mistakes:factor_2_missing"
    options = ("--reference", "scratch", "--only", "mse_loss_backward", "--dtype", "float64", "--seed", seed)
    _, out, _ = check(candidate, *options)
    assert "mse_loss_backward(pred=[[0.0]], target=[[1.0]])\n" in out


TWO_MISTAKES = """
import numpy as np

def rmsprop_update(param, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, centered=False):
    v = alpha * (state or {}).get("square_avg", 0 * param) + (1 - alpha) * grad * grad
    return param - lr * grad / np.sqrt(v + eps), {"step": (state or {}).get("step", 0) + 1, "square_avg": v}
"""


def test_a_mistake_that_is_not_alone(check, tmp_path):
    """eps is inside the root, and an option is ignored: a mistake that fits only the smallest example is marked."""
    file = tmp_path / "homework.py"
    file.write_text(TWO_MISTAKES)
    options = ("--reference", "scratch", "--dtype", "float64", "--only", "rmsprop_update")
    _, out, _ = check(file, *options, "--json", tmp_path / "out.json")
    assert "no known mistake explains all examples; in this example, this is what" in out
    assert "inside the root, sqrt(v + eps)" in out
    rows = json.loads((tmp_path / "out.json").read_text())["properties"]
    assert not any(lesson["mistakes"] for row in rows for lesson in row["lessons"])


@pytest.mark.parametrize(
    ("hint", "said", "unsaid"),
    [
        ("none", ["sigmoid_backward differs"], ["0.25", "result[0, 0]", "call", "mistake", "formula"]),
        ("message", ["sigmoid_backward: result[0, 0] differs"], ["0.25", "call", "mistake", "formula"]),
    ],
)
def test_hints(check, tmp_path, hint, said, unsaid):
    """No report contains what the hint level hides."""
    files = [tmp_path / "out.json", tmp_path / "out.xml", tmp_path / "results.json"]
    options = ("--hint", hint, "--json", files[0], "--junit", files[1], "--gradescope", files[2])
    _, out, _ = check(WRONG, *QUICK, "--only", "sigmoid_backward", *options)
    texts = [out, *(file.read_text() for file in files)]
    for text in texts:
        assert all(words in text for words in said)
    lessons = [row["lessons"] for row in json.loads(texts[1])["properties"]]
    assert all(not lesson["facts"] and not lesson["mistakes"] for row in lessons for lesson in row)
    for words in unsaid:
        assert words not in re.sub(r"DIFFERENT.*", "", out).replace("0.25 s", "")
        assert words not in json.loads(texts[3])["tests"][0]["output"]


def test_gradescope(check, tmp_path):
    """Points by the weight of the function that a property is about; what is not defined gives none."""
    file = tmp_path / "results.json"
    check(WRONG, *QUICK, "--gradescope", file, "--weight", "sigmoid_backward=2", "sigmoid=1", "sign=3")
    points = {test["name"]: (test["score"], test["max_score"]) for test in json.loads(file.read_text())["tests"]}
    assert points["activations: sigmoid backward"] == (0, 2)
    assert points["neuron: sign"] == (0, 3)
    assert {most for _, most in points.values()} == {1, 2, 3}


def test_the_program_of_a_failure_runs(check, tmp_path):
    """``--repro`` writes the call with its numbers; Python and NumPy are enough to repeat it."""
    _, out, _ = check(WRONG, *QUICK, "--only", "sigmoid_backward", "--repro", tmp_path / "again")
    program = tmp_path / "again" / "test_sigmoid_backward_float64.py"
    assert f"again                  python {program}" in out
    run = subprocess.run([sys.executable, "-I", program], capture_output=True, text=True, check=True)
    assert "candidate: [[0.]]" in run.stdout
    assert "scratch: 0.25" in run.stdout


@pytest.mark.parametrize("name", ["01_hw.py", "class.py", "np.py", "sys.py", "array.py"])
def test_the_program_of_a_failure_runs_whatever_the_file_is_called(check, tmp_path, name):
    """The name need not be a Python identifier, and may equal a name in the program."""
    file = tmp_path / name
    file.write_text(Path(WRONG).read_text(encoding="utf-8"))
    check(file, *QUICK, "--only", "sigmoid_backward", "--repro", tmp_path / "again")
    program = tmp_path / "again" / "test_sigmoid_backward_float64.py"
    run = subprocess.run([sys.executable, "-I", program], capture_output=True, text=True, check=True)
    assert "candidate: [[0.]]" in run.stdout


def test_the_program_of_a_failing_net_runs(check, tmp_path):
    """Objects get names, and are used again."""
    name = "parity.mistakes:toy_net_bias_never_updated"
    check(name, *QUICK, "--only", "ToyNet", "--repro", tmp_path / "again")
    program = tmp_path / "again" / "test_toy_net_perceptron_float64.py"
    text = program.read_text()
    assert "toynet = candidate.ToyNet(dtype='float64')" in text, text
    assert "toynet.train_sample_perceptron(" in text
    subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)


def test_many_candidates(check, tmp_path):
    """One row each, in order; the mistakes are counted; the highest exit code."""
    broken = tmp_path / "broken.py"
    broken.write_text("def sign(z:\n")
    right = WRONG.parents[1] / "right" / "sigmoid_two_branches.py"
    code, out, _ = check(right, WRONG, broken, *QUICK, "--only", "sigmoid_backward", "--json", tmp_path / "all.json")
    rows = out.splitlines()
    assert code == 2
    assert rows[1].startswith(f"{right} ")
    assert rows[2].endswith("sigmoid_backward: result[0, 0] differs (derivative_of_the_output)")
    assert "line 1" in rows[3]
    assert rows[4] == "3 candidates against scratch: 1 the same, 1 different, 1 could not be checked."
    assert rows[5].split() == ["1", "x", "derivative_of_the_output"]
    reports = json.loads((tmp_path / "all.json").read_text())["submissions"]
    assert [report["exit_code"] for report in reports] == [0, 1, 2]


def test_one_of_many_that_ends_its_judge(check, tmp_path, monkeypatch):
    """The others are checked, even if they have the names of libraries."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # without bubblewrap, which would hide the judge
    (tmp_path / "a.py").write_text("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n")
    for name in ("pickle.py", "random.py"):
        (tmp_path / name).write_text("import numpy as np\ndef sign(z):\n    return np.sign(z)\n")
    code, out, _ = check("a.py", "pickle.py", "random.py", *QUICK, "--only", "sign")
    assert code == 2
    rows = out.splitlines()
    assert rows[1].endswith("the process that checks it has ended twice (SIGKILL)")
    assert [row.split() for row in rows[2:4]] == [["pickle.py", "2", "0", "0"], ["random.py", "2", "0", "0"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--hint", "ful"), "did you mean 'full'"),
        (("--repro", "programs", "--hint", "message"), "--repro: got --hint message, expected --hint full"),
        (("--weight", "sing=2"), "did you mean 'sign'"),
        (("--weight", "sign=2", "sign=3"), "expected each name once"),
        (("--weight", "sign=many"), "expected NAME=POINTS"),
        (("--time-limit", "0"), "--time-limit: got 0"),
        (("--memory-limit", "-1"), "--memory-limit: got -1"),
        (("--memory-limit", "9" * 14), "--memory-limit: got 99999999999999, expected less than 2**43 MiB"),
        (("--no-import", "torch,scratch.activations"), "--no-import: got 'scratch.activations', expected names of"),
        (("--no-import", "torch,"), "--no-import: got ''"),
        (("--gradescope", "points.txt"), "expected .json"),
        (("scratch", "torchref", "--junit", "out.xml"), "--junit: got 3 candidates, expected one"),
        (("scratch", "torchref", "--all"), "--all: got 3 candidates, expected one"),
        (("scratch", "--repro", "programs"), "--repro: got 2 candidates, expected one"),
    ],
)
def test_bad_options_are_one_line(check, options, message):
    """With exit code 2."""
    code, out, err = check(WRONG, *options)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_every_formula_is_readable():
    """It contains no LaTeX."""
    formulas = {name: formula(name) for name in trees.all_names()}
    assert not [name for name, text in formulas.items() if "\\" in text or "  " in text]
    assert sum(map(bool, formulas.values())) > 40
    assert formulas["gradient_step"] == "w ← w - η ∂ L/∂ w, b ← b - η ∂ L/∂ b"


def test_template(check, capsys, tmp_path):
    """A file with names and docstrings, without bodies; the bodies added later are checked."""
    file = tmp_path / "homework.py"
    assert main(["template", "neuron", "SGD", "-o", str(file)]) == 0
    assert "5 names to fill in" in capsys.readouterr().out
    code, out, _ = check(file, *QUICK)
    assert code == 2
    assert "not written: linear, sign" in out
    text = file.read_text()
    assert "def sgd_update" not in text
    head, _, tail = text.partition("def sign(z):")
    docstring, _, rest = tail.partition("    raise NotImplementedError")
    file.write_text(f"{head}def sign(z):{docstring}    return np.sign(np.nan_to_num(z)){rest}")
    code, out, _ = check(file, *QUICK)
    assert code == 0, out
    assert "neuron: sign " in out
    assert main(["template", "-o", str(file)]) == 2
    assert "got an existing file" in capsys.readouterr().err


def test_template_of_everything(tmp_path, capsys):
    """The file is valid Python, and every name in it raises NotImplementedError."""
    file = tmp_path / "homework.py"
    assert main(["template", "-o", str(file)]) == 0
    names: dict = {}
    exec(compile(file.read_text(), file, "exec"), names)
    with pytest.raises(NotImplementedError):
        names["MLP"]([2, 1])
    assert names["fit"].__doc__
    assert main(["template", "nothing", "-o", str(tmp_path / "other.py")]) == 2
    assert "NAME: got 'nothing'" in capsys.readouterr().err
    assert main(["template", "tensors", "-o", str(tmp_path / "other.py")]) == 2
    assert "NAME: got tensor, which" in capsys.readouterr().err
