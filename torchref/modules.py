"""What a net is made of: parameters, and a class that finds them by name."""

import copy

from torch import nn

from contract.states import parameter_arrays
from torchref import arrays


class Module(nn.Module):
    """What all networks share: parameters found by name, read, set and printed."""

    def state_dict(self, *args, **options):
        """A copy of every parameter's array, by name."""
        return copy.deepcopy(super().state_dict(*args, **options))

    def load_state_dict(self, state_dict):
        """Set every parameter from arrays by name, of either backend."""
        given = parameter_arrays(state_dict, dict(self.named_parameters()), arrays)
        super().load_state_dict(given)
