"""Makes the properties ordinary pytest tests: which backends, how many examples, and the evidence of each."""

import atexit
import functools
import os
import sys

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky

from parity import interrupt, trees
from parity.border import backend
from parity.border.backend import Stopped
from parity.border.host import die_with
from parity.judge import completeness, strategies
from parity.judge.compare import Check, Evidence, Mismatch
from parity.options import option
from parity.reports.lesson import Examples, learn


def pytest_configure(config):
    """Hypothesis without deadlines and without memory of earlier runs."""
    if hasattr(config, "workerinput"):
        interrupt.ignore()
        if judge := config.workerinput.get("judge"):
            die_with(judge)
        atexit.register(os._exit, 0)  # the last thing done: taking PyTorch apart module by module lasts half a second
    marker = "checks(*names, each=False, replay=True): the functions that a property is about"
    config.addinivalue_line("markers", marker)
    settings.register_profile(
        "parity",
        max_examples=strategies.shares(option(config, "examples"))[strategies.USUAL],
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
    for name in [name for name in sys.modules if name.startswith("parity.properties.test_")]:
        del sys.modules[name]


@functools.cache
def loaded(config, side):
    """Each backend once, on one thread: the arrays are small."""
    spec, limits = option(config, side), backend.Limits.of(functools.partial(option, config))
    found = backend.load(spec, limits if side == "candidate" else limits._replace(forbidden=""))
    if spec == "torchref":
        import torch

        torch.set_num_threads(1)
        if option(config, "device") != "cpu":  # even setting what is set slows every operation down
            torch.set_default_device(option(config, "device"))
    return found


def pytest_unconfigure(config):
    """No process is left behind."""
    for side in ("candidate", "reference"):
        if loaded.cache_info().currsize:
            loaded(config, side).close()
    loaded.cache_clear()


def pytest_generate_tests(metafunc):
    """A property in each precision; a mathematical one also in each backend."""
    only = option(metafunc.config, "dtype")
    if "check" in metafunc.fixturenames:
        metafunc.parametrize("check", [only] if only else ["float64", "float32"], indirect=True)
    if "side" in metafunc.fixturenames:
        # That a homework's reference keeps the laws is shown where the reference itself is checked.
        ours = option(metafunc.config, "candidate") in trees.TREES
        metafunc.parametrize("side", ["candidate", "reference"] if ours else ["candidate"])


def pytest_collection_modifyitems(config, items):
    """In study order; with ``--parity-only``, those about one function."""
    only = option(config, "only")
    if only:
        items[:] = [item for item in items if only in functions(item)]
    order = [f"test_{file}.py" for file in ("contract", *trees.FILES, "defaults", "state", "arrays", "errors")]
    items.sort(key=lambda item: order.index(item.path.name) if item.path.name in order else len(order))
    for item in items:  # what cannot even be begun is about something too
        if functions(item):
            item.user_properties.append(("functions", list(functions(item))))


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
    return loaded(request.config, "candidate")


@pytest.fixture(scope="session")
def reference(request):
    """The backend that it is checked against."""
    return loaded(request.config, "reference")


@pytest.fixture(scope="module")
def whole_packages(candidate, reference):
    """Homework of strangers is not asked for so much."""
    if not (candidate.ours and reference.ours and completeness.complete(candidate)):
        pytest.skip("for whole packages only")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem):
    """Skip what the candidate has not written; count the examples of the rest, and judge what they are worth."""
    marker = pyfuncitem.get_closest_marker("checks")
    if marker is None:
        return (yield)
    side = loaded(pyfuncitem.config, "candidate")
    try:
        side.begin()
        undefined = [name for name in marker.args if not side.defines(name)]
    except Stopped as stopped:
        raise pytest.fail.Exception(f"{marker.args[0]}: {side.name} {stopped}", pytrace=False) from None
    if len(undefined) == len(marker.args) or (undefined and not marker.kwargs.get("each")):
        pytest.skip(f"not defined: {', '.join(undefined)}")
    check = pyfuncitem.funcargs["check"]
    check.evidence = evidence = Evidence()
    examples = Examples(inner(pyfuncitem), check)
    replace_inner(pyfuncitem, examples.one)
    try:
        check.reference.begin()
        result = yield
        run_larger(pyfuncitem)
        if side.floats_only.intersection(marker.args):
            evidence.not_tried.add("integers")
        evidence.conclude()
        if complaint := side.complaint():
            raise Mismatch(f"{marker.args[0]}: {side.name} {complaint}")
    except (Mismatch, Stopped, Flaky) as error:
        survey = functools.partial(run_inner, pyfuncitem) if marker.kwargs.get("replay", True) else None
        lesson = learn(error, marker.args[0], examples, survey)
        pyfuncitem.user_properties.append(("lesson", lesson.as_dict(pyfuncitem.config, pyfuncitem.name)))
        # The message is the lesson; the way through our own code is none.
        raise pytest.fail.Exception(str(lesson), pytrace=False) from None
    except pytest.skip.Exception as skipped:
        # Without the example, which Hypothesis has noted on it: no example is needed to see what is not written.
        raise pytest.skip.Exception(skipped.msg) from None
    finally:
        replace_inner(pyfuncitem, examples.property_)
        if option(pyfuncitem.config, "hint") != "full":
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
    run(item)


def run(item):
    """The test once more."""
    item.obj(**{name: item.funcargs[name] for name in item._fixtureinfo.argnames})


def run_larger(item):
    """The property on larger examples; where one fails, it is looked for among smaller ones."""
    if not hasattr(item.obj, "hypothesis"):
        return
    usual = item.obj._hypothesis_internal_use_settings
    for scope, examples in strategies.shares(option(item.config, "examples")).items():
        if scope == strategies.USUAL:
            continue
        few = settings(usual, max_examples=examples, phases=[Phase.generate])
        try:
            run_within(item, scope, few)
        except Mismatch:
            if Phase.shrink not in usual.phases:
                raise
            shrinking = [Phase.generate, Phase.shrink]
            for smaller in scope.smaller():
                run_within(item, smaller, settings(usual, phases=shrinking))
            run_within(item, scope, settings(few, phases=shrinking))
            raise


def run_within(item, scope, chosen):
    """The property on examples of this scope, with these settings."""
    usual, item.obj._hypothesis_internal_use_settings = item.obj._hypothesis_internal_use_settings, chosen
    try:
        with strategies.within(scope):
            run(item)
    finally:
        item.obj._hypothesis_internal_use_settings = usual
