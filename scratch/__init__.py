"""How one neuron learns, and then a network of them, in pure NumPy: every formula
spelled out.

Read it in the order of the files: tensors, datasets, activations, neuron, perceptron,
losses, gradients, networks, optimizers, training, checkpoints, stacks. Beside each
file stands one of the same name in ``torchref``: the same names, the same results, in
PyTorch.

"The deck", the source of most functions, is a lecture by A. Augello, University of
Palermo: "Addestrare una rete neurale (SGD)".

The functions in the files contain formulas and call each other unchecked. The names of
this package are the same functions behind a border, where arguments are checked as
their signatures declare.
"""

from contract.border import export
from scratch import arrays
from scratch.tensors import *
from scratch.datasets import *
from scratch.activations import *
from scratch.neuron import *
from scratch.perceptron import *
from scratch.losses import *
from scratch.gradients import *
from scratch.networks import *
from scratch.optimizers import *
from scratch.training import *
from scratch.checkpoints import *
from scratch.stacks import *

__all__ = export(globals(), arrays)
