"""Equal on paper: right formulas that round otherwise, on one side of the line, and everything else on the other."""

import json

import numpy as np
import on_paper
import pytest

import scratch
from parity.border.backend import Backend, Stranger, load
from parity.border.host import find
from parity.cli import main
from parity.judge import paper
from parity.judge.compare import Check, Mismatch
from parity.judge.rounding import HAS_LONG_DOUBLE, PRECISIONS, bounded, coarser
from parity.mistakes import MISTAKES
from parity.reports.report import loss
from parity.trees import all_names

RIGHT = on_paper.trees.ROOT / "tests" / "solutions" / "right"
DTYPES = ("float64", "float32")


def found(name, namespace, functions, seed=0, examples=50):
    """By property and precision, how the examples end that are beyond the bound."""
    options = on_paper.argparse.Namespace(seed=seed, examples=examples)
    rows = on_paper.rows(name, namespace, set(functions), options)
    return {(title, dtype): verdicts for title, dtype, verdicts, _ in rows}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", on_paper.FORMS)
def test_forms_that_round_otherwise_are_right(name, seed):
    """In both precisions, and not one example differs."""
    ends = found(name, find(str(RIGHT / f"{name}.py")), all_names(), seed, examples=100)
    assert not sum(verdicts[on_paper.FAR] for verdicts in ends.values()), ends


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["squared_error_by_norm", "decay_of_the_weight", "cross_entropy_by_logsumexp"])
def test_their_rounding_is_seen(name, dtype):
    """They are beyond the bound in some examples."""
    ends = found(name, find(str(RIGHT / f"{name}.py")), all_names(), examples=100)
    assert sum(verdicts["equal on paper"] for (_, of), verdicts in ends.items() if of == dtype), ends


@pytest.mark.slow
@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_differs_as_before(name):
    """In every property that has an example beyond the bound, some example differs, in this precision."""
    ends = found(name, MISTAKES[name], {MISTAKES[name].replaced.partition(".")[0]})
    assert all(verdicts[on_paper.FAR] for verdicts in ends.values()), ends


class Code:
    """A namespace of one function."""

    def __init__(self, **functions):
        vars(self).update(functions)


def tanh_by_logistic(z):
    return 2 / (1 + np.exp(-2 * z)) - 1


def one_pass(pred, target):
    return (np.sum(pred**2) - 2 * np.sum(pred * target) + np.sum(target**2)) / 2


