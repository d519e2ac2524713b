"""PrairieLearn: an external grader's results, with a picture of each failure whose numbers may be shown.

A candidate that could not be used is not gradable: PrairieLearn counts no attempt. It reads at most 1 MB: where the
pictures do not fit, those of the last failures are left out.
"""

import json

from parity.reports import picture

PLATFORM = "PrairieLearn"
PAGE = "https://docs.prairielearn.com/externalGrading/"
FILE = "results.json"
PLACE = "`/grade/results/results.json`; the entrypoint makes the folder"
VALIDATED = "a schema of its documentation"
MOST_BYTES = 1_000_000


def ready(weights):
    """Check that pictures can be drawn."""
    picture.expect_drawable()


def text(result):
    """The file as text."""
    if result.unusable or not result.max_points:
        reason = result.unusable or result.summary
        return json.dumps({"gradable": False, "format_errors": [reason], "message": reason}, indent=1)
    tests = [as_test(test) for test in result.graded]
    score = result.points / result.max_points
    results = {"gradable": True, "score": score, "message": result.summary, "tests": tests}
    pictured = [(mine, test.numbers) for mine, test in zip(tests, result.graded, strict=True) if test.numbers]
    room = MOST_BYTES - len(json.dumps(results, indent=1))
    for mine, numbers in pictured:
        images = [{"label": numbers["headline"], "url": picture.data_url(numbers)}]
        room -= len(json.dumps({"images": images}, indent=1)) + 100
        if room < 0:
            break
        mine["images"] = images
    return json.dumps(results, indent=1)


def as_test(test):
    """One of the tests that the element ``pl-external-grader-results`` shows."""
    return {
        "name": test.name,
        "description": f"checks {', '.join(test.functions)}",
        "points": test.points,
        "max_points": test.max_points,
        "message": "" if test.status == "passed" else test.status,
        "output": test.message,
    }
