r"""From gradients to new weights: the update rules, in order of increasing complexity.

Each rule is a function of one parameter, its gradient and its state: the dictionary of
what the rule remembers of this parameter from step to step, None before the first. It
returns the new parameter and the new state. Each class applies its rule to all
parameters of a net.
"""

import copy
import operator

import numpy as np

from contract import Betas, Flag, Float, NonNegative, Shape, State
from contract.arrays import expect_like
from contract.optimizers import Rule, parameter_groups
from scratch import arrays
from scratch.arrays import quiet
from scratch.modules import Parameter

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
    if weight_decay != 0:
        grad = grad + weight_decay * param
    if momentum != 0:
        if state:
            fresh = grad if dampening == 0 else (1 - dampening) * grad
            buffer = momentum * state["momentum_buffer"] + fresh
        else:
            buffer = grad.copy()
        state = {"momentum_buffer": buffer}
        grad = grad + momentum * buffer if nesterov else buffer
    return param - lr * grad, state


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
    state = state or {
        "step": 0.0,
        "sum": np.full_like(param, initial_accumulator_value),
    }
    step = state["step"] + 1
    if weight_decay != 0:
        grad = grad + weight_decay * param
    total = state["sum"] + grad * grad
    step_size = lr / (1 + (step - 1) * lr_decay)
    param = param - step_size * grad / (np.sqrt(total) + eps)
    return param, {"step": step, "sum": total}


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
    wanted = {"square_avg": True, "momentum_buffer": momentum, "grad_avg": centered}
    state = state or _zeros(param, wanted)
    state = {**state, "step": state["step"] + 1}
    if weight_decay != 0:
        grad = grad + weight_decay * param
    square_avg = alpha * state["square_avg"] + (1 - alpha) * grad * grad
    state["square_avg"] = square_avg
    if centered:
        state["grad_avg"] = _lerp(state["grad_avg"], grad, 1 - alpha)
        square_avg = square_avg - state["grad_avg"] * state["grad_avg"]
    grad = grad / (np.sqrt(square_avg) + eps)
    if momentum != 0:
        grad = state["momentum_buffer"] = momentum * state["momentum_buffer"] + grad
    return param - lr * grad, state


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
    wanted = {"exp_avg": True, "exp_avg_sq": True, "max_exp_avg_sq": amsgrad}
    state = state or _zeros(param, wanted)
    beta1, beta2 = betas
    step = state["step"] + 1
    if weight_decay != 0:
        grad = grad + weight_decay * param
    exp_avg = _lerp(state["exp_avg"], grad, 1 - beta1)
    exp_avg_sq = largest = beta2 * state["exp_avg_sq"] + (1 - beta2) * grad * grad
    state = {**state, "step": step, "exp_avg": exp_avg, "exp_avg_sq": exp_avg_sq}
    if amsgrad:
        largest = np.maximum(state["max_exp_avg_sq"], exp_avg_sq)
        state["max_exp_avg_sq"] = largest
    # The corrections are Python floats: a NumPy float64 would widen float32 arrays.
    step_size = lr / (1 - beta1**step)
    root = np.sqrt(largest) / (1 - beta2**step) ** 0.5 + eps
    return param - step_size * exp_avg / root, state


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
    param = param * (1 - lr * weight_decay)
    return adam_update(param, grad, state, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)


def _zeros(param, wanted):
    """The state before the first step: zeros for every key that is wanted."""
    return {"step": 0.0} | {key: np.zeros_like(param) for key in wanted if wanted[key]}


def _lerp(start, end, weight):
    """From start towards end, computed from the nearer of the two, as torch.lerp."""
    if weight < 0.5:
        return start + weight * (end - start)
    return end - (1 - weight) * (end - start)


