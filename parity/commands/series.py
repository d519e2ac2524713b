"""A pytest plugin that checks many candidates in one run."""

from typing import Any

from parity.judge.absent import skipped
from parity.judge.known import Record
from parity.trees import digest


class Series:
    """Checks one candidate after another in one run of pytest, so that the properties are collected once."""

    def __init__(self, submissions, check):
        self.submissions = submissions
        self.check = check
        self.sources = digest()  # those that this process loads now
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
            if absent := skipped(item):  # most are; without pytest's hooks, which take longer than the rest of it
                report.pytest_runtest_logreport(absent)
                self.session._setupstate.teardown_exact(following)
            else:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        report.complete()

    def pytest_runtest_logreport(self, report):
        """Pass on the result of a property."""
        self.report.pytest_runtest_logreport(report)
