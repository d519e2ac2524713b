"""Only the math module. Scalars come back as float, vectors as lists."""

import math
from math import exp, fsum, isnan, log1p


def _flat(a):
    """All numbers of a nested list or array, one after the other."""
    if hasattr(a, "tolist"):
        a = a.tolist()
    if isinstance(a, (list, tuple)):
        for item in a:
            yield from _flat(item)
    elif isinstance(a, (int, float)):
        yield float(a)
    else:
        raise ValueError(f"{a!r} is not a number")


def _shape(a):
    if hasattr(a, "tolist"):
        a = a.tolist()
    return (len(a), *(_shape(a[0]) if a else ())) if isinstance(a, list) else ()


def _map(f, *arrays):
    first = arrays[0]
    if any(_shape(a) != _shape(first) for a in arrays):
        raise ValueError("shapes differ: " + " ".join(str(_shape(a)) for a in arrays))
    arrays = [a.tolist() if hasattr(a, "tolist") else a for a in arrays]
    if isinstance(arrays[0], list):
        return [_map(f, *rows) for rows in zip(*arrays, strict=True)]
    return f(*(next(_flat(a)) for a in arrays))


def _sig(z):
    return 1 / (1 + exp(-z)) if z >= 0 or isnan(z) else exp(z) / (1 + exp(z))


def identity(z):
    return _map(lambda v: v, z)


def identity_backward(z, grad_output):
    return _map(lambda v, g: g, z, grad_output)


def sigmoid(z):
    return _map(_sig, z)


def sigmoid_backward(z, grad_output):
    return _map(lambda v, g: g * _sig(v) * _sig(-v), z, grad_output)


def tanh(z):
    return _map(math.tanh, z)


def tanh_backward(z, grad_output):
    return _map(lambda v, g: g * (1 - math.tanh(v) ** 2), z, grad_output)


def relu(z):
    return _map(lambda v: 0.0 if v < 0 else v, z)


def relu_backward(z, grad_output):
    return _map(lambda v, g: 0.0 if v <= 0 else g, z, grad_output)


def sign(z):
    return _map(lambda v: 1.0 if v > 0 else -1.0 if v < 0 else 0.0, z)


def squared_error(pred, target):
    n = len(list(_flat(pred)))
    if n == 0 or _shape(pred) != _shape(target):
        raise ValueError("nothing to compare, or shapes that differ")
    return 0.5 * fsum((p - t) ** 2 for p, t in zip(_flat(pred), _flat(target), strict=True))


def mse_loss(pred, target):
    return squared_error(pred, target) / len(list(_flat(pred))) * 2


def binary_cross_entropy_with_logits(pred, target):
    if _shape(pred) != _shape(target):
        raise ValueError("shapes differ")
    losses = []
    for z, y in zip(_flat(pred), _flat(target), strict=True):
        if not 0 <= y <= 1:
            raise ValueError(f"target {y}")
        losses.append(max(z, 0.0) - z * y + log1p(exp(-abs(z))))
    if not losses:
        raise ValueError("no samples")
    return fsum(losses) / len(losses)
