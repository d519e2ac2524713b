"""The perceptron by scanning: weights change at mistakes only, so find the next one."""

import numpy as np

from contract import D, Float, K, N, Sign
from contract.border import rewired
from scratch import perceptron

__all__ = ["perceptron_epoch", "train_perceptron"]

SHORTEST, LONGEST = 16, 8192


def perceptron_epoch(
    weight: Float[K, D], bias: Float[K], x: Float[N, D], y: Sign[N, K]
):
    """One pass over all samples, in the order given: see ``scratch.perceptron_epoch``.

    Between two mistakes the weights are constant, so a whole block of samples is scored
    by one product. A neuron never looks at another one: each scans the samples by
    itself.

    >>> x, y = tensor([[2.0, 1.0], [6.0, 0.5]]), tensor([[1.0], [-1.0]])
    >>> weight, bias, mistakes = perceptron_epoch(tensor([[0, 0]]), tensor([0]), x, y)
    >>> weight.tolist(), bias.tolist(), mistakes
    ([[-5.0, 0.0]], [-0.5], 2)
    """
    weight, bias = weight.copy(), bias.copy()
    mistaken = np.zeros(len(x), bool)
    for k in range(len(weight)):
        weight[k], bias[k] = scan(weight[k], bias[k], x, y[:, k], mistaken)
    return weight, bias, int(np.count_nonzero(mistaken))


def scan(w, b, x, y, mistaken):
    """One pass of one neuron; marks the samples that it corrects by."""
    start, block = 0, SHORTEST
    while start < len(x):
        stop = start + block
        margin = (x[start:stop] @ w + b) * y[start:stop]
        right = (margin > 0) & (margin < np.inf)  # 0 * inf moves weights, to nan
        first = int(right.argmin())
        if right[first]:
            start, block = stop, min(2 * block, LONGEST)
            continue
        i, m = start + first, margin.item(first)
        # On the wrong side, on the line (or nan), or beyond all numbers.
        delta = y.item(i) * (1 if m < 0 else 0 if m > 0 else 0.5)
        w, b = w + delta * x[i], b + delta
        mistaken[i] |= delta != 0
        # The next mistake is probably about as far away as this one was.
        start, block = i + 1, max(SHORTEST, min(2 * first, LONGEST))
    return w, b


train_perceptron = rewired(
    perceptron.train_perceptron, perceptron_epoch=perceptron_epoch
)
