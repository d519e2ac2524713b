"""The command line: ``parity check``, ``parity template``, ``parity train``, ``parity trace``, ``parity page``."""

import argparse
import sys
from functools import partial

from parity import check, page, template, trace, train

COMMANDS = {"check": check, "template": template, "train": train, "trace": trace, "page": page}


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
        self.exit(2, f"{self.prog}: {message}\n")


def main(argv=None):
    """Run one command; exit code 0 the same, 1 different, 2 could not do it."""
    parser = Parser(prog="parity", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=str(command.__doc__).splitlines()[0]))
    args = parser.parse_args(argv)
    try:
        return COMMANDS[args.command].run(args)
    except (ValueError, OSError, ImportError) as error:
        print(f"parity {args.command}: {error}", file=sys.stderr)
        return 2
    except (MemoryError, RuntimeError) as error:
        if not lacks_memory(error):
            raise
        print(f"parity {args.command}: this takes more memory than there is", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"parity {args.command}: stopped", file=sys.stderr)
        return 130


def lacks_memory(error):
    """Whether an allocation has failed; PyTorch says so in a RuntimeError."""
    return isinstance(error, MemoryError) or "DefaultCPUAllocator" in str(error)
