"""Known wrong conventions: each is ``scratch`` with one name replaced.

``parity check parity.mistakes:bias_never_updated`` shows how such a backend is caught. The first line of a docstring
ends the sentence "this is what you get when ...", the rest says where the mistake is found: both are printed if a
candidate gives the same numbers.
"""

# A diagnosis names them in this order.
from parity.mistakes import tensors
from parity.mistakes import datasets
from parity.mistakes import activations
from parity.mistakes import neuron
from parity.mistakes import perceptron
from parity.mistakes import losses, cross_entropies
from parity.mistakes import gradients
from parity.mistakes import networks
from parity.mistakes import momentum, adaptive, optimizers
from parity.mistakes import training
from parity.mistakes import checkpoints
from parity.mistakes import stacks
from parity.mistakes import called
from parity.mistakes.registry import MISTAKES, Mistake, mistake


def __getattr__(name):
    """Find ``parity.mistakes:NAME``."""
    if name not in MISTAKES:
        raise AttributeError(name)
    return MISTAKES[name]


__all__ = [
    "MISTAKES",
    "Mistake",
    "mistake",
    "tensors",
    "datasets",
    "activations",
    "neuron",
    "perceptron",
    "losses",
    "cross_entropies",
    "gradients",
    "networks",
    "momentum",
    "adaptive",
    "optimizers",
    "training",
    "checkpoints",
    "stacks",
    "called",
]
