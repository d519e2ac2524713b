"""What a format needs of a finished check, once: the files of ``parity.reports.formats`` only write it down."""

import re
from typing import Any, NamedTuple


class Part(NamedTuple):
    """A part of a property: a precision, a backend or a case.

    ``node`` is its name in pytest, such as ``test_neuron.py::test_sign[float64]``; ``status`` is as in ``Property``.
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


class Property(NamedTuple):
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
    properties: list[Property]

    @property
    def graded(self):
        """The properties that give points."""
        return [one for one in self.properties if one.max_points and one.function]

    @property
    def points(self):
        """The points of all properties."""
        return sum(one.points for one in self.graded)

    @property
    def max_points(self):
        """The points of a candidate that is right."""
        return sum(one.max_points for one in self.graded)

    @property
    def reasons(self):
        """The name and the message of each property that gives no points."""
        return [f"{one.name}: {one.message}" for one in self.graded if not one.points]
