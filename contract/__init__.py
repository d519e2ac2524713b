"""What ``scratch`` and ``torchref`` share: which files there are, and what a function
takes.

A signature declares it, ``weight: Float[K, D]``, ``lr: NonNegative``, and the border
around either package reads it: ``contract.border``. Every message about invalid
input is defined in this package, once. It imports only NumPy and the standard library.
"""

from contract.arguments import *
from contract.arguments import OneOf
from contract.arrays import *
from contract.names import FILES
from contract.states import State

DTYPES = OneOf["float64", "float32"]
