"""The table of ``parity check``: each row, in study order, on any terminal; nothing may be lost."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from parity import trees
from parity.cli import main
from parity.reports.report import Report
from parity.reports.table import wrapped
from parity.text import printable

QUICK = ("--reference", "scratch", "--examples", "5", "--dtype", "float64")


@pytest.fixture
def check(capsys, tmp_path):
    """Write homework and check it; return the exit code and standard output."""

    def run(text, *arguments):
        file = tmp_path / "homework.py"
        file.write_text(text, encoding="utf-8")
        code = main(["check", str(file), *QUICK, *map(str, arguments)])
        return code, capsys.readouterr().out

    return run


def test_what_is_not_written_is_a_list_of_names(capsys, tmp_path):
    """Without details of Hypothesis."""
    file = tmp_path / "homework.py"
    assert main(["template", "perceptron", "gradients", "-o", str(file)]) == 0
    assert main(["check", str(file), *QUICK]) == 2
    out = " ".join(capsys.readouterr().out.split())
    names = out.partition("not written: ")[2].partition(" Nothing was checked")[0]
    assert names.split(", ") == [
        "perceptron_step",
        "perceptron_epoch",
        "train_perceptron",
        "neuron_gradients",
        "gradient_step",
        "gradient_epoch",
        "train_gradient",
    ]
    assert "perceptron_step, perceptron_epoch," in out.partition("Nothing was checked of")[2]


UNPRINTABLE = {
    "half of a surrogate pair": "def sign(z):\n    raise Exception('\\udcff')",
    "escape sequence": "def sign(z):\n    raise Exception('\\x1b[2J\\r\\u202e')",
    "name of a class": "def sign(z):\n    return type('\\x1b[2J', (), {})()",
    "name of an exception": "def sign(z):\n    raise type('\\x1b[2J', (Exception,), {})",
    "text of an object": "class E(Exception):\n    __str__ = lambda self: '\\x1b\\udcff'\ndef sign(z):\n    raise E",
}


@pytest.mark.parametrize("text", UNPRINTABLE.values(), ids=UNPRINTABLE)
def test_text_that_no_terminal_or_file_should_get_is_shown_escaped(text, check, tmp_path):
    """No row is lost in any report."""
    files = [tmp_path / "out.json", tmp_path / "out.xml", tmp_path / "results.json"]
    code, out = check(text, "--only", "sign", "--json", files[0], "--junit", files[1], "--gradescope", files[2])
    assert code == 1
    reports = [file.read_text(encoding="utf-8") for file in files]
    rows = {row["property"]: row["verdict"] for row in json.loads(reports[0])["properties"]}
    assert rows == {"neuron: sign": "DIFFERENT", "neuron: sign meaning": "DIFFERENT"}
    points = json.loads(reports[2])["tests"]
    assert [(test["score"], test["max_score"]) for test in points] == [(0, 1), (0, 1)]
    assert reports[1].count("<failure") == 2
    decoded = [json.dumps(json.loads(text), ensure_ascii=False) for text in (reports[0], reports[2])]
    for shown in (out, reports[1], *decoded):
        assert printable(shown) == shown


def test_a_terminal_without_greek_letters(tmp_path):
    """They are escaped, and the check continues."""
    file = tmp_path / "homework.py"
    file.write_text("def sigmoid(z):\n    return z")
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "parity", "check", file, *QUICK, "--only", "sigmoid"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "\\u03c3(z) = 1/(1 + e^{-z})" in done.stdout


def test_a_function_that_no_property_is_about(check, monkeypatch):
    """The summary says so."""
    names = trees.all_names()
    monkeypatch.setattr(trees, "all_names", lambda: [*names, "elu"])
    code, out = check("def elu(z):\n    return z\n", "--only", "elu")
    assert (code, out.splitlines()[-1]) == (2, "Nothing was checked: no property is about elu.")


def test_an_import_that_fails_says_so_in_one_line_that_can_be_shown(capsys, tmp_path):
    """Whatever the message holds."""
    file = tmp_path / "homework.py"
    file.write_text("raise RuntimeError('not\\ntoday \\x1b[2J\\udcff')")
    assert main(["check", str(file), *QUICK]) == 2
    err = capsys.readouterr().err
    assert err.endswith("RuntimeError: not today \\x1b[2J\\udcff\n")


NAMES = (
    "test_neuron.py::test_sign",
    "test_gradients.py::test_the_gradient_is_the_central_difference_of_the_loss",
    "test_losses.py::test_binary_cross_entropy_with_logits_backward",
    "test_training.py::test_the_gradients_of_every_layer_are_derivatives_of_the_loss",
)
KINDS = ("exact", "rounding", "ties", "ill-conditioned")
GIVEN = {"candidate": "homework.py", "reference": "scratch", "seed": 0, "dtype": None, "device": "cpu", "only": None}
LESSON = {
    "function": "sigmoid_backward",
    "headline": "sigmoid_backward: result[0, 0] differs",
    "facts": {"my_homework.py": "0.0", "call": "f(z=[[0.0]]) " * 9, "mistake": "a: this is what you get " * 9},
    "mistakes": [{"name": "cross_entropy_gradient_over_elements"}],
}


def part(nodeid, outcome="passed", lesson=None, message="wrong", **counts):
    """What pytest reports of one part of a property."""
    evidence: dict = {key: [] for key in ("not_tried", "left_out", "accepted")}
    evidence |= {"verdicts": counts, "ulp": 12.5, "share": 0.12, "times": 0.0}
    properties = [("functions", ["sign"]), ("parity", evidence), *[("lesson", lesson)] * bool(lesson)]
    states = {"outcome": outcome, "passed": outcome == "passed", "failed": outcome == "failed"}
    return SimpleNamespace(nodeid=nodeid, when="call", user_properties=properties, longrepr=message, **states)


@pytest.fixture
def table(monkeypatch, capsys):
    """The lines of a table of these parts, with this number of columns."""

    def run(parts, width=80, *, ids=(), explain_all=False):
        monkeypatch.setenv("COLUMNS", str(width))
        with Report(SimpleNamespace(**GIVEN, all=explain_all)) as report:
            report.expect(ids or [part.nodeid for part in parts])
            for one in parts:
                report.pytest_runtest_logreport(one)
        run.report = report
        return capsys.readouterr().out.splitlines()

    return run


@pytest.mark.parametrize("width", [60, 80, 99, 100, 119, 120, 160])
@pytest.mark.parametrize("count", [1, 40, 5000])
def test_rows_fit_the_terminal(width, count, table):
    """All figures are in the first line of a row; only a name continues below, wrapped between words."""
    parts = [part(nodeid, **dict.fromkeys(KINDS[: i + 1], count)) for i, nodeid in enumerate(NAMES)]
    lines = table(parts, width)
    rows = lines[2:-1]
    assert max(map(len, lines[:-1])) <= width
    starts = [i for i, line in enumerate(rows) if not line.startswith(" ")]
    assert [rows[i].endswith("12%") for i in range(len(rows))] == [i in starts for i in range(len(rows))]
    for name, begin, end in zip(NAMES, starts, [*starts[1:], None], strict=True):
        words = name.partition("_")[2].replace(".py::test_", ": ").replace("_", " ").split()
        shown = " ".join(rows[begin:end]).split()
        assert [word for word in shown if word in words] == words


@pytest.mark.parametrize("width", [80, 160])
def test_failures_fit_the_terminal(width, table):
    """The first with all facts, which hang below their beginning; of the others a line with the mistake."""
    short = part(NAMES[0], "failed", LESSON)
    lines = table([short, *(part(nodeid, "failed", LESSON) for nodeid in NAMES[1:])], width)
    assert max(map(len, lines[:-1])) <= width
    words = " ".join(lines).split()
    assert words.count("f(z=[[0.0]])") == 9
    assert words.count("get") == 9
    below = [line for line in lines if line.startswith(" " * 8)]
    assert below
    assert all(line.startswith(" " * 22) and line[22] != " " for line in below)
    assert sum("DIFFERENT: cross_entropy_gradient_over_elements" in line for line in lines) == 3
    assert "3 more explained in full with --all" in lines


def test_no_word_is_cut():
    """Neither a path that is longer than the line, nor a hyphenated word."""
    path = "/home/" + "long/" * 20
    assert wrapped(f"python {path} is ill-conditioned", 20) == ["python", path, "is ill-conditioned"]
    assert wrapped("mostly ill-conditioned", 12) == ["mostly", "ill-conditioned"]


def test_a_mistake_is_explained_once(table):
    """Also with ``--all``, which shows the numbers of the other failures."""
    parts = [part(nodeid, "failed", LESSON) for nodeid in NAMES]
    text = " ".join(" ".join(table(parts, 160, explain_all=True)).split())
    assert text.count("DIFFERENT") == len(NAMES)
    assert text.count("my_homework.py 0.0") == len(NAMES)
    assert text.count("a: this is what you get") == 9
    assert text.count("mistake cross_entropy_gradient_over_elements, as above") == len(NAMES) - 1


def test_a_failure_without_a_lesson_takes_no_screen_from_the_first_lesson(table):
    """Without a known mistake the row has the beginning of the message, cut between words."""
    message = "sign(z, y), expected sign(z) and so on, with many words that have no room in a line of eighty"
    plain = [part(f"test_contract.py::test_{name}", "failed", message=message) for name in ("names", "signatures")]
    lines = table([*plain, part(NAMES[0], "failed", LESSON)])
    assert "    sign(z, y), expected sign(z) and so on, with many words that have no room in" in lines
    assert [line for line in lines if line.startswith("contract: signatures")] == [
        "contract: signatures                      DIFFERENT: sign(z, y), expected ..."
    ]
    assert "    sigmoid_backward: result[0, 0] differs" in lines


def test_rows_stand_in_study_order(table):
    """In whatever order they end, and however their parts are distributed."""
    ids = [f"{name}[{dtype}]" for name in NAMES for dtype in ("float64", "float32")]
    for order in (ids, ids[::-1], ids[1::2] + ids[::2]):
        lines = table([part(nodeid, exact=1) for nodeid in order], 160, ids=ids)
        assert [line.partition(":")[0] for line in lines[2:-1]] == ["neuron", "gradients", "losses", "training"]


def test_a_row_is_printed_as_soon_as_all_before_it_are(monkeypatch, capsys):
    """Rows are not held back until the end of the run."""
    monkeypatch.setenv("COLUMNS", "160")
    with Report(SimpleNamespace(**GIVEN, all=False)) as report:
        report.expect(NAMES)
        seen = []
        for i in (1, 0, 3, 2):
            capsys.readouterr()
            report.pytest_runtest_logreport(part(NAMES[i], exact=1))
            seen.append([line.partition(":")[0] for line in capsys.readouterr().out.splitlines()])
    assert seen == [[], ["neuron", "gradients"], [], ["losses", "training"]]


def test_what_is_said_of_a_property_is_said_by_its_first_part(table):
    """float64 before float32, one case before the next, whichever worker was faster."""
    ids = [f"{NAMES[0]}[{dtype}-{case}]" for dtype in ("float64", "float32") for case in "ab"]
    for order in (ids, ids[::-1]):
        table([part(nodeid, "failed", LESSON | {"headline": nodeid}, message=nodeid) for nodeid in order], ids=ids)
        [row] = table.report.as_dict()["properties"]
        assert row["message"] == ids[0]
        assert [lesson["headline"] for lesson in row["lessons"]] == ids


def test_mistakes_that_fit_one_property_of_a_function_alone_are_not_named(table):
    """A mistake that fits both is named in both, also in the sentence; if none fits both, all are kept."""
    sets = [("a", "b"), ("a", "c"), ("d", "e")]
    parts = []
    for nodeid, names in zip(NAMES, sets, strict=False):
        mistakes = [{"name": name, "explanation": f"{name} is.", "met": "Met."} for name in names]
        lesson = {"function": "sign", "headline": "sign differs", "facts": {"mistake": "many"}, "mistakes": mistakes}
        parts.append(part(nodeid, "failed", lesson))
    table(parts, 160)
    rows = table.report.as_dict()["properties"]
    assert [[m["name"] for m in row["lessons"][0]["mistakes"]] for row in rows] == [["a", "b"], ["a"], ["d", "e"]]
    assert rows[1]["lessons"][0]["facts"]["mistake"] == "a: this is what you get when a is. Met."


def test_no_property_can_vanish(table):
    """One that was collected and not reported is named in the last line, and the exit code is 2."""
    lines = table([part(nodeid, exact=1) for nodeid in NAMES[:-1]], 160, ids=NAMES)
    assert table.report.exit_code() == 2
    words = "1 of 4 properties of homework.py were not reported, such as training: the gradients of every layer"
    assert lines[-1].startswith(f"The check is incomplete: {words}")


@pytest.mark.parametrize("width", [80, 160])
def test_a_terminal_of_any_width_has_each_word_whole(width, check, monkeypatch):
    """A whole run of two mistakes; the width changes line breaks, not words."""
    monkeypatch.setenv("COLUMNS", str(width))
    code, out = check(TWO_MISTAKES)
    lines = out.splitlines()
    assert code == 1
    assert max(map(len, lines[1:-1])) <= width
    assert sum("DIFFERENT" in line for line in lines) == 4
    assert sum("DIFFERENT: derivative_of_the_output" in line for line in lines) == 1
    assert " ".join(lines).count("this is what you get when") == 1
    assert "s (1 - s) is computed from z itself" in " ".join(out.split())
    assert "Failing" not in out


TWO_MISTAKES = """
def sigmoid_backward(z, grad_output):
    return grad_output * z * (1 - z)

def sign(z):
    raise RuntimeError("no signs today, and many more words than there is room for in a terminal of eighty columns")
"""


def test_a_row_does_not_depend_on_which_worker_was_faster():
    """What was skipped, accepted and counted is told in the order of the parts."""
    ids = [f"test_losses.py::test_{name}[{case}]" for name in ("missing", "lenient") for case in "ab"]
    skips = [SimpleNamespace(**vars(part(node, "skipped", message=("", 0, f"Skipped: {node}")))) for node in ids[:2]]
    counted = [part(node, **counts) for node, counts in zip(ids[2:], ({"exact": 2}, {"rounding": 1}), strict=True)]
    for one in counted:
        dict(one.user_properties)["parity"]["accepted"].append(one.nodeid)
    reports = []
    for parts in ([*skips, *counted], [*reversed(skips), *reversed(counted)]):
        with Report(SimpleNamespace(**GIVEN, all=False), quiet=True) as report:
            report.expect(ids)
            for one in parts:
                report.pytest_runtest_logreport(one)
        reports.append(json.dumps(report.as_dict()))
    assert reports[0] == reports[1]
    missing, lenient = json.loads(reports[0])["properties"]
    assert (missing["verdict"], lenient["accepted"]) == (ids[0], ids[2:])
