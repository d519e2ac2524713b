"""``parity``, and ``python -m parity``."""

import sys


def main():
    """Run the command; an interrupt during the import also ends with one line."""
    try:
        from parity import cli
        from parity.commands import ranks

        return ranks.end(cli.main())
    except KeyboardInterrupt:
        print("parity: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
