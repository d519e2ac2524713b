"""The files of either package, in study order."""

FILES = (
    "tensors",
    "datasets",
    "activations",
    "neuron",
    "perceptron",
    "losses",
    "gradients",
    "networks",
    "optimizers",
    "training",
    "checkpoints",
    "stacks",
)
