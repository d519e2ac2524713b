r"""Neurons put together: a layer, the deck's one-neuron net, and networks of
any depth.

Each class is a ``torch.nn.Module``: it has a ``forward``, and
``loss.backward()`` goes back through it by itself.
"""

import copy
import itertools
from contextlib import contextmanager

import torch
from torch import nn

from torchref.activations import ACTIVATIONS
from torchref.checks import (
    choice,
    count,
    generator_seed,
    layer_sizes,
    not_negative,
    options_held,
    parameter_arrays,
    state_fits,
)
from torchref.gradients import gradient_step
from torchref.losses import mse_loss
from torchref.neuron import linear
from torchref.perceptron import perceptron_step

__all__ = ["Linear", "ToyNet", "MLP"]


class Module(nn.Module):
    """What all networks share: parameters that are found by name, read, set
    and printed.
    """

    def state_dict(self, *args, **options):
        """A copy of every parameter's array, by name."""
        return copy.deepcopy(super().state_dict(*args, **options))

    def load_state_dict(self, state_dict):  # type: ignore[override]
        """Set every parameter from arrays by name, of either backend."""
        arrays = parameter_arrays(state_dict)
        state_fits(arrays, dict(self.named_parameters()))
        super().load_state_dict(arrays)


class Linear(Module, nn.Linear):
    r"""A layer: K neurons that see the same D inputs.

    .. math:: z = x W^\top + b, \qquad
              \frac{\partial L}{\partial W}
              = \left(\frac{\partial L}{\partial z}\right)^{\!\top} x, \qquad
              \frac{\partial L}{\partial b}
              = \sum_n \frac{\partial L}{\partial z_n}, \qquad
              \frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} W

    Parameters
    ----------
    in_features : int
        D, the number of inputs.
    out_features : int
        K, the number of neurons.
    dtype : "float64" or "float32"
    seed : int, optional
        Of this library's own generator; equal seeds give different numbers
        in NumPy and PyTorch.

    Attributes
    ----------
    weight : (K, D) float
    bias : (K,) float
        Both drawn evenly from -1/sqrt(D) to 1/sqrt(D), as
        ``torch.nn.Linear`` does.

    Raises
    ------
    ValueError
        If a size is no count from 1 on, the dtype is unknown, or the seed is
        no whole number from 0 on.

    Notes
    -----
    Source: ``torch.nn.Linear``.

    Examples
    --------
    >>> layer = Linear(2, 1)
    >>> layer
    Linear(in_features=2, out_features=1, bias=True)
    >>> layer.weight.data, layer.bias.data = (
    ...     tensor([[0.5, -1.0]]),
    ...     tensor([0.25]),
    ... )
    >>> layer(tensor([[2.0, 1.0]])).tolist()
    [[0.25]]
    """

    def __init__(
        self, in_features, out_features, *, dtype="float64", seed=None
    ):
        in_features, out_features = layer_sizes(
            "in_features, out_features", (in_features, out_features)
        )
        choice("dtype", dtype, ("float64", "float32"))
        with _seeded(seed):
            nn.Linear.__init__(
                self, in_features, out_features, dtype=getattr(torch, dtype)
            )

    def forward(self, x):
        """The weighted sums (N, K) of x (N, D)."""
        return linear(x, self.weight, self.bias)


