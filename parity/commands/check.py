"""Check your own code: does it give the same numbers as PyTorch, property by property?"""

import json
import os
import re
import signal
import sys
import warnings
from argparse import Namespace
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import partial
from itertools import chain, groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from contract.arguments import NonNegative, choice
from parity import interrupt, trees
from parity.border import backend
from parity.border.host import die_with, is_file
from parity.commands import many, workers
from parity.files import atomic_write, check_path
from parity.judge import forms
from parity.judge.domain import declared
from parity.options import OPTIONS
from parity.reports import formats

PROPERTIES = trees.ROOT / "parity" / "properties"
IDLE = 300  # seconds
MOST_POINTS = 1e6


def add_arguments(parser):
    """The options of ``parity check``."""
    add = parser.add_argument
    add(
        "candidates",
        nargs="*",
        default=["scratch"],
        metavar="CANDIDATE",
        help="module, .py file or program to check (default: scratch)",
    )
    for option in OPTIONS:
        add(f"--{option.name}", **option.settings)
    formats.add_options(parser.add_argument_group("reports for platforms"))


def run(args):
    """Exit code 0: nothing differs; 1: something differs; 2: it could not be run, or not all be judged."""
    try:
        with interrupt.interruptible(), environment():
            validate(args)
            return many.check_all(args) if several(args) else check_single(args)
    except interrupt.Interrupted as interrupted:
        print(f"parity check: {interrupted}", file=sys.stderr)
        return interrupted.exit_code


def several(args):
    """Whether the report is that of several candidates; a shard or a cluster may have one, or none."""
    return len(args.candidates) > 1 or args.dask is not None or args.shard is not None


def check_single(args):
    """Check one candidate and write its reports, also if it cannot be used; an interrupt writes none."""
    [args.candidate] = args.candidates
    try:
        expect_names(args, args.candidate)
    except (ValueError, ImportError) as error:
        if args.json or formats.asked(args):
            write_reports(args, check(args, quiet=True, unusable=str(error)))
        raise
    report = check(args)
    write_reports(args, report)
    return report.exit_code()


def write_reports(args, report):
    """Write each report to its file; if one cannot be written, the others still are."""
    texts = {args.json: report.as_json} | {
        file: partial(formats.text, name, report, args.weights) for name, file in formats.asked(args).items()
    }
    errors = []
    for file, text in texts.items():
        try:
            if file:
                with atomic_write(file) as path:
                    path.write_text(text(), encoding="utf-8")
        except (ValueError, OSError) as error:
            errors.append(str(error))
    if errors:
        raise ValueError("; ".join(errors))


def check(args, quiet=False, unusable=None):
    """Run the properties on one candidate and return the report; if it is ``unusable``, for this reason, run none."""
    try:
        import pytest

        from parity.commands.session import Session
        from parity.reports.report import Report
    except ImportError as error:
        raise ImportError(f"{error}; parity check needs pip install 'neuron-parity[parity]'") from None
    report, session = Report(args, quiet), Session(unusable)
    report.unusable = unusable
    processes = 0 if quiet or unusable else 2
    with report, quietly() as folder:
        arguments = [*pytest_arguments(args, processes), f"--basetemp={folder / 'pytest'}"]
        pytest.main(arguments, plugins=[report, session])
        report.complete()
        if session.interrupted:
            raise session.interrupted
    return report


