"""How one neuron learns, and then a network of them, in real PyTorch: its
autograd, its losses, its optimizers.

Read it in the order of the files: tensors, datasets, activations, neuron,
perceptron, losses, gradients, networks, optimizers, training. Beside each
file stands one of the same name in ``scratch``: the same names, the same
results, in pure NumPy.
"""

from torchref.tensors import tensor
from torchref.datasets import load_data
from torchref.activations import (
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
from torchref.neuron import linear, sign, neuron, predict
from torchref.perceptron import (
    perceptron_step,
    perceptron_epoch,
    train_perceptron,
)
from torchref.losses import (
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
from torchref.gradients import (
    neuron_gradients,
    gradient_step,
    gradient_epoch,
    train_gradient,
)
from torchref.networks import Linear, ToyNet, MLP
from torchref.optimizers import (
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
from torchref.training import minibatches, train_step, fit

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
