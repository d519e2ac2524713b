"""Mistakes in stopping a training and going on."""

import scratch
from contract.training import History
from parity.mistakes.registry import mistake


@mistake("save_training")
def optimizer_not_saved(file, model, optimizer, history=None):
    """the weights are saved and the state of the optimizer is not: its averages begin again.

    Met where torch.save(model.state_dict()) is all that is saved.
    """
    fresh = type(optimizer)(optimizer.param_groups)
    scratch.save_training(file, model, fresh, history)


@mistake("load_training")
def history_not_loaded(file, model, optimizer=None):
    """the training begins again at epoch 0, with the weights of its end.

    Met where the loop over the epochs starts from 0 whatever was loaded.
    """
    scratch.load_training(file, model, optimizer)
    return History()
