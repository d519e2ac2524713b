r"""Neurons put together: a layer, the deck's one-neuron net, and networks of
any depth.

Each class has a ``forward`` and, in the order of the chain rule, a
``backward`` that takes the gradient of the loss with respect to the output,
adds the gradients of the parameters to their ``grad`` and returns that of
the input.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from scratch.activations import softmax
from scratch.checks import (
    choice,
    count,
    floats,
    generator_seed,
    layer_sizes,
    neuron_shapes,
    not_negative,
    options_held,
    parameter_arrays,
    quiet,
    state_fits,
)
from scratch.gradients import gradient_step
from scratch.losses import mse_loss, mse_loss_backward
from scratch.neuron import linear
from scratch.perceptron import perceptron_step

__all__ = ["Linear", "ToyNet", "MLP"]


class Parameter:
    """An array that is trained: ``data``, and after a backward pass
    ``grad``.
    """

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
    """What all networks share: parameters that are found by name, read, set
    and printed.
    """

    def forward(self, x):
        """The output for x."""
        raise NotImplementedError

    def __call__(self, x):
        return self.forward(x)

    def named_parameters(self, prefix=""):
        """Pairs of name and Parameter, as ``fc1.weight``, in the order of
        the layers.
        """
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
        """Forget the gradients; otherwise the next backward pass adds to
        them.
        """
        for parameter in self.parameters():
            parameter.grad = None

    def state_dict(self):
        """A copy of every parameter's array, by name."""
        return {
            name: parameter.data.copy()
            for name, parameter in self.named_parameters()
        }

    @quiet
    def load_state_dict(self, state_dict):
        """Set every parameter from arrays by name, of either backend."""
        parameters = dict(self.named_parameters())
        arrays = parameter_arrays(state_dict)
        state_fits(arrays, parameters)
        for name, parameter in parameters.items():
            parameter.data = arrays[name].astype(parameter.data.dtype)

    def extra_repr(self):
        """What stands between the parentheses of a layer."""
        return ""

    def __repr__(self):
        modules = [
            (name, value)
            for name, value in vars(self).items()
            if isinstance(value, Module)
        ]
        if not modules:
            return f"{type(self).__name__}({self.extra_repr()})"
        lines = "".join(
            f"  ({name}): {module!r}\n" for name, module in modules
        )
        return f"{type(self).__name__}(\n{lines})"


