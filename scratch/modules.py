"""What a net is made of: parameters, and a class that finds them by name."""

from operator import attrgetter

import numpy as np

from contract.states import parameter_arrays
from scratch import arrays
from scratch.arrays import FLOATS, as_floats, quiet, read


class Parameter:
    """An array that is trained: ``data``, and after a backward pass ``grad``."""

    def __init__(self, data):
        self.data = data
        self.grad = None

    def _set(self, value):
        """Integers set by hand become floats, as in every argument."""
        if type(value) is not np.ndarray or value.dtype not in FLOATS:
            [value] = as_floats([read("data", value)])
        self._data = value

    data = property(attrgetter("_data"), _set)

    @property
    def dtype(self):
        """The dtype of the data."""
        return self.data.dtype

    @property
    def shape(self):
        """The shape of the data."""
        return self.data.shape

    def tolist(self):
        """The data as nested lists."""
        return self.data.tolist()

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype=dtype, copy=copy)

    def __repr__(self):
        return f"Parameter containing:\n{self.data!r}"


class Module:
    """What all networks share: parameters found by name, read, set and printed."""

    def __call__(self, x):
        return self.forward(x)

    def children(self):
        """The layers, in their order."""
        return [value for value in vars(self).values() if isinstance(value, Module)]

    def named_parameters(self, prefix=""):
        """Pairs of name and Parameter, as ``fc1.weight``, in the order of layers."""
        for name, value in vars(self).items():
            name = f"{prefix}.{name}" if prefix else name
            if isinstance(value, Parameter):
                yield name, value
            elif isinstance(value, Module):
                yield from value.named_parameters(name)

    def parameters(self):
        """The parameters without their names."""
        for _, parameter in self.named_parameters():
            yield parameter

    def zero_grad(self):
        """Reset the gradients; otherwise the next backward pass adds to them."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self):
        """A copy of every parameter's array, by name."""
        return {name: p.data.copy() for name, p in self.named_parameters()}

    @quiet
    def load_state_dict(self, state_dict):
        """Set every parameter from arrays by name, of either backend."""
        parameters = dict(self.named_parameters())
        given = parameter_arrays(state_dict, parameters, arrays)
        for name, parameter in parameters.items():
            parameter.data = given[name].astype(parameter.data.dtype)

    def extra_repr(self):
        """What stands between the parentheses of a layer."""
        return ""

    def __repr__(self):
        modules = [pair for pair in vars(self).items() if isinstance(pair[1], Module)]
        if not modules:
            return f"{type(self).__name__}({self.extra_repr()})"
        lines = "".join(f"  ({name}): {module!r}\n" for name, module in modules)
        return f"{type(self).__name__}(\n{lines})"
