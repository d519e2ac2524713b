"""Makes the properties ordinary pytest tests: which backends, how many examples, and the evidence of each."""

import functools
import os
from contextlib import nullcontext

import pytest
from hypothesis import HealthCheck, Phase, settings

from parity import backend, contract
from parity.compare import Check, Different, Evidence


def pytest_configure(config):
    """Hypothesis without deadlines and without memory of earlier runs."""
    config.addinivalue_line("markers", "checks(*names): the functions of the contract that a property is about")
    settings.register_profile(
        "parity",
        max_examples=config.getoption("--examples"),
        deadline=None,
        database=None,
        derandomize="CI" in os.environ and config.getoption("--hypothesis-seed", None) is None,
        suppress_health_check=[HealthCheck.too_slow],
        phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
        print_blob=False,
        report_multiple_bugs=False,
    )
    settings.load_profile("parity")


@functools.cache
def loaded(spec, device):
    """Each backend once, on one thread: the arrays are small."""
    found = backend.load(spec)
    if spec == "torchref":
        import torch

        torch.set_num_threads(1)
        torch.set_default_device(device)
    return found


def pytest_generate_tests(metafunc):
    """A property in each precision; a mathematical one also in each backend."""
    only = metafunc.config.getoption("--dtype")
    if "check" in metafunc.fixturenames:
        metafunc.parametrize("check", [only] if only else ["float64", "float32"], indirect=True)
    if "side" in metafunc.fixturenames:
        metafunc.parametrize("side", ["candidate", "reference"])


def pytest_collection_modifyitems(config, items):
    """In study order; with ``--only``, those about one function."""
    only = config.getoption("--only")
    if only:
        items[:] = [item for item in items if only in functions(item)]
    order = ["test_contract.py", *(f"test_{file}.py" for file in contract.FILES)]
    items.sort(key=lambda item: order.index(item.path.name) if item.path.name in order else len(order))


def functions(item):
    """The functions that a property is about."""
    marker = item.get_closest_marker("checks")
    return marker.args if marker else ()


@pytest.fixture(scope="session")
def check(request):
    """The comparison of this run, in one precision."""
    device = request.config.getoption("--device")
    sides = [loaded(request.config.getoption(option), device) for option in ("--candidate", "--reference")]
    return Check(sides[0], sides[1], request.param)


@pytest.fixture(scope="session")
def candidate(request):
    """The backend that is checked."""
    return loaded(request.config.getoption("--candidate"), request.config.getoption("--device"))


@pytest.fixture(scope="session")
def reference(request):
    """The backend that it is checked against."""
    return loaded(request.config.getoption("--reference"), request.config.getoption("--device"))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Skip what the candidate has not written; count the examples of the rest, and judge what they are worth."""
    marker = pyfuncitem.get_closest_marker("checks")
    if marker is None:
        return (yield)
    side = loaded(pyfuncitem.config.getoption("--candidate"), pyfuncitem.config.getoption("--device"))
    undefined = [name for name in marker.args if not side.defines(name)]
    if undefined:
        pytest.skip(f"not defined: {', '.join(undefined)}")
    check = pyfuncitem.funcargs["check"]
    check.evidence = evidence = Evidence()
    handle = getattr(pyfuncitem.obj, "hypothesis", None)
    inner = handle.inner_test if handle else None
    if handle:
        handle.inner_test = counted(inner, evidence)
    try:
        with nullcontext() if handle else evidence.example():
            result = yield
        evidence.conclude()
    except Different as error:
        # The message is the lesson; the way through our own code is none.
        raise error.with_traceback(None) from None
    finally:
        if handle:
            handle.inner_test = inner
        pyfuncitem.user_properties.append(("parity", evidence.as_dict() | {"functions": list(marker.args)}))
    return result


def counted(test, evidence):
    """The test, each call an example."""

    @functools.wraps(test)
    def example(*args, **kwargs):
        with evidence.example():
            return test(*args, **kwargs)

    return example