class Linear(Module):
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
        self.in_features, self.out_features = in_features, out_features
        rng = _generator(seed)
        bound = 1 / in_features**0.5
        self.weight = Parameter(
            rng.uniform(-bound, bound, (out_features, in_features)).astype(
                dtype
            )
        )
        self.bias = Parameter(
            rng.uniform(-bound, bound, out_features).astype(dtype)
        )
        self.x: Any = None

    @quiet
    def forward(self, x):
        """The weighted sums (N, K) of x (N, D)."""
        x, weight, bias = floats(
            x=x, weight=self.weight.data, bias=self.bias.data
        )
        z = linear.__wrapped__(x, weight, bias)
        self.x = x
        return z

    @quiet
    def backward(self, grad_output, input_grad=True):
        """The gradient with respect to x (N, D), given that with respect to
        the output (N, K); None if not asked.
        """
        if self.x is None:
            raise ValueError(
                "backward: no input is known yet, expected a call of the "
                "layer before"
            )
        (grad_output,) = floats(grad_output=grad_output)
        if grad_output.shape != (*self.x.shape[:-1], self.out_features):
            raise ValueError(
                f"grad_output: got shape {grad_output.shape}, expected that "
                "of the output"
            )
        return self.go_back(grad_output, input_grad)

    def go_back(self, grad_output, input_grad):
        """``backward``, unchecked."""
        x, grad = (
            (self.x, grad_output)
            if grad_output.ndim == 2
            else np.atleast_2d(self.x, grad_output)
        )
        accumulate(self.weight, grad.T @ x)
        accumulate(self.bias, grad.sum(axis=0))
        return grad_output @ self.weight.data if input_grad else None

    def extra_repr(self):
        """As torch.nn.Linear has it."""
        return (
            f"in_features={self.in_features}, "
            f"out_features={self.out_features}, bias=True"
        )


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
        self.fc1 = Linear(2, 1, dtype=dtype, seed=seed)

    def forward(self, x):
        """The weighted sums (N, 1) of the points x (N, 2); their signs are
        the classes.
        """
        return self.fc1(x)

    def backward(self, grad_output, input_grad=True):
        """The gradient with respect to x, given that with respect to the
        output; None if not asked.
        """
        return self.fc1.backward(grad_output, input_grad)

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

    @quiet
    def fit(self, x, y, epochs=40, lr=0.05):
        """The built-in solution: MSE loss of all samples, SGD; returns the
        loss before each step.
        """
        count("epochs", epochs)
        lr = not_negative("lr", lr)
        options_held({"lr": lr}, self.parameters())
        losses = []
        for _ in range(epochs):
            pred = self(x)
            losses.append(float(mse_loss(pred, y)))
            self.zero_grad()
            self.backward(mse_loss_backward(pred, y))
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
        sizes = layer_sizes("sizes", sizes)
        choice("activation", activation, IN_A_NET)
        choice("output", output, IN_A_NET)
        rng = Shared(_generator(seed))
        self.outputs = []
        self.layers, self.activations = (
            [],
            [activation] * (len(sizes) - 2) + [output],
        )
        for number, (n_in, n_out) in enumerate(
            itertools.pairwise(sizes), start=1
        ):
            layer = Linear(n_in, n_out, dtype=dtype, seed=rng)
            setattr(self, f"fc{number}", layer)
            self.layers.append(layer)

    @quiet
    def forward(self, x):
        """The output (N, sizes[-1]) for x (N, sizes[0])."""
        fc1 = self.layers[0]
        x, weight, bias = floats(
            x=x, weight=fc1.weight.data, bias=fc1.bias.data
        )
        neuron_shapes(x, weight, bias)
        self.outputs = []
        for layer, name in zip(self.layers, self.activations, strict=True):
            layer.x = x
            x = FORWARD[name](x @ layer.weight.data.T + layer.bias.data)
            self.outputs.append(x)
        return x.copy()  # whoever changes it does not change what is kept

    @quiet
    def backward(self, grad_output, input_grad=True):
        """The gradient with respect to x, given that with respect to the
        output; None if not asked.
        """
        if not self.outputs:
            raise ValueError(
                "backward: no input is known yet, expected a call of the "
                "net before"
            )
        (grad_output,) = floats(grad_output=grad_output)
        if grad_output.shape != self.outputs[-1].shape:
            raise ValueError(
                f"grad_output: got shape {grad_output.shape}, expected that "
                "of the output"
            )
        for number in reversed(range(len(self.layers))):
            grad_z = BACKWARD[self.activations[number]](
                self.outputs[number], grad_output
            )
            grad_output = self.layers[number].go_back(
                grad_z, input_grad or number > 0
            )
        return grad_output


# The activations once more, to the last bit, as a net has them: without
# checks, for z comes from a layer, and backward from the output g(z), which
# forward has kept, so that no exponential is computed twice.
FORWARD: dict[str, Callable] = {
    "identity": lambda z: z,
    "sigmoid": lambda z: (
        np.maximum(e := np.exp(-np.abs(z)), np.sign(z)) / (1 + e)
    ),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "softmax": softmax,
}
BACKWARD = {
    "identity": lambda output, grad: grad,
    "sigmoid": lambda output, grad: grad * (1 - output) * output,
    "tanh": lambda output, grad: grad * (1 - output * output),
    "relu": lambda output, grad: np.where(output <= 0, 0, grad),
    "softmax": lambda output, grad: (
        output * (grad - (output * grad).sum(axis=-1, keepdims=True))
    ),
}
IN_A_NET = tuple(name for name in FORWARD if name in BACKWARD)


class Shared(NamedTuple):
    """The generator that all layers of a net draw from in turn."""

    generator: Any


def _generator(seed):
    """A new generator of numbers; a shared one goes on."""
    if isinstance(seed, Shared):
        return seed.generator
    generator_seed(seed)
    return np.random.default_rng(seed)


def accumulate(parameter, grad):
    """Add to the gradient, in the parameter's dtype, as PyTorch's backward
    does.
    """
    if grad.dtype != parameter.data.dtype:
        grad = grad.astype(parameter.data.dtype)
    parameter.grad = (
        grad if parameter.grad is None else parameter.grad + grad
    )
