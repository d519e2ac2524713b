"""``tensor``: the same numbers in either backend's array."""

import numpy as np
import pytest
from hypothesis import given

from parity import strategies as draw

checks = pytest.mark.checks


@checks("tensor")
@given(draw.pairs())
def test_tensor(check, pair):
    """The array holds the numbers that it is given, rounded to its dtype."""
    check("tensor", pair[0].tolist(), dtype=check.dtype)


@checks("tensor")
def test_tensor_meaning(check):
    """Whole numbers become floats; what is no number is refused."""
    check.means("tensor", [[1, 2]], dtype=check.dtype, equals=[[1, 2]])
    for values in (["a"], [[1.0], [1.0, 2.0]], np.array([None])):
        check.refuses("tensor", values)
    check.refuses("tensor", [1.0], dtype="float46")
