"""Conventions on which implementations of repute disagree: the check says of each what its program says."""

import re
import runpy

import pytest

from parity import trees
from parity.site import disagreements

PROGRAMS = {path.stem: path for path in disagreements.PROGRAMS}


def test_at_least_twenty():
    """Each is short, asks a question, and has a link to where it was discussed; ``read`` rejects a missing field."""
    cases = [disagreements.read(path) for path in PROGRAMS.values()]
    assert len(cases) >= 20
    assert [case.name for case in cases if not case.question.endswith("?")] == []
    assert [case.name for case in cases if not case.discussed.startswith("https://")] == []
    assert [case.name for case in cases if len(case.code.splitlines()) > 20] == []


def test_both_trainings_differ():
    """Or the page would show a convention that does not matter."""
    same = [path.stem for path in PROGRAMS.values() if not differ(disagreements.effects(disagreements.read(path)))]
    assert same == []


def differ(effects):
    """Whether a number differs."""
    return any(ours != theirs for _, ours, theirs in effects)


# A few in every run, all of them in make test-all.
@pytest.mark.parametrize("name", ["momentum_lr_inside", "relu_one_at_zero", "mse_over_rows"])
def test_quick(name, report):
    """The mistake of the catalogue is named, or none."""
    expect_named(PROGRAMS[name], report)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_check_says_what_the_program_says(name, report):
    """The mistake of the catalogue is named, or none."""
    expect_named(PROGRAMS[name], report)


def expect_named(path, report):
    """The function of the program differs, and the mistake that its docstring names explains it."""
    [function] = trees.all_names() & runpy.run_path(str(path)).keys()
    options = ("--reference", "scratch", "--only", function, "--dtype", "float64", "--examples", "100")
    rows = report(path, *options)["properties"]
    lessons = [lesson for row in rows for lesson in row["lessons"]]
    assert lessons, rows
    named = {mistake["name"] for lesson in lessons for mistake in lesson["mistakes"]}
    expected = disagreements.read(path).check
    assert re.fullmatch(r"\w+|DIFFERENT, not a known mistake", expected), expected
    assert named == set() if expected.startswith("DIFFERENT") else expected in named, lessons
