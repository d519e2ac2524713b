r"""One neuron: a weighted sum of its inputs, and an activation.

The deck draws the bias as the weight of one more input that is always 1.
Here, as in PyTorch, it has a name of its own: w.x + b is the deck's W.X with
X = (x, 1) and W = (w, b).
"""

import numpy as np

from scratch.activations import activation_pair
from scratch.checks import floats, neuron_shapes, quiet

__all__ = ["linear", "sign", "neuron", "predict"]


@quiet
def linear(x, weight, bias):
    r"""The weighted sum of the inputs, for K neurons at once.

    .. math:: z_{nk} = \sum_d x_{nd} \, w_{kd} + b_k

    Parameters
    ----------
    x : (N, D) or (D,) float
    weight : (K, D) float
    bias : (K,) float

    Returns
    -------
    (N, K) or (K,) float

    Raises
    ------
    ValueError
        If the shapes do not fit, or x holds no sample.

    Notes
    -----
    Where terms overflow, the order in which the processor adds them decides
    between inf and nan.
    Source: the deck; ``torch.nn.functional.linear``, which also keeps one
    row of weights for each neuron.

    Examples
    --------
    >>> linear(
    ...     tensor([[2.0, 1.0]]), tensor([[0.5, -1.0]]), tensor([0.25])
    ... ).tolist()
    [[0.25]]
    """
    x, weight, bias = floats(x=x, weight=weight, bias=bias)
    neuron_shapes(x, weight, bias)
    return x @ weight.T + bias


@quiet
def sign(z):
    r"""The sign of a number: -1, 0 or +1.

    .. math:: \operatorname{sign}(z) = [z > 0] - [z < 0]

    Parameters
    ----------
    z : float array of any shape

    Returns
    -------
    float array of the shape of z

    Raises
    ------
    ValueError
        If z holds anything but numbers.

    Notes
    -----
    The sign of 0 is 0, neither class. The sign of nan is 0 too, as
    ``torch.sign`` has it; ``numpy.sign`` gives nan.
    Source: the deck; ``torch.sign``.

    Examples
    --------
    >>> sign(tensor([-2.5, 0.0, 0.125])).tolist()
    [-1.0, 0.0, 1.0]
    """
    (z,) = floats(z=z)
    return np.subtract(z > 0, z < 0, dtype=z.dtype)


@quiet
def neuron(x, weight, bias, activation="identity"):
    r"""The output of K neurons.

    .. math:: \hat y = g(w \cdot x + b)

    Parameters
    ----------
    x : (N, D) or (D,) float
    weight : (K, D) float
    bias : (K,) float
    activation : "identity", "sigmoid", "tanh", "relu" or "softmax"

    Returns
    -------
    (N, K) or (K,) float

    Raises
    ------
    ValueError
        If the shapes do not fit, x holds no sample, or the activation is
        unknown.

    Notes
    -----
    Source: the deck.

    Examples
    --------
    >>> neuron(
    ...     tensor([2.0, 1.0]),
    ...     tensor([[0.5, -1.0]]),
    ...     tensor([0.0]),
    ...     activation="sigmoid",
    ... ).tolist()
    [0.5]
    """
    g, _ = activation_pair(activation)
    return g(linear.__wrapped__(x, weight, bias))


@quiet
def predict(x, weight, bias):
    r"""The class that the neuron gives a point: the side of the line on
    which it lies.

    .. math:: \hat y = \operatorname{sign}(w \cdot x + b)

    Parameters
    ----------
    x : (N, D) or (D,) float
    weight : (K, D) float
    bias : (K,) float

    Returns
    -------
    (N, K) or (K,) float
        -1 or +1, and 0 for a point on the line.

    Raises
    ------
    ValueError
        If the shapes do not fit, or x holds no sample.

    Notes
    -----
    Source: the deck.

    Examples
    --------
    >>> predict(
    ...     tensor([[2.0, 1.0], [6.0, 0.5]]),
    ...     tensor([[-1.0, 0.0]]),
    ...     tensor([3.0]),
    ... ).tolist()
    [[1.0], [-1.0]]
    """
    return sign.__wrapped__(linear.__wrapped__(x, weight, bias))
