"""Well-known wrong conventions: each is ``scratch`` with one name replaced.

``parity check parity.mistakes:bias_never_updated`` shows how such a backend is caught. Each says what it does wrong and
where one meets it.
"""

from types import SimpleNamespace

import numpy as np

import scratch


class Mistake(SimpleNamespace):
    """A backend with one wrong function."""


MISTAKES: dict[str, Mistake] = {}


def __getattr__(name):
    """``parity.mistakes:NAME`` is found here."""
    if name not in MISTAKES:
        raise AttributeError(name)
    return MISTAKES[name]


def mistake(replaced):
    """Register the decorated function as the wrong form of the name that it replaces."""

    def register(wrong):
        names = {name: getattr(scratch, name) for name in scratch.__all__}
        backend = Mistake(**names | {replaced: wrong}, replaced=replaced, explanation=wrong.__doc__)
        MISTAKES[wrong.__name__] = backend
        return backend

    return register


@mistake("linear")
def weight_transposed(x, weight, bias):
    """The weights stand as (D, K) instead of (K, D); it shows only where D = K, else the shapes do not fit."""
    square = np.ndim(weight) == 2 and np.shape(weight)[0] == np.shape(weight)[1]
    return scratch.linear(x, np.transpose(weight) if square else weight, bias)


@mistake("sign")
def zero_counts_as_positive(z):
    """sign(0) is +1, as in many a perceptron; the deck corrects a point on the line by half a step."""
    z = np.asarray(z)
    return np.where(z >= 0, 1, -1).astype(z.dtype)


@mistake("perceptron_step")
def sign_flipped(weight, bias, x, y):
    """The weights move away from the sample: sign - y instead of y - sign."""
    delta = (scratch.predict(x, weight, bias) - y) / 2
    return weight + delta[:, None] * x, bias + delta


@mistake("perceptron_step")
def bias_never_updated(weight, bias, x, y):
    """The weights are corrected, the bias stays: the line can only turn about a fixed point."""
    return scratch.perceptron_step(weight, bias, x, y)[0], bias


@mistake("perceptron_step")
def tie_treated_as_right(weight, bias, x, y):
    """A point on the line, sign 0, is not corrected; from W = 0 nothing ever moves."""
    on_the_line = scratch.linear(x, weight, bias) == 0
    delta = np.where(on_the_line, 0, (y - scratch.predict(x, weight, bias)) / 2).astype(weight.dtype)
    return weight + delta[:, None] * x, bias + delta


@mistake("perceptron_step")
def full_step_on_the_line(weight, bias, x, y):
    """A point on the line is corrected by a whole step, as if sign(0) were the wrong class."""
    delta = np.where(y * scratch.linear(x, weight, bias) <= 0, y, 0 * y)
    return weight + delta[:, None] * x, bias + delta


@mistake("perceptron_step")
def update_in_place(weight, bias, x, y):
    """The update is applied to the caller's own array: whoever kept the old weights has lost them."""
    delta = (y - scratch.predict(x, weight, bias)) / 2
    weight += delta[:, None] * x
    bias += delta
    return weight, bias


@mistake("perceptron_epoch")
def batch_instead_of_samples(weight, bias, x, y):
    """All corrections of an epoch are made from the same weights, instead of one after the other."""
    delta = (y - scratch.predict(x, weight, bias)) / 2
    return weight + delta.T @ x, bias + delta.sum(axis=0), int((delta != 0).any(axis=1).sum())


@mistake("mse_loss")
def half_the_squared_error(pred, target):
    """A factor 1/2 that PyTorch's mse_loss has not."""
    return scratch.mse_loss(pred, target) / 2


@mistake("mse_loss")
def mean_over_n_minus_1(pred, target):
    """Divided by n - 1 as a sample variance is."""
    return scratch.mse_loss(pred, target) * np.float32(np.size(pred) / max(np.size(pred) - 1, 1))


@mistake("mse_loss")
def mean_over_rows(pred, target):
    """Divided by the number of rows N instead of the number of elements N * K."""
    return scratch.mse_loss(pred, target) * np.float32(np.size(pred) / len(pred))


@mistake("mse_loss_backward")
def factor_2_missing(pred, target):
    """The 2 of the derivative is left out, or was cancelled by a 1/2 that the loss has not."""
    return scratch.mse_loss_backward(pred, target) / 2


