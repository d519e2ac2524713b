"""The state of an optimizer, and the form of a ``state_dict``."""

import math

from contract.messages import (
    expect_dictionary,
    expect_no,
    invalid,
    key_faults,
    label,
    shape,
    shown,
)

LARGEST = 3.4028234663852886e38  # of float32


class State:
    """The state of an update rule for one parameter, by its keys.

    ``State("step", "max_exp_avg_sq if amsgrad")``: a key with "if" is there only while
    that option is on.
    """

    def __init__(self, *keys):
        # Each key, and the option that requires it.
        parts = (key.partition(" if ") for key in keys)
        self.keys = {key: option or None for key, _, option in parts}

    def __repr__(self):
        keys = [f"{key} if {o}" if o else key for key, o in self.keys.items()]
        return f"State({', '.join(map(repr, keys))})"

    def read(self, name, state, param, options, library):
        """The state as a copy, its arrays in the dtype of the parameter."""
        state = {} if state is None else state
        expect_no(self.faults(state, param, options, library), name)
        return {
            key: library.state_value(key, value, param) for key, value in state.items()
        }

    def faults(self, state, param, options, library):
        """All faults of the state of one parameter."""
        if not isinstance(state, dict):
            return [f"got {shown(state)}, expected a dictionary"]
        if not state:
            return []
        items = self.keys.items()
        needed = [key for key, option in items if not option or options[option]]
        known = [pair for pair in state.items() if pair[0] in self.keys]
        found = [entry_fault(key, value, param, library) for key, value in known]
        return key_faults(state, needed, self.keys) + [f for f in found if f]


def entry_fault(key, value, param, library):
    """The fault of one entry of a state, or None."""
    try:
        value = library.read(key, value)
    except ValueError as error:
        return str(error)
    wanted = () if key == "step" else shape(param)
    if shape(value) != wanted:
        return f"{key} has shape {shape(value)}, expected {wanted}"
    if key == "step" and not 0 <= value.item() < math.inf:
        return f"step is {value.item()}, expected a finite non-negative number"
    return None


def state_lacks(key):
    """The error about an entry missing for an update."""
    return ValueError(
        f"state: {key} is missing; an option that needs it cannot be switched on "
        "between steps"
    )


def expect_nesterov(options):
    """Check that Nesterov momentum has a momentum and no dampening."""
    usable = options.get("momentum") != 0 and not options.get("dampening")
    if options.get("nesterov") and not usable:
        raise ValueError("Nesterov momentum requires a momentum and zero dampening")


def expect_representable(options, library, arrays):
    """Reject a number that is too large for float32 if an array has this dtype."""
    for name, value in options.items():
        large = type(value) is float and value > LARGEST
        if large and any(map(library.is_narrow, arrays)):
            wanted = f"at most {LARGEST:.1e}, as the parameters are float32"
            raise invalid(name, value, wanted)


def parameter_arrays(state_dict, parameters, library):
    """The arrays of a state_dict; one error lists all wrong keys and shapes."""
    expect_dictionary("state_dict", state_dict)
    arrays = {
        key: library.as_floats([library.read(label(key), value)])[0]
        for key, value in state_dict.items()
    }
    shapes = [
        f"{name} has shape {shape(arrays[name])}, expected {shape(parameter)}"
        for name, parameter in parameters.items()
        if name in arrays and shape(arrays[name]) != shape(parameter)
    ]
    expect_no(key_faults(arrays, parameters) + shapes, "state_dict")
    return arrays
