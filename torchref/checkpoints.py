"""A training in a file: stop after any step, go on later, or in the other backend."""

import torch

from contract import Net, OptimizerObject
from contract.checkpoints import opened, packed, safetensors, written
from torchref import arrays
from torchref.optimizers import OPTIMIZERS

__all__ = ["save_training", "load_training"]


def save_training(file, model: Net, optimizer: OptimizerObject, history=None):
    r"""Write a training as one safetensors file: weights, optimizer, history.

    ``history`` is what ``fit`` returned, or goes on with: the losses, the epoch, the
    step, the place in the order of the samples, and the state of the generator. None is
    a training that begins. The file is written whole or not at all, and its bytes are
    the same from either backend. In ``torchref``, any ``nn.Module`` and an optimizer of
    ``torch.optim`` are saved as well. Source: ``safetensors.torch.save_file``;
    ``torch.save`` writes a pickle, which can run any program when it is loaded.

    >>> net = Linear(2, 1)
    >>> net.load_state_dict({"weight": [[0.5, -1.0]], "bias": [0.0]})
    >>> optimizer = SGD(net.parameters(), lr=0.25, momentum=0.5)
    >>> x, y = tensor([[2.0, 1.0]]), tensor([[1.0]])
    >>> history = fit(net, x, y, optimizer=optimizer, epochs=1)
    >>> save_training("run.safetensors", net, optimizer, history)
    """
    weights = weights_of(model)
    training = packed(weights, model, optimizer, history, OPTIMIZERS, arrays)
    write(file, *training)


def load_training(file, model: Net, optimizer=None):
    r"""Set weights and optimizer from a file of ``save_training``; return the history.

    ``fit`` with this ``history``, and otherwise the same arguments, goes on where the
    training stopped. Model and optimizer are such as were saved, of either backend:
    where a name, a shape, a dtype or an option does not fit, nothing is changed. None
    loads the weights alone. So does a safetensors file that has no more than weights,
    such as PyTorch's users write: the optimizer stays as it is, and the history is one
    that begins. Source: ``safetensors.safe_open``.

    >>> net = Linear(2, 1)
    >>> optimizer = SGD(net.parameters(), lr=0.25, momentum=0.5)
    >>> save_training("run.safetensors", net, optimizer)
    >>> other = Linear(2, 1)
    >>> history = load_training("run.safetensors", other)
    >>> other.weight.tolist() == net.weight.tolist(), history.epochs
    (True, 0)
    """
    with opened(file, "pt") as saved:
        weights = saved.weights(model, weights_of(model), arrays)
        history = saved.history()
        if optimizer is not None and saved.header is not None:
            optimizer.load_state_dict(
                saved.optimizer(model, optimizer, OPTIMIZERS, arrays)
            )
    model.load_state_dict(weights)
    return history


def weights_of(model):
    """The tensors of a net by name, with what else it saves of itself."""
    return torch.nn.Module.state_dict(model)


def write(file, values, metadata):
    """Write tensors, numbers and lists of numbers by name."""
    save_file = safetensors(".torch").save_file
    tensors, seen = {}, set()
    for name, value in values.items():
        tensor = contiguous(value)
        memory = tensor.untyped_storage().data_ptr()
        # The library refuses tensors that share memory, such as tied weights.
        tensors[name] = tensor.clone() if memory in seen else tensor
        seen.add(memory)
    with written(file) as temporary:
        save_file(tensors, temporary, metadata)


def contiguous(value):
    """A tensor as one piece of memory; numbers are float64, as in NumPy."""
    if isinstance(value, torch.Tensor):
        return value.detach().contiguous()
    return torch.tensor(value, dtype=torch.float64)
