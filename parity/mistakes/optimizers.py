"""Mistakes in the optimizer classes: those of their updates, and those of keeping state."""

import numpy as np

import scratch
from parity.mistakes.registry import in_class, mistake

in_class("SGD.update", "sgd_ascent", "sgd_decay_without_lr")
in_class("Adagrad.update", "adagrad_eps_inside_the_root", "mean_of_squares_for_the_sum")
in_class(
    "RMSprop.update",
    "rmsprop_eps_inside_the_root",
    "square_average_from_1",
    "square_average_before_this_gradient",
)
in_class(
    "Adam.update",
    "eps_inside_the_root",
    "eps_before_the_correction",
    "bias_correction_without_t",
    "bias_correction_one_step_late",
    "no_bias_correction",
    "only_m_corrected",
    "corrected_averages_stored",
)
in_class("AdamW.update", "coupled_weight_decay", "decay_without_lr", "decay_twice")


@mistake("SGD.zero_grad")
def zero_grad_does_nothing(optimizer):
    """zero_grad does not reset the gradients, and each step goes against the sum of all so far.

    Met where a new array is bound to a local name: for grad in gradients: grad = 0.
    """


@mistake("SGD.step")
def buffer_forgotten(optimizer):
    """the momentum buffer is lost after each step.

    Met where the state returned by the update is not kept.
    """
    optimizer.state = {}
    scratch.SGD.step(optimizer)


@mistake("SGD.step")
def one_buffer_for_all(optimizer):
    """all parameters share one momentum buffer.

    Met where the buffer is an attribute of the optimizer and not of each parameter; broadcasting hides it.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            shared = getattr(optimizer, "shared", None)
            if shared is not None and shared.size == parameter.data.size:
                optimizer.state[parameter] = {"momentum_buffer": shared.reshape(parameter.shape)}
            others = [p for g in optimizer.param_groups for p in g["params"] if p is not parameter]
            grads = [p.grad for p in others]
            for p in others:
                p.grad = None
            scratch.SGD.step(optimizer)
            for p, grad in zip(others, grads, strict=True):
                p.grad = grad
            optimizer.shared = optimizer.state.get(parameter, {}).get("momentum_buffer")


@mistake("SGD.step")
def groups_ignored(optimizer):
    """every group is updated with the options of the first.

    Met where self.lr is used instead of group["lr"].
    """
    kept = [dict(group) for group in optimizer.param_groups]
    for group in optimizer.param_groups[1:]:
        group.update({name: optimizer.param_groups[0][name] for name in optimizer.defaults})
    scratch.SGD.step(optimizer)
    for group, old in zip(optimizer.param_groups, kept, strict=True):
        group.update(old)


@mistake("SGD.step")
def missing_gradient_is_0(optimizer):
    """a parameter without a gradient is updated as if its gradient were 0: decay and momentum change it.

    Met in PyTorch after zero_grad(set_to_none=False), the default before version 2.0.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is None:
                parameter.grad = np.zeros_like(parameter.data)
    scratch.SGD.step(optimizer)


@mistake("SGD.step")
def lr_of_the_constructor(optimizer):
    """each step takes the learning rate of the constructor: a change in param_groups has no effect.

    Met where the constructor keeps self.lr and step reads it.
    """
    for group in optimizer.param_groups:
        group["lr"] = optimizer.defaults["lr"]
    scratch.SGD.step(optimizer)


@mistake("SGD.step")
def biases_do_not_decay(optimizer):
    """the weight decay shrinks the weights and not the biases.

    Met in most recipes for training large nets, which put biases into a group without weight decay.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"] if group["weight_decay"] else ():
            if parameter.data.ndim == 1 and parameter.grad is not None:
                parameter.grad = parameter.grad - group["weight_decay"] * parameter.data
    scratch.SGD.step(optimizer)


@mistake("Adam.step")
def one_counter_for_all(optimizer):
    """all parameters share one step counter, which goes up with each of them: at the second one t is 2 already.

    Met where self.t += 1 is inside the loop over the parameters.
    """
    counted = getattr(optimizer, "counted", 0)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is not None:
                keys = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * group["amsgrad"]
                zeros = {key: np.zeros_like(parameter.data) for key in keys}
                optimizer.state[parameter] = zeros | optimizer.state.get(parameter, {}) | {"step": float(counted)}
                counted += 1
    optimizer.counted = counted
    scratch.Adam.step(optimizer)


@mistake("Adam.load_state_dict")
def state_not_loaded(optimizer, state_dict):
    """load_state_dict takes the options and not the state: m, v and t start again from 0.

    Met where only the weights are saved, and training continues with a new optimizer.
    """
    scratch.Adam.load_state_dict(optimizer, state_dict)
    optimizer.state = {}


@mistake("Adam.load_state_dict")
def counter_not_loaded(optimizer, state_dict):
    """load_state_dict restores m and v but not t, and the bias correction starts again.

    Met where t is an attribute of the optimizer and only the arrays are saved.
    """
    scratch.Adam.load_state_dict(optimizer, state_dict)
    for state in optimizer.state.values():
        state["step"] = 0.0
