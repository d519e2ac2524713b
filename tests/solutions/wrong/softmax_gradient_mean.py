"""Wrong: the scalar product of p and grad_output is a mean."""

import numpy as np


def softmax_backward(z, grad_output):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p = e / e.sum(axis=-1, keepdims=True)
    inner = np.mean(p * grad_output, axis=-1, keepdims=True)
    return p * (grad_output - inner)
