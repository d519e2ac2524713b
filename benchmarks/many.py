"""How the time of many submissions divides, over workers and within one. ``python benchmarks/many.py 40``.

The submissions are those of ``classroom.py``. The first table has the seconds with 1, 2 and 4 workers; as many as the
machine has processors can be of use. The second has the shares of one worker's time, measured in this process.
"""

import os
import resource
import sys
import time
from argparse import Namespace
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from classroom import submission

from parity.border.process import Process
from parity.cli import Parser
from parity.commands import check, many
from parity.commands.series import Series

WORKERS = (1, 2, 4)
PLAN = 10_000
START = "the start of their processes"


class Clock:
    """Seconds spent on each of several activities; the inner one of two counts, except in the start of a process."""

    def __init__(self):
        self.seconds, self.active, self.since = {}, ["other"], time.perf_counter()

    def switch(self):
        """Count the time since the last switch."""
        now = time.perf_counter()
        self.seconds[self.active[-1]] = self.seconds.get(self.active[-1], 0.0) + now - self.since
        self.since = now

    @contextmanager
    def on(self, activity):
        """Count the time in this context for this activity."""
        self.switch()
        self.active.append(START if self.active[-1] == START else activity)
        try:
            yield
        finally:
            self.switch()
            self.active.pop()

    def measure(self, owner, name, activity):
        """Count the calls of this method."""
        method = getattr(owner, name)

        def measured(*args, **options):
            with self.on(activity):
                return method(*args, **options)

        setattr(owner, name, measured)


def arguments(*given):
    """The checked arguments of ``parity check``."""
    parser = Parser()
    check.add_arguments(parser)
    args = parser.parse_args([*map(str, given), "--reference", "scratch"])
    check.validate(args)
    return args


def seconds(files, workers):
    """The time of the whole command with this number of workers."""
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool, open(os.devnull, "w") as nothing, redirect_stdout(nothing):
        many.check_all(arguments(*files, "--json", files[0].with_suffix(".json")), pool)
    return time.perf_counter() - started


def shares(files):
    """The seconds of one judge, by activity."""
    clock = Clock()
    clock.measure(Process, "send", "the candidates' calls")
    clock.measure(Process, "start", START)

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        with clock.on("examples, reference, comparison"):
            return (yield)

    Series.pytest_pyfunc_call = pytest_pyfunc_call
    args = arguments(*files)
    submissions = (Namespace(**{**vars(args), "candidate": str(file)}) for file in files)
    with clock.on("start of the judge, reports"):
        check.check_alike(submissions, lambda report: None)
    del clock.seconds["other"]
    return clock.seconds


def main(count):
    """Print both tables, and what they mean for very many."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"student_{i:05}.py" for i in range(count)]
        for i, file in enumerate(files):
            file.write_text(submission(i), encoding="utf-8")
        print(f"{count} submissions, {os.cpu_count()} processors")
        print("workers  seconds  of one worker")
        times = {workers: seconds(files, workers) for workers in WORKERS}
        for workers, each in times.items():
            print(f"{workers:7} {each:8.1f} {each / times[1]:14.0%}")
        print(f"{PLAN:,} submissions take {min(times.values()) / count * PLAN / 3600:.1f} hours on this machine")
        print(f"memory of the command: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
        spent = shares(files)
    print("share  activity of a worker")
    for activity, each in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{each / sum(spent.values()):5.1%}  {activity}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
