"""Mistakes in the training of many nets at once."""

import numpy as np

import scratch
from contract import border
from parity.mistakes.registry import mistake, rewired
from scratch import stacks


def stacked(kind, *args, **options):
    """``fit_stack`` with another kind of stack."""
    stacks_of = border.rewired(stacks.stacks_of, Stack=kind)
    return rewired(scratch.fit_stack, stacks_of=stacks_of)(*args, **options)


@mistake("fit_stack")
def mean_over_all_nets(models, x, y, **options):
    """one loss is taken over all nets: each gradient is divided by their number.

    Met where the outputs of all nets go into one mean, as in mse_loss(pred, target) of shapes (M, N, K).
    """

    class Mean(stacks.Stack):
        def backward(self, outputs, grad):
            super().backward(outputs, grad / len(models))

    return stacked(Mean, models, x, y, **options)


@mistake("fit_stack")
def first_weights_for_all(models, x, y, **options):
    """all nets start from the weights of the first.

    Met where one net is copied instead of its class being called, before torch.func.stack_module_state.
    """
    for model in models:
        model.load_state_dict(models[0].state_dict())
    return scratch.fit_stack(models, x, y, **options)


@mistake("fit_stack")
def first_options_for_all(models, x, y, **options):
    """all nets are trained with the learning rate, the momentum and the other options of the first.

    Met where one optimizer is created for the whole stack.
    """

    class First(stacks.Stack):
        def take_over(self, optimizers):
            super().take_over([optimizers[0]] * len(optimizers))

    def at_once(members, batch_size):
        return [First(members)]

    one_kind = not isinstance(options.get("optimizer"), list) or len(set(map(type, options["optimizer"]))) == 1
    if not one_kind:
        return scratch.fit_stack(models, x, y, **options)
    return rewired(scratch.fit_stack, stacks_of=at_once)(models, x, y, **options)


@mistake("fit_stack")
def one_out_of_range_stops_all(models, x, y, **options):
    """all nets stop as soon as the loss of one is out of range.

    Met where the mean of all losses is looked at.
    """

    class Together(stacks.Stack):
        def stop(self, which, with_grad=True):
            super().stop(np.full_like(which, which.any()), with_grad)

    return stacked(Together, models, x, y, **options)
