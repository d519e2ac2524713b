"""The same weights, faster: ``scratch`` with a few of its names computed otherwise.

``scratch`` spells out every formula sample by sample. Here stands what an engineer does
when that takes too long, still in NumPy and Python alone. The check proves it equal,
``parity check scratch.fast --reference scratch``; ``docs/fast.md`` has the algebra and
``make bench`` the times. All other names are those of ``scratch``.
"""

import scratch
from contract.border import export
from scratch import *
from scratch import arrays
from scratch.fast.perceptron import *
from scratch.fast.gradients import *
from scratch.fast.training import *
from scratch.fast.stacks import *

FASTER = export(globals(), arrays)
__all__ = scratch.__all__
