"""Many candidates in one warm judge: the same reports as one by one, however many there are, in whatever order."""

import gc
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import numpy as np
import pytest

from parity.border import process
from parity.border.backend import Limits, OutOfTime, Raised, Stopped, load
from parity.border.clock import Clock
from parity.border.process import Exchange
from parity.cli import Parser
from parity.commands import check, many, workers
from parity.judge.diagnosis import causes
from parity.judge.known import Outcome, Record, size
from parity.reports import lesson
from parity.reports.report import Row
from parity.trees import version

RIGHT = """
import numpy as np

def sign(z):
    return np.sign(z)

def linear(x, weight, bias):
    return x @ weight.T + bias

def predict(x, weight, bias):
    return sign(linear(x, weight, bias))
"""
COUNTING = """
calls = 0
right = sign

def sign(z):
    global calls
    calls += 1
    if calls == {}:
        {}
    return right(z)
"""
LEAKY = """
import numpy as np

def leaky_relu({}):
    return np.where(z > 0, z, z * {})
"""
# Each begins with the answers of a right one, or gives them with something else.
CANDIDATES = {
    "right": RIGHT,
    "right_in_loops": RIGHT.replace(
        "x @ weight.T", "sum(x[..., d, None] * weight[:, d] for d in range(len(weight[0])))"
    ),
    "right_with_other_signature": RIGHT.replace("sign(z)", "sign(values, *more)").replace(
        "np.sign(z)", "np.sign(values)"
    ),
    "right_in_lists": RIGHT.replace("return np.sign(z)", "return np.sign(z).tolist()"),
    "wrong_at_zero": RIGHT.replace("return np.sign(z)", "return np.where(z >= 0, 1.0, -1.0).astype(z.dtype)"),
    "wrong_in_the_last_column": RIGHT.replace("x @ weight.T", "x[..., :4] @ weight[:, :4].T"),
    "changes_its_argument": RIGHT + COUNTING.format(6, "z += 1"),
    "takes_no_option": LEAKY.format("z", 0.01),
    "ignores_its_option": LEAKY.format("z, negative_slope=0.01", 0.01),
    "uses_its_option": LEAKY.format("z, negative_slope=0.01", "negative_slope"),
    "not_written": RIGHT.replace("return np.sign(z)", "raise NotImplementedError"),
    "floats_only": RIGHT.replace("return np.sign(z)", "return np.sign(z) if z.dtype.kind == 'f' else 1 / 0"),
    "raises_late": RIGHT + COUNTING.format(7, "raise KeyError('late')"),
    "crashes_late": RIGHT + COUNTING.format(9, "import os; os._exit(3)"),
    "hangs_late": RIGHT + COUNTING.format(5, "while True: pass"),
    "wrong_once": RIGHT + COUNTING.format(8, "return right(z) + 1"),
    "wrong_once_later": RIGHT + COUNTING.format(26, "return right(z) + 1"),
    "draws": RIGHT + COUNTING.format(4, "np.random.rand()"),
    "defines_nothing": "",
    "ends_its_import": "import sys; sys.exit(1)",
}


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    """The reports of one warm judge on the candidates of these names, in this order."""
    folder = tmp_path_factory.mktemp("candidates")
    for name, text in CANDIDATES.items():
        (folder / f"{name}.py").write_text(text)
    parser = Parser()
    check.add_arguments(parser)
    # A time limit that a busy machine keeps to.
    given = ["--reference", "scratch", "--examples", "20", "--dtype", "float64", "--time-limit", "6"]
    run = workers.Run("", str(folder), version(), many.options(parser.parse_args(given)))

    def reports(*names):
        judges = workers.Judges(uuid4())
        try:
            return {name: judges.report(run, str(folder / f"{name}.py")) for name in names}
        finally:
            judges.end()

    return reports


@pytest.fixture(scope="module")
def alone(judge):
    """The report on each candidate by a judge of its own."""
    return {name: judge(name)[name] for name in CANDIDATES}


@pytest.mark.parametrize("turn", [1, -1])
def test_reports_are_those_of_one_by_one(judge, alone, turn):
    """Right, wrong, crashing, hanging and forgetful candidates, interleaved in both orders, twice a right one."""
    names = list(alone)[::turn]
    assert judge(*names) == alone
    passing = {name for name, report in alone.items() if report["exit_code"] == 0}
    others = {"draws", "floats_only", "not_written", "takes_no_option", "uses_its_option"}
    assert passing == {name for name in names if name.startswith("right")} | others


def test_equal_wrong_ones_under_other_names(judge, alone):
    """A second file with the same mistake gets the report that it gets alone."""
    wrong = [name for name, report in alone.items() if report["exit_code"] == 1]
    folder = Path(alone["right"]["candidate"]).parent
    for name in wrong:
        (folder / f"again_{name}.py").write_text(CANDIDATES[name])
    reports = judge(*wrong, *(f"again_{name}" for name in wrong))
    for name in wrong:
        again = f"again_{name}"
        assert reports[again] == judge(again)[again]


def conversation(file, calls):
    """What a candidate says in this number of calls."""
    backend = load(str(file))
    backend.begin()
    backend.listen()
    for _ in range(calls):
        backend.sign(np.ones(2))
    backend.close()
    return backend.process.said


