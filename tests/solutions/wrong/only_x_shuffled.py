"""Wrong: x is put in the order of the epoch and y is not."""


def minibatches(x, y, batch_size=None, order=None):
    if order is not None:
        x = x[order]
    size = batch_size or len(x)
    for i in range(0, len(x), size):
        yield x[i : i + size], y[i : i + size]
