r"""From gradients to new weights: the update rules, in order of increasing complexity.

Each rule is a function of one parameter, its gradient and its state: the dictionary of
what the rule remembers of this parameter from step to step, None before the first. It
returns the new parameter and the new state. Each class applies its rule to all
parameters of a net. Here both are PyTorch's own.
"""

import copy

import torch
from torch import optim

from contract import Betas, Flag, Float, NonNegative, Shape, State
from contract.optimizers import Rule, parameter_groups
from torchref import arrays

__all__ = [
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
]


def sgd_update(
    param: Float[Shape],
    grad: Float[Shape],
    state: State("momentum_buffer if momentum"),
    *,
    lr: NonNegative,
    momentum: NonNegative = 0.0,
    dampening: NonNegative = 0.0,
    weight_decay: NonNegative = 0.0,
    nesterov: Flag = False,
):
    r"""One step of gradient descent, optionally with momentum.

    .. math:: g \leftarrow g + \lambda w, \qquad b \leftarrow \mu b + (1 - d) g, \qquad
              w \leftarrow w - \eta b \quad
              \text{(Nesterov: } w \leftarrow w - \eta (g + \mu b) \text{)}

    The learning rate ``lr`` is eta, ``momentum`` mu (at 0 there is no buffer b),
    ``dampening`` d, ``weight_decay`` lambda; Nesterov's form needs momentum and no
    dampening. The first buffer is the gradient itself, without dampening. The learning
    rate stands outside the buffer: the classical form, b = mu b + eta g and w = w - b,
    gives the same only as long as eta stays the same.
    Source: the deck's exercises; ``torch.optim.SGD``; I. Sutskever et al., "On the
    importance of initialization and momentum in deep learning" (2013).

    >>> grad, options = tensor([0.5]), {"lr": 0.5, "momentum": 0.5}
    >>> param, state = sgd_update(tensor([1.0]), grad, None, **options)
    >>> param, state = sgd_update(param, grad, state, **options)
    >>> param.tolist(), state["momentum_buffer"].tolist()
    ([0.375], [0.75])
    """
    param = param.detach().clone()
    optimizer = optim.SGD([param], lr, momentum, dampening, weight_decay, nesterov)
    with_state(optimizer, param, grad, state)
    optimizer.step()
    return without_grad(optimizer, param)


def adagrad_update(
    param: Float[Shape],
    grad: Float[Shape],
    state: State("step", "sum"),
    *,
    lr: NonNegative = 1e-2,
    lr_decay: NonNegative = 0.0,
    weight_decay: NonNegative = 0.0,
    initial_accumulator_value: NonNegative = 0.0,
    eps: NonNegative = 1e-10,
):
    r"""One step of Adagrad: the step of a weight shrinks as its squared gradients add
    up.

    .. math:: g \leftarrow g + \lambda w, \qquad s \leftarrow s + g^2, \qquad
              w \leftarrow w - \frac{\eta}{1 + (t - 1) \eta_d} \,
              \frac{g}{\sqrt s + \epsilon}

    The learning rate ``lr`` is eta, ``lr_decay`` eta_d, ``weight_decay`` lambda;
    ``initial_accumulator_value`` is s before the first step; ``step`` t counts the
    steps, ``sum`` is s, ``eps`` epsilon, which is added outside the square root.
    Source: ``torch.optim.Adagrad``; J. Duchi, E. Hazan, Y. Singer, "Adaptive
    subgradient methods for online learning and stochastic optimization" (2011).

    >>> options = {"lr": 0.5, "eps": 0.0}
    >>> param, state = adagrad_update(tensor([1.0]), tensor([2.0]), None, **options)
    >>> param.tolist(), state["sum"].tolist(), int(state["step"])
    ([0.5], [4.0], 1)
    """
    param = param.detach().clone()
    optimizer = optim.Adagrad(
        [param], lr, lr_decay, weight_decay, initial_accumulator_value, eps
    )
    with_state(optimizer, param, grad, state)
    optimizer.step()
    return without_grad(optimizer, param)


