"""What a format needs of a finished check, once: the files of ``parity.reports.formats`` only write it down."""

import re
from typing import Any, NamedTuple


class Part(NamedTuple):
    """A part of a property: a precision, a backend or a case.

    ``node`` is its name in pytest, such as ``test_neuron.py::test_sign[float64]``. ``status`` is as that of a ``Test``.
    """

    node: str
    status: str
    message: str
    seconds: float

    @property
    def dtype(self):
        """Its precision, or an empty text.

        >>> Part("test_neuron.py::test_sign[float64]", "passed", "", 0.1).dtype
        'float64'
        """
        found = re.search(r"float(32|64)", self.node.partition("[")[2])
        return found[0] if found else ""


class Test(NamedTuple):
    """A property of a candidate.

    ``status``: ``passed``; ``failed``, it differs; ``unjudged``, its time was up or its process ended; ``absent``, its
    function is not defined or not written, or leaves out a part. ``message`` says why it has not passed: a sentence,
    with the lesson of a failure below it. ``points`` are all of ``max_points`` or none.
    """

    name: str
    functions: list[str]
    verdict: str
    status: str
    message: str
    points: float
    max_points: float
    lessons: list[dict[str, Any]]
    parts: list[Part]

    @property
    def function(self):
        """The first function that it checks, or an empty text: that of its points."""
        return self.functions[0] if self.functions else ""

    @property
    def numbers(self):
        """What ``parity.reports.picture`` draws of the first failure that has numbers, or None."""
        return next((lesson["numbers"] for lesson in self.lessons if lesson.get("numbers")), None)


class Result(NamedTuple):
    """A check of one candidate. ``summary`` is the last line of its table; ``unusable`` why nothing could be run."""

    candidate: str
    reference: str
    summary: str
    exit_code: int
    unusable: str
    tests: list[Test]

    @property
    def graded(self):
        """The tests that give points."""
        return [test for test in self.tests if test.max_points and test.function]

    @property
    def points(self):
        """The points of all tests."""
        return sum(test.points for test in self.graded)

    @property
    def max_points(self):
        """The points of a candidate that is right."""
        return sum(test.max_points for test in self.graded)

    @property
    def reasons(self):
        """The message of each test that gives no points, below its name."""
        return [f"{test.name}: {test.message}" for test in self.graded if not test.points]
