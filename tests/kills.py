"""Interrupt a check of 20 candidates at random moments: no process is left, and ``--resume`` gives the same report.

``python tests/kills.py [MOMENTS [SEED]]``; Linux only, because it looks for processes in /proc.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

SOLUTIONS = Path(__file__).parent / "solutions"
OPTIONS = ("--reference", "scratch", "--examples", "5", "--dtype", "float64", "--only", "sigmoid_backward")
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
SOON = 4.0  # seconds after its own end until no process is left
# A background job of a shell without job control ignores SIGINT, and so do its children.
PROGRAM = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
PROGRAM += "from parity.cli import main; sys.exit(main())"


class Run:
    """``parity check`` of several candidates in the background, and all of its processes."""

    def __init__(self, folder, candidates, *options):
        self.file = folder / "all.json"
        self.part = folder / "all.json.part"
        self.mark = f"PARITY_KILLS={uuid4()}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "check", *candidates, *OPTIONS, "--json", self.file, *options],
            cwd=folder,
            env={**os.environ, name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def rows(self):
        """The number of finished reports."""
        return self.part.read_text().count("\n") - 1 if self.part.exists() else 0

    def end(self, number):
        """Its exit code, output, errors and the seconds from this signal until no process is left."""
        mine = set(self.left())
        started = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        ended = time.monotonic()
        while left := self.left(mine):
            if time.monotonic() > ended + SOON:
                raise AssertionError(f"left behind: {left}")
            time.sleep(0.01)
        return self.process.returncode, out, err, time.monotonic() - started

    def left(self, known=()):
        """Processes with the mark in their environment, or already known: these may have another environment."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state = (folder / "stat").read_text().rpartition(")")[2].split()
                marked = self.mark.encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            who = folder.name, state[19]  # the number and when it was started
            if state[0] != "Z" and (marked or who in known or state[1] == str(self.process.pid)):
                found.append(who)
        return found


def report(file):
    """The report."""
    return json.loads(file.read_text(encoding="utf-8"))


def main(moments=40, seed=0):
    """Print one line for each moment, and the slowest end."""
    sources = [*sorted(SOLUTIONS.glob("right/sigmoid*.py")), *sorted(SOLUTIONS.glob("wrong/sig*.py"))]
    chance, slowest = random.Random(seed), 0.0
    with TemporaryDirectory() as name:
        folder = Path(name)
        candidates = [f"c{number:02}.py" for number in range(20)]
        for number, candidate in enumerate(candidates):
            (folder / candidate).write_text(sources[number % len(sources)].read_text(encoding="utf-8"))
        (folder / candidates[7]).write_text("def sigmoid_backward(z:\n")
        (folder / candidates[13]).write_text("def sigmoid_backward(z, grad_output):\n    while True: pass\n")
        started = time.monotonic()
        undisturbed = Run(folder, candidates, "--time-limit", "3")
        undisturbed.process.communicate()
        lasts, expected = time.monotonic() - started, report(undisturbed.file)
        print(f"undisturbed: {lasts:.1f} s, exit code {undisturbed.process.returncode}")
        for moment in range(moments):
            undisturbed.file.unlink(missing_ok=True)
            undisturbed.part.unlink(missing_ok=True)
            number, seconds = list(SIGNALS)[moment % 3], chance.uniform(0, lasts)
            run = Run(folder, candidates, "--time-limit", "3")
            time.sleep(seconds)
            code, _, err, took = run.end(number)
            rows, slowest = run.rows(), max(slowest, took)
            done = run.file.exists()
            resumed = Run(folder, candidates, "--time-limit", "3", "--resume")
            resumed.process.communicate()
            same = report(run.file) == expected and resumed.process.returncode == undisturbed.process.returncode
            print(
                f"{moment:3} {number.name} after {seconds:4.1f} s: exit code {code}, {rows:2} rows kept, "
                f"nothing left after {took:.2f} s; resumed: {'the same' if same else 'ANOTHER REPORT'}"
                f"{', had ended' if done else ''}{'' if 'Traceback' not in err else err}",
                flush=True,
            )
            if not same:
                return 1
    print(f"the slowest end took {slowest:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
