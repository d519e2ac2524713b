r"""Gradient descent sample by sample on the squared error, five ways, chosen by shape.

Beside the loop of ``scratch`` there are four. On two numbers Python's floats are faster
than arrays (``by_floats``). The others use that a linear neuron's step on a sample is
an affine map. With :math:`v = (w, b)` and :math:`\tilde x = (x, 1)`

.. math:: v \leftarrow v - \eta \tilde x (\tilde x^\top v - y)
          = (I - \eta \tilde x \tilde x^\top) v + \eta y \tilde x

Maps can be composed before any weight is known, many stretches of samples at once
(``by_stretches``); in a block all errors follow from one triangular system
(``by_blocks``), and the systems of many blocks can be solved at once
(``by_substitution``).
"""

import math

import numpy as np

from contract import D, Float, K, N, NonNegative, OneOf
from contract.border import rewired
from scratch import gradients
from scratch.activations import ACTIVATIONS

__all__ = ["gradient_epoch", "train_gradient"]

BLOCK = 32  # samples in one triangular system
SHORT = 8  # samples in each of many systems
MANY = 1024  # samples from which on there are stretches and systems enough
CACHE = 2**15  # numbers that stay near the processor
CHUNK = 4096  # samples that are lists of floats at a time


def gradient_epoch(
    weight: Float[K, D],
    bias: Float[K],
    x: Float[N, D],
    y: Float[N, K],
    lr: NonNegative,
    activation: OneOf[ACTIVATIONS] = "identity",
):
    """One pass over all samples, a step after each: see ``scratch.gradient_epoch``.

    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> weight, bias = gradient_epoch(tensor([[0, 0]]), tensor([0]), x, y, lr=0.25)
    >>> weight.tolist(), bias.tolist()
    ([[-2.75, 0.25]], [-0.5625])
    """
    if activation != "identity":
        return gradients.gradient_epoch(weight, bias, x, y, lr, activation)
    return way(*x.shape, contracts(x, lr))(weight, bias, x, y, lr)


def way(n, d, contracting):
    """The fastest way for n samples of d features: see ``benchmarks/ways.py``."""
    if contracting and n >= MANY and d <= 48:
        return by_stretches if d <= 12 else by_substitution
    if d == 2:
        return by_floats
    return by_blocks if contracting and n >= BLOCK else gradients.gradient_epoch


def contracts(x, lr):
    r"""Whether no step makes an error in the weights longer: |1 - eta x~.x~| <= 1.

    Then what is rounded early is not magnified by what comes later, in any order of
    computation. Where it is not so, the steps are taken one by one.
    """
    largest = np.einsum("nd,nd->n", x, x).max() + 1
    return bool(lr * largest <= 2)


def by_floats(weight, bias, x, y, lr):
    """Two features: a step is faster in Python than one call of NumPy."""
    weight, bias = weight.copy(), bias.copy()
    for k, (w1, w2) in enumerate(weight.tolist()):
        b = bias[k].item()
        for start in range(0, len(x), CHUNK):
            chunk = slice(start, start + CHUNK)
            samples = zip(x[chunk].tolist(), y[chunk, k].tolist(), strict=True)
            for (x1, x2), y_i in samples:
                delta = w1 * x1 + w2 * x2 + b - y_i
                w1 -= lr * (delta * x1)
                w2 -= lr * (delta * x2)
                b -= lr * delta
        weight[k], bias[k] = (w1, w2), b
    return weight, bias


