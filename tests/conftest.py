"""Fixtures and settings shared by several tests."""

import pytest

from parity import cli
from parity.cli import Parser
from parity.commands import check


def pytest_configure(config):
    """The mark of the properties, which some tests import."""
    config.addinivalue_line(
        "markers", "checks(*names, each=False, replay=True): the functions that a property is about"
    )


QUICK = "--hypothesis-profile=quick"


@pytest.fixture
def report(monkeypatch):
    """The report of a ``parity check`` that prints nothing, runs in this process, and looks for no smaller example."""
    arguments = check.pytest_arguments
    monkeypatch.setattr(check, "pytest_arguments", lambda *args, **kw: [*arguments(*args, **kw), QUICK])

    def run(*arguments):
        parser = Parser()
        check.add_arguments(parser)
        args = parser.parse_args([*map(str, arguments)])
        check.validate(args)
        args.time_limit = 600  # a slow machine must not make a test fail
        [args.candidate] = args.candidates
        return check.check(args, quiet=True).as_dict()

    return run


@pytest.fixture
def parity(capsys):
    """Run ``parity train``; its exit code, what it printed as name and value, and its lines on stderr."""

    def run(*args):
        try:
            code = cli.main(["train", *map(str, args)])
        except SystemExit as stop:  # argparse
            code = stop.code
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return run


@pytest.fixture
def csv(tmp_path):
    """Write a CSV file; its path."""

    def write(content):
        path = tmp_path / "own.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
