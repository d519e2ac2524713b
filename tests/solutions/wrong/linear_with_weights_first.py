"""Wrong here: linear(W, b, x), and the inputs are returned beside the sums."""


def linear(W, b, x):
    return x @ W.T + b, (x, W, b)
