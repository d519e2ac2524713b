r"""Neurons put together: a layer, the deck's one-neuron net, and networks of any depth.

Each class has a ``forward`` and, in the order of the chain rule, a ``backward`` that
takes the gradient of the loss with respect to the output, adds the gradients of the
parameters to their ``grad`` and returns that of the input.
"""

import itertools

import numpy as np

from contract import Count, DType, Float, NonNegative, OneOf, Seed, Size, Sizes
from contract.arguments import expect_memory
from contract.arrays import expect_called, expect_shape
from contract.states import expect_held, parameter_arrays
from scratch import arrays
from scratch.activations import ACTIVATIONS
from scratch.arrays import checked, converted, quiet
from scratch.gradients import gradient_step
from scratch.losses import mse_loss, mse_loss_backward
from scratch.neuron import linear
from scratch.perceptron import perceptron_step

__all__ = ["Linear", "ToyNet", "MLP"]


class Parameter:
    """An array that is trained: ``data``, and after a backward pass ``grad``."""

    def __init__(self, data):
        self.data = data
        self.grad = None

    @property
    def dtype(self):
        """The dtype of the data."""
        return self.data.dtype

    @property
    def shape(self):
        """The shape of the data."""
        return self.data.shape

    def tolist(self):
        """The data as nested lists."""
        return self.data.tolist()

    def __array__(self, dtype=None, copy=None):
        return np.array(self.data, dtype=dtype, copy=copy)

    def __repr__(self):
        return f"Parameter containing:\n{self.data!r}"


class Module:
    """What all networks share: parameters that are found by name, read, set and
    printed.
    """

    def __call__(self, x):
        return self.forward(x)

    def named_parameters(self, prefix=""):
        """Pairs of name and Parameter, as ``fc1.weight``, in the order of layers."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
            elif isinstance(value, Module):
                yield from value.named_parameters(f"{prefix}{name}.")

    def parameters(self):
        """The parameters without their names."""
        for _, parameter in self.named_parameters():
            yield parameter

    def zero_grad(self):
        """Reset the gradients; otherwise the next backward pass adds to them."""
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self):
        """A copy of every parameter's array, by name."""
        return {name: p.data.copy() for name, p in self.named_parameters()}

    @quiet
    def load_state_dict(self, state_dict):
        """Set every parameter from arrays by name, of either backend."""
        parameters = dict(self.named_parameters())
        given = parameter_arrays(state_dict, parameters, arrays)
        for name, parameter in parameters.items():
            parameter.data = given[name].astype(parameter.data.dtype)

    def extra_repr(self):
        """What stands between the parentheses of a layer."""
        return ""

    def __repr__(self):
        modules = [pair for pair in vars(self).items() if isinstance(pair[1], Module)]
        if not modules:
            return f"{type(self).__name__}({self.extra_repr()})"
        lines = "".join(f"  ({name}): {module!r}\n" for name, module in modules)
        return f"{type(self).__name__}(\n{lines})"


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
    None the weights differ each time. Source: ``torch.nn.Linear``.

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
        rng = np.random.default_rng(seed)
        self._draw(in_features, out_features, dtype, rng)

    def _draw(self, d, k, dtype, rng):
        """The first weights."""
        self.in_features, self.out_features, self.x = d, k, None
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
        """The gradient with respect to x (N, D), given that with respect to the output
        (N, K); None if not asked.
        """
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
    ``net.fc1.weight.data = tensor([[0, 0]])``. The deck calls ``fit`` ``train``; a net
    of PyTorch has a ``train(mode)`` of another meaning, which that would override, so
    that ``eval()`` breaks. Source: the deck.

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
        """The gradient with respect to x, given that with respect to the output; None
        if not asked.
        """
        return self.fc1.backward(grad_output, input_grad)

    def train_sample_perceptron(self, x, y):
        """Correct the weights by one sample, x (2,) and y (1,): ``perceptron_step``."""
        weight, bias = self.fc1.weight.data, self.fc1.bias.data
        self._set(*checked(perceptron_step)(weight, bias, x, y))

    def train_sample_gradient(self, x, y, lr):
        """One step against the gradient of one sample's squared error:
        ``gradient_step``.
        """
        weight, bias = self.fc1.weight.data, self.fc1.bias.data
        self._set(*checked(gradient_step)(weight, bias, x, y, lr))

    @checked
    def fit(self, x, y, epochs: Count = 40, lr: NonNegative = 0.05):
        """The built-in solution: MSE loss of all samples, SGD; returns the loss before
        each step.
        """
        expect_held({"lr": lr}, arrays, self.parameters())
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
        rng = np.random.default_rng(seed)
        self.layers, self.outputs = [], None
        self.activations = [activation] * (len(sizes) - 2) + [output]
        for number, (n_in, n_out) in enumerate(itertools.pairwise(sizes), start=1):
            layer = Linear.__new__(Linear)
            layer._draw(n_in, n_out, dtype, rng)
            setattr(self, f"fc{number}", layer)
            self.layers.append(layer)

    @quiet
    def forward(self, x):
        """The output (N, sizes[-1]) for x (N, sizes[0]), or for one sample."""
        fc1 = self.layers[0]
        x, _, _ = converted(linear, x, fc1.weight.data, fc1.bias.data)
        self.outputs = []
        for layer, name in zip(self.layers, self.activations, strict=True):
            layer.x = x
            g = ACTIVATIONS[name].forward
            x = g(linear(x, layer.weight.data, layer.bias.data))
            self.outputs.append(x)
        return x.copy()  # whoever changes it does not change what is kept

    @checked
    def backward(self, grad_output: Float, input_grad=True):
        """The gradient with respect to x, given that with respect to the output; None
        if not asked.
        """
        expect_called(self.outputs)
        expect_shape("grad_output", grad_output.shape, self.outputs[-1].shape, "output")
        for number in reversed(range(len(self.layers))):
            g_backward = ACTIVATIONS[self.activations[number]].from_output
            grad_z = g_backward(self.outputs[number], grad_output)
            further = input_grad or number > 0
            grad_output = self.layers[number]._backward(grad_z, further)
        return grad_output


def accumulate(parameter, grad):
    """Add to the gradient, in the parameter's dtype, as PyTorch's backward does."""
    if grad.dtype != parameter.data.dtype:
        grad = grad.astype(parameter.data.dtype)
    parameter.grad = grad if parameter.grad is None else parameter.grad + grad
