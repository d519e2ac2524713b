r"""Gradient descent for one layer of neurons: the derivative by the chain rule, the
update, and a run sample by sample.

The loss is ``squared_error``, half the squared error summed, as the deck derives it.
Here ``torch.autograd`` takes the derivative and ``torch.optim.SGD`` makes the step.
"""

import torch

from contract import Callback, Count, D, Float, K, N, NonNegative, OneOf
from contract.arguments import epoch_orders
from contract.training import GradientRun, finite_loss
from torchref.activations import ACTIVATIONS
from torchref.losses import squared_error
from torchref.neuron import neuron

__all__ = ["neuron_gradients", "gradient_step", "gradient_epoch", "train_gradient"]


def neuron_gradients(
    weight: Float[K, D],
    bias: Float[K],
    x: Float[..., D],
    y: Float[..., K],
    activation: OneOf[ACTIVATIONS] = "identity",
):
    r"""The gradient of the squared error with respect to weight and bias, by the chain
    rule.

    .. math:: \delta_{nk} = \sum_j (\hat y_{nj} - y_{nj}) \,
              \frac{\partial \hat y_{nj}}{\partial z_{nk}}, \qquad
              \frac{\partial L}{\partial w_{kd}} = \sum_n \delta_{nk} \, x_{nd}, \qquad
              \frac{\partial L}{\partial b_k} = \sum_n \delta_{nk}

    The squared error is 1/2 (y - y_hat)^2, summed over samples and neurons: no factor 2
    and no mean. Where g takes each score alone, delta is (y_hat - y) g'(z); the softmax
    takes the scores of all neurons at once, and its sum has K terms. Source: the deck.

    >>> weight, bias, x, y = [[0.5, -1.0]], [0.0], [2.0, 1.0], [1.0]
    >>> grad_weight, grad_bias = neuron_gradients(*map(tensor, (weight, bias, x, y)))
    >>> grad_weight.tolist(), grad_bias.tolist()
    ([[-2.0, -1.0]], [-1.0])
    """
    weight, bias = weight.detach().requires_grad_(), bias.detach().requires_grad_()
    loss = squared_error(neuron(x, weight, bias, activation), y)
    return torch.autograd.grad(loss, (weight, bias))


def gradient_step(
    weight: Float[K, D],
    bias: Float[K],
    x: Float[..., D],
    y: Float[..., K],
    lr: NonNegative,
    activation: OneOf[ACTIVATIONS] = "identity",
):
    r"""One step against the gradient, with the learning rate ``lr``.

    .. math:: w \leftarrow w - \eta \frac{\partial L}{\partial w}, \qquad
              b \leftarrow b - \eta \frac{\partial L}{\partial b}

    Source: the deck; ``torch.optim.SGD``.

    >>> weight, bias, x, y = [[0.5, -1.0]], [0.0], [2.0, 1.0], [1.0]
    >>> weight, bias = gradient_step(*map(tensor, (weight, bias, x, y)), lr=0.25)
    >>> weight.tolist(), bias.tolist()
    ([[1.0, -0.75]], [0.25])
    """
    grad_weight, grad_bias = neuron_gradients(weight, bias, x, y, activation)
    weight, bias = weight.detach().clone(), bias.detach().clone()
    weight.grad, bias.grad = grad_weight, grad_bias
    torch.optim.SGD([weight, bias], lr=lr).step()
    weight.grad = bias.grad = None
    return weight, bias


def gradient_epoch(
    weight: Float[K, D],
    bias: Float[K],
    x: Float[N, D],
    y: Float[N, K],
    lr: NonNegative,
    activation: OneOf[ACTIVATIONS] = "identity",
):
    r"""One pass over all samples in the order given, with a step after each.

    Source: the deck, stochastic gradient descent.

    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> weight, bias = gradient_epoch(tensor([[0, 0]]), tensor([0]), x, y, lr=0.25)
    >>> weight.tolist(), bias.tolist()
    ([[-2.75, 0.25]], [-0.5625])
    """
    for x_i, y_i in zip(x, y, strict=True):
        weight, bias = gradient_step(weight, bias, x_i, y_i, lr, activation)
    return weight, bias


def train_gradient(
    weight: Float[K, D],
    bias: Float[K],
    x: Float[N, D],
    y: Float[N, K],
    *,
    lr: NonNegative,
    epochs: Count,
    orders=None,
    tolerance: NonNegative = 0.0,
    activation: OneOf[ACTIVATIONS] = "identity",
    on_epoch: Callback = None,
):
    r"""Stochastic gradient descent, sample by sample, until the loss settles.

    ``epochs`` is the maximum number of epochs. ``orders`` holds the order of the
    samples in each epoch, a permutation of 0..N-1, and training stops when it is
    exhausted; a NumPy generator draws one for each epoch; None is 0 to N-1 each time.
    Training stops when the loss of an epoch differs from that of the one before by no
    more than ``tolerance``. ``on_epoch(epoch, weight, bias, loss)`` is called after
    each epoch, the first being 1. The result has ``weight``, ``bias``, ``converged``
    (the loss settled), ``epochs`` (how many were run) and ``losses``, the squared error
    over all samples after each epoch. A learning rate that is too large makes the loss
    grow out of range: training stops there with a warning, and ``losses`` keeps what
    happened. Source: the deck.

    >>> x, y = tensor([[2.0, 1.0], [4.0, 0.0]]), tensor([[1.0], [-1.0]])
    >>> run = train_gradient(tensor([[0, 0]]), tensor([0]), x, y, lr=0.0625, epochs=2)
    >>> run.converged, run.epochs, [round(loss, 3) for loss in run.losses]
    (False, 2, [1.136, 0.927])
    """
    weight, bias = weight.clone(), bias.clone()
    losses, converged = [], False
    for order in epoch_orders(orders, epochs, len(x)):
        weight, bias = gradient_epoch(weight, bias, x[order], y[order], lr, activation)
        losses.append(squared_error(neuron(x, weight, bias, activation), y).item())
        if on_epoch is not None:
            on_epoch(len(losses), weight, bias, losses[-1])
        if not finite_loss(losses[-1], len(losses)):
            break
        converged = len(losses) > 1 and abs(losses[-1] - losses[-2]) <= tolerance
        if converged:
            break
    return GradientRun(weight, bias, converged, len(losses), losses)
