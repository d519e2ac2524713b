"""``tensor``: the same numbers in the arrays of both backends."""

import numpy as np
import pytest
from hypothesis import given

from parity.judge import strategies as draw
from parity.judge.compare import Mismatch
from parity.judge.rounding import bounded

checks = pytest.mark.checks


@checks("tensor")
@given(draw.pairs(exponent=30))
def test_tensor(check, pair):
    """The array has the given numbers, rounded to its dtype."""
    check("tensor", pair[0].tolist(), dtype=check.dtype)


@checks("tensor")
def test_tensor_meaning(check):
    """Integers become floats; values that are not numbers are rejected."""
    check.means("tensor", [[1, 2]], dtype=check.dtype, equals=[[1, 2]])
    for values in (["a"], [[1.0], [1.0, 2.0]], np.array([None])):
        check.refuses("tensor", values)
    check.refuses("tensor", [1.0], dtype="float46")


@checks("tensor")
def test_tensor_is_float64_unless_asked_otherwise(check):
    """The default dtype is float64, also for Python floats."""
    for backend in (check.candidate, check.reference):
        dtype = np.asarray(backend.tensor([0.1])).dtype
        if dtype != "float64":
            raise Mismatch(f"tensor in {backend.name}: tensor([0.1]) is {dtype}, expected float64")


@checks("tensor")
@given(draw.pairs(exponent=30))
def test_tensor_is_a_copy(check, pair):
    """A tensor created from another does not change with it."""
    values, other = map(check.cast, pair)
    copies = []
    for backend in (check.candidate, check.reference):
        first = backend.tensor.kept(values.tolist(), dtype=check.dtype)
        copy = backend.tensor.kept(first, dtype=check.dtype)
        for row, new in enumerate(other):
            first[row] = new if new.ndim else float(new)
        copies.append(check.floats(copy.plain[:]))
    check.compare("tensor", "copy of a tensor that was changed", bounded(values), *copies)
