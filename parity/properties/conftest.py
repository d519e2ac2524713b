"""The pytest configuration of the properties: backends, precisions, and what is skipped.

Hypothesis is not imported with it: the process that hands out the properties to others reads this file as well, and
they start after it.
"""

import atexit
import functools
import os
import sys

import pytest

from parity import interrupt, trees
from parity.border import backend
from parity.border.host import die_with
from parity.judge.compare import Check
from parity.options import option


def pytest_configure(config):
    """Prepare a process that runs properties."""
    if hasattr(config, "workerinput"):
        interrupt.ignore()
        if judge := config.workerinput.get("judge"):
            die_with(judge)
        atexit.register(os._exit, 0)  # the last step: unloading PyTorch module by module would take half a second
    marker = "checks(*names, each=False, replay=True): the functions that a property is about"
    config.addinivalue_line("markers", marker)
    config.backends = {}
    config.record = None
    # Other processes may run them; a profile by name must be known in all.
    if not config.getoption("numprocesses", None) or config.getoption("--hypothesis-profile"):
        from parity.properties.judging import configure_hypothesis

        configure_hypothesis(config)
        # A property keeps the profile of its import, so a process that checks again imports it again.
        for name in [name for name in sys.modules if name.startswith("parity.properties.test_")]:
            del sys.modules[name]


def loaded(config, side):
    """Load each backend once."""
    if side not in config.backends:
        config.backends[side] = load(config, side)
    return config.backends[side]


def load(config, side):
    """Load a backend, with one thread, because the arrays are small."""
    spec, limits = option(config, side), backend.Limits.of(functools.partial(option, config))
    found = backend.load(spec, limits if side == "candidate" else limits._replace(forbidden=""))
    if spec == "torchref":
        import torch

        torch.set_num_threads(1)
        if option(config, "device") != "cpu":  # even setting the default device slows every operation down
            torch.set_default_device(option(config, "device"))
    return found


def pytest_unconfigure(config):
    """End all processes."""
    for side in config.backends.values():
        side.close()


def pytest_generate_tests(metafunc):
    """Run a property in each precision, and a mathematical one also in each backend."""
    only = option(metafunc.config, "dtype")
    if "check" in metafunc.fixturenames:
        metafunc.parametrize("check", [only] if only else ["float64", "float32"], indirect=True)
    if "side" in metafunc.fixturenames:
        # The laws of the reference are checked when the reference itself is the candidate.
        ours = option(metafunc.config, "candidate") in trees.TREES
        metafunc.parametrize("side", ["candidate", "reference"] if ours else ["candidate"])


def pytest_collection_modifyitems(config, items):
    """Sort the properties in study order; with ``--parity-only``, keep those about one function."""
    only = option(config, "only")
    if only:
        items[:] = [item for item in items if only in functions(item)]
    order = [f"test_{file}.py" for file in ("contract", *trees.FILES, "nets", "defaults", "state", "arrays", "errors")]
    items.sort(key=lambda item: order.index(item.path.name) if item.path.name in order else len(order))


def functions(item):
    """The functions that a property checks."""
    marker = item.get_closest_marker("checks")
    return marker.args if marker else ()


@pytest.fixture(scope="session")
def check(request, candidate, reference):
    """The comparison of this run, in one precision."""
    return Check(candidate, reference, request.param)


@pytest.fixture(scope="session")
def candidate(request):
    """The backend that is checked."""
    return loaded(request.config, "candidate")


@pytest.fixture(scope="session")
def reference(request):
    """The backend that the candidate is compared with."""
    return loaded(request.config, "reference")


@pytest.fixture(scope="module")
def whole_packages(candidate, reference):
    """Skip properties that only whole packages must satisfy."""
    from parity.judge import completeness

    if not (candidate.ours and reference.ours and completeness.complete(candidate)):
        pytest.skip("for whole packages only")


def pytest_runtest_protocol(item, nextitem):
    """Skip functions that the candidate does not define, without pytest's setup."""
    from parity.judge.absent import skipped

    report = skipped(item)
    if not report:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    item.session._setupstate.teardown_exact(nextitem)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Judge the functions that a property is about, in place of pytest's own call."""
    marker = pyfuncitem.get_closest_marker("checks")
    if marker is None:
        return None
    from parity.properties.judging import skip_undefined, verdict

    skip_undefined(pyfuncitem, marker, *(loaded(pyfuncitem.config, side) for side in ("candidate", "reference")))
    verdict(pyfuncitem, marker)
    return True
