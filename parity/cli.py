"""The command line: one command for each of the modules in COMMANDS."""

import argparse
import io
import os
import sys
from functools import partial

from parity.commands import check, merge, read, template, trace, train
from parity.site import page
from parity.text import printable

COMMANDS = {
    "check": check,
    "merge": merge,
    "template": template,
    "read": read,
    "train": train,
    "trace": trace,
    "page": page,
}
ABOUT = "How one neuron learns, in NumPy and in PyTorch, and a check of your own code."
FIRST_STEPS = """\
first steps:
  parity train perceptron --plot line.png  train one neuron and draw its line
  parity template perceptron               write homework.py to fill in
  parity check homework.py                 check your code

parity COMMAND --help lists the options of a command.
"""


class Once(argparse.Action):
    """Stores a value, or True for a switch, and the option's name in ``given``; rejects a repeated option."""

    def __call__(self, parser, namespace, values, option_string=None):
        if self.dest in namespace.given:
            raise argparse.ArgumentError(self, "got twice, expected once")
        if option_string:
            namespace.given |= {self.dest}
        setattr(namespace, self.dest, values if self.nargs != 0 else True)


class Parser(argparse.ArgumentParser):
    """Reports an error in one line, without the usage. Options may be given once, except those that extend a list."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.register("action", None, Once)
        self.register("action", "store_true", partial(Once, nargs=0, default=False))
        self.set_defaults(given=frozenset())

    def error(self, message):
        """Exit code 2."""
        # argparse's own exit fails in some versions of Python if nothing can be printed.
        complain(f"{self.prog}: {message}")
        sys.exit(2)


def main(argv=None):
    """Run one command; exit code 0: the same, 1: different, 2: the command could not be run."""
    mend_streams()
    try:
        return run(argv)
    finally:
        expect_printed()


def run(argv):
    """Parse the command line and run its command; an error is printed in one line."""
    if sys.flags.optimize:
        # Properties are asserts; templates, pages and formulas are made of docstrings.
        complain("parity: Python omits asserts or docstrings, which are needed; unset PYTHONOPTIMIZE, omit -O")
        return 2
    parser = command_line()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 2  # a script with an empty command has checked nothing
    try:
        return COMMANDS[args.command].run(args)
    except BrokenPipeError:
        return 2  # the reader of the output, such as head, has closed it
    except (ValueError, OSError, ImportError) as error:
        complain(f"parity {args.command}: {error}")
        return 2
    except (MemoryError, RuntimeError) as error:
        if not lacks_memory(error):
            raise
        complain(f"parity {args.command}: not enough memory")
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
    """Redirect closed streams to the null device; escape characters that the encoding lacks."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # This takes the lowest free descriptor, the stream's own, which the next open would take.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def expect_printed():
    """Exit with 2 if the rest of the output cannot be printed, without a message if the reader has closed it."""
    error = unprintable(sys.stdout)
    if error and not isinstance(error, BrokenPipeError):
        complain(f"parity: the output cannot be printed: {error.strerror}")
    unprintable(sys.stderr)
    if error:
        raise SystemExit(2)


def unprintable(stream):
    """The error that prevents printing the rest, or None; after an error the stream leads to the null device."""
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
    """Text without line breaks and other control characters, which file names may contain."""
    return printable(str(message)).replace("\n", r"\n")


def lacks_memory(error):
    """Whether an allocation has failed; PyTorch raises a RuntimeError."""
    return isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error)
