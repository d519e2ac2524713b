"""Whether there is enough memory for what a training is about to keep."""

import math

from contract.arguments import batch_length, part_length
from contract.messages import invalid

LITTLE = 2**28  # bytes that are not worth asking for


def batch_that_fits(batch_size, n, model, nets=1, at_once=1, parts=1):
    """The number of samples in a batch, for which the arrays of a training have room.

    For each weight of all nets there are its gradient and two numbers of a state, and
    for each neuron and sample of the nets that compute at once its sum and its output.
    Of a batch in ``parts`` one is computed at a time.
    """
    batch_size = batch_length(batch_size, n)
    samples = part_length(batch_size, parts)
    parameters = list(model.parameters())
    shapes = [tuple(parameter.shape) for parameter in parameters]
    neurons = sum(shape[0] for shape in shapes if len(shape) == 2)
    numbers = 4 * nets * sum(map(math.prod, shapes)) + 2 * at_once * neurons * samples
    needed = numbers * parameters[0].dtype.itemsize
    if needed > LITTLE and needed > (free := free_memory()):
        what = f"{samples} for {neurons} neurons" + f" of {nets} nets" * (nets > 1)
        got, most = (f"{size / 1e9:.3g} GB" for size in (needed, free))
        got = f"{what}, which need {got}"
        raise invalid("batch_size", got, f"at most the {most} that are free")
    return batch_size


def free_memory():
    """Bytes that can be used without swapping; infinite where nobody says."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            found = [line for line in lines if line.startswith("MemAvailable")]
        return int(found[0].split()[1]) * 1024
    except (OSError, IndexError, ValueError):
        return math.inf
