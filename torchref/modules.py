"""What a net is made of: parameters, and a class that finds them by name."""

import copy

from torch import distributed, nn

from contract.states import parameter_arrays
from torchref import arrays


class Module(nn.Module):
    """What all networks share: parameters found by name, read, set and printed."""

    def state_dict(self, *args, destination=None, **options):
        """A copy of every parameter's array, by name; PyTorch adds those of a layer."""
        found = super().state_dict(*args, destination=destination, **options)
        return copy.deepcopy(found) if destination is None else found

    def load_state_dict(self, state_dict):
        """Set every parameter from arrays by name, of either backend."""
        given = parameter_arrays(state_dict, dict(self.named_parameters()), arrays)
        super().load_state_dict(given)


class Shared(nn.Module):
    """A net for ``fit`` in each of R processes ("ranks"), which hold the same weights.

    All ranks call ``fit`` with the same samples in the same order. Of each batch a rank
    computes every R-th sample, as ``torch.utils.data.DistributedSampler`` does, but
    repeats none: the last batch may leave a rank without any. The predictions are
    exchanged, so that every rank has the loss of the whole batch.
    ``DistributedDataParallel`` takes the mean of the ranks' gradients, which are parts
    of one sum; that of a rank therefore counts R times.
    """

    def __init__(self, net):
        super().__init__()
        self.rank, self.ranks = distributed.get_rank(), distributed.get_world_size()
        self.net = nn.parallel.DistributedDataParallel(net)

    def forward(self, x):
        """The predictions (N, K) for all of x (N, D); gradients are those of a part."""
        mine = slice(self.rank, None, self.ranks)
        part = x[mine]
        # Without a sample the rank takes part with another's, which then is cut off.
        own = self.net(part if len(part) else x[:1])[: len(part)]
        own.register_hook(lambda grad: self.ranks * grad)
        pred = own.new_zeros(len(x), own.shape[1])
        pred[mine] = own.detach()
        distributed.all_reduce(pred)
        pred[mine] = own
        return pred
