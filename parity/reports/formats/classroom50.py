"""Classroom 50, the successor of GitHub Classroom: ``result.json``, written by the ``autograder.py`` of an assignment.

Its runner sets the variables that name the submission. Points are integers there.
"""

import json
import os
from datetime import UTC, datetime

PLATFORM = "Classroom 50"
PAGE = "https://github.com/foundation50/classroom50/wiki/Advanced-Autograding"
FILE = "result.json"
PLACE = "`./result.json` in the student's checkout, where `autograder.py` runs"
VALIDATED = "a schema of its contract `classroom50/result/v1`"
# Keys of the report, and the variables of the runner that have their values.
VARIABLES = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "assignment_type": "ASSIGNMENT_TYPE",
    "owner": "OWNER",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}


def ready(weights):
    """Check that the runner has set its variables and that all points are integers."""
    if missing := [name for name in VARIABLES.values() if not os.environ.get(name)]:
        raise ValueError(
            f"--classroom50: {', '.join(missing)} not set, expected the variables of Classroom 50's runner"
        )
    for name, points in weights.items():
        if not points.is_integer():
            raise ValueError(
                f"--classroom50: got --weight {name}={points:g}, expected an integer, as Classroom 50 does"
            )


def text(result):
    """The file as text."""
    identity = {key: os.environ[name] for key, name in VARIABLES.items()}
    tests = [as_test(test) for test in result.graded]
    return json.dumps(
        {
            "schema": "classroom50/result/v1",
            **identity,
            "review": os.environ.get("REVIEW_URL") or identity["commit"],
            "datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "score": int(result.points),
            "max-score": int(result.max_points),
            "tests": tests,
        },
        indent=1,
    )


def as_test(test):
    """The four keys of a test, and its message, which Classroom 50 keeps."""
    return {
        "test-name": test.name,
        "passed": test.status == "passed",
        "score": int(test.points),
        "max-score": int(test.max_points),
        "output": test.message,
    }
