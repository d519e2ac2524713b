"""The pytest configuration of the properties: backends, number of examples, and the evidence of each."""

import atexit
import functools
import importlib
import inspect
import os
import sys
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky

from parity import interrupt, trees
from parity.border import backend
from parity.border.backend import OutOfTime, Stopped
from parity.border.host import die_with
from parity.judge import completeness, strategies
from parity.judge.compare import Check, Evidence, Mismatch
from parity.judge.domain import Domain
from parity.judge.known import Outcome, state
from parity.judge.standin import Case
from parity.judge.trying import domain_of
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
    reason = known and not_defined(side, loaded(item.config, "reference"), marker)
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


def not_defined(side, reference, marker):
    """Why a property cannot be checked, or an empty text."""
    if marker.args == trees.NET and not side.defines("step"):
        return "for whole nets only"
    undefined = [name for name in marker.args if not side.defines(name)]
    if len(undefined) == len(marker.args) and all(map(side.defines, trees.NET)):
        return "not a function of a whole net"
    others = [name for name in marker.args if name not in undefined and is_another(side, reference, name)]
    needed = len(undefined + others) == len(marker.args) or not marker.kwargs.get("each")
    if undefined and needed:
        return f"not defined: {', '.join(undefined)}"
    return f"another signature: {', '.join(others)}" if others and needed else ""


def is_another(side, reference, name):
    """Whether a class only has the name of one of the contract's: it cannot be made as that one."""
    if side.ours or not name[0].isupper():
        return False
    needed = {"dtype", "lr"}.intersection(key for key, *_ in reference.signature(name))
    parameters = side.signature(name)
    lacks = needed.difference(key for key, *_ in parameters) and all(kind != "VAR_KEYWORD" for _, kind, _ in parameters)
    return bool(lacks or completeness.misfit(side, reference, name))


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


def note_time(pyfuncitem, error):
    """Record that the time of the candidate was up, so that nothing is known of it."""
    if isinstance(error, OutOfTime):
        pyfuncitem.user_properties.append(("unjudged", str(error)))


def skip_undefined(pyfuncitem, marker):
    """Start the property; skip it if the candidate does not define its functions."""
    side = loaded(pyfuncitem.config, "candidate")
    try:
        side.begin()
        for name in trees.checkable():
            side.defines(name)
        side.declared()
        reason = not_defined(side, loaded(pyfuncitem.config, "reference"), marker)
    except Stopped as stopped:
        note_time(pyfuncitem, stopped)
        raise pytest.fail.Exception(f"{marker.args[0]}: {side.name} {stopped}", pytrace=False) from None
    if reason:
        pytest.skip(reason)


def judge(pyfuncitem, marker, check):
    """Count and judge the examples of a property."""
    side, lesson = check.candidate, None
    check.evidence = evidence = Evidence()
    check.domain, check.own_state = Domain(), set()
    examples = Examples(inner(pyfuncitem), check)
    replace_inner(pyfuncitem, like(examples.property_, examples.one))
    try:
        check.reference.begin()
        check.domain = domain_of(check, marker.args)
        with strategies.over(check.domain):
            run(pyfuncitem)
            run_larger(pyfuncitem)
        evidence.left_out |= check.domain.left_out | examples.left_out()
        evidence.not_tried |= check.domain.not_tried
        if side.floats_only.intersection(marker.args):
            evidence.not_tried.add("integers")
        evidence.conclude()
        if nothing := evidence.nothing():
            pyfuncitem.user_properties.append(("parity", evidence.as_dict()))
            pytest.skip(nothing)
        if complaint := side.complaint():
            raise Mismatch(f"{marker.args[0]}: {side.name} {complaint}")
    except (Mismatch, Stopped, Flaky) as error:
        if not examples.smallest:
            note_time(pyfuncitem, error)
        again = functools.partial(run_inner, pyfuncitem, examples.property_)
        own = functools.partial(kept_case, check)
        evidence.left_out |= check.domain.left_out | examples.left_out()
        told = option(pyfuncitem.config, "hint") not in ("none", "message")
        with strategies.over(check.domain):
            survey = again if told and marker.kwargs.get("replay", True) else None
            learned = learn(error, marker.args[0], examples, survey, own)
        lesson = learned.as_dict(pyfuncitem.config, pyfuncitem.name)
        if lesson["facts"] and evidence.left_out:
            lesson["facts"]["left out"] = ", ".join(sorted(evidence.left_out))
    except pytest.skip.Exception as skipped:
        evidence.verdicts.clear()  # nothing was judged; what was not tried is told
        pyfuncitem.user_properties.append(("parity", evidence.as_dict()))
        # Without the example that Hypothesis has added: it is irrelevant for functions that are not written.
        raise pytest.skip.Exception(skipped.msg) from None
    finally:
        replace_inner(pyfuncitem, examples.property_)
    if option(pyfuncitem.config, "hint") != "full":
        evidence.accepted.clear()
    return Outcome(evidence.as_dict(), lesson)


OWN = 25  # examples of a function's own property; more would not tell more mistakes apart


def kept_case(check, name):
    """The same for every property of a candidate in this process; the time of another one is its own."""
    if not check.candidate.ours:
        return own_case(check, name)
    kept, key = check.candidate.own_cases, (check.dtype, check.reference.name, name)
    if key not in kept:
        kept[key] = own_case(check, name)
    return kept[key]


def own_case(check, name):
    """Some examples of the first property about a function, or None if the candidate defines too little for it."""
    file = next((file for file, names in trees.names().items() if name in names), None)
    if file is None:  # a step of a whole net
        return None
    module = importlib.import_module(f"parity.properties.test_{file}")
    for property_ in filter(lambda one: hasattr(one, "hypothesis"), vars(module).values()):
        marker = next((mark for mark in property_.pytestmark if mark.name == "checks"), None)
        wanted = marker and marker.args[0] == name and not marker.kwargs
        if (
            wanted
            and list(inspect.signature(property_).parameters) == ["check"]
            and not not_defined(check.candidate, check.reference, marker)
        ):
            examples = Examples(property_.hypothesis.inner_test, check, most=OWN)
            property_.hypothesis.inner_test = like(examples.property_, examples.survey)
            try:
                with suppress(Flaky, pytest.skip.Exception):
                    property_(check=check)
            finally:
                property_.hypothesis.inner_test = examples.property_
            return Case(examples.property_, [name], examples.varied)
    return None


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
