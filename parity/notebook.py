"""``parity check`` in a notebook: the cell magic ``%%parity``, and what graders of notebooks call.

``%load_ext parity.notebook`` makes the magic known. What is checked is the code of some names, which ``parity.cells``
takes from the cells that have been executed; nothing else in them runs again.
"""

import io
import os
import sys
from contextlib import chdir, contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

from contract.arguments import choice
from parity import cells, cli, interrupt, trees
from parity.border.host import is_file
from parity.commands import check
from parity.options import OPTIONS
from parity.reports.formats import nbgrader

OF_A_CELL = ("reference", "examples", "seed", "dtype", "all", "hint", "time-limit", "memory-limit", "no-import")
FILE = "cell.py"


class Parser(cli.Parser):
    """Raises a ValueError where a command would exit."""

    def error(self, message):
        """One line."""
        raise ValueError(message)


def load_ipython_extension(shell):
    """Make ``%%parity`` known."""
    shell.register_magic_function(lambda line, cell: magic(shell, line, cell), "cell", "parity")


def magic(shell, line, cell):
    """Run the cell as any other; then check the names of the line, or all names of the contract that it defines."""
    from IPython.core.error import UsageError

    if not shell.run_cell(cell).success:
        return
    try:
        args = parser().parse_args(line.split())
        empty = cell[: len(cell) - len(cell.lstrip())].count("\n")  # lines that IPython takes away
        texts = [*executed(shell), "\n" * empty + shell.transform_cell(cell)]
        for name in args.names:
            choice("NAME", name, trees.checkable())
        args.names = args.names or [name for node in cells.statements(texts[-1]) for name in cells.bound(node)]
        args.names = [name for name in args.names if name in trees.checkable()]
        if not args.names:
            raise ValueError("the cell defines no name of the contract, expected one, such as sign")
        with interrupt.interruptible(), candidate(args, texts):
            check.expect_names(args, FILE)
            check.check(args)
    except (ValueError, ImportError, OSError) as error:
        raise UsageError(f"%%parity: {cli.one_line(error)}") from None
    except interrupt.Interrupted as interrupted:
        raise UsageError(f"%%parity: {interrupted}") from None


def credit(*names, points=1, **options):
    """The points of an autograded test cell of nbgrader, which this call ends: the share that the names deserve.

    Prints why points are missing. ``options`` are those of ``parity check``: ``examples=20``, ``dtype="float64"``.
    """
    result = judged(names, options)
    print(nbgrader.text(result))
    return nbgrader.credit(result, points)


def expect(*names, **options):
    """Raise an AssertionError with the reasons unless these names give the same results as the reference."""
    result = judged(names, options)
    if not result.max_points or result.points < result.max_points:
        raise AssertionError(nbgrader.text(result))


def judged(names, options):
    """The check of these names, as executed cells define them; no name, or code that fails, gives no points."""
    from IPython import get_ipython

    given = [part for key, value in options.items() for part in (f"--{key.replace('_', '-')}", str(value))]
    args = parser().parse_args([*names, *given])
    for name in args.names:
        choice("NAME", name, trees.checkable())
    with interrupt.interruptible(), candidate(args, [*executed(get_ipython()), ""]):
        unusable = None
        try:
            check.expect_names(args, FILE)
        except (ValueError, ImportError) as error:
            unusable = str(error)
        with redirect_stdout(io.StringIO()):  # the table
            result = check.check(args, unusable=unusable).result(dict.fromkeys(args.names, 1.0))
    # Not what needs further functions, which nobody has asked for.
    return result._replace(properties=[one for one in result.properties if set(one.functions) <= set(args.names)])


def parser():
    """The parser of names and those options of ``parity check`` that have a place in a cell."""
    names = Parser(prog="%%parity", add_help=False)
    names.add_argument("names", nargs="*", metavar="NAME")
    for option in OPTIONS:
        if option.name in OF_A_CELL:
            names.add_argument(f"--{option.name}", **option.settings)
    return names


def executed(shell):
    """The Python of all cells that have been executed."""
    return [cells.unwrapped(text, shell.transform_cell) for text in shell.user_ns["In"]]


@contextmanager
def candidate(args, texts):
    """Write the code of the names to a file in a new folder, the current one, and complete the arguments for it."""
    everything = Parser()
    check.add_arguments(everything)
    only = args.names[0] if len(args.names) == 1 else None
    vars(args).update(vars(everything.parse_args([FILE])) | vars(args) | {"only": only, "candidate": FILE})
    if is_file(args.reference):
        args.reference = str(Path(args.reference).resolve())
    with beside(os.getcwd()), TemporaryDirectory(prefix="parity-") as folder, chdir(folder), check.environment():
        Path(FILE).write_text(cells.source(args.names, texts), encoding="utf-8")
        check.validate(args)
        args.candidate = FILE
        yield


@contextmanager
def beside(folder):
    """Let the code import the modules of this folder, that of the notebook, from another one."""
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
