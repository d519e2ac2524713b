"""Properties of functions that the candidate does not define: of two functions most are skipped, so without setup."""

import pytest

from parity import trees
from parity.judge import completeness


def skipped(item):
    """The report of a property that the candidate cannot be asked about, or None if it must be run.

    Only the first property asks what the candidate defines, because a candidate may stop there.
    """
    marker = item.get_closest_marker("checks")
    # Also for properties that fail before they start; a judge runs the same item for many candidates.
    item.user_properties[:] = [("functions", list(marker.args))] if marker else []
    candidate, reference = (item.config.backends.get(side) for side in ("candidate", "reference"))
    known = marker and candidate and reference and candidate.signatures.keys() >= set(marker.args)
    reason = known and not_defined(candidate, reference, marker)
    if not reason:
        return None
    place, line, _ = item.location
    words = (place, line or 0, f"Skipped: {reason}")
    properties = item.user_properties
    return pytest.TestReport(item.nodeid, item.location, {}, "skipped", words, "setup", user_properties=properties)


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
