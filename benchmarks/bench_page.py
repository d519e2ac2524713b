"""The time of ``parity page``, for a new site and without changes, and the size of its files.

    python benchmarks/bench_page.py

Exit code 1 if a goal is missed.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

GOALS = {"from nothing": 60.0, "nothing changed": 5.0}
LARGEST = {".html": 300, ".svg": 200}


def main():
    """Print one line for each figure; return the exit code."""
    met = True
    with TemporaryDirectory() as folder:
        for what, goal in GOALS.items():
            started = time.perf_counter()
            command = [sys.executable, "-m", "parity", "page", "-o", f"{folder}/site"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds = time.perf_counter() - started
            met &= seconds < goal
            print(f"{what:<20}{seconds:8.1f} s    {'met' if seconds < goal else 'MISSED'} (goal {goal:g} s)")
        for suffix, goal in LARGEST.items():
            path = max(Path(folder).rglob(f"*{suffix}"), key=lambda path: path.stat().st_size)
            size = path.stat().st_size / 1000
            met &= size < goal
            print(f"{path.name:<20}{size:8.0f} KB   {'met' if size < goal else 'MISSED'} (goal {goal} KB)")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