class Optimizer:
    """What all optimizers share: groups of parameters with their options, and states.

    ``params`` holds parameters, or dictionaries, each a group with options of its own:
    ``{"params": [...], "lr": 0.1}``. ``param_groups`` has the ``params`` and every
    option of each group; what is changed there holds from the next step on. ``state``
    has for each parameter what its update returned. A subclass names its rule, whose
    options its constructor takes: ``class SGD(Optimizer, update=sgd_update, lr=1e-3)``.
    """

    def __init_subclass__(cls, update=None, **defaults):
        if update:
            cls.rule, cls.update = Rule(update, **defaults), staticmethod(update)
            cls.__signature__ = cls.rule.signature

    @quiet
    def __init__(self, params, *args, **options):
        params, self.defaults = self.rule.bind(params, args, options)
        groups = parameter_groups(params, self.rule, self.defaults, Parameter, arrays)
        self.param_groups, self.state, self._checked = groups, {}, {}

    def zero_grad(self):
        """Reset the gradients; otherwise the next backward pass adds to them."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    @quiet
    def step(self):
        """Update every parameter that has a gradient."""
        checked = [(group, self._options(group)) for group in self.param_groups]
        for group, options in checked:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, options)

    def _options(self, group):
        """The options of a group, checked where one is new since the last step."""
        options = self._checked.get(id(group), {})
        now = map(group.get, options)
        if not options or not all(map(operator.is_, now, options.values())):
            options = self._checked[id(group)] = self.rule.checked_group(group, arrays)
            group.update(options)
            for parameter in group["params"]:
                self.rule.expect_complete(self.state.get(parameter), options)
        return options

    def _update(self, parameter, options):
        param, grad, state = parameter.data, parameter.grad, self.state.get(parameter)
        if grad.shape != param.shape or grad.dtype != param.dtype:
            expect_like("grad", grad, param)
        parameter.data, state = self.update(param, grad, state, **options)
        if state:
            self.state[parameter] = state

    def state_dict(self):
        """A copy of the states, by the number of the parameter, and of the options."""
        parameters = [p for group in self.param_groups for p in group["params"]]
        number = {parameter: i for i, parameter in enumerate(parameters)}
        return {
            "state": {number[p]: copy.deepcopy(s) for p, s in self.state.items()},
            "param_groups": [
                {name: group[name] for name in self.defaults}
                | {"params": [number[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    @quiet
    def load_state_dict(self, state_dict):
        """Load a state_dict of either backend or of the same ``torch.optim`` class."""
        kind, groups = type(self).__name__, self.param_groups
        self.rule.expect_state_dict(kind, state_dict, groups, arrays)
        self.state = {}
        for group, saved in zip(groups, state_dict["param_groups"], strict=True):
            group.update(self.rule.checked(saved))
            for parameter, number in zip(group["params"], saved["params"], strict=True):
                if number in state_dict["state"]:
                    self.state[parameter] = {
                        key: arrays.state_value(key, value, parameter.data)
                        for key, value in state_dict["state"][number].items()
                    }


class SGD(Optimizer, update=sgd_update, lr=1e-3):
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


class Adagrad(Optimizer, update=adagrad_update):
    """Adagrad for all parameters of a net: ``adagrad_update``, with its options.

    The state is there before the first step. Source: ``torch.optim.Adagrad``.
    """

    def __init__(self, params, *args, **options):
        super().__init__(params, *args, **options)
        value = self.defaults["initial_accumulator_value"]
        for group in self.param_groups:
            for parameter in group["params"]:
                total = np.full_like(parameter.data, value)
                self.state[parameter] = {"step": 0.0, "sum": total}


class RMSprop(Optimizer, update=rmsprop_update):
    """RMSprop for all parameters of a net: ``rmsprop_update``, with its options."""


class Adam(Optimizer, update=adam_update):
    """Adam for all parameters of a net: ``adam_update``, with its options."""


class AdamW(Optimizer, update=adamw_update):
    """AdamW for all parameters of a net: ``adamw_update``, with its options."""


OPTIMIZERS = {
    "SGD": SGD,
    "Adagrad": Adagrad,
    "RMSprop": RMSprop,
    "Adam": Adam,
    "AdamW": AdamW,
}
