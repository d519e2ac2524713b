"""This backend's array: a NumPy array of float64, or float32 where asked."""

import numpy as np

from scratch.checks import choice, quiet, ragged, read

__all__ = ["tensor"]


@quiet
def tensor(values, dtype="float64"):
    r"""This backend's array of the given numbers, always a copy.

    It lets a program, or an example in a docstring, read the same in both
    backends.

    Parameters
    ----------
    values : numbers, nested lists of numbers, or an array
    dtype : "float64" or "float32"

    Returns
    -------
    array of any shape, of the given dtype

    Raises
    ------
    ValueError
        If the values are no numbers, are ragged, or the dtype is another.

    Notes
    -----
    float64 unless asked otherwise, as in NumPy; ``torch.tensor`` makes
    float32 of Python floats.

    Examples
    --------
    >>> tensor([[1, 2], [3, 4]]).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    choice("dtype", dtype, ("float64", "float32"))
    # NumPy would turn None into nan and "1" into 1.
    numbers = read("values", values)
    if numbers.dtype.kind not in "biuf":
        raise ragged("values", values)
    return np.array(numbers, dtype=dtype)
