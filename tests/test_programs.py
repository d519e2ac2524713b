"""Candidates in other languages: programs that answer line by line."""

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from parity.border.backend import load
from parity.cli import main

PROGRAMS = Path(__file__).parent.parent / "examples" / "programs"
NAMES = {"sign": ["z"], "perceptron_step": ["weight", "bias", "x", "y"]}
PROGRAM = """#!{python}
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["call"] == "names":
        print(json.dumps({{"names": {names}}}), flush=True)
        continue
    {body}
"""


# All that can cross: functions of scratch, without callbacks, and the state and the named results that they return.
SCRATCH = """#!{python}
import inspect, json, sys
import numpy as np
import scratch

def parameters(name):
    found = inspect.signature(getattr(scratch, name)).parameters.values()
    return [p.name + "?" * (p.default is not p.empty) for p in found if p.name != "on_epoch"]

def array(value, dtype):
    if isinstance(value, dict):
        return {{key: array(item, dtype) for key, item in value.items()}}
    if not isinstance(value, list):
        return value
    value = np.array(value)
    return value.astype(dtype) if value.dtype.kind != "i" else value

def plain(value):
    if isinstance(value, dict):
        return {{key: plain(item) for key, item in value.items()}}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value

def called(call, dtype, arguments):
    given = {{name: value if name == "betas" else array(value, dtype) for name, value in arguments.items()}}
    result = getattr(scratch, call)(**given)
    if hasattr(result, "_asdict"):
        return {{"results": plain(result._asdict())}}
    return {{"results" if isinstance(result, tuple) else "result": plain(result)}}

for line in sys.stdin:
    request = json.loads(line)
    if request["call"] == "names":
        answer = {{"names": {{name: parameters(name) for name in {names}}}}}
    else:
        try:
            answer = called(**request)
        except ValueError as error:
            answer = {{"error": str(error)}}
    print(json.dumps(answer), flush=True)
"""
WHOLE = ["softmax", "train_perceptron", "cross_entropy", "train_gradient", "adam_update", "sgd_update"]


@pytest.fixture
def program(tmp_path):
    """Writes a program that answers each call by these statements."""

    def write(body, names=None):
        path = tmp_path / "program"
        path.write_text(PROGRAM.format(python=sys.executable, names=names or NAMES, body=body.replace("\n", "\n    ")))
        path.chmod(0o755)
        return path

    return write


def test_javascript_is_the_same_as_pytorch(report):
    """The arithmetic of the moving pictures; where sums are exact, bit for bit."""
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    rows = report(PROGRAMS / "neuron.js", "--examples", "60")
    assert rows["exit_code"] == 0, [row["message"] for row in rows["properties"] if row["lessons"]]
    verdicts = {row["property"]: row["verdicts"] for row in rows["properties"]}
    assert verdicts["perceptron: perceptron step on the grid"].keys() == {"exact"}
    assert verdicts["gradients: gradient step on the grid"].keys() == {"exact"}


def test_a_wrong_formula_in_javascript_is_named(report, tmp_path):
    """As in Python: the mistake is found by its numbers."""
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    text = (PROGRAMS.parent.parent / "parity" / "site" / "neuron.js").read_text(encoding="utf-8")
    (tmp_path / "neuron.js").write_text(text.replace("(y[k] - side) / 2", "y[k] - side"))
    path = tmp_path / "program"
    path.write_text(
        (PROGRAMS / "neuron.js").read_text(encoding="utf-8").replace("../../parity/site/neuron.js", "./neuron.js")
    )
    path.chmod(0o755)
    rows = report(path, "--reference", "scratch", "--only", "perceptron_step", "--examples", "60")
    assert rows["exit_code"] == 1
    lesson = next(row["lessons"][0] for row in rows["properties"] if row["lessons"])
    assert [mistake["name"] for mistake in lesson["mistakes"]] == ["error_not_halved"]


def test_c_is_the_same(report, tmp_path):
    """Compiled by the command in the file."""
    if not shutil.which("cc"):
        pytest.skip("no C compiler is installed")
    subprocess.run(["cc", "-O2", "-o", tmp_path / "neuron", PROGRAMS / "neuron.c"], check=True)
    rows = report(tmp_path / "neuron", "--reference", "scratch", "--examples", "60")
    assert rows["exit_code"] == 0, [row["message"] for row in rows["properties"] if row["lessons"]]
    assert sum(row["verdicts"].get("exact", 0) for row in rows["properties"]) > 100


