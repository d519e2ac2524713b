"""Compare backends with a reference, property by property."""

import json
import os
from argparse import Namespace
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stderr, redirect_stdout, suppress
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from parity import backend, contract
from parity.files import check_path, written_whole
from scratch.checks import choice, not_negative

HERE = Path(__file__).parent
HINTS = ("none", "message", "full")


def add_arguments(parser):
    """The options of ``parity check``."""
    add = parser.add_argument
    add("candidates", nargs="*", default=["scratch"], metavar="CANDIDATE", help="module or .py file (default: scratch)")
    add("--reference", default="torchref", help="what it is checked against (default: torchref)")
    add("--only", metavar="NAME", help="only the properties of this function")
    add("--examples", type=int, default=50, help="for each property and precision (default: 50)")
    add("--seed", type=int, default=0, help="of the examples (default: 0)")
    add("--dtype", help="float64 or float32 (default: both)")
    add("--device", default="cpu", help="where PyTorch computes: cpu (default) or cuda")
    add("--hint", default="full", help="how much a failure tells: none, message or full (default)")
    add("--repro", metavar="DIR", help="write a program there that repeats each failure")
    add("--json", metavar="FILE", help="write the rows to this file")
    add("--junit", metavar="FILE", help="write a JUnit report to this file")
    add("--gradescope", metavar="FILE", help="write points to this file, as results.json")
    add("--weight", nargs="+", default=[], metavar="NAME=POINTS", help="points for each property of a function")
    add(
        "--time-limit", type=float, default=10.0, help="seconds that a candidate may take in one property (default: 10)"
    )
    add("--memory-limit", type=int, default=4096, help="MiB that a candidate may take (default: 4096)")
    add("--no-import", metavar="NAMES", default="", help="packages that a candidate may not import, as torch,scratch")


def run(args):
    """Exit code 0: nothing differs; 1: something does; 2: nothing could be checked."""
    validate(args)
    os.environ["PYTHONSAFEPATH"] = "1"  # a candidate in this directory may be called random.py
    if len(args.candidates) > 1:
        return check_all(args)
    [args.candidate] = args.candidates
    expect_names(args, args.candidate)
    report = check(args)
    for file, text in ((args.json, report.as_json), (args.gradescope, lambda: report.as_gradescope(args.weights))):
        if file:
            with written_whole(file) as path:
                path.write_text(text(), encoding="utf-8")
    return report.exit_code()


def check(args, quiet=False):
    """Run the properties on one candidate; the report."""
    try:
        import pytest

        from parity.report import Report
    except ImportError as error:
        raise ImportError(f"{error}; parity check needs pip install 'neuron-parity[parity]'") from None
    report = Report(args, quiet)
    # What pytest itself prints is not for the reader of the table.
    with open(os.devnull, "w") as nowhere, TemporaryDirectory() as folder, report:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            pytest.main(pytest_arguments(args, processes=0 if quiet else 2), plugins=[report])
    return report


def check_all(args):
    """Many candidates in parallel, a row each and a summary; the gravest exit code."""
    from parity.report import Submissions

    rows = Submissions(args.candidates, args.reference)
    for report in reports(args, args.candidates, os.cpu_count()):
        rows.add(report)
    rows.close()
    if args.json:
        with written_whole(args.json) as path:
            path.write_text(json.dumps({"submissions": rows.reports}, indent=1), encoding="utf-8")
    return rows.exit_code()


def reports(args, candidates, processes):
    """The report of each, in their order; where one ends the process that checks it, the rest go one by one."""
    done = 0
    # Each worker is a fresh Python, and keeps what it has imported for the next candidate.
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool, suppress(BrokenProcessPool):
        for job in [pool.submit(check_one, {**vars(args), "candidate": candidate}) for candidate in candidates]:
            yield job.result()
            done += 1
    if done < len(candidates) and processes > 1:
        for candidate in candidates[done:]:
            yield from reports(args, [candidate], 1)
    elif done < len(candidates):
        yield unusable(candidates[0], "it ended the process that checks it")


def check_one(options):
    """The report of one of many, as a dictionary."""
    args = Namespace(**options)
    try:
        expect_names(args, args.candidate)
        return check(args, quiet=True).as_dict()
    except Exception as error:  # whatever is the matter with one, the others are checked
        return unusable(args.candidate, str(error))


def unusable(candidate, reason):
    """The report of what could not be checked."""
    return {"candidate": candidate, "exit_code": 2, "summary": reason, "properties": []}


