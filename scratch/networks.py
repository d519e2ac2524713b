r"""Neurons put together: a layer, the deck's one-neuron net, and networks of any depth.

Each class has a ``forward`` and, going back by the chain rule, a ``backward`` that
takes the gradient of the loss with respect to the output, adds the gradients of the
parameters to their ``grad`` and returns that of the input.
"""

import itertools

import numpy as np

from contract import Count, DType, Float, NonNegative, OneOf, Seed, Size, Sizes
from contract.arguments import expect_memory
from contract.arrays import expect_called, expect_shape
from contract.states import expect_representable
from scratch import arrays
from scratch.activations import ACTIVATIONS
from scratch.arrays import checked, converted, quiet
from scratch.gradients import gradient_step
from scratch.losses import mse_loss, mse_loss_backward
from scratch.modules import Module, Parameter
from scratch.neuron import linear
from scratch.perceptron import perceptron_step

__all__ = ["Linear", "ToyNet", "MLP"]


class Linear(Module):
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
        self.in_features, self.out_features = in_features, out_features
        self.x = None
        self._draw(np.random.default_rng(seed), dtype)

    def _draw(self, rng, dtype):
        """Draw the first weights."""
        d, k = self.in_features, self.out_features
        a = 1 / d**0.5
        self.weight = Parameter(rng.uniform(-a, a, (k, d)).astype(dtype))
        self.bias = Parameter(rng.uniform(-a, a, k).astype(dtype))

    @quiet
    def forward(self, x):
        """The weighted sums (N, K) of x (N, D), or (K,) of (D,)."""
        parameters = self.weight.data, self.bias.data
        self.x, weight, bias = converted(linear, x, *parameters)
        return linear(self.x, weight, bias)

    @checked
    def backward(self, grad_output: Float, input_grad=True):
        """The gradient of x (N, D), given that of the output; None if not asked for."""
        expect_called(self.x)
        output_shape = (*self.x.shape[:-1], self.out_features)
        expect_shape("grad_output", grad_output.shape, output_shape, "output")
        return self._backward(grad_output, input_grad)

    def _backward(self, grad_output, input_grad):
        """The same, unchecked."""
        x, grad = self.x, grad_output
        if grad.ndim == 1:
            x, grad = x[None], grad[None]
        accumulate(self.weight, grad.T @ x)
        accumulate(self.bias, grad.sum(axis=0))
        return grad_output @ self.weight.data if input_grad else None

    def extra_repr(self):
        """As torch.nn.Linear has it."""
        d, k = self.in_features, self.out_features
        return f"in_features={d}, out_features={k}, bias=True"


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
        self.fc1 = Linear(2, 1, dtype=dtype, seed=seed)

    def forward(self, x):
        """The weighted sums (N, 1) of points x (N, 2); their signs are the classes."""
        return self.fc1(x)

    def backward(self, grad_output, input_grad=True):
        """The gradient of x, given that of the output; None without ``input_grad``."""
        return self.fc1.backward(grad_output, input_grad)

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
        losses = []
        for _ in range(epochs):
            pred, target = converted(mse_loss, self(x), y)
            losses.append(float(mse_loss(pred, target)))
            self.zero_grad()
            self.backward(mse_loss_backward(pred, target))
            for parameter in self.parameters():
                parameter.data = parameter.data - lr * parameter.grad
        return losses

    @quiet
    def _set(self, weight, bias):
        """New weights in the dtype of the old ones."""
        dtype = self.fc1.weight.data.dtype
        self.fc1.weight.data = weight.astype(dtype)
        self.fc1.bias.data = bias.astype(dtype)


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
        self.activations, self.kept = [activation] * (len(sizes) - 2) + [output], None
        rng = np.random.default_rng(seed)
        for number, (n_in, n_out) in enumerate(itertools.pairwise(sizes), start=1):
            layer = Linear(n_in, n_out)
            layer._draw(rng, dtype)
            setattr(self, f"fc{number}", layer)

    @quiet
    def forward(self, x):
        """The output (N, sizes[-1]) for x (N, sizes[0]), or for one sample."""
        x, _, _ = converted(linear, x, self.fc1.weight.data, self.fc1.bias.data)
        self.kept = []
        for layer, name in zip(self.children(), self.activations, strict=True):
            layer.x, g = x, ACTIVATIONS[name]
            x = g.forward(linear(x, layer.weight.data, layer.bias.data))
            self.kept.append((layer, g, x))
        return x.copy()  # whoever changes it does not change what is kept

    @checked
    def backward(self, grad_output: Float, input_grad=True):
        """The gradient of x, given that of the output; None without ``input_grad``."""
        expect_called(self.kept)
        output_shape = self.kept[-1][-1].shape
        expect_shape("grad_output", grad_output.shape, output_shape, "output")
        for layer, g, output in reversed(self.kept):
            grad_z = g.from_output(output, grad_output)
            grad_output = layer._backward(grad_z, input_grad or layer is not self.fc1)
        return grad_output


def accumulate(parameter, grad):
    """Add to the gradient, in the parameter's dtype, as PyTorch's backward does."""
    if grad.dtype != parameter.data.dtype:
        grad = grad.astype(parameter.data.dtype)
    parameter.grad = grad if parameter.grad is None else parameter.grad + grad
