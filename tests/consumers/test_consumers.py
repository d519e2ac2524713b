"""The reports, read by the very programs that read them in a course: ``make test-consumers`` installs these."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from parity.cli import main

pytest.importorskip("nbgrader", reason="make test-consumers runs them")
pytestmark = pytest.mark.filterwarnings("ignore")  # those of others

SIGN = "import numpy as np\n\ndef sign(z):\n    return np.sign(z)\n"
STEP = """
def perceptron_step(weight, bias, x, y):
    delta = (y - sign(weight @ x + bias)){half}
    return weight + delta[:, None] * x, bias + delta
"""
RIGHT, HALF = SIGN + STEP.format(half=" / 2"), SIGN + STEP.format(half="")
OPTIONS = 'reference="scratch", examples=5, dtype="float64"'
QUICK = ("--reference", "scratch", "--examples", "5", "--dtype", "float64")


def run(folder, *command):
    """Run a program of this environment."""
    own = Path(sys.executable).parent
    environment = {
        "PATH": os.pathsep.join([str(own), os.environ["PATH"]]),  # nbgrader starts alembic by name
        "PYTHONPATH": os.pathsep.join(
            [str(folder), os.environ.get("PYTHONPATH", "")]
        ),  # as if the plugin was installed
    }
    command = [own / command[0], *map(str, command[1:])]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | environment)
    assert done.returncode == 0, done.stdout + done.stderr


def notebook(path, *codes, points=None):
    """Write a notebook with these cells; with ``points``, the last one is an autograded test cell of nbgrader."""
    cells = [v4.new_code_cell(code) for code in codes]
    if points:
        kind = {"grade": True, "locked": True, "solution": False, "task": False}
        cells[-1].metadata["nbgrader"] = {**kind, "grade_id": "test", "points": points, "schema_version": 3}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    path.parent.mkdir(parents=True)
    nbformat.write(v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def test_nbgrader(tmp_path):
    """The course's own commands: all points, a part with its reason in the feedback, or none."""
    from nbgrader.api import Gradebook

    last = f'from parity.notebook import credit\n\ncredit("sign", "perceptron_step", points=4, {OPTIONS})'
    notebook(tmp_path / "source" / "hw" / "hw.ipynb", "# write sign and perceptron_step here", last, points=4)
    run(tmp_path, "nbgrader", "generate_assignment", "hw", "--create")
    for name, code in (("right", RIGHT), ("half", HALF), ("none", "# nothing yet")):
        book = nbformat.read(tmp_path / "release" / "hw" / "hw.ipynb", as_version=4)
        book.cells[0].source = code
        path = tmp_path / "submitted" / name / "hw" / "hw.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(book, path)
    run(tmp_path, "nbgrader", "autograde", "hw", "--create")
    run(tmp_path, "nbgrader", "generate_feedback", "hw")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        scores = {name: book.find_submission("hw", name).score for name in ("right", "half", "none")}
    assert scores["right"] == 4
    assert 0 < scores["half"] < 4
    assert scores["none"] == 0
    feedback = (tmp_path / "feedback" / "half" / "hw" / "hw.html").read_text(encoding="utf-8")
    assert "error_not_halved" in feedback


OTTER_TEST = f"""OK_FORMAT = False

from otter.test_files import test_case
from parity.notebook import expect

name = "perceptron"

@test_case(points=1)
def sign():
    expect("sign", {OPTIONS})

@test_case(points=2)
def perceptron_step():
    expect("perceptron_step", {OPTIONS})
"""
OWN_TEST = """OK_FORMAT = False

from otter.test_files import test_case

name = "own"

@test_case(points=1)
def is_there(sign):
    assert callable(sign)
"""
OTTER_PLUGIN = f"""import subprocess
import sys
from pathlib import Path

from otter.plugins import AbstractOtterPlugin
from otter.test_files import GradingResults


class Plugin(AbstractOtterPlugin):
    def after_grading(self, results):
        options = {[*QUICK, "--otter", "otter.json"]!r}
        subprocess.run([sys.executable, "-m", "parity", "check", self.submission_path, *options])
        results.results |= GradingResults.from_ottr_json(Path("otter.json").read_text()).results
"""


def graded(folder, submission):
    """The tests of ``results.json`` after ``otter generate`` and ``otter run``."""
    run(folder, "otter", "generate", "-t", "tests", "-c", "otter_config.json", "--no-environment")
    run(folder, "otter", "run", "-a", "autograder.zip", "-o", ".", submission)
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))["tests"]


def test_otter_with_a_notebook(tmp_path):
    """A test case is a call of ``expect``; the lesson is its output."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "perceptron.py").write_text(OTTER_TEST)
    (tmp_path / "otter_config.json").write_text("{}")
    notebook(tmp_path / "in" / "hw.ipynb", *HALF.split("\n\n", 1))
    tests = graded(tmp_path, "in/hw.ipynb")
    [mine] = [test for test in tests if test["name"].startswith("perceptron")]
    assert (mine["score"], mine["max_score"]) == (1, 3)
    assert "error_not_halved" in mine["output"]
    assert "sign - 1" not in mine["output"]


def test_otter_with_a_file(tmp_path):
    """A plugin adds the report of ``--otter`` to the results: a question for each function."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "own.py").write_text(OWN_TEST)
    (tmp_path / "parity_plugin.py").write_text(OTTER_PLUGIN)
    (tmp_path / "otter_config.json").write_text(json.dumps({"plugins": ["parity_plugin.Plugin"]}))
    (tmp_path / "hw.py").write_text(HALF)
    tests = {test["name"]: test for test in graded(tmp_path, "hw.py")}
    assert tests["sign"]["score"] == tests["sign"]["max_score"] > 0
    assert 0 <= tests["perceptron_step"]["score"] < tests["perceptron_step"]["max_score"]
    assert "error_not_halved" in tests["perceptron_step"]["output"]


def test_junit(tmp_path, capsys):
    """What differs is a failure with the lesson, what is not defined is skipped; the counts are those of the cases."""
    from junitparser import Error, Failure, JUnitXml, Skipped

    (tmp_path / "hw.py").write_text(HALF)
    main(["check", str(tmp_path / "hw.py"), *QUICK, "--junit", str(tmp_path / "out.xml")])
    [suite] = JUnitXml.fromfile(str(tmp_path / "out.xml"))
    kinds = [type(found) for case in suite for found in case.result]
    counts = [suite.tests, suite.failures, suite.errors, suite.skipped]
    assert counts == [len(list(suite)), kinds.count(Failure), kinds.count(Error), kinds.count(Skipped)]
    assert counts[1] > 0 == counts[2] < counts[3]
    texts = [found.text for case in suite for found in case.result if isinstance(found, Failure)]
    assert any("error_not_halved" in text for text in texts)