def validate(args):
    """What can be refused before anything runs."""
    if args.examples < 1:
        raise ValueError(f"--examples: got {args.examples}, expected a whole number from 1 on")
    for option in ("time_limit", "memory_limit"):
        if not not_negative(f"--{option.replace('_', '-')}", getattr(args, option)):
            raise ValueError(f"--{option.replace('_', '-')}: got 0, expected more")
    if args.memory_limit >= 2**43:  # in bytes it would be no number that an operating system takes
        raise ValueError(f"--memory-limit: got {args.memory_limit}, expected MiB, fewer than 2**43")
    forbidden = [name.strip() for name in args.no_import.split(",")] if args.no_import else []
    for name in forbidden:
        if not name.isidentifier():
            raise ValueError(f"--no-import: got {name!r}, expected names of packages, as torch,scratch")
        if name == "numpy":
            raise ValueError("--no-import: got numpy, expected other packages: arrays reach a candidate by numpy")
    args.no_import = ",".join(forbidden)
    if args.dtype is not None:
        choice("--dtype", args.dtype, ("float64", "float32"))
    choice("--device", args.device, ("cpu", "cuda"))
    choice("--hint", args.hint, HINTS)
    if args.only is not None:
        choice("--only", args.only, contract.all_names())
    args.weights = dict(map(weight, args.weight))
    if len(args.weights) < len(args.weight):
        raise ValueError(f"--weight: got {' '.join(args.weight)}, expected each name once")
    for option, suffix in (("json", ".json"), ("junit", ".xml"), ("gradescope", ".json")):
        path = getattr(args, option)
        if path is None:
            continue
        check_path(path, (suffix,))
        if option != "json" and len(args.candidates) > 1:
            raise ValueError(f"--{option}: got {len(args.candidates)} candidates, expected one; --json takes many")
    if args.repro and args.hint != "full":
        raise ValueError(f"--repro: got --hint {args.hint} as well, expected --hint full: a program shows the numbers")
    if args.repro:
        Path(args.repro).mkdir(parents=True, exist_ok=True)
        args.repro = Path(args.repro).resolve()
    if "torchref" in (*args.candidates, args.reference):
        backend.expect_importable("torch", "torchref")
    args.candidate = ""
    if args.reference != "torchref":
        expect_names(args, args.reference)


def weight(text):
    """``sign=2`` as name and points."""
    name, _, points = text.partition("=")
    choice("--weight", name, contract.all_names())
    try:
        return name, not_negative("--weight", float(points))
    except ValueError:
        raise ValueError(f"--weight: got {text!r}, expected NAME=POINTS, as sign=2") from None


def expect_names(args, spec):
    """A backend can be loaded and has at least one name of the contract."""
    if spec == "torchref":
        return
    limits = backend.Limits(args.time_limit, args.memory_limit, args.no_import if spec == args.candidate else "")
    loaded = backend.load(spec, limits)
    names = contract.all_names()
    try:
        if not any(map(loaded.defines, names)):
            raise ValueError(
                f"{loaded.name}: defines nothing of the contract, expected some of {', '.join(names[:8])}, ...; "
                "parity template writes a file with all names"
            )
    finally:
        loaded.close()


def pytest_arguments(args, processes):
    """The run as pytest wants it: two processes, no files left behind, and no plugin that happens to be installed."""
    arguments = ["--disable-plugin-autoload", "-p", "xdist.plugin", "-p", "_hypothesis_pytestplugin"]
    arguments += ["-p", "parity.options", "-p", "no:unraisableexception", "-p", "no:threadexception"]
    arguments += [str(HERE), f"--rootdir={HERE}", "-c", os.devnull, "-p", "no:cacheprovider", "-q", "--assert=plain"]
    # A test at a time: of a partial module most are skipped, and the few long ones would stand in one chunk.
    arguments += [
        "-n",
        str(processes),
        "--maxschedchunk=1",
        "--import-mode=importlib",
        f"--hypothesis-seed={args.seed}",
        "-W",
        "error",
    ]
    # This package is imported before pytest, and has no asserts to rewrite.
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    arguments += [f"--reference={resolved(args.reference)}", f"--candidate={resolved(args.candidate)}"]
    for option in ("examples", "device", "hint", "time_limit", "memory_limit", "dtype", "only", "no_import", "repro"):
        value = getattr(args, option)
        arguments += [f"--{option.replace('_', '-')}={value}"] * (value is not None)
    arguments += [f"--junitxml={args.junit}"] * (args.junit is not None)
    return arguments


def resolved(spec):
    """A file by its full path: the workers may stand elsewhere."""
    return str(Path(spec).resolve()) if spec.endswith(".py") else spec
