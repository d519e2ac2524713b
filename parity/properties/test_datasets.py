"""``load_data``: the same points and labels from the same file."""

import numpy as np
import pytest

from parity.judge.compare import Mismatch, as_array, call, named

checks = pytest.mark.checks


@checks("load_data")
@pytest.mark.parametrize("name", ["toy", "toy_flipped", "and", "xor", "moons", "circles", "blobs"])
def test_load_data(check, name):
    """Every data set of the course is the same in both backends, number for number."""
    called = f"load_data({name!r}, {check.dtype!r})"
    theirs, ours = (
        named(call(side, "load_data", [name, check.dtype], {}), {"x": None, "y": None}, called)
        for side in (check.candidate, check.reference)
    )
    for label in theirs:
        a, b = (as_array(side[label], f"{called}: {label}", check.dtype) for side in (theirs, ours))
        if a.dtype != b.dtype or not np.array_equal(a, b):
            facts = {check.candidate.name: described(a), check.reference.name: described(b), "call": called}
            raise Mismatch(f"load_data: {label} differs", facts, (called, label), a, 0.0)


def described(array):
    """The dtype, shape and first values of an array."""
    return f"{array.dtype} of shape {array.shape}, which begins with {array.ravel()[:4].tolist()}"


@checks("load_data")
def test_load_data_refuses(check):
    """A missing file is rejected."""
    check.refuses("load_data", "tou")
    check.refuses("load_data", "no_such_file.csv")
    check.refuses("load_data", "toy", dtype="int8")