def by_stretches(weight, bias, x, y, lr):
    r"""The affine maps of many stretches of samples, each composed step by step.

    ``maps[:, :, m]`` holds the map of stretch m, the matrix A and the shift c of
    v <- A v + c, for K neurons one shift each. A step is the same for all of them:
    :math:`[A\ c] \leftarrow [A\ c] - \eta \tilde x (\tilde x^\top [A\ c] - [0\ y])`.
    """
    (n, d), k = x.shape, len(weight)
    stretches = math.isqrt(2 * n)
    length = n // stretches
    whole = stretches * length
    samples = np.ones((length, d + 1, stretches))
    samples[:, :d] = x[:whole].reshape(stretches, length, d).transpose(1, 2, 0)
    targets = y[:whole].reshape(stretches, length, k).transpose(1, 2, 0)
    maps = np.zeros((d + 1, d + 1 + k, stretches))
    maps[range(d + 1), range(d + 1)] = 1
    products = np.empty_like(maps)
    for x_i, y_i in zip(samples, targets, strict=True):
        delta = np.einsum("dm,djm->jm", x_i, maps)
        delta[d + 1 :] -= y_i
        maps -= np.multiply((lr * x_i)[:, None], delta, out=products)
    v = np.vstack([weight.T, bias, np.eye(k)])
    for stretch in maps.transpose(2, 0, 1).copy():
        v[: d + 1] = stretch.dot(v)
    weight, bias = v[:d].T.astype(x.dtype), v[d].astype(x.dtype)
    return by_blocks(weight, bias, x[whole:], y[whole:], lr)


def by_blocks(weight, bias, x, y, lr):
    r"""The errors of a block from one unit lower triangular system.

    Sample i meets the weights that the samples before it have left, so its error is

    .. math:: \delta_i = \tilde x_i^\top v - y_i
              - \eta \sum_{j < i} (\tilde x_i^\top \tilde x_j) \, \delta_j, \qquad
              (I + \eta \operatorname{tril}(\tilde X \tilde X^\top, -1)) \, \delta
              = \tilde X v - y

    and then :math:`v \leftarrow v - \eta \tilde X^\top \delta`. Source: the chunkwise
    form of the delta rule, S. Yang et al., "Parallelizing linear transformers with the
    delta rule over sequence length" (2024).
    """
    n, d = x.shape
    v = np.column_stack([weight, bias]).T.astype(float)
    later, identity = lr * np.tri(BLOCK, k=-1), np.eye(BLOCK)
    x_block = np.ones((BLOCK, d + 1))
    whole = n - n % BLOCK
    for start in range(0, whole, BLOCK):
        x_block[:, :d] = x[start : start + BLOCK]
        system = identity + later * (x_block @ x_block.T)
        delta = np.linalg.solve(system, x_block @ v - y[start : start + BLOCK])
        v -= lr * (x_block.T @ delta)
    weight, bias = v[:d].T.astype(x.dtype), v[d].astype(x.dtype)
    return gradients.gradient_epoch(weight, bias, x[whole:], y[whole:], lr)


def by_substitution(weight, bias, x, y, lr):
    r"""The systems of many blocks at once, before any weight is known.

    Forward substitution, row by row of all blocks, for the samples with their targets:

    .. math:: p_i = (\tilde x_i, y_i)
              - \eta \sum_{j < i} (\tilde x_i^\top \tilde x_j) \, p_j, \qquad
              \delta_i = p_i^\top (v, -1)

    In the end the blocks correct v one after the other.
    """
    (n, d), k = x.shape, len(weight)
    many = max(min(n // SHORT, CACHE // (SHORT * (d + 1 + k))), 1)
    size = SHORT * many
    whole = n - n % size
    v = np.vstack([weight.T, bias, -np.eye(k)]).astype(float)
    weights = v[: d + 1]
    rows = np.ones((SHORT, d + 1 + k, many))
    samples, p = rows[:, : d + 1], rows.copy()
    for start in range(0, whole, size):
        chunk = slice(start, start + size)
        rows[:, :d] = x[chunk].reshape(many, SHORT, d).transpose(1, 2, 0)
        rows[:, d + 1 :] = y[chunk].reshape(many, SHORT, k).transpose(1, 2, 0)
        for i in range(SHORT):
            products = lr * np.einsum("dm,jdm->jm", samples[i], samples[:i])
            p[i] = rows[i] - np.einsum("jm,jcm->cm", products, p[:i])
        steps = (lr * samples).transpose(2, 1, 0).copy()
        for step, of_block in zip(steps, p.transpose(2, 0, 1).copy(), strict=True):
            weights -= step.dot(of_block.dot(v))
    weight, bias = v[:d].T.astype(x.dtype), v[d].astype(x.dtype)
    return by_blocks(weight, bias, x[whole:], y[whole:], lr)


train_gradient = rewired(gradients.train_gradient, gradient_epoch=gradient_epoch)
