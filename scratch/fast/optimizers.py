"""The update rules in place, each for all parameters of a group at once.

``w`` and ``g`` hold the weights and gradients of a whole group in one array, and so do
the entries of ``state``; ``a`` and ``b`` are two more arrays to compute in. Little
else is allocated, and a step is as many calls for ten layers as for one. The formulas
are those of ``scratch.optimizers``; ``step`` is 1 at the first step.
"""

import numpy as np


def sgd(w, g, state, a, b, *, lr, momentum, dampening, weight_decay, nesterov, **_):
    g = decayed(w, g, weight_decay, a)
    if momentum != 0:
        if "momentum_buffer" not in state:
            buffer = state["momentum_buffer"] = g.copy()
        else:
            buffer = state["momentum_buffer"]
            buffer *= momentum
            buffer += np.multiply(g, 1 - dampening, out=b) if dampening else g
        g = (
            np.add(g, np.multiply(buffer, momentum, out=b), out=a)
            if nesterov
            else buffer
        )
    w -= np.multiply(g, lr, out=b)


def adagrad(w, g, state, a, b, *, step, lr, lr_decay, weight_decay, eps, **_):
    g = decayed(w, g, weight_decay, a)
    total = state["sum"]
    total += np.multiply(g, g, out=b)
    np.sqrt(total, out=b)
    b += eps
    w -= np.divide(np.multiply(g, lr / (1 + (step - 1) * lr_decay), out=a), b, out=b)


def rmsprop(
    w, g, state, a, b, *, lr, alpha, eps, weight_decay, momentum, centered, **_
):
    g = decayed(w, g, weight_decay, a)
    square_avg = running(state["square_avg"], g, alpha, b)
    root = square_avg
    if centered:
        lerp(state["grad_avg"], g, 1 - alpha, b)
        np.multiply(state["grad_avg"], state["grad_avg"], out=b)
        root = np.subtract(square_avg, b, out=b)
    np.sqrt(root, out=b)
    b += eps
    g = np.divide(g, b, out=a)
    if momentum != 0:
        buffer = state["momentum_buffer"]
        buffer *= momentum
        buffer += g
        g = buffer
    w -= np.multiply(g, lr, out=b)


def adam(w, g, state, a, b, *, step, lr, betas, eps, weight_decay, amsgrad):
    g = decayed(w, g, weight_decay, a)
    beta1, beta2 = betas
    lerp(state["exp_avg"], g, 1 - beta1, b)
    largest = running(state["exp_avg_sq"], g, beta2, b)
    if amsgrad:
        largest = state["max_exp_avg_sq"]
        np.maximum(largest, state["exp_avg_sq"], out=largest)
    np.sqrt(largest, out=b)
    b /= (1 - beta2**step) ** 0.5
    b += eps
    w -= np.divide(
        np.multiply(state["exp_avg"], lr / (1 - beta1**step), out=a), b, out=b
    )


def adamw(w, g, state, a, b, *, lr, weight_decay, **options):
    w *= 1 - lr * weight_decay
    adam(w, g, state, a, b, lr=lr, weight_decay=0, **options)


def decayed(w, g, weight_decay, out):
    """The gradient with the weight decay added."""
    return (
        g
        if weight_decay == 0
        else np.add(np.multiply(w, weight_decay, out=out), g, out=out)
    )


def running(square_avg, g, beta, work):
    """The running average of the squares."""
    square_avg *= beta
    square_avg += np.multiply(np.multiply(g, 1 - beta, out=work), g, out=work)
    return square_avg


def lerp(start, end, weight, work):
    """From start towards end, computed from the nearer of the two."""
    np.subtract(end, start, out=work)
    if weight < 0.5:
        start += np.multiply(work, weight, out=work)
    else:
        np.subtract(end, np.multiply(work, 1 - weight, out=work), out=start)


IN_PLACE = {
    "SGD": sgd,
    "Adagrad": adagrad,
    "RMSprop": rmsprop,
    "Adam": adam,
    "AdamW": adamw,
}
