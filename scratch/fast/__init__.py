"""The same weights, faster: a few names of ``scratch``, computed otherwise.

``scratch`` spells out every formula sample by sample. Here stands what an engineer does
when that takes too long, still in NumPy and Python alone. The check proves it equal:
``parity check scratch.fast --reference scratch``. ``docs/fast.md`` has the algebra.
"""

from contract.border import export
from scratch import arrays
from scratch.fast.perceptron import *
from scratch.fast.gradients import *

__all__ = export(globals(), arrays)
