"""The tests with figures or text, as on other machines: ``make test-machines``, or ``tests/machines.py NAME ...``.

Older processors are simulated by switches of NumPy, OpenBLAS, PyTorch and MKL; other places by the
environment, from a copy of the clone whose path has a space, without a terminal, in an empty home directory.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
# The first has an effect on Intel processors only.
MKL_OLD = {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "MKL_CBWR": "COMPATIBLE"}
BEFORE_AVX2 = {
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Prescott",
    "ATEN_CPU_CAPABILITY": "default",
    **MKL_OLD,
}
BEFORE_AVX512 = {
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "MKL_CBWR": "AVX2",
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
MACHINES = {
    "sse": BEFORE_AVX2,
    "avx2": BEFORE_AVX512 | ONE_THREAD,
    # One backend is new, the other old.
    "old-numpy": {key: BEFORE_AVX2[key] for key in ("NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE")},
    "old-torch": {"ATEN_CPU_CAPABILITY": "default", **MKL_OLD, **ONE_THREAD},
    # This locale has only ASCII; no Python switch changes it to UTF-8.
    "away": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "TZ": "Asia/Kathmandu", "COLUMNS": "80"},
}
FIGURES = (
    "readme",
    "backpropagation",
    "checkpoints",
    "course",
    "deck",
    "disagreements",
    "equal",
    "examples",
    "nets",
    "optimizers",
    "page",
    "paper",
    "rounding",
    "stacks",
    "trace",
    "train",
    "training",
)
TEXT = (
    "readme",
    "check",
    "checkpoints",
    "course",
    "data",
    "domain",
    "formats",
    "page",
    "plots",
    "process",
    "reports",
    "trace",
    "train",
    "train_refuses",
)
# One line on what the switches have done; nothing where one of them was in vain.
EFFECT = """
import os
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
import torch
on = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
capability = torch.backends.cpu.get_cpu_capability()
in_vain = set(on) & set(os.environ.get("NPY_DISABLE_CPU_FEATURES", "").split())
if not in_vain and os.environ.get("ATEN_CPU_CAPABILITY", capability).lower() == capability.lower():
    print("NumPy with", *on or ["no more than its baseline"], "and PyTorch with", capability)
"""


def copied(folder):
    """A copy of the clone without ignored files, except its environment."""
    kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in kept.split("\0")[:-1]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")


def main(names):
    """The exit code: 0 if all tests pass on all machines."""
    failed = []
    with TemporaryDirectory() as folder:
        clone, home = Path(folder) / "a blank" / ROOT.name, Path(folder) / "home"
        home.mkdir()
        copied(clone)
        for name in names or MACHINES:
            if not passes(name, clone, home):
                failed.append(name)
    if failed:
        print(f"failed on: {', '.join(failed)}")
    return bool(failed)


def passes(name, clone, home):
    """Whether the tests pass on this machine."""
    where = {"HOME": str(home), "TMPDIR": str(clone.parent), "PYTHONPATH": str(clone), "TERM": "dumb"}
    options = {"cwd": clone, "env": os.environ | where | MACHINES[name], "stdin": subprocess.DEVNULL}
    effect = subprocess.run([sys.executable, "-c", EFFECT], capture_output=True, text=True, check=True, **options)
    print(f"{name}: {effect.stdout.strip() or 'this processor cannot be made one'}", flush=True)
    tests = ["scratch", "torchref", *(f"tests/test_{file}.py" for file in (TEXT if name == "away" else FIGURES))]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "not slow", *tests]
    # A new session has no terminal.
    return not effect.stdout or subprocess.run(command, start_new_session=True, **options).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
