"""The command line: one command for each of the modules in COMMANDS."""

import argparse
import io
import os
import sys
from functools import partial

from parity.commands import check, read, template, trace, train
from parity.site import page
from parity.text import printable

COMMANDS = {"check": check, "template": template, "read": read, "train": train, "trace": trace, "page": page}
ABOUT = "How one neuron learns, in NumPy and in PyTorch; and whether your code does too."
FIRST_STEPS = """\
first steps:
  parity train perceptron --plot line.png  train one neuron, and draw its line
  parity template perceptron               write homework.py, to be filled in
  parity check homework.py                 check what you have written

parity COMMAND --help lists the options of a command.
"""


class Once(argparse.Action):
    """Keeps a value, or True for a switch, and the option's name in ``given``; refuses the same option again."""

    def __call__(self, parser, namespace, values, option_string=None):
        if self.dest in namespace.given:
            raise argparse.ArgumentError(self, "got twice, expected once")
        if option_string:
            namespace.given |= {self.dest}
        setattr(namespace, self.dest, values if self.nargs != 0 else True)


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong; ``--help`` says the rest. Options are given once, but for those that extend."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.register("action", None, Once)
        self.register("action", "store_true", partial(Once, nargs=0, default=False))
        self.set_defaults(given=frozenset())

    def error(self, message):
        """Exit code 2."""
        self.exit(2, f"{self.prog}: {one_line(message)}\n")


def main(argv=None):
    """Run one command; exit code 0 the same, 1 different, 2 could not do it."""
    mend_streams()
    try:
        return run(argv)
    finally:
        expect_printed()


def run(argv):
    """Parse the command line and run its command; what goes wrong is one line."""
    if sys.flags.optimize:
        # Properties are asserts; templates, pages and formulas are made of docstrings.
        complain("parity: Python leaves out asserts or docstrings, which are needed here; unset PYTHONOPTIMIZE, no -O")
        return 2
    parser = command_line()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 2  # a script whose command is an empty variable has not checked anything
    try:
        return COMMANDS[args.command].run(args)
    except BrokenPipeError:
        return 2  # who reads the output, as head, has seen enough
    except (ValueError, OSError, ImportError) as error:
        complain(f"parity {args.command}: {error}")
        return 2
    except (MemoryError, RuntimeError) as error:
        if not lacks_memory(error):
            raise
        complain(f"parity {args.command}: this takes more memory than there is")
        return 2
    except KeyboardInterrupt:
        complain(f"parity {args.command}: stopped")
        return 130


def command_line():
    """The parser of all commands."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = Parser(prog="parity", description=ABOUT, epilog=FIRST_STEPS, formatter_class=layout)
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    for name, command in COMMANDS.items():
        sentence = str(command.__doc__).splitlines()[0]
        command.add_arguments(commands.add_parser(name, help=sentence, description=sentence))
    return parser


def mend_streams():
    """A stream that is closed leads nowhere; a character that its encoding lacks is escaped."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # This takes the lowest free number, which is the stream's own: else the next file would be printed into.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def expect_printed():
    """Exit code 2 where the rest of the output cannot be printed; a reader that has seen enough needs no words."""
    error = unprintable(sys.stdout)
    if error and not isinstance(error, BrokenPipeError):
        complain(f"parity: the output cannot be printed: {error.strerror}")
    unprintable(sys.stderr)
    if error:
        raise SystemExit(2)


def unprintable(stream):
    """Why a stream does not take what is left to print, or None; it leads nowhere from then on."""
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None


def complain(message):
    """One line on stderr, if it can be printed there."""
    try:
        print(one_line(message), file=sys.stderr)
    except OSError:
        unprintable(sys.stderr)


def one_line(message):
    """Text without line breaks and other control characters, which names of files may hold."""
    return printable(str(message)).replace("\n", r"\n")


def lacks_memory(error):
    """Whether an allocation has failed; PyTorch says so in a RuntimeError."""
    return isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error)
