"""Several candidates: any executor's workers check them, and finished reports are kept for ``--resume``."""

import hashlib
import json
import os
from concurrent.futures import CancelledError, Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from uuid import uuid4

from parity.border.backend import unprotected
from parity.commands import workers
from parity.files import atomic_write
from parity.interrupt import Interrupted
from parity.options import OPTIONS
from parity.reports import several
from parity.text import printable
from parity.trees import digest, version

AHEAD = 1024  # submissions that wait in the executor: more than any cluster has workers, and a bound for the memory
UNREADABLE = UnicodeDecodeError, json.JSONDecodeError, RecursionError  # the last for brackets in brackets


class Ended(ValueError):
    """An executor takes no more work, or has dropped what it had."""


def check_all(args, executor: Executor | None = None):
    """Print a row for each candidate, in order, and a summary; return the highest exit code.

    The executor may be any of ``concurrent.futures``, with workers that have this version of the project and the same
    files; without one, the candidates are checked by a process for each processor, or on the cluster of ``--dask``.
    """
    from parity.reports.report import Submissions

    candidates = shard(args.candidates, args.shard)
    run = workers.Run(str(uuid4()), os.getcwd(), version(), options(args))
    with ExitStack() as stack:
        executor = executor or stack.enter_context(dask(args, run) if args.dask is not None else own_processes())
        kept = Kept(args)
        kept.begin(candidates)
        here = [*candidates, args.reference] if args.dask is None else []
        rows = Submissions(candidates, args.reference, unprotected(*here))
        try:
            for position in kept:
                rows.add(position, kept.report(position))
            remaining = [position for position in range(len(candidates)) if position not in kept]
            with closing(judged(executor, run, candidates, remaining)) as results:
                for position, report in results:
                    kept.add(position, report)
                    rows.add(position, report)
        except (Interrupted, Ended, workers.Refused) as stop:
            rows.close()
            if args.json:
                stop.args = (f"{stop}; {kept.path} has the finished reports, and --resume continues from there",)
            raise
        rows.close()
        kept.end()
        return rows.exit_code()


def options(args):
    """What the workers need of the command line."""
    return {
        name: str(value) if isinstance(value, Path) else value
        for name, value in vars(args).items()
        if name not in ("given", "candidates")
    }


def shard(candidates, part):
    """Every n-th of the candidates from the i-th, for a shard (i, n); all for none."""
    return candidates[part[0] - 1 :: part[1]] if part else candidates


def fingerprint(candidates):
    """What identifies a list of candidates, whose names may already be printable."""
    return hashlib.sha256("\0".join(map(printable, candidates)).encode()).hexdigest()


