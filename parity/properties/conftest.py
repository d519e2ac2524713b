"""The pytest configuration of the properties: backends, number of examples, and the evidence of each."""

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
from parity.judge.known import Outcome, state
from parity.options import option
from parity.reports.lesson import Examples, learn


def pytest_configure(config):
    """Configure Hypothesis without deadlines and without a database of earlier runs."""
    if hasattr(config, "workerinput"):
        interrupt.ignore()
        if judge := config.workerinput.get("judge"):
            die_with(judge)
        atexit.register(os._exit, 0)  # the last step: unloading PyTorch module by module would take half a second
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
    # For mutants a failure is enough, without shrinking.
    settings.register_profile("quick", settings.get_profile("parity"), phases=[Phase.explicit, Phase.generate])
    settings.load_profile(config.getoption("--hypothesis-profile") or "parity")
    # A property keeps the profile of its import, so a process that checks again imports it again.
    for name in [name for name in sys.modules if name.startswith("parity.properties.test_")]:
        del sys.modules[name]
    config.backends = {}
    config.record = None


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
    order = [f"test_{file}.py" for file in ("contract", *trees.FILES, "defaults", "state", "arrays", "errors")]
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
    if not (candidate.ours and reference.ours and completeness.complete(candidate)):
        pytest.skip("for whole packages only")


def pytest_runtest_protocol(item, nextitem):
    """Skip functions that the candidate does not define, without pytest's setup: of two functions most are skipped."""
    marker = item.get_closest_marker("checks")
    # Also for properties that fail before they start; a judge runs the same item for many candidates.
    item.user_properties[:] = [("functions", list(marker.args))] if marker else []
    side = loaded(item.config, "candidate") if marker else None
    # Only the first property asks, because a candidate may stop there.
    known = side is not None and side.signatures.keys() >= set(marker.args)
    reason = known and not_defined(side, marker)
    if not reason:
        return None
    place, line, _ = item.location
    skipped = (place, line or 0, f"Skipped: {reason}")
    report = pytest.TestReport(
        item.nodeid, item.location, {}, "skipped", skipped, "setup", user_properties=item.user_properties
    )
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    item.session._setupstate.teardown_exact(nextitem)
    return True


def not_defined(side, marker):
    """Why a property cannot be checked, or an empty text."""
    undefined = [name for name in marker.args if not side.defines(name)]
    needed = len(undefined) == len(marker.args) or (undefined and not marker.kwargs.get("each"))
    return f"not defined: {', '.join(undefined)}" if needed else ""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Skip functions that the candidate does not define; judge the others, unless one before gave the same answers."""
    marker = pyfuncitem.get_closest_marker("checks")
    if marker is None:
        return None
    skip_undefined(pyfuncitem, marker)
    check = pyfuncitem.funcargs["check"]
    record = pyfuncitem.config.record if check.candidate.process else None
    before = record and state(check)
    outcome = record and record.repeated(pyfuncitem.nodeid, check)
    if not outcome:
        outcome = judge(pyfuncitem, marker, check)
        if record:
            record.keep(pyfuncitem.nodeid, before, check, outcome)
    report(pyfuncitem, outcome)
    return True


def report(pyfuncitem, outcome):
    """Pass on the evidence; fail with the lesson, without a traceback."""
    pyfuncitem.user_properties.append(("parity", outcome.evidence))
    if outcome.lesson:
        pyfuncitem.user_properties.append(("lesson", outcome.lesson))
        raise pytest.fail.Exception(str(Mismatch(outcome.lesson["headline"], outcome.lesson["facts"])), pytrace=False)


def skip_undefined(pyfuncitem, marker):
    """Start the property; skip it if the candidate does not define its functions."""
    side = loaded(pyfuncitem.config, "candidate")
    try:
        side.begin()
        for name in trees.all_names():
            side.defines(name)
        reason = not_defined(side, marker)
    except Stopped as stopped:
        raise pytest.fail.Exception(f"{marker.args[0]}: {side.name} {stopped}", pytrace=False) from None
    if reason:
        pytest.skip(reason)


def judge(pyfuncitem, marker, check):
    """Count and judge the examples of a property."""
    side, lesson = check.candidate, None
    check.evidence = evidence = Evidence()
    examples = Examples(inner(pyfuncitem), check)
    replace_inner(pyfuncitem, like(examples.property_, examples.one))
    try:
        check.reference.begin()
        run(pyfuncitem)
        run_larger(pyfuncitem)
        if side.floats_only.intersection(marker.args):
            evidence.not_tried.add("integers")
        evidence.conclude()
        if complaint := side.complaint():
            raise Mismatch(f"{marker.args[0]}: {side.name} {complaint}")
    except (Mismatch, Stopped, Flaky) as error:
        survey = functools.partial(run_inner, pyfuncitem, examples.property_)
        learned = learn(error, marker.args[0], examples, survey if marker.kwargs.get("replay", True) else None)
        lesson = learned.as_dict(pyfuncitem.config, pyfuncitem.name)
    except pytest.skip.Exception as skipped:
        # Without the example that Hypothesis has added: it is irrelevant for functions that are not written.
        raise pytest.skip.Exception(skipped.msg) from None
    finally:
        replace_inner(pyfuncitem, examples.property_)
    if option(pyfuncitem.config, "hint") != "full":
        evidence.accepted.clear()
    return Outcome(evidence.as_dict(), lesson)


def inner(item):
    """The property itself, without Hypothesis."""
    return item.obj.hypothesis.inner_test if hasattr(item.obj, "hypothesis") else item.obj


def replace_inner(item, function):
    """Let the test run this function instead of its property."""
    if hasattr(item.obj, "hypothesis"):
        item.obj.hypothesis.inner_test = function
    else:
        item.obj = function


def like(property_, function):
    """A function with the signature of the property."""
    return functools.wraps(property_)(lambda *args, **options: function(*args, **options))


def run_inner(item, property_, function):
    """Run this function on the examples of the property again."""
    replace_inner(item, like(property_, function))
    run(item)


def run(item):
    """Run the test again."""
    item.obj(**{name: item.funcargs[name] for name in item._fixtureinfo.argnames})


def run_larger(item):
    """Run the property on larger examples; if one fails, search for a smaller one."""
    if not hasattr(item.obj, "hypothesis"):
        return
    usual = item.obj._hypothesis_internal_use_settings
    for scope, examples in strategies.further(option(item.config, "examples"), item.funcargs["check"].evidence):
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
    """Run the property on examples of this scope, with these settings."""
    usual, item.obj._hypothesis_internal_use_settings = item.obj._hypothesis_internal_use_settings, chosen
    try:
        with strategies.within(scope):
            run(item)
    finally:
        item.obj._hypothesis_internal_use_settings = usual
