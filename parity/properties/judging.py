"""Judge one property: count its examples, compare, and learn from a failure."""

import functools
import importlib
import inspect
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky

from parity import trees
from parity.border.backend import OutOfTime, Stopped
from parity.judge import strategies
from parity.judge.absent import not_defined
from parity.judge.compare import Evidence, Mismatch
from parity.judge.domain import Domain
from parity.judge.known import Outcome, state
from parity.judge.standin import Case
from parity.judge.trying import domain_of
from parity.options import option
from parity.reports.lesson import Examples, learn


def configure_hypothesis(config):
    """Without deadlines and without a database of earlier runs."""
    if config.rootpath == Path(__file__).parent:  # else tests of other projects run as well
        leave_out_constants(config)
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


def leave_out_constants(config):
    """Let Hypothesis draw no constants of the modules that are not installed.

    The examples would depend on what has been imported so far, and on whether this project is installed or a checkout.
    """
    with suppress(ImportError):  # older versions have no such constants
        from hypothesis.internal.conjecture import providers

        patch = pytest.MonkeyPatch()
        patch.setattr(providers, "_get_local_constants", lambda: providers._local_constants, raising=False)
        config.add_cleanup(patch.undo)


def skip_undefined(pyfuncitem, marker, side, reference):
    """Start the property; skip it if the candidate does not define its functions."""
    try:
        side.begin()
        for name in trees.checkable():
            if name not in side.signatures:
                side.defines(name)
        side.declared()
        reason = not_defined(side, reference, marker)
    except Stopped as stopped:
        note_time(pyfuncitem, stopped)
        raise pytest.fail.Exception(f"{marker.args[0]}: {side.name} {stopped}", pytrace=False) from None
    if reason:
        pytest.skip(reason)


def verdict(pyfuncitem, marker):
    """Judge a property, unless a candidate before gave the same answers."""
    check = pyfuncitem.funcargs["check"]
    record = pyfuncitem.config.record if check.candidate.process else None
    before = record and state(check)
    outcome = record and record.repeated(pyfuncitem.nodeid, check)
    if not outcome:
        outcome = judge(pyfuncitem, marker, check)
        if record:
            record.keep(pyfuncitem.nodeid, before, check, outcome)
    report(pyfuncitem, outcome)


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
    except pytest.skip.Exception as skip:
        evidence.verdicts.clear()  # nothing was judged; what was not tried is told
        pyfuncitem.user_properties.append(("parity", evidence.as_dict()))
        # Without the example that Hypothesis has added: it is irrelevant for functions that are not written.
        raise pytest.skip.Exception(skip.msg) from None
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
