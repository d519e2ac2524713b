"""Many submissions, shared out: the same bytes whoever judges them, and a worker that dies costs a second try."""

import json
import os
import signal
import tempfile
import tracemalloc
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from uuid import uuid4

import pytest

from parity.cli import Parser, main
from parity.commands import check as command
from parity.commands import many, workers
from parity.reports import several
from parity.trees import digest

SIGN = "import numpy as np\n\ndef sign(z):\n    return np.sign(z){}\n"
CANDIDATES = {
    "right.py": SIGN.format(""),
    "wrong.py": SIGN.format(" + (z == 0)"),
    "broken.py": "def sign(z:\n",
    "late.py": "import time\ntime.sleep(0.5)\n" + SIGN.format(""),
    "empty.py": "x = 1\n",
    "again.py": SIGN.format(" * 2"),
    "last.py": SIGN.format(""),
}
QUICK = ("--reference", "scratch", "--examples", "3", "--dtype", "float64", "--only", "sign")


@pytest.fixture
def check(capsys):
    """Run ``parity check``, or another command; exit code, standard output, standard error."""

    def run(*arguments, command="check"):
        code = main([command, *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The candidates, and ``all.json``: their report by processes of our own."""
    folder = tmp_path_factory.mktemp("submissions")
    for name, text in CANDIDATES.items():
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["check", *CANDIDATES, *QUICK, "--json", "all.json"]) == 2
    return folder


@pytest.fixture
def expected(folder, monkeypatch):
    """The bytes of the report; the test runs in the folder of the candidates."""
    monkeypatch.chdir(folder)
    yield (folder / "all.json").read_bytes()
    for file in folder.glob("*.json*"):
        if file.name != "all.json":
            file.unlink()


def parsed(*arguments):
    """The checked arguments of a command line."""
    parser = Parser()
    command.add_arguments(parser)
    args = parser.parse_args([*map(str, arguments)])
    command.validate(args)
    return args


EXECUTORS = {
    "one thread": lambda: ThreadPoolExecutor(1),
    "four threads": lambda: ThreadPoolExecutor(4),
    "two processes": lambda: ProcessPoolExecutor(2, get_context("spawn")),
}


@pytest.mark.parametrize("name", EXECUTORS)
def test_any_executor_gives_the_same_bytes(name, expected, tmp_path, monkeypatch):
    """The workers may be threads or processes, few or many; they leave no files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with EXECUTORS[name]() as executor:
        assert many.check_all(parsed(*CANDIDATES, *QUICK, "--json", "other.json"), executor) == 2
    assert Path("other.json").read_bytes() == expected
    assert not Path("other.json.part").exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("of", "count"), [(2, 7), (4, 2)])
def test_shards_merge_to_the_same_bytes(of, count, check, expected):
    """Whatever their number, also if some have no candidate, in whatever order they are given."""
    names = list(CANDIDATES)[:count]
    files = [f"out-{number}.json" for number in range(1, of + 1)]
    codes = [
        check(*names, *QUICK, "--shard", f"{number}/{of}", "--json", file)[0] for number, file in enumerate(files, 1)
    ]
    assert codes[count:] == [0] * len(codes[count:])
    whole = check(*names, *QUICK, "--json", "whole.json")
    assert check(*files[::-1], "--json", "merged.json", command="merge") == whole
    assert Path("merged.json").read_bytes() == Path("whole.json").read_bytes()
    assert check(*files, command="merge") == whole


def test_a_shard_goes_on(check, expected):
    """``--resume`` takes the finished reports of a shard, or of the whole run."""
    Path("out.json").write_bytes(expected.replace(b'"candidate": "late.py"', b'"candidate": "gone.py"'))
    check(*CANDIDATES, *QUICK, "--shard", "2/2", "--json", "out.json", "--resume")
    names = [report["candidate"] for report in json.loads(Path("out.json").read_bytes())["submissions"]]
    assert names == list(CANDIDATES)[1::2]


@pytest.fixture(scope="module")
def halves(folder):
    """Two shards of the candidates, as bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number in (1, 2):
            main(["check", *CANDIDATES, *QUICK, "--shard", f"{number}/2", "--json", f"half-{number}.json"])
        return [Path(f"half-{number}.json").read_bytes() for number in (1, 2)]


@pytest.fixture
def shards(halves, expected):
    """Two shards of the candidates."""
    for number, text in enumerate(halves, 1):
        Path(f"out-{number}.json").write_bytes(text)


def changed(file, **entries):
    """The shard in this file with other entries in its run or in what it says of itself."""
    lines = Path(file).read_text().splitlines()
    head = json.loads(lines[0] + "]}")
    for part in ("run", "shard"):
        head[part] |= {name: value for name, value in entries.items() if name in head[part]}
    Path("changed.json").write_text("\n".join([json.dumps(head)[:-2], *lines[1:]]) + "\n")
    return "changed.json"


def headed(head, *reports):
    """A file with this head."""
    if isinstance(head, str):
        Path("headed.json").write_text(head)
    else:
        several.write("headed.json", head, reports)
    return "headed.json"


RUN = {"sources": digest(), "reference": "scratch"}
SHARD = {"number": 1, "of": 1, "candidates": many.fingerprint(["a"])}
REFUSED = {
    "another seed": (lambda: ["out-1.json", changed("out-2.json", seed=1)], "--seed 1, expected 0 as in out-1.json"),
    "examples": (lambda: ["out-1.json", changed("out-2.json", examples=9)], "--examples 9, expected 3 as in out-1"),
    "a version": (
        lambda: ["out-1.json", changed("out-2.json", sources="abc")],
        "other sources of parity, abc, expected",
    ),
    "another split": (lambda: ["out-1.json", changed("out-2.json", of=3)], "got one of 3 shards, expected one of 2"),
    "candidates": (lambda: ["out-1.json", changed("out-2.json", candidates="")], "other candidates than out-1.json"),
    "one lacks": (lambda: ["out-2.json"], "got 1 of 2 shards, expected also 1/2"),
    "one twice": (lambda: ["out-1.json", "out-2.json", "out-1.json"], "got shard 1/2, which out-1.json has"),
    "not a shard": (
        lambda: ["out-1.json", "all.json"],
        "all.json: got another file, expected what parity check --shard",
    ),
    "a candidate": (lambda: ["right.py"], "right.py: got another file"),
    "cut": (lambda: ["out-1.json", cut("out-2.json")], "cut.json: got another file"),
    "a row less": (lambda: ["out-1.json", without("out-2.json")], "got 6 candidates, expected those"),
    "no sources": (lambda: [headed({"run": {}, "shard": SHARD})], "headed.json: got another file"),
    "words for numbers": (
        lambda: [headed({"run": RUN, "shard": SHARD | {"of": "1"}})],
        "headed.json: got another file",
    ),
    "no exit code": (
        lambda: [headed({"run": RUN, "shard": SHARD}, {"candidate": "a"})],
        "headed.json: got another file",
    ),
    "brackets in brackets": (lambda: [headed("[" * 100_000)], "headed.json: got another file"),
    "no file": (lambda: ["out-1.json", "out-3.json"], "out-3.json: cannot be read: No such file"),
}


def cut(file):
    """A file without its last bytes."""
    Path("cut.json").write_bytes(Path(file).read_bytes()[:-4])
    return "cut.json"


def without(file):
    """A shard without its first report."""
    lines = Path(file).read_text().splitlines()
    Path("less.json").write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    return "less.json"


@pytest.mark.parametrize("name", REFUSED)
def test_shards_that_do_not_belong_together(name, check, shards):
    """One line, exit code 2, and no file."""
    files, message = REFUSED[name]
    code, out, err = check(*files(), "--json", "merged.json", command="merge")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("parity merge: ")
    assert message in err
    assert not Path("merged.json").exists()


def test_a_report_that_nobody_wrote(check, shards):
    """Only its row shows it, below the head of the table."""
    file = headed({"run": RUN, "shard": SHARD}, dict.fromkeys(several.KEYS, "a"))
    code, out, err = check(file, "--json", "merged.json", command="merge")
    assert (code, out.count("\n")) == (2, 1)
    assert err == "parity merge: a: got a report that parity check has not written\n"
    assert not Path("merged.json").exists()


def test_merging_keeps_its_sources(check, shards):
    """The report of the whole does not replace a shard."""
    before = Path("out-2.json").read_bytes()
    code, _, err = check("out-1.json", "out-2.json", "--json", "./out-2.json", command="merge")
    assert (code, err) == (2, "parity merge: --json: got ./out-2.json, which is out-2.json, expected another file\n")
    assert Path("out-2.json").read_bytes() == before


def test_the_report_of_the_whole_has_a_name(check, shards):
    """A variable that is not set must not be a run without a file."""
    code, out, err = check("out-1.json", "out-2.json", "--json", "", command="merge")
    assert (code, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("name", ["home\xa0work.py", "m\udcfcller.py"])
def test_names_that_are_shown_escaped(name, check, tmp_path, monkeypatch):
    """They merge, and their finished reports are kept."""
    monkeypatch.chdir(tmp_path)
    for file in ("a.py", name):
        Path(file).write_text(SIGN.format(""))
    for number in (1, 2):
        check("a.py", name, *QUICK, "--shard", f"{number}/2", "--json", f"out-{number}.json")
    assert check("out-1.json", "out-2.json", "--json", "all.json", command="merge")[0] == 0
    whole = Path("all.json").read_text().replace("scratch give the same", "kept")
    Path("all.json").write_text(whole)
    assert check("a.py", name, *QUICK, "--json", "all.json", "--resume")[0] == 0
    assert Path("all.json").read_text() == whole


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_among_the_submissions(check, expected):
    """It is not read, which would wait for ever."""
    os.mkfifo("pipe.py")
    code, _, _ = check("right.py", "pipe.py", *QUICK, "--json", "out.json")
    os.remove("pipe.py")
    assert code == 2
    right, pipe = json.loads(Path("out.json").read_text())["submissions"]
    assert (right["exit_code"], pipe["exit_code"]) == (0, 2)
    assert "no such file" in pipe["summary"]


def test_an_earlier_report_that_is_none(check, expected):
    """One line, and the file stays."""
    check("right.py", "last.py", *QUICK, "--json", "out.json")
    head = Path("out.json").read_text().splitlines()[0].removesuffix(', "submissions": [') + "}"
    text = head + '\n{"content": "x"}\n'
    Path("out.json.part").write_text(text)
    code, _, err = check("right.py", "last.py", *QUICK, "--json", "out.json", "--resume")
    assert (code, err.count("\n")) == (2, 1)
    assert Path("out.json.part").read_text() == text
    Path("out.json.part").unlink()


@pytest.mark.parametrize("names", [("scratch.perceptron", "scratch"), ("scratch", "scratch.perceptron")])
def test_our_own_modules_are_reported_as_alone(names, tmp_path, monkeypatch):
    """The laws of a whole backend are collected for it, whoever came first in the process."""
    monkeypatch.chdir(tmp_path)
    options = ("--reference", "torchref", "--examples", "2", "--dtype", "float64", "--only", "perceptron_step")

    def examples(*candidates):
        args = parsed(*candidates, *options, "--json", "out.json")
        if len(candidates) == 1:
            command.run(args)
            reports = [json.loads(Path("out.json").read_text())]
        else:
            with ThreadPoolExecutor(1) as executor:
                many.check_all(args, executor)
            reports = json.loads(Path("out.json").read_text())["submissions"]
        return [[(row["property"], row["examples"]) for row in report["properties"]] for report in reports]

    assert examples(*names) == [examples(name)[0] for name in names]


@pytest.mark.parametrize("part", ["0/3", "4/3", "1", "a/b", "-1/3", "1/0", ""])
def test_what_is_no_shard(part, check, expected):
    """One line, before anything runs."""
    code, out, err = check(*CANDIDATES, f"--shard={part}", "--json", "out.json")
    assert (code, out) == (2, "")
    assert err == f"parity check: --shard: got {part}, expected I/N such as 2/8, with I from 1 to N\n"
    assert check(*CANDIDATES, "--shard", "1/2")[2].startswith("parity check: --shard: expected --json FILE")


KILLS = """
import os, signal
from pathlib import Path

if not Path("killed{0}").exists():
    Path("killed{0}").touch()
    os.kill(os.getppid(), signal.SIGKILL)
"""


def test_a_process_that_dies_costs_a_second_try(tmp_path, monkeypatch, check):
    """The report is that of a run in which none dies; a candidate that ends both has a report that says so."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # without bubblewrap, which would hide the judge
    for name, text in CANDIDATES.items():
        (tmp_path / name).write_text(KILLS.format(name) + text if name in ("right.py", "last.py") else text)
    (tmp_path / "killer.py").write_text(KILLS.format(" never").replace("touch()", "exists()") + SIGN.format(""))
    first = check(*CANDIDATES, "killer.py", *QUICK, "--json", "first.json")
    assert Path("killedright.py").exists()
    assert first == check(*CANDIDATES, "killer.py", *QUICK, "--json", "second.json")
    assert Path("first.json").read_bytes() == Path("second.json").read_bytes()
    *others, killer = json.loads(Path("first.json").read_text())["submissions"]
    assert [report["exit_code"] for report in others] == [0, 1, 2, 0, 2, 1, 0]
    assert killer["exit_code"] == 2
    assert killer["summary"] == "the process that checks it has ended twice (SIGKILL)"


def test_an_idle_process_ends_and_costs_nothing(expected, monkeypatch):
    """It may have been left by a command that was killed; the next candidate gets another one at its first try."""
    monkeypatch.setattr(
        workers,
        "PROGRAM",
        workers.PROGRAM.replace("serve()", "check.IDLE = 1; serve()").replace(
            "import serve", "import serve; from parity.commands import check"
        ),
    )
    monkeypatch.setattr(workers, "TRIES", 1)
    run = workers.Run(str(uuid4()), str(Path.cwd()), many.version(), many.options(parsed("right.py", *QUICK)))
    try:
        first = workers.judge(run, "right.py")
        [process] = workers.judges(run.id).processes
        assert process.wait(60) == -signal.SIGALRM
        assert workers.judge(run, "right.py") == first == json.loads(expected)["submissions"][0]
    finally:
        workers.end(run.id)


class Losing(Executor):
    """Loses its worker with the candidate of this name, at its first tries."""

    def __init__(self, name, tries, then=None):
        self.name, self.tries, self.then = name, tries, then
        self.pool = ThreadPoolExecutor(1)

    def submit(self, function, run, candidate):
        """A future."""
        if candidate != self.name or not self.tries:
            return self.pool.submit(function, run, candidate)
        self.tries -= 1
        lost: Future = Future()
        if self.then is None:
            lost.set_exception(ConnectionError("the worker is gone"))
        else:
            self.then(lost)
        return lost


def test_a_worker_that_dies_costs_a_second_try(expected):
    """Nothing else: the report is the same, byte for byte."""
    assert many.check_all(parsed(*CANDIDATES, *QUICK, "--json", "other.json"), Losing("wrong.py", 1)) == 2
    assert Path("other.json").read_bytes() == expected


def test_a_candidate_that_ends_two_workers(expected):
    """Its report says so; those of the others are the same."""
    many.check_all(parsed(*CANDIDATES, *QUICK, "--json", "other.json"), Losing("wrong.py", 2))
    found = json.loads(Path("other.json").read_bytes())["submissions"]
    lost = found.pop(1)
    summary = "the worker that checks it has ended twice (ConnectionError: the worker is gone)"
    assert (lost["candidate"], lost["exit_code"], lost["summary"]) == ("wrong.py", 2, summary)
    others = json.loads(expected)["submissions"]
    del others[1]
    assert found == others


def refusing(_):
    raise RuntimeError("cannot schedule new futures after shutdown")


def dropping(lost):
    lost.cancel()
    lost.set_running_or_notify_cancel()


@pytest.mark.parametrize("then", [refusing, dropping])
def test_an_executor_that_ends_keeps_what_is_finished(then, expected, capsys):
    """An error that names the file; the next run goes on from there to the same bytes."""
    arguments = (*CANDIDATES, *QUICK, "--json", "other.json")
    with pytest.raises(many.Ended, match=r"; other.json.part has the finished reports, and --resume continues"):
        many.check_all(parsed(*arguments), Losing("again.py", 1, then))
    assert not Path("other.json").exists()
    assert main(["check", *arguments, "--resume"]) == 2
    assert Path("other.json").read_bytes() == expected


def test_a_worker_with_other_sources_is_refused(expected, monkeypatch):
    """Both versions are named, and no report is made by it."""
    monkeypatch.setattr(workers, "version", lambda: "0.0.1 (sources abc)")
    with ThreadPoolExecutor(1) as executor, pytest.raises(workers.Refused) as refused:
        many.check_all(parsed(*CANDIDATES, *QUICK, "--json", "other.json"), executor)
    assert str(refused.value).startswith(
        f"got a worker with parity 0.0.1 (sources abc), expected {many.version()} as here"
    )
    assert len(Path("other.json.part").read_text().splitlines()) == 1


class Instant(Executor):
    """Answers at once with a long report."""

    def submit(self, function, run, candidate):
        """A future that is finished."""
        done: Future = Future()
        summary = candidate * 10_000
        done.set_result({"candidate": candidate, "exit_code": 2, "summary": "", "properties": [], "more": summary})
        return done


def test_the_memory_does_not_grow_with_their_number(tmp_path, monkeypatch, capsys):
    """Only the place of a report in the file and a count are held, in whatever order the reports come."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(many, "AHEAD", 8)

    def peak(count):
        args = parsed(*(f"candidate_{number:04}.py" for number in range(count)), *QUICK, "--json", "all.json")
        tracemalloc.start()
        many.check_all(args, Instant())
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)  # what is imported
    few, more = peak(10), peak(410)
    assert Path("all.json").stat().st_size > 400 * 100_000
    assert more - few < 400 * 5_000
