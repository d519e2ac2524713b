"""Otter-Grader: results in the JSON that ``otter.test_files.GradingResults.from_ottr_json`` reads.

Each function is a question, and each of its properties a test case with points of its own. A plugin adds them to those
of Otter's own tests; where students hand in notebooks, a test case is a call of ``parity.notebook.expect``.
"""

import json

PLATFORM = "Otter-Grader"
PAGE = "https://otter-grader.readthedocs.io/en/latest/"
FILE = "otter.json"
PLACE = 'where a plugin reads it; in a notebook\'s test file, `expect("sign")`'
VALIDATED = "`otter run` of [otter-grader](https://pypi.org/project/otter-grader/) 7.0.0"


def text(result):
    """The file as text."""
    functions = dict.fromkeys(test.function for test in result.graded)
    files = [as_file(name, [test for test in result.graded if test.function == name]) for name in functions]
    return json.dumps({"test_file_results": files}, indent=1)


def as_file(name, tests):
    """The results of one question, in the place of a test file."""
    return {"filename": f"{name}.py", "points": None, "test_case_results": [as_case(test) for test in tests]}


def as_case(test):
    """The result of a test case."""
    case = {
        "name": test.name,
        "code": f"parity check --only {test.function}",
        "points": test.max_points,
        "hidden": False,
        "success_message": None,
        "failure_message": None,
    }
    return {"passed": test.status == "passed", "error": test.message or None, "test_case": case}
