"""Mistakes in the update of SGD: momentum, dampening, Nesterov, weight decay."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake


def sgd(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, inside=1, ahead=None):
    """SGD written out, with parameters for some of its known mistakes."""
    grad = inside * (grad + weight_decay * param)
    if not momentum:
        return param - lr / inside * grad, {}
    old = state["momentum_buffer"] if state else None
    buffer = grad.copy() if old is None else momentum * old + (1 - dampening) * grad
    step = grad + momentum * (buffer if ahead is None else ahead(old, buffer)) if nesterov else buffer
    return param - lr / inside * step, {"momentum_buffer": buffer}


@mistake("sgd_update")
def sgd_ascent(param, grad, state, *, lr, **options):
    """the step is added instead of subtracted: the loss increases.

    Met where w += lr * g is written.
    """
    stepped, state = scratch.sgd_update(param, grad, state, lr=lr, **options)
    return 2 * param - stepped, state


@mistake("sgd_update")
def lr_inside_the_momentum_buffer(param, grad, state, *, lr, **options):
    """the learning rate is inside the buffer, b = mu b + lr g and w = w - b: equivalent only while lr does not change.

    Met in Keras (velocity = momentum * velocity - learning_rate * g) and in I. Sutskever et al. (2013).
    """
    return (
        sgd(param, grad, state, lr=lr, inside=lr, **options)
        if lr
        else scratch.sgd_update(param, grad, state, lr=lr, **options)
    )


@mistake("sgd_update")
def momentum_as_an_average(param, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False, **options):
    """the buffer is an average that starts at 0, mu b + (1 - mu) g: the steps are 1 / (1 - mu) times shorter.

    Met in A. Ng's deep learning course: v = beta v + (1 - beta) dW.
    """
    state = state or {"momentum_buffer": np.zeros_like(param)}
    return sgd(param, grad, state, lr=lr, momentum=momentum, dampening=momentum, nesterov=nesterov, **options)


@mistake("sgd_update", refuses=False)  # its state has t, too
def momentum_as_a_corrected_average(param, grad, state, *, lr, momentum=0.0, **options):
    """the buffer is an average that starts at 0, mu b + (1 - mu) g, and the step takes it divided by 1 - mu^t.

    Met in A. Ng's deep learning course, whose bias correction of an average is applied to momentum, too.
    """
    old = state or {"momentum_buffer": np.zeros_like(param), "t": 0}
    buffer = momentum * old["momentum_buffer"] + (1 - momentum) * (grad + options.get("weight_decay", 0.0) * param)
    t = old["t"] + 1
    return param - lr * buffer / (1 - momentum**t), {"momentum_buffer": buffer, "t": t}


@mistake("sgd_update")
def momentum_as_an_average_of_steps(param, grad, state, *, lr, momentum=0.0, **options):
    """the buffer is an average of steps, v = mu v + (1 - mu) lr g: the steps are 1 / (1 - mu) times shorter.

    Met where the average of A. Ng's deep learning course is written with its learning rate inside.
    """
    old = state["momentum_buffer"] if state else np.zeros_like(param)
    buffer = momentum * old + (1 - momentum) * lr * (grad + options.get("weight_decay", 0.0) * param)
    return param - buffer, {"momentum_buffer": buffer}


@mistake("sgd_update")
def momentum_by_default(param, grad, state, *, momentum=0.9, **options):
    """the momentum is 0.9 by default, instead of 0.

    Met where the class of a course or a book has momentum=0.9 in its constructor, as scikit-learn's MLPClassifier does.
    """
    return scratch.sgd_update(param, grad, state, momentum=momentum, **options)


@mistake("sgd_update")
def previous_gradient_for_the_buffer(param, grad, state, **options):
    """momentum adds the previous gradient instead of the buffer that holds all of them.

    Met where the variable for the velocity is overwritten with the new gradient.
    """
    after, new = sgd(param, grad, state, **options)
    return after, new and {"momentum_buffer": grad + options.get("weight_decay", 0.0) * param}


@mistake("sgd_update")
def momentum_not_scaled(param, grad, state, *, lr, momentum=0.0, **options):
    """the old buffer is added whole, without its factor: the gradients of all steps are summed.

    Met where b += g is written instead of b = mu b + g.
    """
    if momentum and state:
        state = {"momentum_buffer": state["momentum_buffer"] / momentum}
    return scratch.sgd_update(param, grad, state, lr=lr, momentum=momentum, **options)


@mistake("sgd_update")
def classical_for_nesterov(param, grad, state, *, nesterov=False, **options):
    """Nesterov is requested but plain momentum is computed.

    Met where the option is accepted and not read.
    """
    return scratch.sgd_update(param, grad, state, **options)


@mistake("sgd_update")
def nesterov_with_the_old_buffer(param, grad, state, **options):
    """Nesterov looks ahead with the buffer of the previous step, g + mu b_old, instead of the new one.

    Met where the step is computed on the line before the buffer's update.
    """
    return sgd(param, grad, state, ahead=lambda old, buffer: 0 * buffer if old is None else old, **options)


@mistake("sgd_update")
def step_with_the_old_buffer(param, grad, state, *, lr, momentum=0.0, nesterov=False, **options):
    """the step is made with the buffer of the previous step: the first gradient does not move anything.

    Met where the weights are updated on the line before the buffer.
    """
    after, new = scratch.sgd_update(param, grad, state, lr=lr, momentum=momentum, nesterov=nesterov, **options)
    if not momentum or nesterov:
        return after, new
    return (param - lr * state["momentum_buffer"] if state else param.copy()), new


@mistake("sgd_update")
def dampening_on_the_first_step(param, grad, state, *, lr, momentum=0.0, **options):
    """the first buffer is dampened too, as if the previous one were zero; in PyTorch it is the gradient itself.

    Met where the buffer is created with zeros_like and then updated as usual.
    """
    if momentum and not state:
        state = {"momentum_buffer": np.zeros_like(param)}
    return scratch.sgd_update(param, grad, state, lr=lr, momentum=momentum, **options)


@mistake("sgd_update")
def dampening_ignored(param, grad, state, *, dampening=0.0, **options):
    """the gradient enters the buffer undampened.

    Met in Keras and optax, which have no such option.
    """
    return scratch.sgd_update(param, grad, state, **options)


@mistake("sgd_update")
def weight_decay_doubled(param, grad, state, *, weight_decay=0.0, **options):
    """the weight decay is 2 lambda w, the derivative of lambda w^2, instead of lambda w.

    Met in keras.regularizers.L2, which adds l2 * sum(w^2) to the loss.
    """
    return scratch.sgd_update(param, grad, state, weight_decay=2 * weight_decay, **options)


@mistake("sgd_update")
def weight_decay_halved(param, grad, state, *, weight_decay=0.0, **options):
    """half of the weight decay is applied.

    Met where the loss has lambda w^2 and the gradient lambda w, without the 2 of the derivative.
    """
    return scratch.sgd_update(param, grad, state, weight_decay=weight_decay / 2, **options)


@mistake("sgd_update")
def weight_decay_of_wrong_sign(param, grad, state, *, weight_decay=0.0, **options):
    """the weight decay is subtracted from the gradient: the weights grow.

    Met where w -= lr * (g - lambda w) is written instead of w -= lr * g + lr * lambda * w.
    """
    return scratch.sgd_update(param, grad - 2 * weight_decay * param, state, weight_decay=weight_decay, **options)


@mistake("sgd_update")
def weight_decay_past_the_buffer(param, grad, state, *, lr, weight_decay=0.0, **options):
    """the weight decay shrinks the weights directly and does not enter the momentum buffer.

    Met in Keras, whose weight_decay is decoupled in every optimizer, and in SGDW (I. Loshchilov, F. Hutter, 2019).
    """
    return scratch.sgd_update(param - lr * weight_decay * param, grad, state, lr=lr, **options)


@mistake("sgd_update")
def sgd_decay_without_lr(param, grad, state, *, weight_decay=0.0, **options):
    """the weights shrink by weight_decay itself instead of by lr * weight_decay.

    Met where w -= lr * g + weight_decay * w is written instead of w -= lr * (g + weight_decay * w).
    """
    return scratch.sgd_update(param - weight_decay * param, grad, state, **options)


@mistake("sgd_update")
def state_in_place(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    """the momentum buffer is changed in place: the state of the previous step is lost.

    Met in torch.optim.SGD itself; a function that returns a new state must not.
    """
    after, new = scratch.sgd_update(
        param, grad, state, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
    )
    if state and new:
        state["momentum_buffer"][...] = new["momentum_buffer"]
    return after, new