class ToyNet(Module):
    r"""The deck's net: one neuron with two inputs, and three ways to train
    it.

    Parameters
    ----------
    dtype : "float64" or "float32"
    seed : int, optional
        Of this library's own generator.

    Attributes
    ----------
    fc1 : Linear
        Its ``weight`` (1, 2) and ``bias`` (1,) can be read and set:
        ``net.fc1.weight.data = tensor([[0, 0]])``.

    Raises
    ------
    ValueError
        If the dtype is unknown, or the seed is no whole number from 0 on;
        each method, if the shapes do not fit.

    Notes
    -----
    The deck calls ``fit`` ``train``; a net of PyTorch has a ``train(mode)``
    of another meaning, which that would override, so that ``eval()`` breaks.
    Source: the deck.

    Examples
    --------
    >>> net = ToyNet()
    >>> net
    ToyNet(
      (fc1): Linear(in_features=2, out_features=1, bias=True)
    )
    >>> net.load_state_dict(
    ...     {"fc1.weight": tensor([[0, 0]]), "fc1.bias": tensor([0])}
    ... )
    >>> net.train_sample_perceptron(tensor([2.0, 1.0]), tensor([1.0]))
    >>> [
    ...     (name, parameter.tolist())
    ...     for name, parameter in net.named_parameters()
    ... ]
    [('fc1.weight', [[1.0, 0.5]]), ('fc1.bias', [0.5])]
    """

    def __init__(self, *, dtype="float64", seed=None):
        super().__init__()
        self.fc1 = Linear(2, 1, dtype=dtype, seed=seed)

    def forward(self, x):
        """The weighted sums (N, 1) of the points x (N, 2); their signs are
        the classes.
        """
        return self.fc1(x)

    def train_sample_perceptron(self, x, y):
        """Correct the weights by one sample, x (2,) and y (1,), as
        ``perceptron_step`` does.
        """
        weight, bias = self.fc1.weight.data, self.fc1.bias.data
        self._set(*perceptron_step(weight, bias, x, y))

    def train_sample_gradient(self, x, y, lr):
        """One step against the gradient of one sample's squared error, as
        ``gradient_step`` does.
        """
        weight, bias = self.fc1.weight.data, self.fc1.bias.data
        self._set(*gradient_step(weight, bias, x, y, lr))

    def fit(self, x, y, epochs=40, lr=0.05):
        """The built-in solution: MSE loss of all samples, SGD; returns the
        loss before each step.
        """
        count("epochs", epochs)
        lr = not_negative("lr", lr)
        options_held({"lr": lr}, self.parameters())
        optimizer = torch.optim.SGD(self.parameters(), lr=lr)
        losses = []
        for _ in range(epochs):
            pred = self(x)
            loss = mse_loss(pred, y)
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
    r"""A multilayer perceptron: layers of neurons, each fed by the one
    before.

    .. math:: a_0 = x, \qquad
              z_l = a_{l-1} W_l^\top + b_l, \qquad
              a_l = g_l(z_l)

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of neurons in each hidden layer, and of
        outputs: ``[2, 8, 1]``.
    activation : "identity", "sigmoid", "tanh", "relu" or "softmax"
        Of the hidden layers.
    output : "identity", "sigmoid", "tanh", "relu" or "softmax"
        Of the last layer. Leave it at identity for losses that take logits.
    dtype : "float64" or "float32"
    seed : int, optional
        Of this library's own generator.

    Attributes
    ----------
    fc1, fc2, ... : Linear

    Raises
    ------
    ValueError
        If there are fewer than two sizes, one is no count from 1 on, a name
        is unknown, or the seed is no whole number from 0 on.

    Notes
    -----
    Source: the deck's exercises; ``torch.nn.Linear`` layer by layer.

    Examples
    --------
    >>> net = MLP([2, 3, 1], activation="tanh")
    >>> net
    MLP(
      (fc1): Linear(in_features=2, out_features=3, bias=True)
      (fc2): Linear(in_features=3, out_features=1, bias=True)
    )
    >>> list(net.state_dict())
    ['fc1.weight', 'fc1.bias', 'fc2.weight', 'fc2.bias']
    """

    def __init__(
        self,
        sizes,
        activation="sigmoid",
        output="identity",
        *,
        dtype="float64",
        seed=None,
    ):
        super().__init__()
        sizes = layer_sizes("sizes", sizes)
        choice("activation", activation, ACTIVATIONS)
        choice("output", output, ACTIVATIONS)
        self.layers, self.activations = (
            [],
            [activation] * (len(sizes) - 2) + [output],
        )
        with _seeded(seed):
            for number, (n_in, n_out) in enumerate(
                itertools.pairwise(sizes), start=1
            ):
                layer = Linear(n_in, n_out, dtype=dtype)
                setattr(self, f"fc{number}", layer)
                self.layers.append(layer)

    def forward(self, x):
        """The output (N, sizes[-1]) for x (N, sizes[0])."""
        for layer, name in zip(self.layers, self.activations, strict=True):
            g = ACTIVATIONS[name]
            x = g(layer(x))
        return x


@contextmanager
def _seeded(seed):
    """A generator of its own where a seed is given; otherwise PyTorch's, as
    it stands.
    """
    generator_seed(seed)
    if seed is None:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield
