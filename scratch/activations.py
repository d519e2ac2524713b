r"""What a neuron does with its weighted sum z: the activation g, and the
gradient through it.

Each ``g(z)`` stands beside its ``g_backward(z, grad_output)``, which turns
the gradient of the loss with respect to g(z) into the gradient with respect
to z: the factor g'(z) of the chain rule.
"""

import numpy as np

from scratch.checks import choice, floats, quiet, same_shape, scores

__all__ = [
    "identity",
    "identity_backward",
    "sigmoid",
    "sigmoid_backward",
    "tanh",
    "tanh_backward",
    "relu",
    "relu_backward",
    "softmax",
    "softmax_backward",
]


@quiet
def identity(z):
    r"""The linear neuron: no activation at all.

    .. math:: g(z) = z

    Parameters
    ----------
    z : float array of any shape

    Returns
    -------
    float array of the shape of z
        A copy.

    Raises
    ------
    ValueError
        If z holds anything but numbers.

    Notes
    -----
    Source: the deck; ``torch.nn.Identity``.

    Examples
    --------
    >>> identity(tensor([-1.5, 2.0])).tolist()
    [-1.5, 2.0]
    """
    (z,) = floats(z=z)
    return z.copy()


@quiet
def identity_backward(z, grad_output):
    r"""Gradient through the identity.

    .. math:: \frac{\partial L}{\partial z} = \frac{\partial L}{\partial g}

    Parameters
    ----------
    z, grad_output : float arrays of the same shape

    Returns
    -------
    float array of the shape of z

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    Source: the deck, where the linear neuron has g' = 1.

    Examples
    --------
    >>> identity_backward(tensor([-1.5, 2.0]), tensor([1.0, 3.0])).tolist()
    [1.0, 3.0]
    """
    z, grad_output = floats(z=z, grad_output=grad_output)
    same_shape("z", z, "grad_output", grad_output)
    return grad_output.copy()


@quiet
def sigmoid(z):
    r"""The logistic function, from 0 to 1.

    .. math:: \sigma(z) = \frac{1}{1 + e^{-z}} = \frac{e^{z}}{1 + e^{z}}

    Parameters
    ----------
    z : float array of any shape

    Returns
    -------
    float array of the shape of z
        Between 0 and 1; both ends are reached where z is far out.

    Raises
    ------
    ValueError
        If z holds anything but numbers.

    Notes
    -----
    Of the two forms the one is taken whose exponent is not positive, so
    nothing overflows.
    Source: the deck's exercises; ``torch.sigmoid``.

    Examples
    --------
    >>> sigmoid(tensor([0.0, -10000.0, 10000.0])).tolist()
    [0.5, 0.0, 1.0]
    """
    (z,) = floats(z=z)
    e = np.exp(-np.abs(z))
    return np.where(z < 0, e, 1) / (1 + e)


@quiet
def sigmoid_backward(z, grad_output):
    r"""Gradient through the sigmoid.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, \sigma(z) \, (1 - \sigma(z))

    Parameters
    ----------
    z, grad_output : float arrays of the same shape
        z is the weighted sum, not its sigmoid.

    Returns
    -------
    float array of the shape of z

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    Source: the deck's exercises; the derivative that ``torch.autograd``
    takes of ``torch.sigmoid``.

    Examples
    --------
    >>> sigmoid_backward(tensor([0.0]), tensor([2.0])).tolist()
    [0.5]
    """
    z, grad_output = floats(z=z, grad_output=grad_output)
    same_shape("z", z, "grad_output", grad_output)
    s = sigmoid.__wrapped__(z)
    return grad_output * (1 - s) * s


@quiet
def tanh(z):
    r"""The hyperbolic tangent, from -1 to 1.

    .. math:: \tanh(z) = \frac{e^{z} - e^{-z}}{e^{z} + e^{-z}}

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
    Source: the deck's exercises; ``torch.tanh``.

    Examples
    --------
    >>> tanh(tensor([0.0, -10000.0, 10000.0])).tolist()
    [0.0, -1.0, 1.0]
    """
    (z,) = floats(z=z)
    return np.tanh(z)


