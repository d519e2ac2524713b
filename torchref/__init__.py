"""How one neuron learns, and then a network of them, in real PyTorch: its autograd, its
losses, its optimizers.

Read it in the order of the files: tensors, datasets, activations, neuron, perceptron,
losses, gradients, networks, optimizers, training, checkpoints, stacks. Beside each
file stands one of the same name in ``scratch``: the same names, the same results, in
pure NumPy.

"The deck", the source of most functions, is a lecture by A. Augello, University of
Palermo: "Addestrare una rete neurale (SGD)".

The functions in the files contain formulas and call each other unchecked. The names of
this package are the same functions behind a border, where arguments are checked as
their signatures declare.
"""

from contract.border import export
from torchref import arrays
from torchref.tensors import *
from torchref.datasets import *
from torchref.activations import *
from torchref.neuron import *
from torchref.perceptron import *
from torchref.losses import *
from torchref.gradients import *
from torchref.networks import *
from torchref.optimizers import *
from torchref.training import *
from torchref.checkpoints import *
from torchref.stacks import *

__all__ = export(globals(), arrays)
