"""``parity check`` itself: correct code passes, mistakes are caught at their function, invalid input is one line."""

import json

import pytest

from parity.border import isolation
from parity.cli import main
from parity.mistakes import MISTAKES
from parity.properties import sides

HOMEWORK = """
import numpy as np

def sign(z):
    signs = [float(v > 0) - float(v < 0) for v in np.ravel(z)]
    return np.reshape(signs, np.shape(z)).astype(z.dtype)
"""


def check(capsys, *arguments):
    """Exit code, standard output and standard error of ``parity check``."""
    code = main(["check", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_caught_at_its_own_function(name, report):
    """With the default number of examples; the message names the function, the diagnosis the mistake."""
    wrong = MISTAKES[name]
    function = wrong.replaced.partition(".")[0]
    # A mistake that ignores the dtype is right in float64.
    right_in_float64 = function in ("tensor", "load_data") or name == "adam_widened_to_float64"
    precision = () if right_in_float64 else ("--dtype", "float64")
    rows = report(f"parity.mistakes:{name}", "--reference", "scratch", "--only", function, *precision)
    own = [lesson for row in rows["properties"] for lesson in row["lessons"] if at(lesson, wrong.replaced)]
    assert own, rows
    named = [mistake["name"] for lesson in own for mistake in lesson["mistakes"]]
    assert name in named or not any("mistake" in lesson["facts"] for lesson in own), own


def at(lesson, function):
    """Whether a failure is about this function, such as ``sign`` or ``ToyNet.fit``."""
    return lesson["headline"].startswith(function)


def test_a_right_homework_passes_on_what_it_defines(tmp_path, capsys):
    """A partial module is checked on what it defines; the rest is listed as not defined."""
    file = tmp_path / "homework.py"
    file.write_text(HOMEWORK)
    code, out, _ = check(capsys, str(file), "--reference", "scratch", "--examples", "20")
    assert code == 0, out
    assert "not defined: tensor, load_data, identity" in out
    assert "properties were not checked" in out.splitlines()[-1]


def test_both_sides_may_have_the_same_name(tmp_path, capsys):
    """As in a folder of solutions beside one of homework: both numbers are shown."""
    (tmp_path / "reference").mkdir()
    solution, file, evidence = tmp_path / "reference" / "homework.py", tmp_path / "homework.py", tmp_path / "out.json"
    solution.write_text(HOMEWORK)
    file.write_text(HOMEWORK.replace("np.reshape(", "2 * np.reshape("))
    options = ("--reference", str(solution), "--only", "sign", "--examples", "20", "--json", str(evidence))
    assert check(capsys, str(file), *options)[0] == 1
    rows = json.loads(evidence.read_text())["properties"]
    [facts, *_] = [lesson["facts"] for row in rows for lesson in row["lessons"] if "referee" in lesson["facts"]]
    theirs, ours = (float(facts[f"homework.py ({side})"]) for side in ("candidate", "reference"))
    assert theirs == 2 * ours != 0
    assert facts["referee"].endswith("wrong: homework.py (candidate)")


def test_a_property_has_the_functions_of_all_its_cases(tmp_path, capsys):
    """Not those of the case that was reported last."""
    file, evidence = tmp_path / "homework.py", tmp_path / "out.json"
    file.write_text("def squared_error(pred, target):\n    return ((pred - target) ** 2).sum() / 2\n")
    check(capsys, str(file), "--reference", "scratch", "--examples", "2", "--dtype", "float64", "--json", str(evidence))
    rows = {row["property"]: row["functions"] for row in json.loads(evidence.read_text())["properties"]}
    names = ["squared_error", "mse_loss", "squared_error_backward", "mse_loss_backward"]
    assert rows["losses: losses refuse"] == names


@pytest.mark.parametrize("others", [[], ["scratch"]])
def test_that_strangers_are_not_isolated_is_said_at_the_end(tmp_path, capsys, monkeypatch, others):
    """The note is also in the report; modules of this project have none."""
    monkeypatch.setattr(isolation, "missing", lambda: "not isolated: install bubblewrap")
    file, evidence = tmp_path / "homework.py", tmp_path / "evidence.json"
    file.write_text(HOMEWORK)
    options = ("--reference", "scratch", "--only", "sign", "--examples", "5", "--json", str(evidence))
    _, out, _ = check(capsys, str(file), *others, *options)
    assert "(not isolated: install bubblewrap)" in out
    [report, *_] = json.loads(evidence.read_text()).get("submissions", [json.loads(evidence.read_text())])
    assert others or not report["isolated"]
    _, out, _ = check(capsys, "scratch", *options)
    assert "isolated" not in out
    assert json.loads(evidence.read_text())["isolated"]


NAIVE = """
def mse_loss(pred, target):
    return ((pred - target) ** 2).mean()
"""


def test_what_a_homework_accepts_is_noted_and_no_difference(tmp_path, capsys):
    """A formula without a check of its input passes; the row notes that it broadcasts (2, 1) with (2,)."""
    file, evidence = tmp_path / "homework.py", tmp_path / "evidence.json"
    file.write_text(NAIVE)
    options = ("--reference", "scratch", "--examples", "20", "--json", str(evidence))
    code, out, _ = check(capsys, str(file), *options)
    assert code == 0, out
    words = " ".join(out.split())
    assert "mse_loss(pred=[[0.0], [0.0]], target=[0.0, 0.0]) returned 0.0, expected a ValueError (and 1 more)" in words
    assert "It accepts invalid input in 1 of the properties." in out.splitlines()[-1]
    [row] = [row for row in json.loads(evidence.read_text())["properties"] if row["accepted"]]
    assert row["verdict"] == "accepts bad input"
    assert row["verdicts"] == {"accepts bad input": 2}
    check(capsys, str(file), *options, "--hint", "message")
    assert all(not row["accepted"] for row in json.loads(evidence.read_text())["properties"])


def test_the_last_line_counts_what_was_checked(tmp_path, capsys):
    """The summary does not count properties of names that the file does not define."""
    file = tmp_path / "homework.py"
    file.write_text("def tanh(z):\n    return z\n")
    options = ("--reference", "scratch", "--examples", "5", "--json", str(tmp_path / "evidence.json"))
    _, out, _ = check(capsys, str(file), *options)
    rows = json.loads((tmp_path / "evidence.json").read_text())["properties"]
    wrong, checked = (sum(test(row) for row in rows) for test in (is_wrong, is_checked))
    assert f"in {wrong} of the {checked} properties checked" in " ".join(out.split())


def is_wrong(row):
    """Of a row of the report."""
    return row["verdict"] == "DIFFERENT"


def is_checked(row):
    """Of a row of the report: it has examples, or a failure."""
    return is_wrong(row) or row["examples"] > 0


def test_our_own_backends_must_refuse(report):
    """Invalid input that scratch accepts is a difference."""
    rows = report("parity.mistakes:shapes_broadcast", "--reference", "scratch", "--only", "mse_loss")
    assert rows["exit_code"] == 1
    assert not any(row["accepted"] for row in rows["properties"])


@pytest.mark.parametrize("examples", [3, 7])
def test_examples_in_a_process_that_checks_again(report, examples):
    """Each check draws its own number of examples, whatever was checked before."""
    rows = report("scratch", "--reference", "scratch", "--only", "linear", "--examples", str(examples))
    assert rows["properties"][0]["examples"] == 2 * examples, rows


@pytest.mark.parametrize("name", ["memory_shared", "scratch"])
def test_a_check_leaves_the_properties_as_they_are(report, name):
    """Whatever a candidate keeps or returns: the next check in this process starts from the same numbers."""
    before = sides.X.tolist(), sides.Y.tolist()
    candidate = name if name == "scratch" else f"parity.mistakes:{name}"
    report(candidate, "--reference", "scratch", "--only", "tensor", "--examples", 5)
    assert (sides.X.tolist(), sides.Y.tolist()) == before


def test_only_one_function(capsys, tmp_path):
    """``--only`` runs the properties of one function; ``--json`` and ``--junit`` have the results."""
    files = [tmp_path / "evidence.json", tmp_path / "junit.xml"]
    options = (
        "--only",
        "sign",
        "--examples",
        "15",
        "--dtype",
        "float32",
        "--json",
        str(files[0]),
        "--junit",
        str(files[1]),
    )
    code, out, _ = check(capsys, "scratch", "--reference", "scratch", *options)
    assert code == 0
    assert "neuron: sign " in out
    assert "linear" not in out
    evidence = json.loads(files[0].read_text())
    assert evidence["properties"][0]["examples"] == 15
    assert evidence["properties"][0]["functions"] == ["sign"]
    assert "<testsuite" in files[1].read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_module"], "no such module"),
        (["no_such_file.py"], "no such file"),
        (["json"], "defines no name of the contract"),
        (["parity.mistakes:nothing"], "has no nothing"),
        (["--only", "perceptron_stop"], "did you mean 'perceptron_step'"),
        (["--examples", "0"], "--examples: got 0"),
        (["--dtype", "float16"], "--dtype: got 'float16'"),
        (["--device", "cud"], "did you mean 'cuda'"),
        (["--json", "no/such/directory.json"], "expected"),
        (["--no-import", "torch,numpy"], "--no-import: got numpy"),
        (["--reference", "torchreff"], "no such module"),
        (["--weight", "sign=1e308"], "--weight: got 'sign=1e308', expected NAME=POINTS such as sign=2, at most 1e+06"),
    ],
)
def test_bad_input_is_one_line(arguments, message, capsys):
    """An invalid request gives one line and exit code 2."""
    code, out, err = check(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_library", "No module named 'no_such_library'"),
        ("def sign(z:\n    return z", "line 1"),
        ("raise RuntimeError('not today')", "RuntimeError: not today"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("answer = 42", "defines no name of the contract"),
    ],
)
def test_a_candidate_that_cannot_be_used(text, message, tmp_path, capsys):
    """A module that fails to import shows its error; one without any name of the contract is rejected."""
    file = tmp_path / "homework.py"
    file.write_text(text)
    code, _, err = check(capsys, str(file))
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1
