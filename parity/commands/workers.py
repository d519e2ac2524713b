"""Where a candidate is judged: in a process beside each thread of a worker, whatever executor has started that."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from typing import Any, NamedTuple

from parity.border.backend import is_ours
from parity.border.host import is_file
from parity.text import printable
from parity.trees import ROOT, digest, version

TRIES = 2
PROGRAM = f"import sys; sys.path.append({str(ROOT)!r}); from parity.commands.check import serve; serve()"


class Refused(ValueError):
    """A worker cannot take part in this run."""


class Run(NamedTuple):
    """What a worker has to know of one ``parity check``: its id, its directory, its version, its options."""

    id: str
    folder: str
    version: str
    options: dict[str, Any]


def judge(run, candidate):
    """The report on a candidate, by the process of this thread: what an executor calls."""
    return judges(run.id).report(run, candidate)


def end(identity):
    """End the processes that this worker has started for a run, and start no more."""
    judges(identity).end()


def judges(identity):
    """The processes of this worker for a run."""
    with LOCK:
        return JUDGES.setdefault(identity, Judges(identity))


class Judges:
    """A process for each thread: a fresh Python, which keeps its imports for the next candidate."""

    def __init__(self, identity):
        self.lock = threading.Lock()
        self.processes: list[Any] | None = []
        self.own = threading.local()
        # One for all workers of a machine: whoever ends the run deletes the files of killed processes too.
        self.folder = Path(gettempdir(), f"parity-{identity}")

    def report(self, run, candidate):
        """The report of the process; if it ends, that of another one; if that ends as well, a report of this."""
        fingerprint = content(candidate, run.folder)  # before it is read: a file changed meanwhile is checked again
        for _ in range(TRIES):
            try:
                report = self.ask(run, candidate)
                break
            except OSError as error:
                report = unusable(candidate, f"the process that checks it has ended twice ({error})")
        return {**report, "content": fingerprint}

    def ask(self, run, candidate):
        """The answer of this thread's process, or a ConnectionError that says how it has ended."""
        process = getattr(self.own, "process", None)
        if process and process.poll() is not None:  # nobody has asked it for long
            self.drop(process)
            process = None
        process = self.own.process = process or self.started(run)
        try:
            send(process.stdin, {**run.options, "candidate": candidate})
            answer = process.stdout.readline()
        except OSError:
            answer = b""
        if not answer.endswith(b"\n"):
            self.drop(process)
            raise ConnectionError(how(process))
        return json.loads(answer)

    def started(self, run):
        """A new process."""
        if run.version != version():
            raise Refused(f"got a worker with parity {version()}, expected {run.version} as here")
        with self.lock:
            if self.processes is None:
                raise RuntimeError("all processes have been ended")
            self.folder.mkdir(mode=0o700, exist_ok=True)
            # Its own session: signals from a terminal go to the command, which ends the processes.
            process = subprocess.Popen(
                [sys.executable, "-P", "-W", "ignore", "-c", PROGRAM],
                cwd=run.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": str(self.folder)},
                start_new_session=True,
            )
            self.processes.append(process)
        send(process.stdin, {"judge": os.getpid(), "path": sys.path})
        return process

    def drop(self, process):
        """Close a process that has ended."""
        self.own.process = None
        with self.lock:
            if self.processes is not None:
                self.processes.remove(process)
        close(process)

    def end(self):
        """End all processes and start no more."""
        with self.lock:
            processes, self.processes = self.processes or [], None
            for process in processes:
                process.kill()
            for process in processes:
                close(process)
            rmtree(self.folder, ignore_errors=True)


JUDGES: dict[str, Judges] = {}
LOCK = threading.Lock()


def send(stream, message):
    """Write a message as one line."""
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def close(process):
    """Wait for the end of a process, and close its streams."""
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):
            stream.close()


def how(process):
    """How a process has ended."""
    code = process.wait()
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def unusable(candidate, reason):
    """The report of a candidate that could not be checked."""
    return {"candidate": printable(candidate), "exit_code": 2, "summary": reason, "properties": []}


def content(spec, folder=""):
    """A fingerprint of a candidate's file in this directory, None for a module of another project."""
    if is_ours(spec):
        return digest()
    file = Path(folder, spec)
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if is_file(spec) and file.is_file() else None
    except OSError:
        return None
