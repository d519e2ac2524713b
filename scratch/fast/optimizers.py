"""The update rules in place, each for all parameters of a group at once.

``w`` and ``g`` hold the weights and gradients of a whole group in one array, and so do
the entries of ``state``; ``a`` and ``b`` are two more arrays to compute in. A rule
gives the function that takes a step there as long as the options stay: little is
allocated, and a step is as many calls for ten layers as for one. The formulas are those
of ``scratch.optimizers``; ``step`` is 1 at the first step.
"""

import numpy as np

from scratch.fast.activations import ready


def sgd(w, g, state, a, b, *, lr, momentum, dampening, weight_decay, nesterov, **_):
    grad, decay = decayed(w, g, weight_decay, a)
    rate, kept, new = ready(lr, w), ready(momentum, w), ready(1 - dampening, w)

    def remember():
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = grad.copy()
            return
        buffer = state["momentum_buffer"]
        np.multiply(buffer, kept, buffer)
        np.add(buffer, np.multiply(grad, new, b) if dampening else grad, buffer)

    def step(_):
        decay()
        direction = grad
        if momentum != 0:
            remember()
            direction = state["momentum_buffer"]
            if nesterov:
                direction = np.add(grad, np.multiply(direction, kept, b), a)
        np.subtract(w, np.multiply(direction, rate, b), w)

    return step


def adagrad(w, g, state, a, b, *, lr, lr_decay, weight_decay, eps, **_):
    grad, decay = decayed(w, g, weight_decay, a)
    total, small, rate = state["sum"], ready(eps, w), ready(lr, w)

    def step(number):
        decay()
        np.add(total, np.multiply(grad, grad, b), total)
        np.add(np.sqrt(total, b), small, b)
        rate[...] = lr / (1 + (number - 1) * lr_decay)
        np.subtract(w, np.divide(np.multiply(grad, rate, a), b, b), w)

    return step


def rmsprop(
    w, g, state, a, b, *, lr, alpha, eps, weight_decay, momentum, centered, **_
):
    grad, decay = decayed(w, g, weight_decay, a)
    average = running(state["square_avg"], grad, alpha, b)
    centre = lerp(state["grad_avg"], grad, 1 - alpha, b) if centered else None
    rate, small, kept = ready(lr, w), ready(eps, w), ready(momentum, w)

    def step(_):
        decay()
        root = average()
        if centered:
            mean = centre()
            root = np.subtract(root, np.multiply(mean, mean, b), b)
        np.add(np.sqrt(root, b), small, b)
        direction = np.divide(grad, b, a)
        if momentum != 0:
            buffer = state["momentum_buffer"]
            np.multiply(buffer, kept, buffer)
            direction = np.add(buffer, direction, buffer)
        np.subtract(w, np.multiply(direction, rate, b), w)

    return step


def adam(w, g, state, a, b, *, lr, betas, eps, weight_decay, amsgrad):
    beta1, beta2 = betas
    grad, decay = decayed(w, g, weight_decay, a)
    mean = lerp(state["exp_avg"], grad, 1 - beta1, b)
    square = running(state["exp_avg_sq"], grad, beta2, b)
    largest = state["max_exp_avg_sq"] if amsgrad else None
    rate, correction, small = ready(lr, w), ready(1, w), ready(eps, w)

    def step(number):
        decay()
        m, v = mean(), square()
        if amsgrad:
            v = np.maximum(largest, v, out=largest)
        correction[...] = (1 - beta2**number) ** 0.5
        np.divide(np.sqrt(v, b), correction, b)
        np.add(b, small, b)
        rate[...] = lr / (1 - beta1**number)
        np.subtract(w, np.divide(np.multiply(m, rate, a), b, b), w)

    return step


def adamw(w, g, state, a, b, *, lr, weight_decay, **options):
    smaller = ready(1 - lr * weight_decay, w)
    then = adam(w, g, state, a, b, lr=lr, weight_decay=0, **options)

    def step(number):
        np.multiply(w, smaller, w)
        then(number)

    return step


def decayed(w, g, weight_decay, out):
    """Where the gradient with its weight decay is, and what puts it there."""
    if weight_decay == 0:
        return g, lambda: None
    factor = ready(weight_decay, w)
    return out, lambda: np.add(np.multiply(w, factor, out), g, out)


def running(square_avg, g, beta, work):
    """The running average of the squares."""
    old, new = ready(beta, g), ready(1 - beta, g)

    def step():
        np.multiply(square_avg, old, square_avg)
        np.multiply(np.multiply(g, new, work), g, work)
        return np.add(square_avg, work, square_avg)

    return step


def lerp(start, end, weight, work):
    """From start towards end, computed from the nearer of the two."""
    near, far = ready(weight, start), ready(1 - weight, start)

    def from_start():
        np.multiply(np.subtract(end, start, work), near, work)
        return np.add(start, work, start)

    def from_end():
        np.multiply(np.subtract(end, start, work), far, work)
        return np.subtract(end, work, start)

    return from_start if weight < 0.5 else from_end


IN_PLACE = {
    "SGD": sgd,
    "Adagrad": adagrad,
    "RMSprop": rmsprop,
    "Adam": adam,
    "AdamW": adamw,
}


def prepared(optimizer, w, g, state, a, b, options):
    """The step of this optimizer's rule; a state that is empty is that before it."""
    keys = optimizer.rule.state.keys
    for key, option in keys.items() if "step" in keys and not state else ():
        if key != "step" and (not option or options[option]):
            start = options.get("initial_accumulator_value", 0)
            state[key] = np.full_like(w, start)
    return IN_PLACE[type(optimizer).__name__](w, g, state, a, b, **options)