def test_named_results_states_and_options_cross(report, tmp_path):
    """Functions of scratch as a program: results with names, the state of optimizers, orders, errors."""
    path = tmp_path / "program"
    path.write_text(SCRATCH.format(python=sys.executable, names=WHOLE))
    path.chmod(0o755)
    rows = report(path, "--reference", "scratch", "--examples", "30")
    assert rows["exit_code"] == 0, [row["message"] for row in rows["properties"] if row["lessons"]]
    checked = {name for row in rows["properties"] if row["examples"] for name in row["functions"]}
    assert checked >= set(WHOLE)


def test_numbers_cross_without_loss(program):
    """All bits of a float, both zeros, nan and the infinities; in float32 an answer is rounded."""
    path = program("z = request['arguments']['z']\nprint(json.dumps({'result': z}), flush=True)")
    backend = load(str(path))
    values = np.array([[0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 0.0, np.nan, np.inf, -np.inf]])
    for dtype in ("float64", "float32"):
        with np.errstate(over="ignore"):
            sent = values.astype(dtype)
        got = backend.sign(sent)
        assert got.dtype == dtype
        assert got.tobytes() == sent.tobytes()
    backend.close()


def test_results_and_errors(program):
    """Several results are a tuple, an error is a ValueError with its words."""
    body = """if request["arguments"]["bias"] == [0.0]:
    print(json.dumps({"results": [[[1, 0.5]], {"momentum_buffer": [2]}]}), flush=True)
else:
    print(json.dumps({"error": "bias: got 1, expected 0"}), flush=True)"""
    backend = load(str(program(body)))
    weight, state = backend.perceptron_step(np.zeros((1, 2)), np.zeros(1), np.zeros(2), np.ones(1))
    assert weight.tolist() == [[1, 0.5]]
    assert state["momentum_buffer"].tolist() == [2]
    with pytest.raises(ValueError, match=r"^bias: got 1, expected 0$"):
        backend.perceptron_step(np.zeros((1, 2)), np.ones(1), np.zeros(2), np.ones(1))
    backend.close()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise SystemExit(3)", "the program has ended (exit code 3)"),
        ("print('sign is', 1, flush=True)", "the program answered 'sign is 1', expected JSON"),
        ("print('[1]', flush=True)", "the program answered '[1]', expected JSON"),
        ("print('{}', flush=True)", "the program answered '{}', expected JSON"),
        ("print(json.dumps({'result': 'one'}), flush=True)", 'the program answered "one", expected numbers'),
        ("print(json.dumps({'result': [[1], [1, 2]]}), flush=True)", "[[1], [1, 2]], expected numbers"),
    ],
)
def test_bad_answers_are_one_line(report, program, body, message):
    """A program that ends, babbles, or never answers is told as such."""
    rows = report(program(body), "--reference", "scratch", "--only", "sign", "--examples", "5", "--time-limit", "3")
    assert rows["exit_code"] == 1
    headlines = [lesson["headline"] for row in rows["properties"] for lesson in row["lessons"]]
    assert headlines
    assert all(message in headline for headline in headlines), headlines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file, expected a .py file or a program"),
        ("#!/nowhere/python\n", "cannot be run: No such file or directory"),
        ("#!/bin/sh\necho hello\n", "the program answered 'hello', expected JSON"),
        ("#!/bin/sh\nexit 7\n", "the program has ended (exit code 7)"),
        ("#!/bin/sh\nread line; echo '{\"names\": 7}'\nread line\n", "it does not answer the question for its names"),
        ("no shebang", "cannot be run"),
    ],
)
def test_no_program_is_one_line(capsys, tmp_path, text, message):
    """What cannot be started or does not say its names is not judged."""
    path = tmp_path / "program"
    if text is not None:
        path.write_text(text)
        path.chmod(0o755)
    assert main(["check", str(path)]) == 2
    err = capsys.readouterr().err
    assert message in " ".join(err.split())
    assert "Traceback" not in err


def test_a_program_that_never_answers_is_stopped(capsys, program):
    """Its time is up, and nothing of it is left."""
    path = program("while True: pass")
    few = ("--only", "sign", "--examples", "5", "--dtype", "float64", "--time-limit", "3")
    assert main(["check", str(path), "--reference", "scratch", *few]) == 2
    assert "sign took too long" in capsys.readouterr().out
    running = b""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            running += file.read_bytes()
    assert str(path).encode() not in running


def test_a_failure_is_repeated_by_a_program(report, program, tmp_path):
    """``--repro`` writes Python that asks the program again."""
    path = program("print(json.dumps({'result': [[7.0]]}), flush=True)")
    rows = report(path, "--reference", "scratch", "--only", "sign", "--repro", tmp_path / "again")
    assert rows["exit_code"] == 1
    script = next((tmp_path / "again").glob("*.py"))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert "candidate: [[7.]]" in done.stdout
