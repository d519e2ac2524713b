"""The reports for platforms: what each says of a candidate that differs, is right, or cannot be used; a new format."""

import base64
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jsonschema
import pytest

from parity.cli import main
from parity.reports import formats, picture
from parity.reports.formats import exercism, nbgrader, prairielearn
from parity.reports.result import Part, Property, Result

ROOT = Path(__file__).parents[1]
SCHEMAS = Path(__file__).parent / "schemas"
SOLUTIONS = Path(__file__).parent / "solutions"
QUICK = ("--reference", "scratch", "--examples", "5", "--dtype", "float64")
RUNNER = {
    "CLASSROOM": "neurons",
    "ASSIGNMENT": "sigmoid",
    "ASSIGNMENT_TYPE": "individual",
    "OWNER": "alice",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://github.com/o/r/commit/1",
    "RELEASE_URL": "https://github.com/o/r/releases/tag/1",
    "REVIEW_URL": "https://github.com/o/r/compare/0...1",
}
CANDIDATES = {
    "wrong": SOLUTIONS / "wrong" / "sigmoid_slope_of_z.py",
    "right": SOLUTIONS / "right" / "sigmoid_two_branches.py",
    "broken": None,
}
HEADLINE = "sigmoid_backward: result[0, 0] differs"


@pytest.fixture(scope="module", params=CANDIDATES)
def reports(request, tmp_path_factory):
    """The name of a candidate, and the text of each of its reports."""
    folder = tmp_path_factory.mktemp(request.param)
    candidate = CANDIDATES[request.param] or folder / "broken.py"
    if not candidate.exists():
        candidate.write_text("def sign(z:\n")
    files = {name: folder / module.FILE.replace(".", f"_{name}.") for name, module in formats.files().items()}
    options = [part for name, file in files.items() for part in (f"--{name}", str(file))]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in RUNNER.items():
            patch.setenv(name, value)
        main(["check", str(candidate), *QUICK, "--only", "sigmoid_backward", *options])
    return request.param, {name: file.read_text(encoding="utf-8") for name, file in files.items()}