def serve():
    """Check the candidates read from lines of standard input; write their reports to standard output."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    first = json.loads(requests.readline())
    die_with(first["judge"])
    sys.path += [path for path in first["path"] if path not in sys.path]
    submissions = (Namespace(**json.loads(line)) for line in waited(requests))
    for _, alike in groupby(submissions, lambda args: (backend.is_ours(args.candidate), args.candidate in trees.TREES)):
        check_alike(alike, lambda report: workers.send(replies, report))


def waited(requests):
    """The lines of the requests; if none comes for a long time, the process ends, because nobody may be there."""
    while True:
        if hasattr(signal, "alarm"):  # not on Windows
            signal.alarm(IDLE)
        line = requests.readline()
        if hasattr(signal, "alarm"):
            signal.alarm(0)
        if not line:
            return
        yield line


def check_alike(submissions, send):
    """Check candidates for which the same properties are collected, and send the report on each."""
    import pytest

    from parity.commands.series import Series

    first = next(submissions)
    remaining = chain([first], submissions)
    series = Series(remaining, lambda args, series: send(check_one(args, series)))
    with quietly() as folder:
        arguments = [*pytest_arguments(first, processes=0), "--capture=no", f"--basetemp={folder / 'pytest'}"]
        pytest.main(arguments, plugins=[series])
    for args in remaining:
        send(workers.unusable(args.candidate, "the properties could not be run"))


def check_one(args, series):
    """The report on one of many, as a dictionary."""
    from parity.reports.report import Report

    try:
        report = Report(args, quiet=True, sources=series.sources)
        with backends_of(series.session.config, args):
            series.run(report)
        return report.as_dict()
    except Exception as error:  # an error in one must not stop the others
        return workers.unusable(args.candidate, str(error))


@contextmanager
def backends_of(config, args):
    """Let the properties run on this candidate, and end its process."""
    try:
        if args.candidate != "torchref":
            config.backends["candidate"] = started(args, args.candidate)
            config.backends["candidate"].spec = resolved(args.candidate)
        config.option.parity_candidate = resolved(args.candidate)
        # The code of this project that this process has loaded remains the same.
        ours = backend.is_ours(args.reference)
        config.record.begin(args.reference if ours else workers.content(args.reference))
        yield
    finally:
        for side in config.backends.values():
            side.close()
        config.backends.clear()


@contextmanager
def quietly():
    """Discard the output of pytest itself; its files, and those of Hypothesis, are in a folder that is deleted.

    Hypothesis would import the plugins that happen to be installed, such as that of trio, in every process.
    """
    with (
        open(os.devnull, "w") as nowhere,
        TemporaryDirectory(prefix="parity-") as folder,
        environment(HYPOTHESIS_STORAGE_DIRECTORY=folder, HYPOTHESIS_NO_PLUGINS="1"),
        warnings.catch_warnings(),
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        warnings.resetwarnings()
        yield Path(folder)


@contextmanager
def environment(**changes):
    """Remove the variables that change how Python, pytest or Hypothesis run the check, and set these."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("PYTEST_", "HYPOTHESIS_")) or name in ("PYTHONOPTIMIZE", "PYTHONWARNINGS"):
            del os.environ[name]
    os.environ["PYTHONSAFEPATH"] = "1"  # a candidate in this directory may be called random.py
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def validate(args):
    """Reject invalid options before anything runs."""
    if args.examples < 1:
        raise ValueError(f"--examples: got {args.examples}, expected a positive integer")
    validate_limits(args)
    for option in OPTIONS:
        value = getattr(args, option.attribute)
        if option.choices and value is not None:
            choice(f"--{option.name}", value, option.choices)
    if args.only is not None:
        choice("--only", args.only, trees.checkable())
    args.weights = dict(map(weight, args.weight))
    if len(args.weights) < len(args.weight):
        raise ValueError(f"--weight: got {' '.join(args.weight)}, expected each name once")
    validate_files(args)
    if "torchref" in (*args.candidates, args.reference):
        backend.expect_importable("torch", "torchref")
    validate_parts(args)
    if args.resume and not (args.json and several(args)):
        raise ValueError("--resume: expected several candidates and --json FILE, which has the finished reports")
    expect_separate(args)
    args.candidate = ""
    if args.reference != "torchref":
        expect_names(args, args.reference)


def validate_limits(args):
    """Check the limits, and that forbidden packages have valid names and are not needed by every candidate."""
    for option in ("time_limit", "memory_limit"):
        if not NonNegative(f"--{option.replace('_', '-')}", getattr(args, option)):
            raise ValueError(f"--{option.replace('_', '-')}: got 0, expected a positive number")
    if args.memory_limit >= 2**43:  # the operating system does not accept the number in bytes
        raise ValueError(f"--memory-limit: got {args.memory_limit}, expected less than 2**43 MiB")
    forbidden = [name.strip() for name in args.no_import.split(",")] if args.no_import else []
    for name in forbidden:
        if not name.isidentifier():
            raise ValueError(f"--no-import: got {name!r}, expected names of packages such as torch,scratch")
        if name == "numpy":
            raise ValueError("--no-import: got numpy, expected other packages: candidates receive NumPy arrays")
    args.no_import = ",".join(forbidden)


