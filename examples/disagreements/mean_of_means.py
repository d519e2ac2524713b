"""Gradient accumulation: the mean of the batches' means, or of all samples?

PyTorch: the mean of all samples of the step, if they are one batch.
Others: each small batch has its own mean, and the means are averaged: transformers before its fix of 2024.
Discussed: https://github.com/huggingface/transformers/pull/34191
Check: DIFFERENT, not a known mistake
Training: the same if all batches are equally long; a sample of a short one counts too much. In fit: mean_of_means.
"""

import numpy as np

TRAINING = {"data": "blobs", "loss": "cross_entropy", "batch_size": 9, "lr": 0.3}
MICRO = 4


def cross_entropy_backward(pred, target):
    grad = np.exp(pred - pred.max(axis=1, keepdims=True))
    grad /= grad.sum(axis=1, keepdims=True)
    grad[np.arange(len(target)), target] -= 1
    batches = [grad[i : i + MICRO] for i in range(0, len(grad), MICRO)]
    return np.concatenate([batch / len(batch) / len(batches) for batch in batches])
