"""What touches arrays and is no formula: how NumPy reads, converts and copies them."""

import sys

import numpy as np

from contract import arrays, border

FLOATS = set(arrays.FLOATS)


# A decorator: an overflow is a result like any other, without NumPy's warning.
quiet = np.errstate(all="ignore")


def format_of(value):
    """The dtype and shape of an array; None for anything else."""
    return (value.dtype, value.shape) if type(value) is np.ndarray else None


def read(name, value):
    """The value as an array of numbers."""
    return arrays.read_numbers(name, value)


def as_floats(values):
    """All in one float dtype: float32 where it is the only one, else float64."""
    dtypes = {value.dtype for value in values}
    if len(dtypes) == 1 and dtypes <= FLOATS:
        return values
    widest = np.result_type(*(dtypes & FLOATS or {np.dtype("float64")}))
    return [value.astype(widest) for value in values]


def classes(target):
    """The target as class indices; None if its numbers are no integers."""
    return target if target.dtype.kind in "iu" else None


def dtype_name(value):
    """The dtype in a message."""
    return str(value.dtype)


def is_narrow(value):
    """Whether it is float32."""
    return value.dtype == np.float32


def copied(value):
    """The same in memory of its own."""
    return value.copy()


def state_value(key, value, param):
    """A copy of an entry of a state: the step as a float, others like param."""
    array = read(key, value)
    return float(array.item()) if key == "step" else array.astype(param.dtype)


# For methods, and for calls within the package whose arguments come from outside.
checked = border.checked(sys.modules[__name__])
converted = border.converted(sys.modules[__name__])