def softmax_unshifted(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def by_norm(pred, target):
    """Right: half of the squared length."""
    return 0.5 * np.linalg.norm(pred - target) ** 2


UNSTABLE = {"tanh": tanh_by_logistic, "squared_error": one_pass, "softmax": softmax_unshifted}


@pytest.mark.parametrize("name", UNSTABLE)
def test_what_loses_most_digits_or_overflows_differs(name):
    """In both precisions, although each is right on paper."""
    ends = found(name, Code(**{name: UNSTABLE[name]}), {name}, examples=100)
    assert {dtype for (_, dtype), verdicts in ends.items() if verdicts[on_paper.FAR]} == set(DTYPES), ends


def example(dtype, name, function, *args, backend=Stranger):
    """The check of one example, after it; a Mismatch if it differs."""
    check = Check(backend("homework.py", Code(**{name: function})), load("scratch"), dtype)
    arrays = [np.array(arg, dtype=dtype) for arg in args]
    with check.evidence.example():
        paper.examine(lambda check: check(name, *arrays), check, (), {"check": check})
    return check


DIAGONAL = [[1.0, 1.0]], [[0.0, 0.0]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_exact_result_may_be_rounded(dtype):
    """The square of the root of 2 is not 2, where the certificate says exact."""
    evidence = example(dtype, "squared_error", by_norm, *DIAGONAL).evidence
    assert dict(evidence.verdicts) == {"equal on paper": 1}
    assert 1 <= evidence.times <= paper.LOST


def test_a_tie_that_is_certain_must_be_decided():
    """Of exactly 0 the sign is known, however coarsely others round."""
    with pytest.raises(Mismatch):
        example("float64", "predict", lambda x, w, b: np.where(x @ w.T + b >= 0, 1.0, -1.0), [[1.0]], [[0.5]], [-0.5])


@pytest.mark.parametrize("dtype", DTYPES)
def test_code_of_this_project_stays_within_the_bound(dtype):
    """Equal on paper is not enough."""
    with pytest.raises(Mismatch):
        example(dtype, "squared_error", by_norm, *DIAGONAL, backend=Backend)


def test_a_tree_that_rounds_more_fails(monkeypatch, report):
    """In the check itself, with exit code 1."""
    monkeypatch.setattr(scratch, "squared_error", by_norm)
    assert report("scratch", "--only", "squared_error", "--dtype", "float64")["exit_code"] == 1


def off_by(share):
    """A tanh that is wrong by a relative amount, whatever the precision."""
    return lambda z: np.tanh(z) * (1 + z.dtype.type(share))


HALF, THREE = [[0.5, -0.25, 3.0]], 3 * 2.0**-22


def test_a_mistake_of_the_size_of_rounding_is_told_in_a_wider_format():
    """It is a few bounds off in float32, where digits may be lost, but as much in float64, where they are not."""
    assert off_by(THREE)(np.float32(HALF)).dtype == "float32"
    with pytest.raises(Mismatch):
        example("float32", "tanh", off_by(THREE), HALF)


@pytest.mark.skipif(not HAS_LONG_DOUBLE, reason="long double is no wider than double here")
def test_a_mistake_of_the_size_of_float64_rounding_is_told_in_long_double():
    """As above; a candidate that computes in float64 inside is not judged by its long doubles."""
    with pytest.raises(Mismatch):
        example("float64", "tanh", off_by(THREE * 2.0**-29), HALF)
    inside = example("float64", "tanh", lambda z: off_by(THREE * 2.0**-29)(z.astype("float64")), HALF)
    assert inside.evidence.verdicts["equal on paper"]


def test_right_in_another_precision_alone_is_not_right():
    """What is wrong in float32 by more than lost digits, and right in float64, differs."""
    with pytest.raises(Mismatch):
        example("float32", "tanh", lambda z: np.tanh(z) * z.dtype.type(1.001 if z.dtype == "float32" else 1), HALF)


def test_float32_alone_cannot_be_shown_right():
    """A candidate that has no float64 has no wider format in which its formula could be seen."""

    def single(pred, target):
        return np.float32(by_norm(pred.astype("float32"), target.astype("float32")))

    with pytest.raises(Mismatch):
        example("float32", "squared_error", single, [[0.1, 0.7]], [[0.0, 0.3]]) and example(
            "float32", "squared_error", single, *DIAGONAL
        )


def test_the_coarser_bound():
    """Inputs and exact results are rounded; single numbers, such as options, are not; afterwards all is as before."""
    before = dict(PRECISIONS)
    with coarser(3):
        x = bounded(np.array([1.5, 0.0]))
        assert (x.error[0], x.error[1]) == (3 * before["float64"].unit * 1.5, 0)
        assert (x + x).error[0] == 2 * x.error[0] + 3 * before["float64"].unit * 3
        assert bounded(np.float64(0.1)).error == 0
    assert before == PRECISIONS
    assert not bounded(np.array([1.5])).error.any()


def test_how_much_is_lost():
    """In bounds, if it is more than what the inputs lose."""
    assert loss(1.4142) == "up to 1.41 times the bound"
    assert loss(1.0) == "no more than rounded inputs do"


FORM = """
import numpy as np

def squared_error(pred, target):
    if pred.shape != target.shape or pred.size == 0 or pred.dtype == object:
        raise ValueError("pred and target must be numbers of one shape")
    return 0.5 * np.linalg.norm(pred - target) ** 2
"""
WITH_TORCH = """
import torch

def tensor(values, dtype="float64"):
    return torch.tensor(values, dtype=getattr(torch, dtype))

def squared_error(pred, target):
    if pred.shape != target.shape or pred.numel() == 0:
        raise ValueError("pred and target must have one shape")
    return 0.5 * torch.linalg.norm(pred - target) ** 2
"""


@pytest.fixture
def checked(tmp_path, capsys):
    """Write homework and check a function of it; the exit code, the output, the rows by name and the points."""

    def run(text, *options, only="squared_error"):
        file, out, points = tmp_path / "homework.py", tmp_path / "out.json", tmp_path / "results.json"
        file.write_text(text)
        files = ["--json", str(out), "--gradescope", str(points), "--time-limit", "600"]
        code = main(["check", str(file), "--reference", "scratch", "--only", only, *files, *options])
        rows = {row["property"]: row for row in json.loads(out.read_text())["properties"]}
        return code, capsys.readouterr().out, rows, json.loads(points.read_text())["tests"]

    return run


@pytest.mark.parametrize("text", [FORM, WITH_TORCH], ids=["numpy", "torch"])
def test_the_reports_say_so(text, checked):
    """Exit code 0, all points, the verdict with how much is lost in the table, the summary and the JSON."""
    code, out, rows, points = checked(text)
    row = rows["losses: squared error"]
    assert code == 0, out
    assert 1 <= row["times_the_bound"] <= paper.LOST
    lost, count = loss(row["times_the_bound"]), row["verdicts"]["equal on paper"]
    assert row["verdict"] == f"equal on paper, loses {lost}"
    assert f"loses {lost} in {count} of {row['examples']} examples" in " ".join(out.split())
    assert f"{count} equal on paper (they lose {lost})" in out.splitlines()[-1]
    assert [point["status"] for point in points if point["name"] == "losses: squared error"] == ["passed"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("2 / (1 + np.exp(-2 * z)) - 1", "digits are lost"),
        ("np.tanh(z) * (1 + 1e-11)", "the formula is another one"),
        ("np.tanh(z) * 1e308 * 10 / 10 / 1e308", "overflows"),
    ],
)
def test_the_lesson_says_what_kind_of_difference_it_is(body, says, checked):
    """Lost digits, another formula, an overflow."""
    text = f"import numpy as np\n\ndef tanh(z):\n    return {body}\n"
    code, _, rows, _ = checked(text, "--dtype", "float64", only="tanh")
    [lesson] = rows["activations: tanh"]["lessons"]
    assert code == 1
    assert says in lesson["facts"]["remark"]


def test_many_are_judged_as_one(tmp_path, capsys):
    """A second candidate with the same answers, long doubles included, ends as the first."""
    files, out = [tmp_path / "first.py", tmp_path / "second.py"], tmp_path / "out.json"
    for file in files:
        file.write_text(FORM + f"\n# {file.name}\n")
    options = ["--reference", "scratch", "--only", "squared_error", "--json", str(out)]
    assert main(["check", *map(str, files), *options]) == 0
    first, second = (each["properties"] for each in json.loads(out.read_text())["submissions"])
    assert first == second
    assert any(row["verdict"].startswith("equal on paper") for row in first)
    assert "DIFFERENT" not in capsys.readouterr().out
