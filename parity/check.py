"""Compare a backend with a reference, property by property."""

import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from parity import backend, contract
from parity.files import check_path, written_whole
from scratch.checks import choice

HERE = Path(__file__).parent


def add_arguments(parser):
    """The options of ``parity check``."""
    parser.add_argument("candidate", nargs="?", default="scratch", help="a module or a .py file (default: scratch)")
    parser.add_argument("--reference", default="torchref", help="what it is checked against (default: torchref)")
    parser.add_argument("--only", metavar="NAME", help="only the properties of this function")
    parser.add_argument("--examples", type=int, default=100, help="for each property and precision (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the examples (default: 0)")
    parser.add_argument("--dtype", help="float64 or float32 (default: both)")
    parser.add_argument("--device", default="cpu", help="where PyTorch computes: cpu (default) or cuda")
    parser.add_argument("--json", metavar="FILE", help="write the rows to this file")
    parser.add_argument("--junit", metavar="FILE", help="write a JUnit report to this file")


def run(args):
    """Exit code 0: nothing differs; 1: something does; 2: nothing could be checked."""
    validate(args)
    try:
        import pytest

        from parity.report import Report
    except ImportError as error:
        raise ImportError(f"{error}; parity check needs pip install 'neuron-parity[parity]'") from None
    report = Report(args.candidate, args.reference, args.seed)
    # What pytest itself prints is not for the reader of the table.
    with open(os.devnull, "w") as nowhere, TemporaryDirectory() as folder, report:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        with redirect_stdout(nowhere), redirect_stderr(nowhere):
            pytest.main(pytest_arguments(args), plugins=[report])
    if args.json:
        with written_whole(args.json) as path:
            path.write_text(report.as_json(), encoding="utf-8")
    return report.exit_code()


def validate(args):
    """What can be refused before anything runs."""
    if args.examples < 1:
        raise ValueError(f"--examples: got {args.examples}, expected a whole number from 1 on")
    if args.dtype is not None:
        choice("--dtype", args.dtype, ("float64", "float32"))
    choice("--device", args.device, ("cpu", "cuda"))
    if args.only is not None:
        choice("--only", args.only, contract.all_names())
    for path, suffix in ((args.json, ".json"), (args.junit, ".xml")):
        if path is not None:
            check_path(path, (suffix,))
    for spec in (args.candidate, args.reference):
        if spec != "torchref":
            defines_something(backend.load(spec))
    if "torchref" in (args.candidate, args.reference):
        backend.expect_importable("torch", "torchref")


def defines_something(loaded):
    """A backend has at least one name of the contract."""
    names = contract.all_names()
    if not any(map(loaded.defines, names)):
        raise ValueError(
            f"{loaded.name}: defines nothing of the contract, expected some of {', '.join(names[:8])}, ...; "
            "the README lists all names"
        )


def pytest_arguments(args):
    """The run as pytest wants it: one process a core, no files left behind."""
    arguments = [str(HERE), f"--rootdir={HERE}", "-c", os.devnull, "-p", "no:cacheprovider", "-q"]
    arguments += ["-n", "2", "--import-mode=importlib", f"--hypothesis-seed={args.seed}", "-W", "error"]
    arguments += [f"--examples={args.examples}", f"--reference={resolved(args.reference)}"]
    arguments += [f"--candidate={resolved(args.candidate)}", f"--device={args.device}"]
    arguments += [f"--dtype={args.dtype}"] * (args.dtype is not None)
    arguments += [f"--only={args.only}"] * (args.only is not None)
    arguments += [f"--junitxml={args.junit}"] * (args.junit is not None)
    return arguments


def resolved(spec):
    """A file by its full path: the workers may stand elsewhere."""
    return str(Path(spec).resolve()) if spec.endswith(".py") else spec