def rmsprop_update(
    param: Float[Shape],
    grad: Float[Shape],
    state: State(
        "step", "square_avg", "momentum_buffer if momentum", "grad_avg if centered"
    ),
    *,
    lr: NonNegative = 1e-2,
    alpha: NonNegative = 0.99,
    eps: NonNegative = 1e-8,
    weight_decay: NonNegative = 0.0,
    momentum: NonNegative = 0.0,
    centered: Flag = False,
):
    r"""One step of RMSprop: the gradient is divided by its root mean square.

    .. math:: g \leftarrow g + \lambda w, \qquad
              v \leftarrow \alpha v + (1 - \alpha) g^2, \qquad
              w \leftarrow w - \eta \frac{g}{\sqrt v + \epsilon}

    .. math:: \text{centered: } \bar g
              \leftarrow \bar g + (1 - \alpha)(g - \bar g), \quad
              \sqrt{v - \bar g^2} \text{ for } \sqrt v; \qquad
              \text{momentum: } b \leftarrow \mu b + \frac{g}{\sqrt v + \epsilon}, \quad
              w \leftarrow w - \eta b

    The learning rate ``lr`` is eta, ``alpha`` the decay rate of the running averages v
    (``square_avg``) and g-bar (``grad_avg``), ``weight_decay`` lambda, ``momentum`` mu
    (at 0 there is no ``momentum_buffer`` b), ``eps`` epsilon; ``centered`` divides by
    the standard deviation of the gradient. epsilon is added outside the square root;
    TensorFlow adds it inside. v starts at 0, with no bias correction. A centered v that
    rounding makes negative gives nan, as in PyTorch. Where it is nothing but rounding,
    as with alpha 0, or v overflows, the result depends on the processor: PyTorch rounds
    once where it can multiply and add at once, NumPy twice.
    Source: ``torch.optim.RMSprop``; G. Hinton, lecture 6e of "Neural networks for
    machine learning" (2012).

    >>> options = {"lr": 0.25, "alpha": 0.75, "eps": 0.0}
    >>> param, state = rmsprop_update(tensor([1.0]), tensor([2.0]), None, **options)
    >>> param.tolist(), state["square_avg"].tolist(), int(state["step"])
    ([0.5], [1.0], 1)
    """
    param = param.detach().clone()
    optimizer = optim.RMSprop([param], lr, alpha, eps, weight_decay, momentum, centered)
    with_state(optimizer, param, grad, state)
    optimizer.step()
    return without_grad(optimizer, param)


def adam_update(
    param: Float[Shape],
    grad: Float[Shape],
    state: State("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq if amsgrad"),
    *,
    lr: NonNegative = 1e-3,
    betas: Betas = (0.9, 0.999),
    eps: NonNegative = 1e-8,
    weight_decay: NonNegative = 0.0,
    amsgrad: Flag = False,
):
    r"""One step of Adam: momentum, divided by the root mean square of the gradients,
    both bias-corrected.

    .. math:: g \leftarrow g + \lambda w, \qquad
              m \leftarrow m + (1 - \beta_1)(g - m), \qquad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2

    .. math:: w \leftarrow w - \frac{\eta}{1 - \beta_1^t} \,
              \frac{m}{\sqrt v / \sqrt{1 - \beta_2^t} + \epsilon}

    The learning rate ``lr`` is eta, ``betas`` are the decay rates of the running
    averages m (``exp_avg``) and v (``exp_avg_sq``), ``weight_decay`` is lambda, ``eps``
    epsilon; ``amsgrad`` takes the maximum of v so far, before its correction. ``step``
    t is 1 at the first step. epsilon is added to the square root of the bias-corrected
    v; TensorFlow adds it before the correction. The weight decay goes through m and v;
    in ``adamw_update`` it does not.
    Source: ``torch.optim.Adam``; D. Kingma, J. Ba, "Adam: a method for stochastic
    optimization" (2015).

    >>> options = {"lr": 0.25, "betas": (0.5, 0.75), "eps": 0.0}
    >>> param, state = adam_update(tensor([1.0]), tensor([2.0]), None, **options)
    >>> param.tolist(), state["exp_avg"].tolist(), state["exp_avg_sq"].tolist()
    ([0.75], [1.0], [1.0])
    """
    param = param.detach().clone()
    optimizer = optim.Adam([param], lr, betas, eps, weight_decay, amsgrad)
    with_state(optimizer, param, grad, state)
    optimizer.step()
    return without_grad(optimizer, param)


def adamw_update(
    param: Float[Shape],
    grad: Float[Shape],
    state: State("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq if amsgrad"),
    *,
    lr: NonNegative = 1e-3,
    betas: Betas = (0.9, 0.999),
    eps: NonNegative = 1e-8,
    weight_decay: NonNegative = 0.01,
    amsgrad: Flag = False,
):
    r"""One step of AdamW: the weights shrink first, then Adam without weight decay.

    .. math:: w \leftarrow (1 - \eta \lambda) w, \qquad
              \text{then as Adam with } \lambda = 0

    The options are those of ``adam_update``. The decay is decoupled: it does not go
    through m and v. As in PyTorch it is multiplied by the learning rate; in the paper
    it is not.
    Source: ``torch.optim.AdamW``; I. Loshchilov, F. Hutter, "Decoupled weight decay
    regularization" (2019).

    >>> options = {"lr": 0.25, "betas": (0.5, 0.75), "eps": 0.0, "weight_decay": 0.5}
    >>> param, state = adamw_update(tensor([1.0]), tensor([2.0]), None, **options)
    >>> param.tolist(), state["exp_avg"].tolist(), state["exp_avg_sq"].tolist()
    ([0.625], [1.0], [1.0])
    """
    param = param.detach().clone()
    optimizer = optim.AdamW([param], lr, betas, eps, weight_decay, amsgrad)
    with_state(optimizer, param, grad, state)
    optimizer.step()
    return without_grad(optimizer, param)


