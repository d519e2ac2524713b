"""A pytest plugin for ``parity check``: end at once when interrupted, say why nothing runs."""

import os

import pytest

from parity.interrupt import Interrupted


class Session:
    """Ends the workers at an interrupt; if the candidate is unusable, every property fails with the reason."""

    def __init__(self, unusable):
        self.unusable = unusable
        self.interrupted = None
        self.gateways = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config):
        """Leave Hypothesis to the workers, which read the arguments again and start when this process is ready."""
        if config.getoption("numprocesses"):
            config.option.hypothesis_seed = None  # it would be imported for this

    def pytest_sessionstart(self, session):
        """It would be imported for its part of the summary."""
        if session.config.getoption("numprocesses"):
            session.config.pluginmanager.unregister(name="_hypothesis_pytestplugin")

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
