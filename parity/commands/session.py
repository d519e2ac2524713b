"""Pytest plugins for ``parity check``: end at once when interrupted, say why nothing runs, check many candidates."""

import os
from typing import Any

import pytest

from parity.interrupt import Interrupted
from parity.judge.known import Record


class Series:
    """Checks one candidate after another in one run of pytest, so that the properties are collected once."""

    def __init__(self, submissions, check):
        self.submissions = submissions
        self.check = check
        self.session: Any = None
        self.report: Any = None

    def pytest_runtestloop(self, session):
        """Check each candidate."""
        self.session = session
        session.config.record = Record()
        session.config.pluginmanager.unregister(name="terminalreporter")  # it would keep every result
        for args in self.submissions:
            self.check(args, self)
        return True

    def run(self, report):
        """Run all properties that have been collected, for this report."""
        self.report, items = report, self.session.items
        report.pytest_collection_finish(self.session)
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        report.complete()

    def pytest_runtest_logreport(self, report):
        """Pass on the result of a property."""
        self.report.pytest_runtest_logreport(report)


class Session:
    """Ends the workers at an interrupt; if the candidate is unusable, every property fails with the reason."""

    def __init__(self, unusable):
        self.unusable = unusable
        self.interrupted = None
        self.gateways = []

    def pytest_xdist_newgateway(self, gateway):
        """A worker process has been started."""
        self.gateways.append(gateway)

    def pytest_configure_node(self, node):
        """Pass the process id of the judge: the worker ends with it."""
        node.workerinput["judge"] = os.getpid()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo):
        """Record the interrupt and kill the workers; xdist would wait ten seconds for each."""
        if isinstance(excinfo.value, Interrupted):
            self.interrupted = excinfo.value
            excinfo.traceback = excinfo.traceback[-1:]  # pytest would format the whole traceback, which is slow
            for gateway in self.gateways:
                gateway._io.kill()

    def pytest_handlecrashitem(self, report):
        """A worker has ended during a property."""
        report.longrepr = "the process that checks it has ended"

    def pytest_runtest_setup(self):
        """Fail with the reason instead of running the property."""
        if self.unusable:
            raise pytest.fail.Exception(self.unusable, pytrace=False)
