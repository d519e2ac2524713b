"""What touches tensors and is no formula: how PyTorch reads, converts, copies."""

import sys

import torch

from contract import arrays, border

FLOATS = (torch.float64, torch.float32)
SIGNED = (torch.int64, torch.int32, torch.int16, torch.int8)
INTEGERS = (*SIGNED, torch.uint64, torch.uint32, torch.uint16, torch.uint8)
NUMBERS = {*FLOATS, *INTEGERS, torch.bool}


def quiet(function):
    """The function as it is: PyTorch warns of no overflow."""
    return function


def format_of(value):
    """The dtype, shape and device of a plain tensor; None for anything else."""
    return (value.dtype, value.shape, value.device) if is_dense(value) else None


def is_dense(value):
    """Whether it is a tensor of numbers that has each of them in memory."""
    return (
        isinstance(value, torch.Tensor)
        and value.dtype in NUMBERS
        and value.layout is torch.strided
        and not (value.is_meta or value.is_nested)
    )


def read(name, value):
    """The value as a tensor of numbers; lists of floats are float64, as in NumPy."""
    if is_dense(value):
        return value
    array = arrays.read_numbers(name, value)
    return torch.tensor(array.astype(array.dtype.name))  # one C type for each size


def as_floats(values):
    """All in one float dtype: float32 where it is the only one, else float64."""
    dtypes = {value.dtype for value in values}
    if len(dtypes) == 1 and dtypes <= set(FLOATS):
        return values
    narrow = dtypes & set(FLOATS) == {torch.float32}
    return [value.to(torch.float32 if narrow else torch.float64) for value in values]


def classes(target):
    """The target as class indices; None if its numbers are no integers."""
    return target.long() if target.dtype in INTEGERS else None


def dtype_name(value):
    """The dtype in a message."""
    return str(value.dtype).removeprefix("torch.")


def is_narrow(value):
    """Whether it is float32."""
    return value.dtype == torch.float32


def copied(value):
    """The same in memory of its own."""
    return value.clone()


def state_value(key, value, param):
    """A copy of an entry of a state: the step as PyTorch has it, others like param."""
    tensor = read(key, value).detach()
    if key == "step":
        return torch.tensor(float(tensor))
    return tensor.to(param.device, param.dtype, copy=True)


# For methods, and for calls within the package whose arguments come from outside.
checked = border.checked(sys.modules[__name__])
converted = border.converted(sys.modules[__name__])
