"""What a session of pytest has to do besides for ``parity check``: end at once, and say why nothing can be run."""

import os

import pytest

from parity.interrupt import Interrupted


class Session:
    """A pytest plugin: at an interrupt its workers end at once; of what is unusable every property says why."""

    def __init__(self, unusable):
        self.unusable = unusable
        self.interrupted = None
        self.gateways = []

    def pytest_xdist_newgateway(self, gateway):
        """A process has been started."""
        self.gateways.append(gateway)

    def pytest_configure_node(self, node):
        """It is told with whom it ends."""
        node.workerinput["judge"] = os.getpid()

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo):
        """Whoever has started pytest is to hear of it; xdist would give each process ten seconds for its farewell."""
        if isinstance(excinfo.value, Interrupted):
            self.interrupted = excinfo.value
            excinfo.traceback = excinfo.traceback[-1:]  # pytest would spell it out, which lasts, and nobody reads it
            for gateway in self.gateways:
                gateway._io.kill()

    def pytest_handlecrashitem(self, report):
        """A process has ended within a property."""
        report.longrepr = "the process that checks it has ended"

    def pytest_runtest_setup(self):
        """The reason in place of the property."""
        if self.unusable:
            raise pytest.fail.Exception(self.unusable, pytrace=False)
