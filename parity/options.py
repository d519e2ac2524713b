"""The options of ``parity check`` in one table, and a pytest plugin with those that properties depend on.

They have a prefix, because the plugin is loaded in every pytest run: ``pytest --pyargs parity --parity-candidate
FILE`` works.
"""

from typing import Any, NamedTuple


class Option(NamedTuple):
    """``settings`` are for argparse; the command rejects values outside ``choices`` in one line.

    ``of_property``: a property depends on it, so pytest accepts it too. ``of_run``: two runs that differ in it cannot
    be combined.
    """

    name: str
    settings: dict[str, Any]
    choices: tuple[str, ...] = ()
    of_property: bool = False
    of_run: bool = False

    @property
    def attribute(self):
        """The name of its attribute in the parsed arguments."""
        return self.name.replace("-", "_")


PRECISIONS = ("float64", "float32")
DEVICES = ("cpu", "cuda")
HINTS = ("none", "message", "full")
OPTIONS = (
    Option(
        "reference",
        {"default": "torchref", "help": "module, .py file or program to check against (default: torchref)"},
        of_property=True,
        of_run=True,
    ),
    Option("only", {"metavar": "NAME", "help": "check only this function"}, of_property=True, of_run=True),
    Option(
        "examples",
        {"type": int, "default": 50, "help": "number of examples of each property and precision (default: 50)"},
        of_property=True,
        of_run=True,
    ),
    # pytest already has it as --hypothesis-seed.
    Option("seed", {"type": int, "default": 0, "help": "seed of the examples (default: 0)"}, of_run=True),
    Option("dtype", {"help": "precision: float64 or float32 (default: both)"}, PRECISIONS, True, True),
    Option(
        "device",
        {"default": "cpu", "help": "device used by PyTorch: cpu (default) or cuda"},
        DEVICES,
        of_property=True,
        of_run=True,
    ),
    Option("all", {"action": "store_true", "help": "explain every failure, not only the first"}),
    Option(
        "hint",
        {"default": "full", "help": "how much a failure reveals: none, message or full (default)"},
        HINTS,
        of_property=True,
        of_run=True,
    ),
    Option(
        "repro",
        {"metavar": "DIR", "help": "write a program that repeats each failure to this directory"},
        of_property=True,
    ),
    Option("json", {"metavar": "FILE", "help": "write the results to this file"}),
    Option(
        "resume",
        {"action": "store_true", "help": "check only the candidates that are not yet in --json FILE"},
    ),
    Option(
        "shard", {"metavar": "I/N", "help": "check every N-th candidate from the I-th; parity merge joins the reports"}
    ),
    Option("dask", {"metavar": "ADDRESS", "help": "check on the workers of the Dask cluster with this scheduler"}),
    Option(
        "weight",
        {
            "nargs": "+",
            "default": [],
            "metavar": "NAME=POINTS",
            "help": "points for each property of a function in the reports for platforms",
        },
    ),
    Option(
        "time-limit",
        {
            "type": float,
            "default": 10.0,
            "help": "seconds that a candidate may spend on one property (default: 10)",
        },
        of_property=True,
        of_run=True,
    ),
    Option(
        "memory-limit",
        {"type": int, "default": 4096, "help": "memory that a candidate may use, in MiB (default: 4096)"},
        of_property=True,
        of_run=True,
    ),
    Option(
        "no-import",
        {
            "metavar": "NAMES",
            "default": "",
            "help": "packages that a candidate may not import, separated by commas, such as torch,scratch",
        },
        of_property=True,
        of_run=True,
    ),
)


def pytest_addoption(parser):
    """Add the options that properties depend on."""
    group = parser.getgroup("parity")
    group.addoption(
        "--parity-candidate", default="scratch", help="module, .py file or program to check (default: scratch)"
    )
    for each in OPTIONS:
        if each.of_property:
            choices = {"choices": list(each.choices)} if each.choices else {}
            group.addoption(f"--parity-{each.name}", **each.settings, **choices)


def option(config, name):
    """The value of an option."""
    return config.getoption(f"--parity-{name}")