@quiet
def tanh_backward(z, grad_output):
    r"""Gradient through the hyperbolic tangent.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, (1 - \tanh^2 z)

    Parameters
    ----------
    z, grad_output : float arrays of the same shape

    Returns
    -------
    float array of the shape of z

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    Source: the derivative that ``torch.autograd`` takes of ``torch.tanh``.

    Examples
    --------
    >>> tanh_backward(tensor([0.0]), tensor([2.0])).tolist()
    [2.0]
    """
    z, grad_output = floats(z=z, grad_output=grad_output)
    same_shape("z", z, "grad_output", grad_output)
    t = np.tanh(z)
    return grad_output * (1 - t * t)


@quiet
def relu(z):
    r"""The rectifier: the positive part.

    .. math:: g(z) = \max(z, 0)

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
    Source: ``torch.relu``.

    Examples
    --------
    >>> relu(tensor([-1.5, 0.0, 2.0])).tolist()
    [0.0, 0.0, 2.0]
    """
    (z,) = floats(z=z)
    return np.maximum(z, 0)


@quiet
def relu_backward(z, grad_output):
    r"""Gradient through the rectifier.

    .. math:: \frac{\partial L}{\partial z}
              = \frac{\partial L}{\partial g} \, [z > 0]

    Parameters
    ----------
    z, grad_output : float arrays of the same shape

    Returns
    -------
    float array of the shape of z

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    At the kink, z = 0, the gradient is 0, and where z is nan it passes: both
    as PyTorch has it (``torch.clamp(min=0)`` would pass it at 0 too).
    Source: the derivative that ``torch.autograd`` takes of ``torch.relu``.

    Examples
    --------
    >>> relu_backward(
    ...     tensor([-1.5, 0.0, 2.0]), tensor([1.0, 1.0, 1.0])
    ... ).tolist()
    [0.0, 0.0, 1.0]
    """
    z, grad_output = floats(z=z, grad_output=grad_output)
    same_shape("z", z, "grad_output", grad_output)
    return np.where(z <= 0, 0, grad_output)


@quiet
def softmax(z):
    r"""Probabilities from scores, along the last axis.

    .. math:: p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}

    Parameters
    ----------
    z : (N, K) or (K,) float

    Returns
    -------
    float array of the shape of z
        Each row sums to 1.

    Raises
    ------
    ValueError
        If z holds anything but numbers, or none.

    Notes
    -----
    The largest score of the row is subtracted first: the quotient stays, and
    nothing overflows.
    Source: ``torch.softmax(z, dim=-1)``.

    Examples
    --------
    >>> softmax(tensor([[10000.0, 10000.0], [0.0, 10000.0]])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    (z,) = floats(z=z)
    scores("z", z)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@quiet
def softmax_backward(z, grad_output):
    r"""Gradient through the softmax.

    .. math:: \frac{\partial L}{\partial z_k}
              = p_k \left( \frac{\partial L}{\partial p_k}
              - \sum_j p_j \frac{\partial L}{\partial p_j} \right)

    Parameters
    ----------
    z, grad_output : (N, K) or (K,) float
        Same shape.

    Returns
    -------
    float array of the shape of z
        Each row sums to 0: adding the same to all scores changes nothing.

    Raises
    ------
    ValueError
        If the shapes differ, or hold no numbers.

    Notes
    -----
    Source: the derivative that ``torch.autograd`` takes of
    ``torch.softmax``.

    Examples
    --------
    >>> softmax_backward(tensor([0.0, 0.0]), tensor([1.0, 0.0])).tolist()
    [0.25, -0.25]
    """
    z, grad_output = floats(z=z, grad_output=grad_output)
    same_shape("z", z, "grad_output", grad_output)
    p = softmax.__wrapped__(z)
    return p * (grad_output - (p * grad_output).sum(axis=-1, keepdims=True))


ACTIVATIONS = {
    "identity": (identity, identity_backward),
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (tanh, tanh_backward),
    "relu": (relu, relu_backward),
    "softmax": (softmax, softmax_backward),
}


def activation_pair(name):
    """The activation of that name and its backward, for those who are quiet
    already.
    """
    choice("activation", name, ACTIVATIONS)
    g, g_backward = ACTIVATIONS[name]
    return g.__wrapped__, g_backward.__wrapped__
