"""JUnit: a ``testcase`` for each property and precision, as CI services show them."""

from xml.etree import ElementTree

from parity.text import printable

PLATFORM = "JUnit"
PAGE = "https://docs.gitlab.com/ci/testing/unit_test_reports/"
FILE = "report.xml"
PLACE = "the path that the job declares, such as `artifacts: reports: junit:` in GitLab"
VALIDATED = "[junitparser](https://pypi.org/project/junitparser/)"
ELEMENTS = {"failed": "failure", "unjudged": "error", "absent": "skipped"}
COUNTS = {"failed": "failures", "unjudged": "errors", "absent": "skipped"}


def text(result):
    """The file as text."""
    parts = [part for one in result.properties for part in one.parts]
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", name=result.candidate, tests=str(len(parts)))
    suite.set("time", f"{sum(part.seconds for part in parts):.3f}")
    for status, count in COUNTS.items():
        suite.set(count, str(sum(part.status == status for part in parts)))
    for part in parts:
        add(suite, part)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode")


def add(suite, part):
    """Add the ``testcase`` of a part, named as in pytest."""
    path, _, name = part.node.rpartition("::")
    chapter = path.rpartition("/")[2].removesuffix(".py")
    case = ElementTree.SubElement(suite, "testcase", classname=chapter, name=name, time=f"{part.seconds:.3f}")
    if part.status in ELEMENTS:
        message = printable(part.message)  # XML has no characters for terminal control
        ElementTree.SubElement(case, ELEMENTS[part.status], message=message.partition("\n")[0]).text = message
