"""This backend's array: a tensor of float64, or float32 if requested."""

import numpy as np
import torch

from contract import DType
from contract.arrays import irregular, read

__all__ = ["tensor"]


def tensor(values, dtype: DType = "float64"):
    r"""This backend's array of the given numbers, always a copy.

    With it a program, or an example in a docstring, reads the same in both backends.
    ``values`` is a number, nested lists of numbers, or an array. The default dtype is
    float64, as in NumPy; ``torch.tensor`` makes float32 of Python floats.

    >>> tensor([[1, 2], [3, 4]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if isinstance(values, torch.Tensor) and not values.is_meta:
        values = values.detach().cpu()
    numbers = read("values", values)
    # NumPy would turn None into nan and "1" into 1, and drop imaginary parts.
    if numbers.dtype.kind not in "biuf":
        raise irregular("values", values)
    with np.errstate(all="ignore"):
        return torch.tensor(numbers.astype(dtype))
