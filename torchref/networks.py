r"""Neurons put together: a layer, the deck's one-neuron net, and networks of any depth.

Each class is a ``torch.nn.Module``: it has a ``forward``, and ``loss.backward()`` goes
back through it by itself.
"""

import itertools
from contextlib import contextmanager

import torch
from torch import nn

from contract import Count, DType, NonNegative, OneOf, Seed, Size, Sizes
from contract.arguments import expect_memory
from contract.states import expect_representable
from torchref import arrays
from torchref.activations import ACTIVATIONS
from torchref.arrays import checked, converted
from torchref.gradients import gradient_step
from torchref.losses import mse_loss
from torchref.modules import Module
from torchref.neuron import linear
from torchref.perceptron import perceptron_step

__all__ = ["Linear", "ToyNet", "MLP"]


class Linear(Module, nn.Linear):
    r"""A layer: K neurons that see the same D inputs.

    .. math:: z = x W^\top + b, \qquad
              \frac{\partial L}{\partial W}
              = \left(\frac{\partial L}{\partial z}\right)^{\!\top} x, \qquad
              \frac{\partial L}{\partial b}
              = \sum_n \frac{\partial L}{\partial z_n}, \qquad
              \frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} W

    ``weight`` (K, D) and ``bias`` (K,) are drawn uniformly from -1/sqrt(D) to
    1/sqrt(D), as ``torch.nn.Linear`` does. ``seed`` is that of NumPy's generator in
    ``scratch``, of PyTorch's in ``torchref``: equal seeds give different weights. With
    None they differ each time, unless PyTorch is seeded. Source: ``torch.nn.Linear``.

    >>> layer = Linear(2, 1)
    >>> layer
    Linear(in_features=2, out_features=1, bias=True)
    >>> layer.weight.data, layer.bias.data = tensor([[0.5, -1.0]]), tensor([0.25])
    >>> layer(tensor([[2.0, 1.0]])).tolist()
    [[0.25]]
    """

    @checked
    def __init__(
        self,
        in_features: Size,
        out_features: Size,
        *,
        dtype: DType = "float64",
        seed: Seed = None,
    ):
        expect_memory(in_features, out_features)
        dtype = getattr(torch, dtype)
        with seeded(seed):
            super().__init__(in_features, out_features, dtype=dtype)

    def forward(self, x):
        """The weighted sums (N, K) of x (N, D), or (K,) of (D,)."""
        return linear(*converted(linear, x, self.weight, self.bias))


class ToyNet(Module):
    r"""The deck's net: one neuron with two inputs, and three ways to train it.

    ``fc1`` is its layer, whose ``weight`` (1, 2) and ``bias`` (1,) can be read and set:
    ``net.fc1.weight.data = tensor([[0, 0]])``. The deck calls ``fit`` ``train``: that
    name would override PyTorch's ``train(mode)``, which ``eval()`` calls. Source: the
    deck.

    >>> net = ToyNet()
    >>> net.load_state_dict({"fc1.weight": [[0, 0]], "fc1.bias": [0]})
    >>> net.train_sample_perceptron(tensor([2.0, 1.0]), tensor([1.0]))
    >>> [(name, parameter.tolist()) for name, parameter in net.named_parameters()]
    [('fc1.weight', [[1.0, 0.5]]), ('fc1.bias', [0.5])]
    """

    def __init__(self, *, dtype: DType = "float64", seed: Seed = None):
        super().__init__()
        self.fc1 = Linear(2, 1, dtype=dtype, seed=seed)

    def forward(self, x):
        """The weighted sums (N, 1) of points x (N, 2); their signs are the classes."""
        return self.fc1(x)

    def train_sample_perceptron(self, x, y):
        """Correct the weights by one sample, x (2,) and y (1,): ``perceptron_step``."""
        weight, bias = self.fc1.weight.data, self.fc1.bias.data
        self._set(*checked(perceptron_step)(weight, bias, x, y))

    def train_sample_gradient(self, x, y, lr):
        """One step by one sample: ``gradient_step``."""
        weight, bias = self.fc1.weight.data, self.fc1.bias.data
        self._set(*checked(gradient_step)(weight, bias, x, y, lr))

    @checked
    def fit(self, x, y, epochs: Count = 40, lr: NonNegative = 0.05):
        """The built-in solution, MSE and SGD; returns the loss before each step."""
        expect_representable({"lr": lr}, arrays, self.parameters())
        optimizer = torch.optim.SGD(self.parameters(), lr=lr)
        losses = []
        for _ in range(epochs):
            loss = mse_loss(*converted(mse_loss, self(x), y))
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return losses

    def _set(self, weight, bias):
        """New weights in the dtype of the old ones."""
        dtype = self.fc1.weight.dtype
        self.fc1.weight.data = weight.to(dtype)
        self.fc1.bias.data = bias.to(dtype)


class MLP(Module):
    r"""A multilayer perceptron: layers of neurons, each fed by the one before.

    .. math:: a_0 = x, \qquad z_l = a_{l-1} W_l^\top + b_l, \qquad a_l = g_l(z_l)

    ``sizes`` holds the number of inputs, of neurons in each hidden layer, and of
    outputs: ``[2, 8, 1]``. ``activation`` is that of the hidden layers, ``output`` that
    of the last: leave it at identity for losses that take logits. ``fc1``, ``fc2``, ...
    are the layers.
    Source: the deck's exercises; ``torch.nn.Linear`` layer by layer.

    >>> net = MLP([2, 3, 1], activation="tanh")
    >>> net
    MLP(
      (fc1): Linear(in_features=2, out_features=3, bias=True)
      (fc2): Linear(in_features=3, out_features=1, bias=True)
    )
    >>> list(net.state_dict())
    ['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias']
    """

    @checked
    def __init__(
        self,
        sizes: Sizes,
        activation: OneOf[ACTIVATIONS] = "sigmoid",
        output: OneOf[ACTIVATIONS] = "identity",
        *,
        dtype: DType = "float64",
        seed: Seed = None,
    ):
        super().__init__()
        self.activations = [activation] * (len(sizes) - 2) + [output]
        with seeded(seed):
            for number, (n_in, n_out) in enumerate(itertools.pairwise(sizes), start=1):
                setattr(self, f"fc{number}", Linear(n_in, n_out, dtype=dtype))

    def forward(self, x):
        """The output (N, sizes[-1]) for x (N, sizes[0]), or for one sample."""
        for layer, name in zip(self.children(), self.activations, strict=True):
            g = ACTIVATIONS[name]
            x = g(layer(x))
        return x


@contextmanager
def seeded(seed):
    """PyTorch's generator, seeded and then restored; for None, as it stands."""
    if seed is None:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
