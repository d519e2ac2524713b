"""How one neuron learns, and then a network of them, in pure NumPy: every
formula spelled out.

Read it in the order of the files: tensors, datasets, activations, neuron,
perceptron, losses, gradients, networks, optimizers, training. Beside each
file stands one of the same name in ``torchref``: the same names, the same
results, in PyTorch.
"""

from scratch.tensors import tensor
from scratch.datasets import load_data
from scratch.activations import (
    identity,
    identity_backward,
    sigmoid,
    sigmoid_backward,
    tanh,
    tanh_backward,
    relu,
    relu_backward,
    softmax,
    softmax_backward,
)
from scratch.neuron import linear, sign, neuron, predict
from scratch.perceptron import (
    perceptron_step,
    perceptron_epoch,
    train_perceptron,
)
from scratch.losses import (
    squared_error,
    squared_error_backward,
    mse_loss,
    mse_loss_backward,
    binary_cross_entropy,
    binary_cross_entropy_backward,
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    cross_entropy,
    cross_entropy_backward,
)
from scratch.gradients import (
    neuron_gradients,
    gradient_step,
    gradient_epoch,
    train_gradient,
)
from scratch.networks import Linear, ToyNet, MLP
from scratch.optimizers import (
    sgd_update,
    adagrad_update,
    rmsprop_update,
    adam_update,
    adamw_update,
    SGD,
    Adagrad,
    RMSprop,
    Adam,
    AdamW,
)
from scratch.training import minibatches, train_step, fit

__all__ = [
    "tensor",
    "load_data",
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
    "linear",
    "sign",
    "neuron",
    "predict",
    "perceptron_step",
    "perceptron_epoch",
    "train_perceptron",
    "squared_error",
    "squared_error_backward",
    "mse_loss",
    "mse_loss_backward",
    "binary_cross_entropy",
    "binary_cross_entropy_backward",
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "neuron_gradients",
    "gradient_step",
    "gradient_epoch",
    "train_gradient",
    "Linear",
    "ToyNet",
    "MLP",
    "sgd_update",
    "adagrad_update",
    "rmsprop_update",
    "adam_update",
    "adamw_update",
    "SGD",
    "Adagrad",
    "RMSprop",
    "Adam",
    "AdamW",
    "minibatches",
    "train_step",
    "fit",
]
