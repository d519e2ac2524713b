"""PyTorch tensors as arguments of either backend: tensors that NumPy cannot read are rejected in one line."""

import re
import warnings

import numpy as np
import pytest
import torch

import scratch
import torchref

with warnings.catch_warnings():  # warnings about experimental and deprecated types
    warnings.simplefilter("ignore")
    ODD = {
        "bfloat16": torch.ones(2, dtype=torch.bfloat16),
        "complex": torch.ones(2, dtype=torch.complex64),
        "conjugate": torch.ones(2, dtype=torch.complex64).conj(),
        "sparse": torch.ones(2).to_sparse(),
        "csr": torch.eye(2).to_sparse_csr(),
        "meta": torch.ones(2, device="meta"),
        "nested": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
        "in a list": [torch.ones(2, device="meta")],
    }
CALLS = {
    "tensor": lambda backend, value: backend.tensor(value),
    "identity": lambda backend, value: backend.identity(value),
    "linear": lambda backend, value: backend.linear([1.0, 1.0], [[1.0, 1.0]], value),
    "mse_loss": lambda backend, value: backend.mse_loss([1.0, 1.0], value),
    "cross_entropy": lambda backend, value: backend.cross_entropy([[1.0], [1.0]], value),
    "perceptron_step": lambda backend, value: backend.perceptron_step([[1.0, 1.0]], [1.0], value, [1.0]),
    "minibatches": lambda backend, value: backend.minibatches([[1.0], [1.0]], value),
    "a net": lambda backend, value: backend.MLP([2, 1])(value),
    "a state": lambda backend, value: backend.ToyNet().load_state_dict({"fc1.bias": value}),
    "a step": lambda backend, value: backend.sgd_update([1.0], [1.0], {"momentum_buffer": value}, lr=0.1, momentum=0.5),
}


def refusal(call, backend, value):
    """The message of the ValueError, which is one line."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        call(backend, value)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_odd_tensors_are_refused_in_the_same_words(call, value):
    """Tensors with other number types, or whose numbers are not all in memory."""
    assert refusal(call, scratch, value) == refusal(call, torchref, value)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_numpy_follows_no_gradient(call):
    """scratch rejects a tensor that requires a gradient, with PyTorch's advice, and reads a plain one."""
    value = torch.ones(2, requires_grad=True)
    assert re.search(r"which NumPy cannot read .*detach", refusal(call, scratch, value))


def test_plain_tensors_are_read_and_not_kept():
    """Read without a copy, as by NumPy; the result has its own memory."""
    z = torch.tensor([1.0, -2.0])
    scratch.identity(z)[:] = 7
    scratch.tensor(z, "float32")[:] = 7
    assert z.tolist() == [1.0, -2.0]
    assert scratch.identity(z).dtype == np.float32


def test_the_greatest_class_is_none():
    """The largest class keeps its value, which PyTorch would turn into -1."""
    target = torch.tensor(np.array([0, 2**64 - 1], dtype="uint64"))
    for backend in (scratch, torchref):
        with pytest.raises(ValueError, match="got the class 18446744073709551615, expected 0 to 0"):
            backend.cross_entropy([[1.0], [1.0]], target)
