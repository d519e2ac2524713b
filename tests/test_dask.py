"""``parity check --dask`` with a real scheduler and two workers on the loopback, each a process of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parity.commands.cluster import missing
from parity.trees import ROOT, version

pytest.importorskip("distributed")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")
SLOW = "import time\ntime.sleep(1)\nimport numpy as np\n\ndef sign(z):\n    return np.sign(z){}\n"
CANDIDATES = {f"student_{number}.py": SLOW.format(" * 2" * (number == 3)) for number in range(6)}
CANDIDATES["broken.py"] = "def sign(z:\n"
QUICK = ("--reference", "scratch", "--examples", "3", "--dtype", "float64", "--only", "sign")
# Without a try of its own, the scheduler leaves the second one to the command.
ENVIRONMENT = {**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
# A background job of a shell without job control ignores SIGINT, and so do its children.
PROGRAM = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
PROGRAM += "from parity.cli import main; sys.exit(main())"


def until(condition, seconds=60):
    """Wait for something that another process does, and return it."""
    for _ in range(seconds * 20):
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it has not come to that")


class Cluster:
    """A scheduler, and workers that are started one by one."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.started = []
        self.scheduler = self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        until(lambda: self.file.exists() and self.file.stat().st_size)
        self.address = json.loads(self.file.read_text())["address"]

    def start(self, kind, *arguments, cwd=None, **environment):
        """A process of Dask."""
        command = [sys.executable, "-m", "dask", kind, *arguments, "--scheduler-file", self.file]
        log = (self.folder / f"{len(self.started)}.log").open("w")
        with log:
            process = subprocess.Popen(
                command, cwd=cwd or self.folder, stdout=log, stderr=log, env={**ENVIRONMENT, **environment}
            )
        self.started.append(process)
        return process

    def worker(self, **options):
        """A worker with one thread, which is registered."""
        count = len(self.started)
        worker = self.start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", **options)
        until(lambda: "Registered to" in (self.folder / f"{count}.log").read_text())
        return worker

    def end(self):
        """End all of them."""
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The candidates."""
    folder = tmp_path_factory.mktemp("submissions")
    for name, text in CANDIDATES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler with two workers."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.workers = [cluster.worker(), cluster.worker()]
        yield cluster
    finally:
        cluster.end()


@pytest.fixture(scope="module")
def expected(folder):
    """What the command prints and writes without a cluster."""
    return finished(started(folder, "all.json")), (folder / "all.json").read_bytes()


def started(folder, file, *options, names=tuple(CANDIDATES)):
    """The command, in the folder of the candidates."""
    command = [sys.executable, "-c", PROGRAM, "check", *names, *QUICK, "--json", file, *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process):
    """Exit code, standard output and standard error."""
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def rows(part):
    """The number of finished reports."""
    return part.read_text().count("\n") - 1 if part.exists() else 0


def test_a_cluster_gives_the_same_bytes(cluster, folder, expected):
    """The table, the exit code and the file are those of the processes of this machine; none is left."""
    assert finished(started(folder, "dask.json", "--dask", cluster.address)) == expected[0]
    assert (folder / "dask.json").read_bytes() == expected[1]
    assert expected[0][0] == 2
    assert "student_3.py" in expected[0][1]


def test_a_worker_that_dies_costs_nothing_else(cluster, folder, expected):
    """It is killed while it checks a candidate, which another one then checks: the same bytes."""
    third = cluster.worker()
    process = started(folder, "killed.json", "--dask", cluster.address)
    until(lambda: rows(folder / "killed.json.part") >= 1)
    third.kill()
    assert finished(process) == expected[0]
    assert (folder / "killed.json").read_bytes() == expected[1]


@LINUX
def test_an_interrupt_ends_what_the_workers_do(cluster, folder, expected):
    """The finished reports are kept, no process is left, and the next run goes on to the same bytes."""
    process = started(folder, "stopped.json", "--dask", cluster.address)
    part = folder / "stopped.json.part"
    until(lambda: rows(part) >= 1)
    assert any(map(judges, cluster.workers))
    process.send_signal(signal.SIGINT)
    code, out, err = finished(process)
    assert code == 130
    assert f"{rows(part)} of {len(CANDIDATES)} candidates against scratch" in out
    assert (
        err == "parity check: stopped; stopped.json.part has the finished reports, and --resume continues from there\n"
    )
    until(lambda: not any(map(judges, cluster.workers)), seconds=5)
    assert finished(started(folder, "stopped.json", "--dask", cluster.address, "--resume")) == expected[0]
    assert (folder / "stopped.json").read_bytes() == expected[1]


def judges(worker):
    """The processes by which a worker judges, whichever of its threads has started them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if parent == str(worker.pid) and b"parity.commands.check" in (folder / "cmdline").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


def refused(folder, *options, names=tuple(CANDIDATES)):
    """The one line of a command that has written nothing, and its seconds."""
    began = time.monotonic()
    code, out, err = finished(started(folder, "refused.json", *options, names=names))
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert not list(folder.glob("refused.json*"))
    return err.strip(), time.monotonic() - began


def test_a_worker_of_another_version_is_refused(cluster, folder, tmp_path):
    """Both versions are named."""
    for package in ("parity", "contract", "scratch", "torchref"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "parity" / "text.py").open("a") as file:
        file.write("# another version\n")
    other = cluster.worker(cwd=tmp_path, PYTHONPATH=str(tmp_path))
    try:
        line, _ = refused(folder, "--dask", cluster.address)
    finally:
        other.kill()
        other.wait()
    assert line.startswith("parity check: --dask: worker tcp://127.0.0.1:")
    assert line.endswith(f", expected {version()} as here")
    assert line.count("(sources ") == 2


def test_workers_need_the_files(folder, tmp_path):
    """A cluster whose machines do not have the candidates."""
    present = str(folder / "broken.py")
    assert missing([present, str(tmp_path / "a.py"), str(tmp_path / "b.py")]) == str(tmp_path / "a.py")
    assert missing([present]) is None


def test_a_cluster_without_workers(tmp_path, folder):
    """It would never begin."""
    cluster = Cluster(tmp_path)
    try:
        line, _ = refused(folder, "--dask", cluster.address)
    finally:
        cluster.end()
    assert line == f"parity check: --dask: got {cluster.address}, which has no workers, expected at least one"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:1", ""])
def test_an_address_that_is_none(address, folder):
    """Nobody is there, or it is no address."""
    line, _ = refused(folder, "--dask", address)
    assert line.startswith(f"parity check: --dask: got {address}: no Dask scheduler (")
    assert line.endswith("expected the address of a scheduler as tcp://host:8786")


def test_an_address_that_does_not_answer(folder):
    """Something accepts the connection and is silent: within a few seconds, and the start of Python."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line, seconds = refused(folder, "--dask", f"tcp://127.0.0.1:{silent.getsockname()[1]}")
    assert "(no answer within 5 seconds)" in line
    assert seconds < 30


def test_a_worker_is_no_scheduler(cluster, folder):
    """The address of a worker is named as such."""
    [address] = re.findall(r"worker at: +(tcp://[\d.:]+)", (cluster.folder / "1.log").read_text())[:1]
    line, _ = refused(folder, "--dask", address)
    assert f"got {address}: Worker; expected the address of a scheduler" in line
