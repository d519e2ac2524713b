"""Mistakes in making an array."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake


@mistake("tensor")
def dtype_ignored(values, dtype="float64"):
    """the requested dtype is ignored and the array is float64.

    Met where numpy.array is called without its dtype.
    """
    return scratch.tensor(values)


@mistake("tensor")
def rounded_to_float32(values, dtype="float64"):
    """the numbers are rounded to float32 on the way to float64: the digits after the seventh are lost.

    Met in PyTorch code such as torch.tensor(values).double(): torch.tensor makes float32 of Python floats.
    """
    return scratch.tensor(scratch.tensor(values, "float32"), dtype)


@mistake("tensor")
def float32_by_default(values, dtype="float32"):
    """the array is float32 by default.

    Met in PyTorch, whose torch.tensor makes float32 of Python floats.
    """
    return scratch.tensor(values, dtype)


@mistake("tensor")
def memory_shared(values, dtype="float64"):
    """the array shares its memory with the array that it was created from: changing one changes the other.

    Met in torch.from_numpy and numpy.asarray.
    """
    return np.asarray(values, dtype=dtype)
