"""A dictionary of weights (D, K), class numbers, a penalty: parity check examples/nets/two_layer_net_adapter.py"""

from two_layer_net import TwoLayerNet

NET = {
    "activation": "relu",
    "output": "softmax",
    "loss": "cross_entropy",
    "l2": 0.1,
    "weights": "(D, K)",
    "y": "(N,)",
    "hidden_layers": 1,
}


def make(sizes):
    """A new net."""
    return TwoLayerNet(*sizes)


def get_weights(net):
    """W1, b1, W2, b2."""
    return net.params


def set_weights(net, weights):
    """A dictionary with the same keys."""
    net.params = weights


def step(net, x, y, lr):
    """Its penalty is reg times the sum of squares, without the 1/2 of l2."""
    return net.train_batch(x, y, lr, reg=0.05)
