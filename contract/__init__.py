"""What ``scratch`` and ``torchref`` share: the files, and what a function takes.

A signature declares it, ``weight: Float[K, D]``, ``lr: NonNegative``, and the border
around either package checks it: ``contract.border``. The sentences about invalid
arguments stand here, once. This package imports NumPy and the standard library only;
``contract.checkpoints`` loads safetensors where a training is saved.
"""

from contract.arguments import *
from contract.arrays import *
from contract.names import FILES
from contract.states import State