@contextmanager
def own_processes():
    """A thread for each processor that this process may use, and so a process."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    pool = ThreadPoolExecutor(usable)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def dask(args, run):
    """The workers of the cluster at this address."""
    from parity.commands.cluster import cluster

    return cluster(args.dask, run, [*args.candidates, args.reference])


def judged(executor, run, candidates, positions):
    """Yield the position and the report of each of these candidates as soon as it is finished.

    If a worker dies, its candidate is submitted once more. An executor that takes no more work, such as a
    ``ProcessPoolExecutor`` that has lost a worker, ends the run.
    """
    remaining, jobs, again = iter(positions), {}, set()
    finished: SimpleQueue = SimpleQueue()

    def submit(position):
        try:
            job = executor.submit(workers.judge, run, candidates[position])
        except RuntimeError as error:  # also a BrokenExecutor
            raise Ended(f"the executor takes no more work ({error})") from None
        jobs[job] = position
        job.add_done_callback(finished.put)

    try:
        for position in islice(remaining, AHEAD):
            submit(position)
        while jobs:
            job = finished.get()
            position = jobs.pop(job)
            try:
                report = job.result()
            except workers.Refused:
                raise
            except CancelledError:
                raise Ended("the executor has ended before its work") from None
            except Exception as error:  # of the executor: its worker has died
                if position not in again:
                    again.add(position)
                    submit(position)
                    continue
                words = f"the worker that checks it has ended twice ({type(error).__name__}: {error})"
                report = {**workers.unusable(candidates[position], words), "content": None}
            for following in islice(remaining, 1):
                submit(following)
            yield position, report
    finally:
        for job in jobs:
            job.cancel()
        workers.end(run.id)  # those that this process has started


class Kept:
    """The finished reports, one per line, in a file beside that of ``--json`` until all of them are finished.

    Only their places in the file are held, by the positions of the candidates.
    """

    def __init__(self, args):
        self.file = args.json
        self.path = Path(f"{args.json}.part")
        self.resume = args.resume
        self.run = {option.attribute: getattr(args, option.attribute) for option in OPTIONS if option.of_run}
        self.run |= {"sources": digest(), "reference_content": workers.content(args.reference)}
        self.head = {"run": self.run}
        if args.shard:
            number, of = args.shard
            self.head["shard"] = {"number": number, "of": of, "candidates": fingerprint(args.candidates)}
        self.places: dict[int, int] = {}

    def __iter__(self):
        return iter(sorted(self.places))

    def __contains__(self, position):
        return position in self.places

    def begin(self, candidates):
        """Write the head to the file, and with ``--resume`` those of the earlier reports that still apply."""
        if not self.file:
            return
        wanted: dict[tuple, list[int]] = {}
        for position, candidate in enumerate(candidates if self.resume else ()):
            wanted.setdefault((printable(candidate), workers.content(candidate)), []).append(position)
        with atomic_write(self.path) as path, path.open("wb") as file:
            file.write(line(self.head))
            for report in self.earlier() if self.resume else ():
                positions = wanted.pop((report["candidate"], report["content"]), ())
                self.places |= dict.fromkeys(positions, file.tell())
                if positions:
                    file.write(line(report))

    def earlier(self):
        """The reports of an earlier run with the same options."""
        source = self.path if self.path.exists() else Path(self.file)
        if not source.exists():
            return
        try:
            found = whole(source) if source == self.path else several.read(source)
            self.expect_same(source, next(found)["run"])
            yield from (report for report in map(several.complete, found) if report["content"])
        except (OSError, LookupError, TypeError, AttributeError, *UNREADABLE):
            raise ValueError(f"--resume: got {source}, expected the report of several candidates") from None

    def expect_same(self, source, run):
        """Reject an earlier run that cannot be combined with this one."""
        other = [name for name in self.run if run.get(name) != self.run[name]]
        if "sources" in other:
            raise ValueError(f"--resume: got {source} from other sources of parity, expected the same")
        if other:
            name = other[0]
            if name == "reference_content":
                raise ValueError(f"--resume: got another {self.run['reference']} than {source}, expected the same")
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"--resume: got {option} {self.run[name]}, expected {run.get(name)} as in {source}")

    def add(self, position, report):
        """Append one report."""
        if self.file:
            with self.opened() as file:
                self.places[position] = file.tell()
                file.write(line(report))

    @contextmanager
    def opened(self):
        """The file, opened for appending."""
        try:
            with open(self.path, "ab") as file:
                yield file
        except OSError as error:
            raise ValueError(f"{self.path}: cannot be written: {error.strerror}") from None

    def report(self, position):
        """The report on the candidate at this position."""
        with open(self.path, "rb") as file:
            file.seek(self.places[position])
            return json.loads(file.readline())

    def end(self):
        """Write all reports to the file of ``--json``, in the order of the candidates."""
        if self.file:
            several.write(self.file, self.head, map(self.report, self))
            self.path.unlink()


def line(document):
    """A line of the file."""
    return json.dumps(document).encode() + b"\n"


def whole(path):
    """The complete lines of the file; the last one may be cut off."""
    with open(path, encoding="utf-8") as file:
        yield json.loads(next(file, ""))
        for text in file:
            with suppress(json.JSONDecodeError):
                yield json.loads(text)