def with_state(optimizer, param, grad, state):
    """Put the gradient, and the state of the step before, in their places."""
    param.grad = grad.clone()  # on a GPU, SGD may add to it in place
    if state:
        optimizer.state[param] = {key: value.clone() for key, value in state.items()}


def without_grad(optimizer, param):
    """The new parameter and its new state."""
    param.grad = None
    return param, dict(optimizer.state.get(param, {}))


class Optimizer(torch.optim.Optimizer):
    """What all optimizers share: groups of parameters with their options, and states.

    ``params`` holds parameters, or dictionaries, each a group with options of its own:
    ``{"params": [...], "lr": 0.1}``. ``param_groups`` has the ``params`` and every
    option of each group; what is changed there holds from the next step on. ``state``
    has for each parameter what its update returned. A subclass names its rule, whose
    options its constructor takes: ``class SGD(Optimizer, update=sgd_update, lr=1e-3)``.
    """

    def __init_subclass__(cls, update=None, **defaults):
        if update:
            cls.rule = Rule(update, **defaults)
            cls.__signature__ = cls.rule.signature

    def __init__(self, params, *args, **options):
        params, options = self.rule.bind(params, args, options)
        kind = torch.nn.Parameter
        groups = parameter_groups(params, self.rule, options, kind, arrays)
        super().__init__(groups, **options)

    def step(self, closure=None):
        """Update every parameter that has a gradient."""
        # Options and states may have been changed by hand.
        for group in self.param_groups:
            group.update(self.rule.checked_group(group, arrays))
            for parameter in group["params"]:
                self.rule.expect_complete(self.state.get(parameter), group)
        return super().step(closure)

    def state_dict(self):
        """A copy of the states, by the number of the parameter, and of the options."""
        packed = copy.deepcopy(super().state_dict())
        names = (*self.rule.names, "params")
        groups = [{name: g[name] for name in names} for g in packed["param_groups"]]
        return {"state": packed["state"], "param_groups": groups}

    def load_state_dict(self, state_dict):
        """Load a state_dict of either backend or of the same ``torch.optim`` class."""
        kind, groups = type(self).__name__, self.param_groups
        self.rule.expect_state_dict(kind, state_dict, groups, arrays)
        states, saved_groups = {}, []
        for group, saved in zip(groups, state_dict["param_groups"], strict=True):
            options = self.rule.checked(saved)
            saved_groups.append({**options, "params": saved["params"]})
            for parameter, number in zip(group["params"], saved["params"], strict=True):
                if number in state_dict["state"]:
                    states[number] = {
                        key: arrays.state_value(key, value, parameter)
                        for key, value in state_dict["state"][number].items()
                    }
        super().load_state_dict({"state": states, "param_groups": saved_groups})


class SGD(Optimizer, torch.optim.SGD, update=sgd_update, lr=1e-3):
    """Gradient descent for all parameters of a net: ``sgd_update``, with its options.

    Source: ``torch.optim.SGD``.

    >>> net = Linear(2, 1)
    >>> net.load_state_dict({"weight": [[0.5, -1.0]], "bias": [0.0]})
    >>> optimizer = SGD(net.parameters(), lr=0.25, momentum=0.5)
    >>> train_step(net, tensor([[2.0, 1.0]]), tensor([[1.0]]), "mse_loss", optimizer)
    1.0
    >>> net.weight.tolist()
    [[1.5, -0.5]]
    """


class Adagrad(Optimizer, torch.optim.Adagrad, update=adagrad_update):
    """Adagrad for all parameters of a net: ``adagrad_update``, with its options.

    The state is there before the first step. Source: ``torch.optim.Adagrad``.
    """


class RMSprop(Optimizer, torch.optim.RMSprop, update=rmsprop_update):
    """RMSprop for all parameters of a net: ``rmsprop_update``, with its options."""


class Adam(Optimizer, torch.optim.Adam, update=adam_update):
    """Adam for all parameters of a net: ``adam_update``, with its options."""


class AdamW(Optimizer, torch.optim.AdamW, update=adamw_update):
    """AdamW for all parameters of a net: ``adamw_update``, with its options."""


OPTIMIZERS = {
    "SGD": SGD,
    "Adagrad": Adagrad,
    "RMSprop": RMSprop,
    "Adam": Adam,
    "AdamW": AdamW,
}
