r"""From gradients to new weights: the update rules, in order of increasing
complexity.

Each rule is a function of one parameter, its gradient and its state: the
dictionary of what the rule remembers of this parameter from step to step.
Each class applies its rule to all parameters of a net.
"""

import copy
import functools
import inspect
import operator
from collections.abc import Callable

import numpy as np

from scratch.checks import (
    floats,
    optimizer_options,
    optimizer_state,
    optimizer_state_dict,
    options_held,
    parameter_groups,
    quiet,
    same_shape,
    state_lacks,
    state_value,
)
from scratch.networks import Parameter

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


def checked(kind):
    """Let an update refuse arguments that do not fit; the classes below
    check their own and use it ``__wrapped__``.
    """

    def decorate(update):
        signature = inspect.signature(update)

        @functools.wraps(update)
        def checked_update(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            param, grad, state = bound.args
            options = optimizer_options(bound.kwargs)
            param, grad = floats(param=param, grad=grad)
            same_shape("param", param, "grad", grad)
            options_held(options, [param])
            with np.errstate(all="ignore"):
                state = optimizer_state(kind, state, param, options)
                return update(param, grad, state, **options)

        return checked_update

    return decorate


@checked("SGD")
def sgd_update(
    param,
    grad,
    state,
    *,
    lr,
    momentum=0.0,
    dampening=0.0,
    weight_decay=0.0,
    nesterov=False,
):
    r"""One step of gradient descent, with momentum where asked.

    .. math:: g \leftarrow g + \lambda w, \qquad
              b \leftarrow \mu b + (1 - d) g, \qquad
              w \leftarrow w - \eta b \quad
              \text{(Nesterov: } w \leftarrow w - \eta (g + \mu b) \text{)}

    Parameters
    ----------
    param, grad : float arrays of the same shape
    state : dict or None
        What the step before returned; None at the first.
    lr : float
        The learning rate eta, from 0 on.
    momentum : float
        mu, from 0 on; at 0 there is no buffer b.
    dampening : float
        d, by which a gradient enters the buffer less.
    weight_decay : float
        lambda, from 0 on.
    nesterov : bool

    Returns
    -------
    param : float array
    state : dict
        With ``momentum_buffer`` b, where there is momentum.

    Raises
    ------
    ValueError
        If the shapes differ, an option is out of its range, Nesterov comes
        without momentum or with dampening, or the state does not fit.

    Notes
    -----
    The first buffer is the gradient itself, without dampening. The learning
    rate stands outside the buffer: the classical form, b = mu b + eta g and
    w = w - b, gives the same only as long as eta stays the same.
    Source: the deck's exercises; ``torch.optim.SGD``; I. Sutskever et al.,
    "On the importance of initialization and momentum in deep learning"
    (2013).

    Examples
    --------
    >>> param, state = sgd_update(
    ...     tensor([1.0]), tensor([0.5]), None, lr=0.5, momentum=0.5
    ... )
    >>> param, state = sgd_update(
    ...     param, tensor([0.5]), state, lr=0.5, momentum=0.5
    ... )
    >>> param.tolist(), state["momentum_buffer"].tolist()
    ([0.375], [0.75])
    """
    if weight_decay != 0:
        grad = grad + weight_decay * param
    if momentum != 0:
        if state:
            fresh = grad if dampening == 0 else (1 - dampening) * grad
            buffer = momentum * state["momentum_buffer"]
            buffer += fresh
        else:
            buffer = grad.copy()
        state = {"momentum_buffer": buffer}
        grad = grad + momentum * buffer if nesterov else buffer
    return param + -lr * grad, state


@checked("Adagrad")
def adagrad_update(
    param,
    grad,
    state,
    *,
    lr=1e-2,
    lr_decay=0.0,
    weight_decay=0.0,
    initial_accumulator_value=0.0,
    eps=1e-10,
):
    r"""One step of Adagrad: each weight's step shrinks with the gradients
    that it has seen.

    .. math:: g \leftarrow g + \lambda w, \qquad
              s \leftarrow s + g^2, \qquad
              w \leftarrow w - \frac{\eta}{1 + (t - 1) \eta_d} \,
              \frac{g}{\sqrt s + \epsilon}

    Parameters
    ----------
    param, grad : float arrays of the same shape
    state : dict or None
        What the step before returned; None at the first.
    lr : float
        The learning rate eta, from 0 on.
    lr_decay : float
        eta_d, from 0 on.
    weight_decay : float
        lambda, from 0 on.
    initial_accumulator_value : float
        s before the first step, from 0 on.
    eps : float
        epsilon, from 0 on.

    Returns
    -------
    param : float array
    state : dict
        With ``step`` t, the number of steps made, and ``sum`` s.

    Raises
    ------
    ValueError
        If the shapes differ, an option is out of its range, or the state
        does not fit.

    Notes
    -----
    epsilon is added to the root, not under it. Source:
    ``torch.optim.Adagrad``; J. Duchi, E. Hazan, Y. Singer, "Adaptive
    subgradient methods for online learning and stochastic optimization"
    (2011).

    Examples
    --------
    >>> param, state = adagrad_update(
    ...     tensor([1.0]), tensor([2.0]), None, lr=0.5, eps=0.0
    ... )
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
    return param - step_size * grad / (np.sqrt(total) + eps), {
        "step": step,
        "sum": total,
    }


@checked("RMSprop")
def rmsprop_update(
    param,
    grad,
    state,
    *,
    lr=1e-2,
    alpha=0.99,
    eps=1e-8,
    weight_decay=0.0,
    momentum=0.0,
    centered=False,
):
    r"""One step of RMSprop: each gradient is divided by the size that it had
    of late.

    .. math:: g \leftarrow g + \lambda w, \qquad
              v \leftarrow \alpha v + (1 - \alpha) g^2, \qquad
              w \leftarrow w - \eta \frac{g}{\sqrt v + \epsilon}

    .. math:: \text{centered: } \bar g \leftarrow
              \bar g + (1 - \alpha)(g - \bar g), \quad
              \sqrt{v - \bar g^2} \text{ for } \sqrt v; \qquad
              \text{momentum: } b \leftarrow
              \mu b + \frac{g}{\sqrt v + \epsilon}, \quad
              w \leftarrow w - \eta b

    Parameters
    ----------
    param, grad : float arrays of the same shape
    state : dict or None
        What the step before returned; None at the first.
    lr : float
        The learning rate eta, from 0 on.
    alpha : float
        From 0 on; how much of the mean square stays.
    eps : float
        epsilon, from 0 on.
    weight_decay : float
        lambda, from 0 on.
    momentum : float
        mu, from 0 on; at 0 there is no buffer b.
    centered : bool
        Divide by the standard deviation, not by the root of the mean square.

    Returns
    -------
    param : float array
    state : dict
        With ``step``, the number of steps made, ``square_avg`` v, and where
        asked for ``momentum_buffer`` b and ``grad_avg``, the mean gradient.

    Raises
    ------
    ValueError
        If the shapes differ, an option is out of its range, or the state
        does not fit.

    Notes
    -----
    epsilon is added to the root, not under it as TensorFlow has it. v starts
    at 0 and nothing corrects that. A centered v that rounding makes negative
    gives nan, as in PyTorch. Where v is nothing but rounding, as with alpha
    0, or overflows, that is the processor's choice: PyTorch rounds once
    where it can multiply and add at once, NumPy twice.
    Source: ``torch.optim.RMSprop``; G. Hinton, lecture 6e of "Neural
    networks for machine learning" (2012).

    Examples
    --------
    >>> param, state = rmsprop_update(
    ...     tensor([1.0]), tensor([2.0]), None, lr=0.25, alpha=0.75, eps=0.0
    ... )
    >>> param.tolist(), state["square_avg"].tolist(), int(state["step"])
    ([0.5], [1.0], 1)
    """
    state = state or _zeros(
        param,
        "square_avg",
        momentum and "momentum_buffer",
        centered and "grad_avg",
    )
    state = {**state, "step": state["step"] + 1}
    if weight_decay != 0:
        grad = grad + weight_decay * param
    square_avg = state["square_avg"] = (
        alpha * state["square_avg"] + (1 - alpha) * grad * grad
    )
    if centered:
        grad_avg = state["grad_avg"] = _lerp(
            state["grad_avg"], grad, 1 - alpha
        )
        square_avg = square_avg - grad_avg * grad_avg
    root = np.sqrt(square_avg) + eps
    if momentum == 0:
        return param - lr * grad / root, state
    buffer = state["momentum_buffer"] = (
        momentum * state["momentum_buffer"] + grad / root
    )
    return param - lr * buffer, state


@checked("Adam")
def adam_update(
    param,
    grad,
    state,
    *,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    amsgrad=False,
):
    r"""One step of Adam: momentum, divided by the size that the gradients
    had of late, both freed of their start at 0.

    .. math:: g \leftarrow g + \lambda w, \qquad
              m \leftarrow m + (1 - \beta_1)(g - m), \qquad
              v \leftarrow \beta_2 v + (1 - \beta_2) g^2

    .. math:: w \leftarrow w - \frac{\eta}{1 - \beta_1^t} \,
              \frac{m}{\sqrt v / \sqrt{1 - \beta_2^t} + \epsilon}

    Parameters
    ----------
    param, grad : float arrays of the same shape
    state : dict or None
        What the step before returned; None at the first.
    lr : float
        The learning rate eta, from 0 on.
    betas : pair of float
        beta_1 and beta_2, from 0 up to but not including 1.
    eps : float
        epsilon, from 0 on.
    weight_decay : float
        lambda, from 0 on.
    amsgrad : bool
        Take for v the largest that it has been.

    Returns
    -------
    param : float array
    state : dict
        With ``step`` t, the number of steps made, ``exp_avg`` m,
        ``exp_avg_sq`` v, and where asked for ``max_exp_avg_sq``.

    Raises
    ------
    ValueError
        If the shapes differ, an option is out of its range, or the state
        does not fit.

    Notes
    -----
    epsilon is added to the root of the corrected v: neither under the root
    nor before the correction, as TensorFlow has it. t is 1 at the first
    step. amsgrad takes the maximum of v before its correction. The weight
    decay goes through m and v; ``adamw_update`` keeps it apart.
    Source: ``torch.optim.Adam``; D. Kingma, J. Ba, "Adam: a method for
    stochastic optimization" (2015).

    Examples
    --------
    >>> param, state = adam_update(
    ...     tensor([1.0]),
    ...     tensor([2.0]),
    ...     None,
    ...     lr=0.25,
    ...     betas=(0.5, 0.75),
    ...     eps=0.0,
    ... )
    >>> (
    ...     param.tolist(),
    ...     state["exp_avg"].tolist(),
    ...     state["exp_avg_sq"].tolist(),
    ...     int(state["step"]),
    ... )
    ([0.75], [1.0], [1.0], 1)
    """
    state = state or _zeros(
        param, "exp_avg", "exp_avg_sq", amsgrad and "max_exp_avg_sq"
    )
    beta1, beta2 = betas
    step = state["step"] + 1
    if weight_decay != 0:
        grad = grad + weight_decay * param
    exp_avg = _lerp(state["exp_avg"], grad, 1 - beta1)
    exp_avg_sq = square = (
        beta2 * state["exp_avg_sq"] + (1 - beta2) * grad * grad
    )
    state = {
        **state,
        "step": step,
        "exp_avg": exp_avg,
        "exp_avg_sq": exp_avg_sq,
    }
    if amsgrad:
        square = state["max_exp_avg_sq"] = np.maximum(
            state["max_exp_avg_sq"], exp_avg_sq
        )
    # Both corrections are Python floats: a NumPy float64 would widen float32
    # arrays.
    step_size = lr / (1 - beta1**step)
    root = np.sqrt(square) / (1 - beta2**step) ** 0.5 + eps
    return param - step_size * exp_avg / root, state


@checked("AdamW")
def adamw_update(
    param,
    grad,
    state,
    *,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.01,
    amsgrad=False,
):
    r"""One step of AdamW: the weights shrink first, then comes a step of
    Adam without weight decay.

    .. math:: w \leftarrow (1 - \eta \lambda) w, \qquad
              \text{then as Adam with } \lambda = 0

    Parameters
    ----------
    param, grad : float arrays of the same shape
    state : dict or None
        What the step before returned; None at the first.
    lr : float
        The learning rate eta, from 0 on.
    betas : pair of float
        beta_1 and beta_2, from 0 up to but not including 1.
    eps : float
        epsilon, from 0 on.
    weight_decay : float
        lambda, from 0 on.
    amsgrad : bool
        Take for v the largest that it has been.

    Returns
    -------
    param : float array
    state : dict
        With ``step`` t, the number of steps made, ``exp_avg`` m,
        ``exp_avg_sq`` v, and where asked for ``max_exp_avg_sq``.

    Raises
    ------
    ValueError
        If the shapes differ, an option is out of its range, or the state
        does not fit.

    Notes
    -----
    The decay is decoupled: it does not go through m and v, as it does in
    ``adam_update``. It is scaled by the learning rate, which the paper keeps
    apart from it.
    Source: ``torch.optim.AdamW``; I. Loshchilov, F. Hutter, "Decoupled
    weight decay regularization" (2019).

    Examples
    --------
    >>> options = {
    ...     "lr": 0.25,
    ...     "betas": (0.5, 0.75),
    ...     "eps": 0.0,
    ...     "weight_decay": 0.5,
    ... }
    >>> param, state = adamw_update(
    ...     tensor([1.0]), tensor([2.0]), None, **options
    ... )
    >>> (
    ...     param.tolist(),
    ...     state["exp_avg"].tolist(),
    ...     state["exp_avg_sq"].tolist(),
    ...     int(state["step"]),
    ... )
    ([0.625], [1.0], [1.0], 1)
    """
    param = param * (1 - lr * weight_decay)
    return _adam(
        param,
        grad,
        state,
        lr=lr,
        betas=betas,
        eps=eps,
        weight_decay=0.0,
        amsgrad=amsgrad,
    )


_adam = adam_update.__wrapped__


def _zeros(param, *keys):
    """The state before the first step."""
    return {
        "step": 0.0,
        **{key: np.zeros_like(param) for key in keys if key},
    }


def _lerp(start, end, weight):
    """From start towards end; of the two forms the one that starts from the
    nearer, as ``torch.lerp`` has it.
    """
    if weight < 0.5:
        return start + weight * (end - start)
    return end - (1 - weight) * (end - start)


class Optimizer:
    """What all optimizers share: groups of parameters, each with its
    options, and the state of every parameter.
    """

    kind: str
    update: Callable

    def __init__(self, params, **options):
        self.defaults = optimizer_options(options)
        self.param_groups = parameter_groups(
            params, self.defaults, Parameter
        )
        self.state = {}
        self._checked = {}

    def zero_grad(self):
        """Forget the gradients; otherwise the next backward pass adds to
        them.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None

    @quiet
    def step(self):
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            options = self._options(group)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, options)

    def _options(self, group):
        """The options of a group, checked where one is new since the last
        step.
        """
        options = self._checked.get(id(group), {})
        now = map(group.get, options)
        if not options or not all(map(operator.is_, now, options.values())):
            options = {name: group[name] for name in self.defaults}
            options = optimizer_options(options)
            options_held(options, group["params"])
            group.update(options)
            self._checked[id(group)] = options
        return options

    def _update(self, parameter, options):
        same_shape("param", parameter.data, "grad", parameter.grad)
        try:
            parameter.data, state = self.update(
                parameter.data,
                parameter.grad,
                self.state.get(parameter),
                **options,
            )
        except KeyError as error:
            raise ValueError(state_lacks(error.args[0])) from None
        if state:
            self.state[parameter] = state

    def state_dict(self):
        """A copy of the states, by the number of the parameter, and of the
        groups' options.
        """
        parameters = [
            parameter
            for group in self.param_groups
            for parameter in group["params"]
        ]
        number = {parameter: i for i, parameter in enumerate(parameters)}
        return {
            "state": {
                number[parameter]: copy.deepcopy(state)
                for parameter, state in self.state.items()
            },
            "param_groups": [
                {name: group[name] for name in self.defaults}
                | {"params": [number[p] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    @quiet
    def load_state_dict(self, state_dict):
        """Go on from a state_dict of either backend, or of the optimizer of
        the same name in ``torch.optim``.
        """
        optimizer_state_dict(
            self.kind, state_dict, self.param_groups, self.defaults
        )
        self.state = {}
        groups = zip(
            self.param_groups, state_dict["param_groups"], strict=True
        )
        for group, saved in groups:
            options = {name: saved[name] for name in self.defaults}
            group.update(optimizer_options(options))
            numbers = zip(group["params"], saved["params"], strict=True)
            for parameter, number in numbers:
                if number in state_dict["state"]:
                    state = state_dict["state"][number].items()
                    self.state[parameter] = {
                        key: state_value(key, value, parameter.data)
                        for key, value in state
                    }


class SGD(Optimizer):
    r"""Gradient descent, with momentum where asked: ``sgd_update`` for all
    parameters of a net.

    .. math:: w \leftarrow w - \eta b, \qquad
              b \leftarrow \mu b + (1 - d)(g + \lambda w)

    Parameters
    ----------
    params : iterable of parameters, or of dicts
        A dict is a group with options of its own:
        ``{"params": [...], "lr": 0.1}``.
    lr : float
        The learning rate, from 0 on.
    momentum : float
        From 0 on.
    dampening : float
        By which a gradient enters the buffer less.
    weight_decay : float
        From 0 on.
    nesterov : bool

    Attributes
    ----------
    param_groups : list of dict
        Of each group the ``params`` and every option; what is changed there
        holds from the next step on.
    state : dict
        Of each parameter what its update returned.

    Raises
    ------
    ValueError
        If an option is unknown or out of its range, or Nesterov comes
        without momentum or with dampening, there is no parameter, or one
        stands in two groups; ``load_state_dict``, if the state does not fit.

    Notes
    -----
    The learning rate stands outside the buffer, as ``sgd_update`` says.
    Source: ``torch.optim.SGD``.

    Examples
    --------
    >>> net = Linear(2, 1)
    >>> net.load_state_dict(
    ...     {"weight": tensor([[0.5, -1.0]]), "bias": tensor([0.0])}
    ... )
    >>> optimizer = SGD(net.parameters(), lr=0.25, momentum=0.5)
    >>> loss = train_step(
    ...     net, tensor([[2.0, 1.0]]), tensor([[1.0]]), "mse_loss", optimizer
    ... )
    >>> [[round(number, 6) for number in row] for row in net.weight.tolist()]
    [[1.5, -0.5]]
    """

    kind = "SGD"
    update = staticmethod(sgd_update.__wrapped__)

    def __init__(
        self,
        params,
        lr=1e-3,
        momentum=0.0,
        dampening=0.0,
        weight_decay=0.0,
        nesterov=False,
    ):
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
        )


class Adagrad(Optimizer):
    r"""Each weight's step shrinks with its gradients: ``adagrad_update`` for
    all parameters of a net.

    .. math:: w \leftarrow w - \eta \frac{g}{\sqrt s + \epsilon}, \qquad
              s \leftarrow s + g^2

    Parameters
    ----------
    params : iterable of parameters, or of dicts
        A dict is a group with options of its own:
        ``{"params": [...], "lr": 0.1}``.
    lr : float
        The learning rate, from 0 on.
    lr_decay : float
        From 0 on; the rate at the step t is ``lr / (1 + (t - 1) *
        lr_decay)``.
    weight_decay : float
        From 0 on.
    initial_accumulator_value : float
        The sum of squares before the first step, from 0 on.
    eps : float
        From 0 on; added to the root.

    Attributes
    ----------
    param_groups : list of dict
        Of each group the ``params`` and every option; what is changed there
        holds from the next step on.
    state : dict
        Of each parameter what its update returned.

    Raises
    ------
    ValueError
        If an option is unknown or out of its range, there is no parameter,
        or one stands in two groups; ``load_state_dict``, if the state does
        not fit.

    Notes
    -----
    The state is there before the first step. Source:
    ``torch.optim.Adagrad``.

    Examples
    --------
    >>> net = Linear(2, 1)
    >>> net.load_state_dict(
    ...     {"weight": tensor([[0.5, -1.0]]), "bias": tensor([0.0])}
    ... )
    >>> optimizer = Adagrad(net.parameters(), lr=0.25)
    >>> loss = train_step(
    ...     net, tensor([[2.0, 1.0]]), tensor([[1.0]]), "mse_loss", optimizer
    ... )
    >>> [[round(number, 6) for number in row] for row in net.weight.tolist()]
    [[0.75, -0.75]]
    """

    kind = "Adagrad"
    update = staticmethod(adagrad_update.__wrapped__)

    def __init__(
        self,
        params,
        lr=1e-2,
        lr_decay=0.0,
        weight_decay=0.0,
        initial_accumulator_value=0.0,
        eps=1e-10,
    ):
        super().__init__(
            params,
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        self._begin(self.defaults["initial_accumulator_value"])

    @quiet
    def _begin(self, total):
        """The state before the first step."""
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter] = {
                    "step": 0.0,
                    "sum": np.full_like(parameter.data, total),
                }


class RMSprop(Optimizer):
    r"""Gradients divided by their size of late: ``rmsprop_update`` for all
    parameters of a net.

    .. math:: w \leftarrow w - \eta \frac{g}{\sqrt v + \epsilon}, \qquad
              v \leftarrow \alpha v + (1 - \alpha) g^2

    Parameters
    ----------
    params : iterable of parameters, or of dicts
        A dict is a group with options of its own:
        ``{"params": [...], "lr": 0.1}``.
    lr : float
        The learning rate, from 0 on.
    alpha : float
        From 0 on; how much of the mean square stays.
    eps : float
        From 0 on; added to the root.
    weight_decay : float
        From 0 on.
    momentum : float
        From 0 on.
    centered : bool
        Divide by the standard deviation, not by the root of the mean square.

    Attributes
    ----------
    param_groups : list of dict
        Of each group the ``params`` and every option; what is changed there
        holds from the next step on.
    state : dict
        Of each parameter what its update returned.

    Raises
    ------
    ValueError
        If an option is unknown or out of its range, there is no parameter,
        or one stands in two groups; ``load_state_dict``, if the state does
        not fit.

    Notes
    -----
    TensorFlow adds epsilon under the root. Source: ``torch.optim.RMSprop``.

    Examples
    --------
    >>> net = Linear(2, 1)
    >>> net.load_state_dict(
    ...     {"weight": tensor([[0.5, -1.0]]), "bias": tensor([0.0])}
    ... )
    >>> optimizer = RMSprop(net.parameters(), lr=0.25)
    >>> loss = train_step(
    ...     net, tensor([[2.0, 1.0]]), tensor([[1.0]]), "mse_loss", optimizer
    ... )
    >>> [[round(number, 6) for number in row] for row in net.weight.tolist()]
    [[3.0, 1.5]]
    """

    kind = "RMSprop"
    update = staticmethod(rmsprop_update.__wrapped__)

    def __init__(
        self,
        params,
        lr=1e-2,
        alpha=0.99,
        eps=1e-8,
        weight_decay=0.0,
        momentum=0.0,
        centered=False,
    ):
        super().__init__(
            params,
            lr=lr,
            alpha=alpha,
            eps=eps,
            weight_decay=weight_decay,
            momentum=momentum,
            centered=centered,
        )


class Adam(Optimizer):
    r"""Momentum divided by the gradients' size of late: ``adam_update`` for
    all parameters of a net.

    .. math:: w \leftarrow w - \eta \frac{\hat m}{\sqrt{\hat v} + \epsilon},
              \qquad
              \hat m = \frac{m}{1 - \beta_1^t}, \qquad
              \hat v = \frac{v}{1 - \beta_2^t}

    Parameters
    ----------
    params : iterable of parameters, or of dicts
        A dict is a group with options of its own:
        ``{"params": [...], "lr": 0.1}``.
    lr : float
        The learning rate, from 0 on.
    betas : pair of float
        From 0 up to but not including 1; how much of the mean gradient and
        of the mean square stays.
    eps : float
        From 0 on; added to the root.
    weight_decay : float
        From 0 on.
    amsgrad : bool
        Take for the mean square the largest that it has been.

    Attributes
    ----------
    param_groups : list of dict
        Of each group the ``params`` and every option; what is changed there
        holds from the next step on.
    state : dict
        Of each parameter what its update returned.

    Raises
    ------
    ValueError
        If an option is unknown or out of its range, there is no parameter,
        or one stands in two groups; ``load_state_dict``, if the state does
        not fit.

    Notes
    -----
    Weight decay goes through both means; ``AdamW`` keeps it apart. Source:
    ``torch.optim.Adam``.

    Examples
    --------
    >>> net = Linear(2, 1)
    >>> net.load_state_dict(
    ...     {"weight": tensor([[0.5, -1.0]]), "bias": tensor([0.0])}
    ... )
    >>> optimizer = Adam(net.parameters(), lr=0.25)
    >>> loss = train_step(
    ...     net, tensor([[2.0, 1.0]]), tensor([[1.0]]), "mse_loss", optimizer
    ... )
    >>> [[round(number, 6) for number in row] for row in net.weight.tolist()]
    [[0.75, -0.75]]
    """

    kind = "Adam"
    update = staticmethod(adam_update.__wrapped__)

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.0,
        amsgrad=False,
    ):
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
        )


class AdamW(Optimizer):
    r"""Adam with decoupled weight decay: ``adamw_update`` for all parameters
    of a net.

    .. math:: w \leftarrow (1 - \eta \lambda) w - \eta \frac{\hat
              m}{\sqrt{\hat v} + \epsilon}

    Parameters
    ----------
    params : iterable of parameters, or of dicts
        A dict is a group with options of its own:
        ``{"params": [...], "lr": 0.1}``.
    lr : float
        The learning rate, from 0 on.
    betas : pair of float
        From 0 up to but not including 1; how much of the mean gradient and
        of the mean square stays.
    eps : float
        From 0 on; added to the root.
    weight_decay : float
        From 0 on.
    amsgrad : bool
        Take for the mean square the largest that it has been.

    Attributes
    ----------
    param_groups : list of dict
        Of each group the ``params`` and every option; what is changed there
        holds from the next step on.
    state : dict
        Of each parameter what its update returned.

    Raises
    ------
    ValueError
        If an option is unknown or out of its range, there is no parameter,
        or one stands in two groups; ``load_state_dict``, if the state does
        not fit.

    Notes
    -----
    The weights shrink by lr times weight_decay before the step. Source:
    ``torch.optim.AdamW``.

    Examples
    --------
    >>> net = Linear(2, 1)
    >>> net.load_state_dict(
    ...     {"weight": tensor([[0.5, -1.0]]), "bias": tensor([0.0])}
    ... )
    >>> optimizer = AdamW(net.parameters(), lr=0.25)
    >>> loss = train_step(
    ...     net, tensor([[2.0, 1.0]]), tensor([[1.0]]), "mse_loss", optimizer
    ... )
    >>> [[round(number, 6) for number in row] for row in net.weight.tolist()]
    [[0.74875, -0.7475]]
    """

    kind = "AdamW"
    update = staticmethod(adamw_update.__wrapped__)

    def __init__(
        self,
        params,
        lr=1e-3,
        betas=(0.9, 0.999),
        eps=1e-8,
        weight_decay=0.01,
        amsgrad=False,
    ):
        super().__init__(
            params,
            lr=lr,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
        )


OPTIMIZERS = {
    "SGD": SGD,
    "Adagrad": Adagrad,
    "RMSprop": RMSprop,
    "Adam": Adam,
    "AdamW": AdamW,
}
