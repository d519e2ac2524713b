"""``parity``, and ``python -m parity``."""

import sys


def main():
    """The command; an interrupt while it is being imported is one line too."""
    try:
        from parity import cli

        return cli.main()
    except KeyboardInterrupt:
        print("parity: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
