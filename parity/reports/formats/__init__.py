"""Reports for platforms: each file of this folder is one format, and all that a new one needs.

A format has ``PLATFORM`` and ``PAGE``, its name and documentation; ``FILE``, the name that the platform gives the
report; ``PLACE``, where it expects it; ``VALIDATED``, what the tests read it with; and ``text(result)``, which writes
down a ``parity.reports.result.Result``. The option of ``parity check`` is called as the file of the format; a platform
that reads no file has ``COMMAND`` in the place of ``FILE``, and no option. If there is ``ready(weights)``, it raises a
ValueError or ImportError before the check where the report could not be written.

``python -m parity.reports.formats`` writes the table of ``docs/reports.md``.
"""

from importlib import import_module
from pathlib import PurePath
from pkgutil import iter_modules


def formats():
    """The formats by name."""
    names = sorted(found.name for found in iter_modules(__path__) if not found.name.startswith("_"))
    return {name: import_module(f"{__name__}.{name}") for name in names}


def files():
    """The formats that are files, by name."""
    return {name: module for name, module in formats().items() if hasattr(module, "FILE")}


def add_options(parser):
    """An option for each file."""
    for name, module in files().items():
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write the report for {module.PLATFORM} to this file")


def text(name, report, weights):
    """A report in this format."""
    return formats()[name].text(report.result(weights))


def suffix(name):
    """The suffix of its file."""
    return PurePath(formats()[name].FILE).suffix


def expect_ready(name, weights):
    """Raise before the check where the report could not be written."""
    getattr(formats()[name], "ready", lambda weights: None)(weights)


def asked(args):
    """The names of the formats that these arguments ask for, with their files."""
    return {name: getattr(args, name) for name in files() if getattr(args, name) is not None}


def table():
    """The formats as a table in Markdown."""
    rows = [
        [f"[{each.PLATFORM}]({each.PAGE})", f"`{command(name)}`", each.PLACE, each.VALIDATED]
        for name, each in formats().items()
    ]
    head = [["platform", "command", "where the platform expects it", "tested with"], ["---"] * 4]
    return "\n".join(f"| {' | '.join(row)} |" for row in (*head, *rows))


def command(name):
    """How to have a report in this format."""
    module = formats()[name]
    return f"--{name} {module.FILE}" if name in files() else module.COMMAND