@pytest.mark.parametrize("name", [path.stem for path in SCHEMAS.glob("*.json")])
def test_schemas(reports, name):
    """What has a published specification follows it."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(reports[1][name]), schema)


def test_every_format_says_the_same(reports):
    """The tests, those that passed, and the points, in all formats; what cannot be used has no points and a reason."""
    kind, texts = reports
    read = {name: json.loads(text) for name, text in texts.items() if name != "junit"}
    scores = {test["name"]: test["score"] for test in read["gradescope"]["tests"]}
    passed = {name for name, score in scores.items() if score}
    assert {"wrong": 0 < len(passed) < len(scores), "right": len(passed) == len(scores), "broken": not passed}[kind]
    assert scores == {test["test-name"]: test["score"] for test in read["classroom50"]["tests"]}
    assert read["classroom50"]["score"] == len(passed)
    numbers = [
        test[key] for test in [read["classroom50"], *read["classroom50"]["tests"]] for key in ("score", "max-score")
    ]
    assert {type(number) for number in numbers} == {int}  # to a schema, 1.0 is one too
    cases = [case for question in read["otter"]["test_file_results"] for case in question["test_case_results"]]
    assert {case["test_case"]["name"] for case in cases if case["passed"]} == passed
    assert {case["test_case"]["name"] for case in cases} == set(scores)
    if kind == "broken":
        assert (read["prairielearn"]["gradable"], read["exercism"]["status"]) == (False, "error")
        [reason] = read["prairielearn"]["format_errors"]
        assert "line 1" in reason
        assert reason == read["exercism"]["message"]
    else:
        assert scores == {test["name"]: test["points"] for test in read["prairielearn"]["tests"]}
        assert read["prairielearn"]["score"] == len(passed) / len(scores)
        assert {test["name"] for test in read["exercism"]["tests"] if test["status"] == "pass"} == passed
        assert read["exercism"]["status"] == {"wrong": "fail", "right": "pass"}[kind]
        tasks = [test["task_id"] for test in read["exercism"]["tests"]]
        assert list(dict.fromkeys(tasks)) == list(range(1, len(set(tasks)) + 1))


def test_the_lesson_is_in_every_format(reports):
    """The number that differs and the mistake; no lesson where nothing differs."""
    kind, texts = reports
    for text in texts.values():
        assert (HEADLINE in text) == (kind == "wrong")
        assert ("derivative_of_the_output" in text) == (kind == "wrong")


def test_junit_counts(reports):
    """A failure, an error and a skipped case are what their number says."""
    kind, texts = reports
    [suite] = ElementTree.fromstring(texts["junit"])
    tags = [found.tag for case in suite for found in case]
    assert [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] == [
        str(number) for number in (len(suite), *(tags.count(tag) for tag in ("failure", "error", "skipped")))
    ]
    assert set(tags) == {"wrong": {"failure"}, "right": set(), "broken": {"error"}}[kind]


def test_pictures(reports):
    """PrairieLearn shows one of each failure with numbers: a PNG; of nothing else."""
    kind, texts = reports
    tests = json.loads(texts["prairielearn"]).get("tests", [])
    pictured = {test["name"]: test["images"][0] for test in tests if "images" in test}
    wrong = {"activations: sigmoid backward", "activations: sigmoid meaning"}
    assert set(pictured) == (wrong if kind == "wrong" else set())
    for image in pictured.values():
        assert base64.b64decode(image["url"].partition(",")[2]).startswith(b"\x89PNG")


NUMBERS = {
    "headline": "relu: result[0, 3] differs",
    "names": ["_a$\\frac$.py", "torchref"],
    "first": 2,
    "differs": 3,
    "candidate": [1.0, "nan", 5.0],
    "reference": [1.0, 2.0, "inf"],
    "allowed": [0.1, 0.0, 0.0],
}


def test_what_a_picture_shows():
    """Both sides at their positions, a ring at the one that differs, and text where an axis has no place."""
    figure = picture.draw(NUMBERS)
    [ax] = figure.axes
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(names) == ["candidate _a$\\frac$.py", "reference torchref, and what is allowed"]
    assert {text.get_text() for text in ax.texts} == {"nan", "inf"}
    lines = {line.get_label(): list(line.get_xdata()) for line in ax.lines}
    assert lines["candidate _a$\\frac$.py"] == [2, 3, 4]
    assert [3] in lines.values()


def a_test(number=0, points=0.0, message="sign differs", numbers=None, status="failed"):
    """A property that failed."""
    lessons = [{"numbers": numbers}]
    part = Part(f"test_neuron.py::test_sign[float64-{number}]", status, message, 0.1)
    return Property(f"neuron: sign {number}", ["sign"], "DIFFERENT", status, message, points, 1.0, lessons, [part])


def a_result(tests, unusable=""):
    """The check of a candidate."""
    return Result("hw.py", "torchref", "hw.py DIFFERS.", 1, unusable, tests)


def test_pictures_leave_room(monkeypatch):
    """PrairieLearn reads a limited number of bytes: the text is whole, and the first pictures are there."""
    result = a_result([a_test(number, numbers=NUMBERS) for number in range(6)])
    one = len(picture.data_url(NUMBERS))
    monkeypatch.setattr(prairielearn, "MOST_BYTES", 3 * one)
    text = prairielearn.text(result)
    pictured = ["images" in test for test in json.loads(text)["tests"]]
    assert len(text) <= 3 * one
    assert pictured == [True, True, False, False, False, False]


def test_hints_hide_the_picture(tmp_path):
    """A picture has numbers, which only ``--hint full`` shows."""
    file = tmp_path / "out.json"
    options = ("--only", "sigmoid_backward", "--hint", "message", "--prairielearn", str(file))
    main(["check", str(CANDIDATES["wrong"]), *QUICK, *options])
    assert '"points": 0,' in file.read_text()
    assert "images" not in file.read_text()


def test_exercism_when_nothing_ends():
    """No test that was run to its end is an error of the whole; a long message is cut at the limit."""
    result = a_result([a_test(message="x" * 70_000, status="unjudged")])
    document = json.loads(exercism.text(result))
    assert (document["status"], document["message"]) == ("error", "hw.py DIFFERS.")
    assert len(document["tests"][0]["message"]) == 65_535
    assert "def test_sign" in document["tests"][0]["test_code"]


def test_partial_credit():
    """The share of the points, with the reason for each that is missing; nothing for nothing."""
    result = a_result([a_test(0), a_test(1, points=1.0, message=""), a_test(2, points=1.0, message="")])
    assert nbgrader.credit(result, 6) == 4
    assert nbgrader.text(result) == "hw.py DIFFERS.\nneuron: sign 0: sign differs"
    assert nbgrader.credit(a_result([]), 6) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--classroom50", "result.json"), "--classroom50: CLASSROOM, ASSIGNMENT, ASSIGNMENT_TYPE, OWNER,"),
        (("--otter", "otter.pkl"), "otter.pkl: got the suffix '.pkl', expected .json"),
        (("--exercism", "no/such/results.json"), "expected no/such to exist"),
        (("--prairielearn", "a.json", "--exercism", "a.json"), "--prairielearn: got a.json, which is --exercism"),
        (("scratch", "--prairielearn", "a.json"), "--prairielearn: got 2 candidates, expected one"),
    ],
)
def test_one_line_before_anything_runs(tmp_path, monkeypatch, capsys, options, message):
    """A report that could not be written is rejected, and nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    for name in RUNNER:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "hw.py").write_text("import numpy as np\ndef sign(z):\n    return np.sign(z)\n")
    assert main(["check", "hw.py", *options, *QUICK]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["hw.py"]


def test_parts_of_points_where_points_are_integers(tmp_path, monkeypatch, capsys):
    """Classroom 50 has integers; nothing is rounded."""
    for name, value in RUNNER.items():
        monkeypatch.setenv(name, value)
    options = ("--classroom50", str(tmp_path / "result.json"), "--weight", "sign=2", "linear=0.5")
    assert main(["check", "scratch", *QUICK, *options]) == 2
    line = "--classroom50: got --weight linear=0.5, expected an integer, as Classroom 50 does"
    assert capsys.readouterr() == ("", f"parity check: {line}\n")


def test_pictures_need_matplotlib(tmp_path, monkeypatch, capsys):
    """One line that says what to install, before the check."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["check", "scratch", *QUICK, "--prairielearn", str(tmp_path / "out.json")]) == 2
    assert "matplotlib is not installed: pip install 'neuron-parity[plot]'" in capsys.readouterr().err


def test_the_table_of_the_documentation():
    """``python -m parity.reports.formats`` has written it."""
    assert formats.table() in (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")


NEW = '''"""A platform that counts."""

PLATFORM = "Counter"
PAGE = "https://example.org/"
FILE = "count.txt"
PLACE = "here"
VALIDATED = "this test"


def text(result):
    """The number of tests that passed."""
    return f"{sum(one.status == 'passed' for one in result.properties)} of {len(result.properties)}"
'''


def test_a_new_format_is_one_file(tmp_path):
    """In a copy of the project: its option, its help, its row in the documentation, its report."""
    for name in ("contract", "scratch", "parity", "data", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "parity" / "reports" / "formats" / "counter.py").write_text(NEW)

    def python(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True).stdout

    assert "--counter FILE" in python("parity", "check", "--help")
    python("parity.reports.formats")
    row = "| [Counter](https://example.org/) | `--counter count.txt` | here | this test |"
    assert row in (tmp_path / "docs" / "reports.md").read_text(encoding="utf-8")
    python("parity", "check", "scratch", *QUICK, "--only", "sign", "--counter", "count.txt")
    passed, _, all_ = (tmp_path / "count.txt").read_text().partition(" of ")
    assert int(passed) == int(all_) > 0
