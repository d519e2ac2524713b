"""``load_data``: the same points and labels from the same file."""

import pytest

from parity.compare import Different, call

checks = pytest.mark.checks


@checks("load_data")
@pytest.mark.parametrize("name", ["toy", "toy_flipped", "and", "xor", "moons", "circles", "blobs"])
def test_load_data(check, name):
    """Every data set of the course is the same in both backends, number for number."""
    theirs, ours = (call(side, "load_data", [name, check.dtype], {}) for side in (check.candidate, check.reference))
    for label, a, b in zip("xy", theirs, ours, strict=True):
        if a.dtype != b.dtype or a.shape != b.shape or (a != b).any():
            raise Different(f"load_data({name!r}): {label} differs")


@checks("load_data")
def test_load_data_refuses(check):
    """What does not exist is refused."""
    check.refuses("load_data", "tou")
    check.refuses("load_data", "no_such_file.csv")
    check.refuses("load_data", "toy", dtype="int8")
