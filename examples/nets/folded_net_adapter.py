"""Biases inside the weights, one-hot labels, one sample a step: parity check examples/nets/folded_net_adapter.py"""

from folded_net import NN

NET = {
    "activation": "sigmoid",
    "output": "softmax",
    "loss": "cross_entropy",
    "weights": "(K, 1+D)",
    "x": "(D,)",
    "y": "(K,)",
    "hidden_layers": 1,
}


def make(sizes):
    """A new net."""
    return NN(*sizes)


def get_weights(net):
    """Both layers."""
    return [net.alpha, net.beta]


def set_weights(net, weights):
    """In the same order."""
    net.alpha, net.beta = weights


def step(net, x, y, lr):
    """One sample."""
    return net.sgd_step(x, y, lr)
