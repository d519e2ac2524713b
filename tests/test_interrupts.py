"""No process outlives ``parity check``, no finished report is lost, and unfinished properties get no points."""

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

import pytest
from kills import SIGNALS, SOLUTIONS, Run, report

from parity.cli import main

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
QUICK = ("--reference", "scratch", "--examples", "3", "--dtype", "float64")
LOOP = "def sigmoid_backward(z, grad_output):\n    while True: pass\n"
RIGHT = (SOLUTIONS / "right" / "sigmoid_two_branches.py").read_text(encoding="utf-8")
WRONG = (SOLUTIONS / "wrong" / "sigmoid_slope_of_z.py").read_text(encoding="utf-8")


@pytest.fixture
def check(capsys):
    """Run the command; exit code, standard output, standard error."""

    def run(*arguments):
        code = main(["check", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


def until(condition):
    """Wait for something that another process does."""
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it has not come to that")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The report of three candidates, and their texts."""
    folder = tmp_path_factory.mktemp("undisturbed")
    texts = {"a.py": RIGHT, "b.py": "def sigmoid_backward(z:\n", "c.py": WRONG}
    for name, text in texts.items():
        (folder / name).write_text(text)
    run = Run(folder, texts)
    run.process.communicate()
    return texts, report(run.file), run.process.returncode


@LINUX
@pytest.mark.parametrize("number", SIGNALS)
def test_a_check_of_many_goes_on(tmp_path, number, undisturbed):
    """A signal ends it during an endless loop; no process is left, and the next run checks the rest."""
    texts, expected, code = undisturbed
    for name, text in {**texts, "c.py": LOOP}.items():
        (tmp_path / name).write_text(text)
    run = Run(tmp_path, texts, "--time-limit", "1000")
    until(lambda: run.rows() == 2)
    ended, out, err, _ = run.end(number)
    assert ended == SIGNALS[number]
    assert not run.file.exists()
    assert run.rows() == 2
    if number != signal.SIGKILL:
        assert "2 of 3 candidates against scratch: 1 the same, 0 different, 1 could not be checked." in out
        assert err == f"parity check: stopped; {run.part} has the finished reports, and --resume continues from there\n"
    (tmp_path / "c.py").write_text(texts["c.py"])
    kept = run.part.read_text().splitlines()[1]
    with run.part.open("a") as file:
        file.write('{"candidate": "c.py", "cont')  # a line that was cut off
    resumed = Run(tmp_path, texts, "--time-limit", "1000", "--resume")
    resumed.process.communicate()
    document = report(run.file)
    document["run"]["time_limit"] = expected["run"]["time_limit"]
    assert (document, resumed.process.returncode) == (expected, code)
    assert json.loads(kept) in json.loads(run.file.read_text())["submissions"]
    assert not run.part.exists()


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_single_check_leaves_nothing(tmp_path, number):
    """Its processes have ended, and so have the candidate's; earlier reports are unchanged."""
    (tmp_path / "loop.py").write_text(LOOP)
    reports = [tmp_path / name for name in ("all.json", "points.json", "units.xml")]
    for file in reports:
        file.write_text("earlier")
    options = ("--time-limit", "1000", "--gradescope", reports[1], "--junit", reports[2])
    run = Run(tmp_path, ["loop.py"], *options)
    until(lambda: len(run.left()) >= 5)  # itself, two that check, and the candidate's
    ended, out, err, _ = run.end(number)
    assert ended == SIGNALS[number]
    assert [file.read_text() for file in reports] == ["earlier"] * 3
    if number != signal.SIGKILL:
        assert "The check is incomplete" in out
        assert err == "parity check: stopped\n"


def test_resume_checks_what_has_changed(check, tmp_path, monkeypatch):
    """It checks nothing else; other options, another reference, another kind of file are rejected in one line."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    run = ("a.py", "b.py", *QUICK, "--json", "all.json")
    check(*run)
    first = json.loads((tmp_path / "all.json").read_text())
    for submission in first["submissions"]:
        submission["summary"] = "from the file"
    (tmp_path / "all.json").write_text(json.dumps(first))
    (tmp_path / "b.py").write_text("y = 2\n")
    code, out, _ = check(*run, "--resume")
    assert code == 2
    assert out.splitlines()[1].endswith("from the file")
    assert "b.py: defines no name of the contract" in out.splitlines()[2]
    code, out, err = check(*run, "--resume", "--seed", "1")
    assert (code, out) == (2, "")
    assert err == "parity check: --resume: got --seed 1, expected 0 as in all.json\n"
    other = {**first, "run": first["run"] | {"reference_content": "others"}}
    (tmp_path / "all.json").write_text(json.dumps(other))
    assert "--resume: got another scratch than all.json, expected the same" in check(*run, "--resume")[2]
    first["run"]["sources"] = "others"
    (tmp_path / "all.json").write_text(json.dumps(first))
    assert check(*run, "--resume")[2].startswith("parity check: --resume: got all.json from other sources of parity")
    (tmp_path / "all.json").write_text("[1]")
    assert "got all.json, expected the report of several candidates" in check(*run, "--resume")[2]
    assert "--resume: expected several candidates and --json FILE" in check("a.py", "--resume")[2]


WEIGHTS = {"alike": (), "weighed": ("--weight", "sign=2", "predict=3")}


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The maximum points of each property in a full check, with and without weights."""
    folder, names = tmp_path_factory.mktemp("full"), {}
    (folder / "right.py").write_text("import numpy as np\ndef sign(z):\n    return np.sign(z)\n")
    for kind, weights in WEIGHTS.items():
        file = folder / "points.json"
        main(["check", str(folder / "right.py"), *QUICK, "--only", "sign", "--gradescope", str(file), *weights])
        names[kind] = {test["name"]: test["max_score"] for test in json.loads(file.read_text())["tests"]}
    return names


@pytest.mark.parametrize(
    ("text", "message", "kind"),
    [
        ("def sign(z:\n", "line 1", "alike"),
        ("x = 1\n", "defines no name of the contract", "weighed"),
        ("def __getattr__(name):\n    import os\n    os._exit(3)\n", "ended its process (exit code 3)", "alike"),
        ("raise KeyboardInterrupt\n", "its import ended its process", "weighed"),
    ],
)
def test_what_cannot_be_used_has_reports_too(check, tmp_path, full, text, message, kind):
    """No points out of those of a full check, one line, exit code 2."""
    files = [tmp_path / name for name in ("out.json", "points.json", "units.xml")]
    options = ("--json", files[0], "--gradescope", files[1], "--junit", files[2], "--time-limit", "5", *WEIGHTS[kind])
    broken = tmp_path / "broken.py"
    broken.write_text(text)
    code, out, err = check(broken, *QUICK, "--only", "sign", *options)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert message in err
    points = json.loads(files[1].read_text())
    assert message in points["output"]
    assert {test["score"] for test in points["tests"]} == {0}
    assert {test["name"]: test["max_score"] for test in points["tests"]} == full[kind]
    rows = json.loads(files[0].read_text())
    assert rows["exit_code"] == 2
    assert message in rows["summary"]
    assert {row["verdict"] for row in rows["properties"]} == {"could not be judged"}
    suite = ElementTree.parse(files[2]).getroot()[0]
    assert int(suite.get("errors", 0)) == int(suite.get("tests", 0)) > 0


def test_a_property_whose_process_ends_is_no_point(tmp_path):
    """Neither that row nor one that never started is lost; both keep their functions."""
    from types import SimpleNamespace

    from parity.commands.session import Session
    from parity.reports import formats
    from parity.reports.report import Report

    seen = Report(
        SimpleNamespace(only=None, candidate="a.py", reference="scratch", seed=0, dtype=None, device="cpu", all=False)
    )
    ids = ["test_neuron.py::test_sign[float64]", "test_neuron.py::test_sign[float32]", "test_neuron.py::test_linear[x]"]
    seen.expect(ids)
    passed = pytest.TestReport(
        ids[0], ("", 0, ""), {}, "passed", None, "call", user_properties=[("functions", ["sign"])]
    )
    seen.pytest_runtest_logreport(passed)
    crashed = pytest.TestReport(ids[1], ("", 0, ""), {}, "failed", "worker 'gw0' crashed", "???")
    Session(None).pytest_handlecrashitem(crashed)
    seen.pytest_runtest_logreport(crashed)
    seen.complete()
    rows = seen.as_dict()["properties"]
    assert [(row["functions"], row["verdict"]) for row in rows] == [
        (["sign"], "could not be judged"),
        (["linear"], "could not be judged"),
    ]
    assert seen.exit_code() == 2
    points = json.loads(formats.text("gradescope", seen, {"sign": 2.0, "linear": 3.0}))["tests"]
    assert [(test["score"], test["max_score"]) for test in points] == [(0, 2), (0, 3)]


def test_the_environment_has_no_say(tmp_path):
    """Variables of pytest, Hypothesis and Python, and files beside and above the candidate have no effect."""
    (tmp_path / "wrong.py").write_text(WRONG)
    (tmp_path / "conftest.py").write_text("def pytest_collection_modifyitems(items):\n    items.clear()\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (tmp_path / "interference.py").write_text("def pytest_collection_modifyitems(items):\n    items.clear()\n")
    environment = {
        "PYTEST_ADDOPTS": "--collect-only",
        "PYTEST_PLUGINS": "interference",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
        "PYTHONWARNINGS": "error",
        "HYPOTHESIS_STORAGE_DIRECTORY": "/dev/null/nowhere",
    }
    command = [sys.executable, "-m", "parity", "check", "wrong.py", *QUICK, "--only", "sigmoid_backward"]
    plain = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    odd = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, **environment})
    assert plain.returncode == 1
    assert "sigmoid_backward: result[0, 0] differs" in plain.stdout
    assert (odd.returncode, odd.stdout, odd.stderr) == (plain.returncode, plain.stdout, plain.stderr)


def test_other_runs_of_pytest_may_have_the_same_options(tmp_path):
    """Of a project whose tests know ``--only``, ``--device`` and ``--dtype`` themselves."""
    names = ("only", "device", "dtype", "examples", "reference", "candidate", "hint", "repro")
    options = "".join(f"    parser.addoption('--{name}')\n" for name in names)
    (tmp_path / "conftest.py").write_text(f"def pytest_addoption(parser):\n{options}")
    (tmp_path / "test_one.py").write_text(
        "def test_one(request):\n    assert request.config.getoption('only') == 'x'\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "--only", "x", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--json", "a.json", "--gradescope", "a.json"), "--gradescope: got a.json, which is --json"),
        (("--json", "a.json", "--gradescope", "./b/../a.json"), "--gradescope: got ./b/../a.json, which is --json"),
        (("--json", "to_the_candidate.json"), "--json: got to_the_candidate.json, which is c.py"),
    ],
)
def test_reports_have_files_of_their_own(check, tmp_path, monkeypatch, options, message):
    """A report that would overwrite another one, or the candidate, is rejected before anything runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "c.py").write_text("x = 1\n")
    (tmp_path / "to_the_candidate.json").symlink_to("c.py")
    code, out, err = check("c.py", *QUICK, *options)
    assert (code, out) == (2, "")
    assert message in err
    assert (tmp_path / "c.py").read_text() == "x = 1\n"


def test_a_report_that_cannot_be_written_takes_no_other_with_it(check, tmp_path, monkeypatch):
    """The others are written, and one line says which was not."""
    from parity.reports.report import Report

    def failing(self, weights):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Report, "as_json", lambda self: failing(self, None))
    (tmp_path / "a.py").write_text(RIGHT)
    files = tmp_path / "a.json", tmp_path / "points.json"
    options = ("--only", "sigmoid_backward", "--json", files[0], "--gradescope", files[1])
    code, _, err = check(tmp_path / "a.py", *QUICK, *options)
    assert (code, err) == (2, f"parity check: {files[0]}: cannot be written: No space left on device\n")
    assert not files[0].exists()
    assert json.loads(files[1].read_text())["tests"]


@pytest.mark.parametrize("module", ["numpy", "parity.cli"])
def test_an_interrupt_while_it_starts_is_one_line(module):
    """Ctrl-C in the first second, while this module is being imported."""
    program = (
        "import sys\nclass Stop:\n    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Stop())\nfrom parity.__main__ import main\nsys.exit(main())"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "parity: stopped\n")
