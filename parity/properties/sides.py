"""Helpers for properties of whole packages: the two sides, a small network, and their messages."""

import numpy as np

from parity.judge.compare import Mismatch

SIDES = ("candidate", "reference")
KINDS = ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW")
X = np.array([[0.5, -1.0], [1.0, 0.25], [-0.75, 0.5]])
Y = np.array([[0.25], [-0.5], [1.0]])


def toy(check, side):
    """A ToyNet with the same weights on both sides."""
    net = getattr(check, side).ToyNet(dtype=check.dtype)
    net.load_state_dict({"fc1.weight": check.cast(np.array([[0.5, -0.25]])), "fc1.bias": check.cast(np.array([0.125]))})
    return net


def same(what, results, names):
    """Check that both sides give the same."""
    if results[0] != results[1]:
        raise Mismatch(f"{what}: {names[0]} gives {results[0]}, expected {results[1]}")


def warned(caught):
    """The warnings."""
    return [str(w.message) for w in caught]


def names(check):
    """The names of both backends."""
    return check.candidate.name, check.reference.name


def explicit(check):
    """The namespaces of the sides with an explicit backward, without PyTorch's autograd."""
    backends = [getattr(check, side) for side in SIDES]
    return [backend for backend in backends if hasattr(backend.namespace.Linear, "backward")]
