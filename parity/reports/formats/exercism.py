"""Exercism: the ``results.json`` of a test runner, version 3.

The task of a test is the number of its function, in study order among those that give points, beginning at 1. Its code
is the property itself.
"""

import inspect
import json
from importlib import import_module

PLATFORM = "Exercism"
PAGE = "https://exercism.org/docs/building/tooling/test-runners/interface"
FILE = "results.json"
PLACE = "the output folder that the test runner is given"
VALIDATED = "a schema of its specification"
STATUS = {"passed": "pass", "unjudged": "error"}
MOST = 65_535  # characters of a message


def text(result):
    """The file as text."""
    if result.unusable or not result.graded:
        reason = result.unusable or result.summary
        return json.dumps({"version": 3, "status": "error", "message": reason[:MOST], "tests": []}, indent=1)
    tasks = list(dict.fromkeys(test.function for test in result.graded))
    tests = [as_test(test, tasks.index(test.function) + 1) for test in result.graded]
    statuses = {test["status"] for test in tests}
    if statuses == {"error"}:  # nothing was run to its end
        document = {"version": 3, "status": "error", "message": result.summary[:MOST], "tests": tests}
    else:
        status = "pass" if statuses == {"pass"} else "fail"
        document = {"version": 3, "status": status, "message": None, "tests": tests}
    return json.dumps(document, indent=1)


def as_test(test, task):
    """A test with its task."""
    return {
        "name": test.name,
        "status": STATUS.get(test.status, "fail"),
        "message": test.message[:MOST] or None,
        "task_id": task,
        "test_code": code(test),
    }


def code(test):
    """The source of a property, without Hypothesis around it."""
    path, _, name = test.parts[0].node.rpartition("::")
    module = import_module(f"parity.properties.{path.rpartition('/')[2].removesuffix('.py')}")
    return inspect.getsource(getattr(module, name.partition("[")[0]))