@mistake("mse_loss_backward")
def gradient_over_n_minus_1(pred, target):
    """The gradient divided by n - 1."""
    scale = np.float32(np.size(pred) / max(np.size(pred) - 1, 1))
    return scratch.mse_loss_backward(pred, target) * scale


@mistake("squared_error")
def one_half_missing(pred, target):
    """Without the deck's factor 1/2; then the hand-derived gradient is that of another loss."""
    return 2 * scratch.squared_error(pred, target)


@mistake("neuron_gradients")
def derivative_forgotten(weight, bias, x, y, activation="identity"):
    """g'(z) is left out of the chain rule: the gradient of the linear neuron at the output of another."""
    delta = np.atleast_2d(scratch.neuron(x, weight, bias, activation) - y)
    return delta.T @ np.atleast_2d(x), delta.sum(axis=0)


@mistake("neuron_gradients")
def bias_gradient_missing(weight, bias, x, y, activation="identity"):
    """The gradient of the bias is left at zero."""
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return grad_weight, 0 * grad_bias


@mistake("gradient_step")
def gradient_ascent(weight, bias, x, y, lr, activation="identity"):
    """Plus instead of minus: the loss is climbed."""
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return weight + lr * grad_weight, bias + lr * grad_bias


@mistake("gradient_step")
def bias_step_missing(weight, bias, x, y, lr, activation="identity"):
    """The step is made for the weights alone."""
    return scratch.gradient_step(weight, bias, x, y, lr, activation)[0], bias


@mistake("gradient_epoch")
def gradient_of_the_previous_sample(weight, bias, x, y, lr, activation="identity"):
    """Each step is made with the gradient that was computed before the last step."""
    gradients = [np.zeros_like(weight), np.zeros_like(bias)]
    for x_i, y_i in zip(x, y, strict=True):
        previous, gradients = gradients, scratch.neuron_gradients(weight, bias, x_i, y_i, activation)
        weight, bias = weight - lr * previous[0], bias - lr * previous[1]
    return weight, bias


@mistake("sigmoid_backward")
def derivative_of_the_output(z, grad_output):
    """z (1 - z) instead of s (1 - s): right only where z is already the sigmoid."""
    return grad_output * z * (1 - z)


@mistake("relu_backward")
def kink_passes(z, grad_output):
    """The gradient at z = 0 is 1 instead of 0."""
    return np.where(z < 0, 0, grad_output).astype(z.dtype)


@mistake("binary_cross_entropy_with_logits_backward")
def logits_taken_for_probabilities(pred, target):
    """The sigmoid is left out."""
    return (pred - target) / np.size(pred)


@mistake("cross_entropy")
def softmax_applied_twice(pred, target):
    """Probabilities are given to a loss that takes scores."""
    return scratch.cross_entropy(scratch.softmax(pred), target)


@mistake("softmax")
def softmax_over_the_batch(z):
    """Normalised over the samples instead of over the classes."""
    z = np.asarray(z)
    return np.ascontiguousarray(scratch.softmax(z.T).T) if z.ndim == 2 else scratch.softmax(z)


