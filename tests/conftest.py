"""Fixtures and settings shared by several tests."""

import pytest

from parity.cli import Parser
from parity.commands import check

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