def validate_files(args):
    """Check the output files, and the options that apply to a single candidate."""
    if args.json is not None:
        check_path(args.json, (".json",))
    for option, path in formats.asked(args).items():
        check_path(path, (formats.suffix(option),))
        if several(args):
            raise ValueError(f"--{option}: got {len(args.candidates)} candidates, expected one; --json accepts several")
        formats.expect_ready(option, args.weights)
    for option in ("all", "repro"):
        if getattr(args, option) and several(args):
            raise ValueError(f"--{option}: got {len(args.candidates)} candidates, expected one")
    if args.repro and args.hint != "full":
        raise ValueError(
            f"--repro: got --hint {args.hint}, expected --hint full, because the programs show the numbers"
        )
    if args.repro:
        Path(args.repro).mkdir(parents=True, exist_ok=True)
        args.repro = Path(args.repro).resolve()


def validate_parts(args):
    """Check what shares the candidates out, and read ``i/n`` as two numbers."""
    if args.dask is not None:
        backend.expect_importable("distributed", "--dask")
    if args.shard is None:
        return
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", args.shard)
    number, of = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= of:
        raise ValueError(f"--shard: got {args.shard}, expected I/N such as 2/8, with I from 1 to N")
    if not args.json:
        raise ValueError("--shard: expected --json FILE, which parity merge reads")
    args.shard = number, of


def expect_separate(args):
    """Reject a report that would overwrite another one or a checked file."""
    taken = {Path(spec).resolve(): spec for spec in (*args.candidates, args.reference) if is_file(spec)}
    for option, path in ({"json": args.json} | formats.asked(args)).items():
        if path and taken.setdefault(Path(path).resolve(), f"--{option}") != f"--{option}":
            raise ValueError(f"--{option}: got {path}, which is {taken[Path(path).resolve()]}, expected another file")


def weight(text):
    """``sign=2`` as name and points."""
    name, _, points = text.partition("=")
    choice("--weight", name, trees.checkable())
    with suppress(ValueError):
        if (number := NonNegative("--weight", float(points))) <= MOST_POINTS:
            return name, number
    raise ValueError(f"--weight: got {text!r}, expected NAME=POINTS such as sign=2, at most {MOST_POINTS:g}")


def expect_names(args, spec):
    """Check that a backend can be loaded and defines at least one name of the contract."""
    if spec != "torchref":
        started(args, spec).close()


def started(args, spec):
    """The backend, which can be loaded, defines at least one name of the contract, and declares a domain or none."""
    limits = backend.Limits(args.time_limit, args.memory_limit, args.no_import if spec == args.candidate else "")
    loaded = backend.load(spec, limits)
    names = trees.checkable()
    try:
        if not any(map(loaded.defines, names)):
            raise ValueError(
                f"{loaded.name}: defines no name of the contract, expected some of {', '.join(names[:8])}, ...; "
                "parity template writes a file with all names"
            )
        declared(loaded)
        if all(map(loaded.defines, trees.NET)):
            forms.declared(loaded)
    except (backend.Stopped, backend.Raised) as error:
        loaded.close()
        reason = " ".join(str(error).split())
        raise ValueError(f"{loaded.name}: cannot determine which names it defines: {reason}") from None
    except ValueError:
        loaded.close()
        raise
    return loaded


def pytest_arguments(args, processes):
    """The arguments of pytest: two processes, no files left behind, and no plugins that happen to be installed."""
    arguments = ["--disable-plugin-autoload", "-p", "xdist.plugin", "-p", "_hypothesis_pytestplugin"]
    arguments += [
        "-p",
        "parity.options",
        "-p",
        "no:unraisableexception",
        "-p",
        "no:threadexception",
        "-p",
        "no:logging",
    ]
    arguments += [
        str(PROPERTIES),
        f"--rootdir={PROPERTIES}",
        f"--confcutdir={PROPERTIES}",
        "-c",
        os.devnull,
        "-p",
        "no:cacheprovider",
        "-q",
        "--assert=plain",
        "--tb=native",  # a report has the error's message; pytest's own form parses the sources
    ]
    # One test at a time: for a partial module most are skipped, and the few long ones would be in one chunk.
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
    arguments += [f"--parity-{side}={resolved(getattr(args, side))}" for side in ("reference", "candidate")]
    for option in OPTIONS:
        value = getattr(args, option.attribute)
        if option.of_property and option.name != "reference" and value is not None:
            arguments.append(f"--parity-{option.name}={value}")
    return arguments


def resolved(spec):
    """The absolute path of a file: the workers may run in another directory."""
    return str(Path(spec).resolve()) if is_file(spec) else spec
