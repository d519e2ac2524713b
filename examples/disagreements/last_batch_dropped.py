"""Mini-batches: is a short last batch used?

PyTorch: yes, DataLoader has drop_last=False.
Others: no: fastai, and TPU code with drop_remainder=True.
Discussed: https://github.com/fastai/fastai/issues/2416
Check: last_batch_dropped
Training: up to batch_size - 1 samples are not seen in an epoch: always the same ones unless they are shuffled.
"""

import numpy as np

TRAINING = {"batch_size": 30, "lr": 0.1}


def minibatches(x, y, batch_size=None, order=None):
    order = np.arange(len(x)) if order is None else np.asarray(order)
    size = len(x) if batch_size is None else batch_size
    for start in range(0, len(order) - size + 1, size):
        batch = order[start : start + size]
        yield x[batch], y[batch]