def adam_with(step=None, t_shift=0, corrected=True):
    """Adam written out, with a place for each of its well-known mistakes."""

    def wrong(param, grad, state, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
        _, state = scratch.adam_update(
            param, grad, state, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad
        )
        t = int(state["step"]) + t_shift
        corrections = [1 - beta**t if corrected and t > 0 else 1.0 for beta in betas]
        v = state["max_exp_avg_sq"] if amsgrad else state["exp_avg_sq"]
        return (param - lr * step(state["exp_avg"], v, eps, *corrections)).astype(param.dtype), state

    return wrong


def right_step(m, v, eps, bc1, bc2):
    """Adam's own."""
    return (m / bc1) / (np.sqrt(v / bc2) + eps)


def named(name, explanation, wrong):
    """A function with the name and explanation that a mistake is registered by."""
    wrong.__name__, wrong.__doc__ = name, explanation
    return wrong


for name, explanation, wrong_update in [
    (
        "eps_inside_the_root",
        "eps is added under the root: sqrt(v + eps).",
        adam_with(lambda m, v, eps, bc1, bc2: (m / bc1) / np.sqrt(v / bc2 + eps)),
    ),
    (
        "eps_before_the_correction",
        "eps is added to sqrt(v) before the bias correction, as TensorFlow has it.",
        adam_with(lambda m, v, eps, bc1, bc2: (m / bc1) / ((np.sqrt(v) + eps) / bc2**0.5)),
    ),
    (
        "no_eps",
        "eps is left out.",
        adam_with(lambda m, v, eps, bc1, bc2: (m / bc1) / np.maximum(np.sqrt(v / bc2), 1e-30)),
    ),
    ("bias_correction_one_step_late", "The exponent of the bias correction is t - 1.", adam_with(right_step, -1)),
    ("bias_correction_one_step_early", "The exponent of the bias correction is t + 1.", adam_with(right_step, 1)),
    ("no_bias_correction", "m and v are used as they are.", adam_with(right_step, corrected=False)),
]:
    mistake("adam_update")(named(name, explanation, wrong_update))


@mistake("adamw_update")
def coupled_weight_decay(
    param, grad, state, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False
):
    """The weight decay goes through m and v, as in Adam, instead of shrinking the weights apart from them."""
    return scratch.adam_update(
        param, grad, state, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad
    )


@mistake("sgd_update")
def lr_inside_the_momentum_buffer(
    param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False
):
    """The classical form, b = mu b + lr g and w = w - b: the same only while lr stays the same."""
    if not momentum:
        return scratch.sgd_update(param, grad, state, lr=lr, weight_decay=weight_decay)
    grad = grad + weight_decay * param
    buffer = lr * grad if not state else momentum * state["momentum_buffer"] + lr * (1 - dampening) * grad
    return param - (lr * grad + momentum * buffer if nesterov else buffer), {"momentum_buffer": buffer}


@mistake("sgd_update")
def momentum_as_an_average(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    """The buffer is an exponential average, mu b + (1 - mu) g."""
    return scratch.sgd_update(
        param, grad, state, lr=lr, momentum=momentum, dampening=momentum, weight_decay=weight_decay
    )


@mistake("sgd_update")
def classical_for_nesterov(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    """Nesterov is asked for, the plain momentum is given."""
    return scratch.sgd_update(
        param, grad, state, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay
    )


@mistake("sgd_update")
def dampening_on_the_first_step(
    param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False
):
    """The first buffer is dampened too, as if it had been zero before."""
    if momentum and not state:
        state = {"momentum_buffer": np.zeros_like(param)}
    return scratch.sgd_update(
        param, grad, state, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
    )


@mistake("train_step")
def zero_grad_forgotten(model, x, y, loss, optimizer):
    """The gradients of the steps before are added to those of this one."""
    before = {id(p): p.grad for p in model.parameters()}
    weights = {name: p.data.copy() for name, p in model.named_parameters()}
    value = scratch.train_step(model, x, y, loss, optimizer)
    if any(grad is not None for grad in before.values()):
        model.load_state_dict(weights)
        for p in model.parameters():
            p.grad = p.grad + before[id(p)]
        optimizer.step()
    return value


@mistake("train_step")
def backward_through_updated_weights(model, x, y, loss, optimizer):
    """Each layer is updated before the gradient passes through it to the layer below."""
    lr = optimizer.param_groups[0]["lr"]
    weights = {name: p.data.copy() for name, p in model.named_parameters()}
    value = scratch.train_step(model, x, y, loss, optimizer)
    # The top layer's step is right; below it the gradient has met the new weights.
    top = model.layers[-1]
    updated, gradients = top.weight.data, [(p, p.grad) for p in (top.weight, top.bias)]
    model.load_state_dict(weights)
    loss_backward = getattr(scratch, f"{loss}_backward")
    pred = model(x)
    top.weight.data = updated
    optimizer.zero_grad()
    model.backward(loss_backward(pred, y))
    top.weight.data = weights[f"fc{len(model.layers)}.weight"]
    for parameter, grad in gradients:
        parameter.grad = grad
    for parameter in model.parameters():
        parameter.data = parameter.data - lr * parameter.grad
    return value


@mistake("binary_cross_entropy")
def mean_over_the_rows(pred, target):
    """Divided by the number of rows N instead of the number of elements N * K."""
    return scratch.binary_cross_entropy(pred, target) * np.float32(np.size(pred) / len(pred))
