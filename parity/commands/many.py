"""Several candidates: each is checked in one of several processes, and finished reports are kept for ``--resume``."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from parity.border.backend import is_ours
from parity.border.host import is_file
from parity.files import atomic_write
from parity.interrupt import Interrupted
from parity.options import OPTIONS
from parity.trees import ROOT, digest


def check_all(args):
    """Print a row for each candidate, in order, and a summary; return the highest exit code."""
    from parity.reports.report import Submissions

    kept = Kept(args)
    known = kept.read() if args.resume else {}
    found = [known.get((candidate, content(candidate))) for candidate in args.candidates]
    kept.begin(filter(None, found))
    rows = Submissions(args.candidates, args.reference)
    try:
        for position, report in enumerate(found):
            if report:
                rows.add(position, report)
        with closing(judged(args, [position for position, report in enumerate(found) if not report])) as results:
            for position, report in results:
                kept.add(report)
                rows.add(position, report)
    except Interrupted as interrupted:
        rows.close()
        if args.json:
            interrupted.args = (f"stopped; {kept.path} has the finished reports, and --resume continues from there",)
        raise
    rows.close()
    kept.end(rows.reports)
    return rows.exit_code()


def judged(args, positions):
    """Yield the position and the report of each of these candidates as soon as it is finished."""
    options = {name: str(value) if isinstance(value, Path) else value for name, value in vars(args).items()}
    del options["given"]
    with TemporaryDirectory(prefix="parity-") as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        judges = Judges(folder)
        try:
            jobs = {pool.submit(judges.report, options, args.candidates[position]): position for position in positions}
            for job in as_completed(jobs):
                yield jobs[job], job.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            judges.end()


class Judges:
    """A process for each thread: a fresh Python, which keeps its imports for the next candidate."""

    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()
        self.processes: list[Any] | None = []
        self.own = threading.local()

    def start(self):
        """Start the process of this thread."""
        program = f"import sys; sys.path.append({str(ROOT)!r}); from parity.commands.check import serve; serve()"
        with self.lock:
            if self.processes is None:
                raise RuntimeError("all processes have been ended")
            # Its own session: signals from a terminal go to the command, which ends the processes.
            process = subprocess.Popen(
                [sys.executable, "-P", "-W", "ignore", "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": self.folder},  # the files of a killed process are deleted too
                start_new_session=True,
            )
            self.processes.append(process)
        self.own.process = process
        send(process.stdin, {"judge": os.getpid(), "path": sys.path})

    def report(self, options, candidate):
        """The report of a process, or a report that it failed."""
        fingerprint = content(candidate)  # before it is read, so that a file changed meanwhile is checked again
        try:
            if getattr(self.own, "process", None) is None:
                self.start()
            process = self.own.process
            send(process.stdin, {**options, "candidate": candidate})
            answer = process.stdout.readline()
        except OSError:
            answer = b""
        if answer.endswith(b"\n"):
            report = json.loads(answer)
        else:
            self.own.process = None
            report = unusable(candidate, f"it ended the process that checks it ({how(process)})")
        return {**report, "content": fingerprint}

    def end(self):
        """End all processes and start no more."""
        with self.lock:
            processes, self.processes = self.processes or [], None
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    stream.close()


def send(stream, message):
    """Write a message as one line."""
    stream.write(json.dumps(message).encode() + b"\n")
    stream.flush()


def how(process):
    """How a process has ended."""
    code = process.wait()
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def unusable(candidate, reason):
    """The report of a candidate that could not be checked."""
    return {"candidate": candidate, "exit_code": 2, "summary": reason, "properties": []}


class Kept:
    """The finished reports, one per line, in a file beside that of ``--json`` until all of them are finished."""

    def __init__(self, args):
        self.file = args.json
        self.path = Path(f"{args.json}.part")
        self.run = {option.attribute: getattr(args, option.attribute) for option in OPTIONS if option.of_run}
        self.run |= {"sources": digest(), "reference_content": content(args.reference)}

    def read(self):
        """The reports of an earlier run with the same options, by candidate and content."""
        source = self.path if self.path.exists() else Path(self.file)
        if not source.exists():
            return {}
        try:
            text = source.read_text(encoding="utf-8")
            if source == self.path:
                first, *lines = text.splitlines()
                run, reports = json.loads(first)["run"], list(whole(lines))
            else:
                document = json.loads(text)
                run, reports = document["run"], document["submissions"]
            self.expect_same(source, run)
            return {(report["candidate"], report["content"]): report for report in reports if report["content"]}
        except (OSError, LookupError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError):
            raise ValueError(f"--resume: got {source}, expected the report of several candidates") from None

    def expect_same(self, source, run):
        """Reject an earlier run that cannot be combined with this one."""
        other = [name for name in self.run if run.get(name) != self.run[name]]
        if "sources" in other:
            raise ValueError(f"--resume: got {source} from other sources of parity, expected the same")
        if other:
            name = other[0]
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"--resume: got {option} {self.run[name]}, expected {run.get(name)} as in {source}")

    def begin(self, reports):
        """Write these reports to the file."""
        if self.file:
            with atomic_write(self.path) as path:
                path.write_text("".join(json.dumps(line) + "\n" for line in ({"run": self.run}, *reports)))

    def add(self, report):
        """Append one report."""
        if self.file:
            with self.opened() as file:
                file.write(json.dumps(report) + "\n")

    @contextmanager
    def opened(self):
        """The file, opened for appending."""
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                yield file
        except OSError as error:
            raise ValueError(f"{self.path}: cannot be written: {error.strerror}") from None

    def end(self, reports):
        """Write all reports to the file of ``--json``."""
        if self.file:
            with atomic_write(self.file) as path, path.open("w", encoding="utf-8") as file:
                json.dump({"run": self.run, "submissions": reports}, file, indent=1)
            self.path.unlink()


def whole(lines):
    """The complete reports among these lines; the last line may be cut off."""
    for line in lines:
        with suppress(json.JSONDecodeError):
            yield json.loads(line)


def content(spec):
    """A fingerprint of a candidate's file, None for a module of another project."""
    if is_ours(spec):
        return digest()
    try:
        return hashlib.sha256(Path(spec).read_bytes()).hexdigest() if is_file(spec) else None
    except OSError:
        return None