@pytest.mark.parametrize(
    ("does", "ending", "error"),
    [
        ("while True: pass", TimeoutError, OutOfTime),
        ("import os; os._exit(3)", EOFError, Stopped),
        ("raise KeyError", bytes, Raised),
    ],
)
def test_a_known_conversation_ends_at_the_first_other_answer(tmp_path, does, ending, error):
    """A hang, a crash, an error: at its own request; the answers before it are given again, without a second call."""
    right, other, third = (tmp_path / f"{name}.py" for name in ("right", "other", "third"))
    right.write_text(RIGHT)
    other.write_text(RIGHT + COUNTING.format(5, "return 7.0"))
    third.write_text(RIGHT + COUNTING.format(3, does))
    known = [conversation(other, 6), conversation(right, 6)]
    backend = load(str(third), Limits(seconds=6.0))
    backend.begin()
    assert backend.process.repeat(known) is None
    answers = [exchange.answer for exchange in backend.process.given]
    assert answers[:2] == [exchange.answer for exchange in known[0][:2]]
    assert [type(answer) for answer in answers[2:]] == [ending]
    for _ in range(2):
        assert backend.sign(np.ones(2)).tolist() == [1.0, 1.0]
    with pytest.raises(error):
        backend.sign(np.ones(2))
    backend.close()


def test_of_known_conversations_the_one_is_found(tmp_path):
    """Several begin alike; the one that the candidate repeats to its end is meant."""
    right, other = (tmp_path / f"{name}.py" for name in ("right", "other"))
    right.write_text(RIGHT)
    other.write_text(RIGHT + COUNTING.format(5, "return 7.0"))
    known = [conversation(other, 6), conversation(right, 6)]
    for number, file in enumerate((other, right)):
        backend = load(str(file))
        backend.begin()
        assert backend.process.repeat(known) == number
        backend.close()


def check_in_turn(folder, texts, seen):
    """Check these candidates in this process; return what ``seen`` says after each, with its report."""
    parser = Parser()
    check.add_arguments(parser)
    args = parser.parse_args(["--reference", "scratch", "--examples", "10", "--only", "sign"])
    check.validate(args)
    submissions, after = [], []
    for i, text in enumerate(texts):
        file = folder / f"number_{i}.py"
        file.write_text(text)
        submissions.append(Namespace(**vars(args) | {"candidate": str(file)}))
    check.check_alike(iter(submissions), lambda report: after.append((seen(), report)))
    return after


def test_the_same_mistake_is_explained_once(tmp_path, monkeypatch):
    """A candidate that repeats the wrong answers of one before is not diagnosed again."""
    calls = []
    monkeypatch.setattr(lesson, "causes", lambda *args: calls.append(args) or causes(*args))
    wrong = RIGHT.replace("np.sign(z)", "np.sign(z) + (z == 0)")
    (once, first), (twice, second) = check_in_turn(tmp_path, [wrong, wrong], lambda: len(calls))
    assert (first["exit_code"], second["exit_code"]) == (1, 1)
    assert 0 < once == twice


def test_the_explanation_has_a_time_of_its_own(tmp_path, monkeypatch):
    """What the search for the smallest example takes is not missing from it."""
    done = []

    def noted(name, does):
        return lambda *args, **options: done.append(name) or does(*args, **options)

    for of, name in ((lesson.Examples, "one"), (lesson.Examples, "survey"), (Clock, "begin")):
        monkeypatch.setattr(of, name, noted(name, getattr(of, name)))
    check_in_turn(tmp_path, [RIGHT.replace("np.sign(z)", "np.sign(z) + 1")], lambda: None)
    at = done.index("survey")
    assert done[at - 2 : at] == ["one", "begin"]


def test_the_words_of_a_candidate_are_its_own(tmp_path):
    """Where one says its own name, another that says the same has said the name of that one."""
    boasting = RIGHT.replace("return np.sign(z)", "raise TypeError('not like number_0.py')")
    for _, report in check_in_turn(tmp_path, [boasting, boasting], lambda: None):
        assert "TypeError in number_" in report["properties"][0]["message"]
        assert report["properties"][0]["lessons"][0]["headline"].endswith("not like number_0.py")


@pytest.mark.parametrize("count", [10, 1000])
def test_what_is_kept_does_not_grow(count):
    """However many answers there are, of one property or of many."""
    record = Record(most=10_000)
    record.begin("scratch")
    for i in range(count):
        said = [Exchange(b"?" * 100, b"!" * 100, False, 0.0, None)] * 3
        known = {"signatures": {}, "consulted": set(), "floats_only": set(), "keeps": False, "declared": dict}
        candidate = SimpleNamespace(name="one.py", process=SimpleNamespace(said=said, child=True), **known)
        seen = SimpleNamespace(candidate=candidate, reference=SimpleNamespace(name="scratch"), abilities={}, form=None)
        record.keep("one", (), seen, Outcome({}))
        record.keep(f"property {i}", (), seen, Outcome({}))
    assert 0 < sum(map(size, record.known.values())) <= record.most


def test_a_long_conversation_is_not_kept(tmp_path, monkeypatch):
    """Answers may be large: a candidate cannot fill the memory of its judge with them."""
    (tmp_path / "right.py").write_text(RIGHT)
    monkeypatch.setattr(process, "MOST_SAID", 10_000)
    backend = load(str(tmp_path / "right.py"))
    backend.begin()
    backend.listen()
    backend.sign(np.zeros(100))
    assert len(backend.process.said) == 1
    for _ in range(10):
        backend.sign(np.zeros(100))
    assert backend.process.said is None
    backend.close()


def test_a_judge_keeps_no_report(tmp_path):
    """Neither pytest nor the judge holds the rows of the candidates before, nor their examples, right or wrong."""

    def kept():
        gc.collect()
        return sum(type(each) in (Row, lesson.Examples) for each in gc.get_objects())

    wrong = [RIGHT.replace("np.sign(z)", f"np.sign(z) + {number}") for number in range(4)]
    (first, report), *rest = check_in_turn(tmp_path, wrong, kept)
    assert report["exit_code"] == 0
    assert [(count, report["exit_code"]) for count, report in rest] == [(first, 1)] * 3
