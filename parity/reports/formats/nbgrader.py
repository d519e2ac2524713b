"""nbgrader: the points of an autograded test cell are the number that it returns; its output has the reason."""

PLATFORM = "nbgrader"
PAGE = "https://nbgrader.readthedocs.io/en/stable/user_guide/creating_and_grading_assignments.html"
COMMAND = 'credit("sign", points=3)'
PLACE = "the last line of an autograded test cell, after `from parity.notebook import credit`"
VALIDATED = "`nbgrader autograde` and `generate_feedback` of [nbgrader](https://pypi.org/project/nbgrader/) 0.9.6"


def text(result):
    """What the cell prints: the summary, and why points are missing."""
    return "\n".join([result.summary, *result.reasons])


def credit(result, points):
    """The number that the cell returns: the share of these points that the candidate has."""
    return points * result.points / result.max_points if result.max_points else 0.0
