"""Gradescope: the score, the status and the output of each test."""

import json

PLATFORM = "Gradescope"
PAGE = "https://gradescope-autograders.readthedocs.io/en/latest/specs/"
FILE = "results.json"
PLACE = "`/autograder/results/results.json`"
VALIDATED = "a schema of its specification"


def text(result):
    """The file as text."""
    tests = [
        {
            "name": test.name,
            "score": test.points,
            "max_score": test.max_points,
            "status": "passed" if test.status == "passed" else "failed",
            "output": test.message,
        }
        for test in result.graded
    ]
    return json.dumps({"output": result.summary, "tests": tests}, indent=1)
