"""Makes the properties ordinary pytest tests: which backends, how many examples, and the evidence of each."""

import atexit
import functools
import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky

from parity import backend, contract
from parity.backend import Stopped
from parity.compare import Check, Different, Evidence
from parity.lesson import Examples, learn


def pytest_configure(config):
    """Hypothesis without deadlines and without memory of earlier runs."""
    if hasattr(config, "workerinput"):
        atexit.register(os._exit, 0)  # the last thing done: taking PyTorch apart module by module lasts half a second
    marker = "checks(*names, each=False, replay=True): the functions that a property is about"
    config.addinivalue_line("markers", marker)
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
    # For mutants: that a property fails is enough.
    settings.register_profile("quick", settings.get_profile("parity"), phases=[Phase.explicit, Phase.generate])
    settings.load_profile(config.getoption("--hypothesis-profile") or "parity")
    # A property keeps the profile it was imported under: in a process that checks again, it is imported again.
    for name in [name for name in sys.modules if name.startswith("parity.test_")]:
        del sys.modules[name]


@functools.cache
def loaded(config, option):
    """Each backend once, on one thread: the arrays are small."""
    spec, limits = config.getoption(option), backend.Limits.of(config.getoption)
    found = backend.load(spec, limits if option == "--candidate" else limits._replace(forbidden=""))
    if spec == "torchref":
        import torch

        torch.set_num_threads(1)
        if config.getoption("--device") != "cpu":  # even setting what is set slows every operation down
            torch.set_default_device(config.getoption("--device"))
    return found


def pytest_unconfigure(config):
    """No process is left behind."""
    for option in ("--candidate", "--reference"):
        if loaded.cache_info().currsize:
            loaded(config, option).close()
    loaded.cache_clear()


def pytest_generate_tests(metafunc):
    """A property in each precision; a mathematical one also in each backend."""
    only = metafunc.config.getoption("--dtype")
    if "check" in metafunc.fixturenames:
        metafunc.parametrize("check", [only] if only else ["float64", "float32"], indirect=True)
    if "side" in metafunc.fixturenames:
        # That a homework's reference keeps the laws is shown where the reference itself is checked.
        ours = metafunc.config.getoption("--candidate") in contract.TREES
        metafunc.parametrize("side", ["candidate", "reference"] if ours else ["candidate"])


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
def check(request, candidate, reference):
    """The comparison of this run, in one precision."""
    return Check(candidate, reference, request.param)


@pytest.fixture(scope="session")
def candidate(request):
    """The backend that is checked."""
    return loaded(request.config, "--candidate")


@pytest.fixture(scope="session")
def reference(request):
    """The backend that it is checked against."""
    return loaded(request.config, "--reference")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Skip what the candidate has not written; count the examples of the rest, and judge what they are worth."""
    marker = pyfuncitem.get_closest_marker("checks")
    if marker is None:
        return (yield)
    pyfuncitem.user_properties.append(("functions", list(marker.args)))
    side = loaded(pyfuncitem.config, "--candidate")
    side.begin()
    undefined = [name for name in marker.args if not side.defines(name)]
    if len(undefined) == len(marker.args) or (undefined and not marker.kwargs.get("each")):
        pytest.skip(f"not defined: {', '.join(undefined)}")
    check = pyfuncitem.funcargs["check"]
    check.evidence = evidence = Evidence()
    examples = Examples(inner(pyfuncitem), check)
    replace_inner(pyfuncitem, examples.one)
    try:
        check.reference.begin()
        result = yield
        evidence.conclude()
        if complaint := side.complaint():
            raise Different(f"{marker.args[0]}: {side.name} {complaint}")
    except (Different, Stopped, Flaky) as error:
        survey = functools.partial(run_inner, pyfuncitem) if marker.kwargs.get("replay", True) else None
        lesson = learn(error, marker.args[0], examples, survey)
        pyfuncitem.user_properties.append(("lesson", lesson.told(pyfuncitem.config, pyfuncitem.name)))
        # The message is the lesson; the way through our own code is none.
        raise pytest.fail.Exception(str(lesson), pytrace=False) from None
    finally:
        replace_inner(pyfuncitem, examples.property_)
        if pyfuncitem.config.getoption("--hint") != "full":
            evidence.accepted.clear()
        pyfuncitem.user_properties.append(("parity", evidence.as_dict()))
    return result


def inner(item):
    """The property itself, without Hypothesis."""
    return item.obj.hypothesis.inner_test if hasattr(item.obj, "hypothesis") else item.obj


def replace_inner(item, function):
    """Let the test run this in place of its property."""
    function = functools.wraps(inner(item))(lambda *args, function=function, **options: function(*args, **options))
    if hasattr(item.obj, "hypothesis"):
        item.obj.hypothesis.inner_test = function
    else:
        item.obj = function


def run_inner(item, function):
    """Run this on the examples of the property once more."""
    replace_inner(item, function)
    item.obj(**{name: item.funcargs[name] for name in item._fixtureinfo.argnames})
