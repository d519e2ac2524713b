"""Lists of weights and biases, samples as columns: parity check examples/nets/column_net_adapter.py"""

import numpy as np
from column_net import Network

NET = {
    "activation": "sigmoid",
    "output": "sigmoid",
    "loss": "squared_error",
    "reduction": "batchmean",
    "bias": "(K, 1)",
}


def make(sizes):
    """A new net."""
    return Network(sizes)


def get_weights(net):
    """Layer by layer the weights, then the biases."""
    return [array for pair in zip(net.weights, net.biases, strict=True) for array in pair]


def set_weights(net, weights):
    """In the same order."""
    net.weights, net.biases = weights[::2], weights[1::2]


def step(net, x, y, lr):
    """The net returns no loss, so it is computed here."""
    batch = list(zip(x[..., None], y[..., None], strict=True))
    loss = np.mean([0.5 * np.sum((net.feedforward(a) - b) ** 2) for a, b in batch])
    net.update_mini_batch(batch, lr)
    return loss
