"""What ``scratch`` and ``torchref`` share: the files, and what a function takes.

A signature declares it, ``weight: Float[K, D]``, ``lr: NonNegative``, and the border
around either package checks it: ``contract.border``. The sentences about invalid
arguments stand here, once. This package imports NumPy and the standard library only.
"""

from contract.arguments import (
    Betas,
    Callback,
    Count,
    DType,
    Flag,
    Net,
    NonNegative,
    OneOf,
    OptimizerObject,
    Rate,
    Seed,
    Size,
    Sizes,
)
from contract.arrays import (
    Batch,
    Classes,
    D,
    Float,
    K,
    N,
    Probability,
    Shape,
    Sign,
    Targets,
)
from contract.names import FILES
from contract.states import State
