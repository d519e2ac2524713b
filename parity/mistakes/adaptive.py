"""Mistakes in the updates with a separate step size for each weight: Adagrad, RMSprop, Adam, AdamW."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake


def adagrad(
    param,
    grad,
    state,
    *,
    lr=1e-2,
    lr_decay=0.0,
    weight_decay=0.0,
    initial_accumulator_value=0.0,
    eps=1e-10,
    root=lambda total, eps, t: np.sqrt(total) + eps,
    late=1,
    square=lambda grad: grad * grad,
    seen=lambda old, total: total,
):
    """Adagrad written out, with parameters for its known mistakes."""
    grad = grad + weight_decay * param
    t = float(state["step"]) + 1 if state else 1.0
    old = state["sum"] if state else initial_accumulator_value
    total = old + square(grad)
    step = grad / root(seen(old, total), eps, t)
    return param - lr / (1 + (t - late) * lr_decay) * step, {"step": t, "sum": total}


@mistake("adagrad_update")
def adagrad_eps_inside_the_root(param, grad, state, **options):
    """eps is added inside the root, sqrt(s + eps), instead of to it.

    Met in Keras and optax.
    """
    return adagrad(param, grad, state, root=lambda total, eps, t: np.sqrt(total + eps), **options)


@mistake("adagrad_update")
def mean_of_squares_for_the_sum(param, grad, state, **options):
    """the squares are averaged over the steps instead of summed: the steps do not shrink.

    Met where Adagrad is confused with RMSprop, whose average decays.
    """
    return adagrad(param, grad, state, root=lambda total, eps, t: np.sqrt(total / t) + eps, **options)


@mistake("adagrad_update")
def gradients_summed_unsquared(param, grad, state, **options):
    """the gradients are summed and not their squares: the sum may be negative, and its root is nan.

    Met where the square is forgotten.
    """
    return adagrad(param, grad, state, square=lambda grad: grad, **options)


@mistake("adagrad_update")
def adagrad_without_the_root(param, grad, state, **options):
    """the gradient is divided by the sum of squares itself instead of by its root.

    Met where the root is forgotten; the CS231n notes warn that without it the algorithm performs much worse.
    """
    return adagrad(param, grad, state, root=lambda total, eps, t: total + eps, **options)


@mistake("adagrad_update")
def sum_before_this_gradient(param, grad, state, **options):
    """the gradient is divided by the root of the sum without it: the first step is g / eps.

    Met where the weights are updated on the line before the sum.
    """
    return adagrad(param, grad, state, seen=lambda old, total: old, **options)


@mistake("adagrad_update")
def adagrad_eps_of_the_overviews(param, grad, state, *, eps=1e-8, **options):
    """eps is 1e-8 by default, instead of 1e-10.

    Met in S. Ruder, "An overview of gradient descent optimization algorithms" (2016).
    """
    return scratch.adagrad_update(param, grad, state, eps=eps, **options)


@mistake("adagrad_update")
def initial_accumulator_ignored(param, grad, state, *, initial_accumulator_value=0.0, **options):
    """the sum starts at 0 whatever is requested.

    Met where the option is accepted and not read.
    """
    return scratch.adagrad_update(param, grad, state, **options)


@mistake("adagrad_update")
def keras_initial_accumulator(param, grad, state, *, initial_accumulator_value=0.1, **options):
    """the sum starts at 0.1 by default, instead of at 0.

    Met in Keras and optax, whose initial_accumulator_value is 0.1 by default.
    """
    return adagrad(param, grad, state, initial_accumulator_value=initial_accumulator_value, **options)


@mistake("adagrad_update")
def lr_decay_ignored(param, grad, state, *, lr_decay=0.0, **options):
    """the learning rate does not decay.

    Met where the option is accepted and not read.
    """
    return scratch.adagrad_update(param, grad, state, **options)


@mistake("adagrad_update")
def lr_decay_one_step_early(param, grad, state, **options):
    """the learning rate decays at the first step already: 1 + t * lr_decay instead of 1 + (t - 1) * lr_decay.

    Met where t is counted up before it is used.
    """
    return adagrad(param, grad, state, late=0, **options)


def rmsprop(
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
    root=lambda v, eps: np.sqrt(v) + eps,
    start=0.0,
    inside=1,
    square=lambda grad, alpha: (1 - alpha) * grad * grad,
    seen=lambda old, new: new,
):
    """RMSprop written out, with parameters for its known mistakes."""
    grad = grad + weight_decay * param
    old = state or {"step": 0.0, "square_avg": start, "grad_avg": 0.0, "momentum_buffer": 0.0}
    new = {"step": float(old["step"]) + 1, "square_avg": alpha * old["square_avg"] + square(grad, alpha)}
    v = seen(old["square_avg"], new["square_avg"])
    if centered:
        new["grad_avg"] = alpha * old["grad_avg"] + (1 - alpha) * grad
        v = v - new["grad_avg"] ** 2
    step = inside * grad / root(v, eps)
    if momentum:
        step = new["momentum_buffer"] = momentum * old["momentum_buffer"] + step
    return param - lr / inside * step, new


@mistake("rmsprop_update")
def rmsprop_eps_inside_the_root(param, grad, state, **options):
    """eps is added inside the root, sqrt(v + eps), instead of to it.

    Met in TensorFlow and Keras, and in timm's RMSpropTF, which copies them.
    """
    return rmsprop(param, grad, state, root=lambda v, eps: np.sqrt(v + eps), **options)


@mistake("rmsprop_update")
def square_average_from_1(param, grad, state, **options):
    """the mean square starts at 1 instead of at 0: the first steps are short.

    Met in tf.compat.v1.train.RMSPropOptimizer, and in timm's RMSpropTF, which copies it.
    """
    return rmsprop(param, grad, state, start=1.0, **options)


@mistake("rmsprop_update")
def square_average_before_this_gradient(param, grad, state, **options):
    """the gradient is divided by the root of the mean square without it: the first step is g / eps.

    Met where the weights are updated on the line before the mean square.
    """
    return rmsprop(param, grad, state, seen=lambda old, new: old, **options)


@mistake("rmsprop_update")
def new_square_added_whole(param, grad, state, **options):
    """the new square is added whole, v = alpha v + g^2, without its factor 1 - alpha.

    Met where the form of the momentum buffer, b = mu b + g, is kept.
    """
    return rmsprop(param, grad, state, square=lambda grad, alpha: grad * grad, **options)


@mistake("rmsprop_update")
def rmsprop_without_the_root(param, grad, state, **options):
    """the gradient is divided by the mean square itself instead of by its root.

    Met where the root is forgotten.
    """
    return rmsprop(param, grad, state, root=lambda v, eps: v + eps, **options)


@mistake("rmsprop_update")
def rmsprop_with_bias_correction(param, grad, state, *, alpha=0.99, **options):
    """the mean square is bias-corrected by 1 - alpha^t: the first steps are shorter.

    Met where RMSprop is treated as Adam without its first average.
    """
    t = float(state["step"]) + 1 if state else 1.0
    return rmsprop(param, grad, state, alpha=alpha, root=lambda v, eps: np.sqrt(v / (1 - alpha**t)) + eps, **options)


@mistake("rmsprop_update")
def rmsprop_lr_inside_the_buffer(param, grad, state, *, lr=1e-2, **options):
    """the learning rate is inside the momentum buffer: equivalent only while lr does not change.

    Met in TensorFlow and Keras, and in timm's RMSpropTF, which copies them.
    """
    return rmsprop(param, grad, state, lr=lr, inside=lr or 1, **options)


@mistake("rmsprop_update")
def alpha_for_the_new_square(param, grad, state, *, alpha=0.99, **options):
    """alpha is the share of the new square instead of that of the old mean: v = (1 - alpha) v + alpha g^2.

    Met where alpha is read as the weight of the newest value, as in pandas' ewm(alpha).
    """
    return scratch.rmsprop_update(param, grad, state, alpha=1 - alpha, **options)


@mistake("rmsprop_update")
def alpha_of_hinton(param, grad, state, *, alpha=0.9, **options):
    """alpha is 0.9 by default, instead of 0.99.

    Met in G. Hinton's lecture 6e, and in Keras, whose rho is 0.9 by default.
    """
    return scratch.rmsprop_update(param, grad, state, alpha=alpha, **options)


@mistake("rmsprop_update")
def not_centered(param, grad, state, *, centered=False, **options):
    """the mean gradient is not subtracted: the root of the mean square is used as the standard deviation.

    Met where the option is accepted and not read.
    """
    return scratch.rmsprop_update(param, grad, state, **options)


def adam(
    param,
    grad,
    state,
    *,
    lr=1e-3,
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    amsgrad=False,
    share=lambda beta: 1 - beta,
    square=lambda grad, m: grad * grad,
    correction=lambda beta, t: 1 - beta**t,
    step=lambda m, v, eps, bc1, bc2: (m / bc1) / (np.sqrt(v / bc2) + eps),
    decays=(1, 1),
):
    """Adam written out, with parameters for its known mistakes."""
    given, grad = grad + decays[1] * weight_decay * param, grad + decays[0] * weight_decay * param
    old = state or {"step": 0.0, "exp_avg": 0.0, "exp_avg_sq": 0.0, "max_exp_avg_sq": 0.0}
    t = float(old["step"]) + 1
    m = betas[0] * old["exp_avg"] + share(betas[0]) * grad
    v = betas[1] * old["exp_avg_sq"] + share(betas[1]) * square(given, m)
    new = {"step": t, "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        v = new["max_exp_avg_sq"] = np.maximum(old["max_exp_avg_sq"], v)
    return param - lr * step(m, v, eps, *(correction(beta, t) for beta in betas)), new


@mistake("adam_update")
def eps_inside_the_root(param, grad, state, **options):
    """eps is added inside the root, sqrt(v + eps), instead of to it.

    Met where the formula is typed from memory; optax has both, as eps_root and eps.
    """
    return adam(param, grad, state, step=lambda m, v, eps, bc1, bc2: (m / bc1) / np.sqrt(v / bc2 + eps), **options)


@mistake("adam_update")
def eps_before_the_correction(param, grad, state, **options):
    """eps is added to sqrt(v) before the bias correction, which then divides it too.

    Met in TensorFlow and Keras, which call it "epsilon hat", from the formula just before section 2.1 of the paper.
    """
    return adam(
        param, grad, state, step=lambda m, v, eps, bc1, bc2: (m / bc1) / ((np.sqrt(v) + eps) / bc2**0.5), **options
    )


@mistake("adam_update")
def no_eps(param, grad, state, **options):
    """eps is left out: where the gradient has always been 0 the step is 0 / 0.

    Met where the formula is typed from memory.
    """
    return adam(param, grad, state, step=lambda m, v, eps, bc1, bc2: (m / bc1) / np.sqrt(v / bc2), **options)


@mistake("adam_update")
def eps_of_keras(param, grad, state, *, eps=1e-7, **options):
    """eps is 1e-7 by default, instead of 1e-8.

    Met in Keras.
    """
    return scratch.adam_update(param, grad, state, eps=eps, **options)


@mistake("adam_update")
def bias_correction_without_t(param, grad, state, **options):
    """the bias correction uses beta instead of beta**t: it is right at the first step only.

    Met where t is missing, or never counted up.
    """
    return adam(param, grad, state, correction=lambda beta, t: 1 - beta, **options)


@mistake("adam_update")
def bias_correction_from_t_0(param, grad, state, **options):
    """the bias correction uses the exponent t - 1, so that the first step divides by 0.

    Met where t starts at 0 and is counted up after the update.
    """
    return adam(param, grad, state, correction=lambda beta, t: 1 - beta ** (t - 1), **options)


@mistake("adam_update")
def bias_correction_one_step_late(param, grad, state, **options):
    """the bias correction uses the exponent t - 1 from the second step on.

    Met where t is counted up after the update, with a guard that keeps the first step from dividing by 0.
    """
    return adam(param, grad, state, correction=lambda beta, t: 1 - beta ** max(t - 1, 1), **options)


@mistake("adam_update")
def bias_correction_one_step_early(param, grad, state, **options):
    """the bias correction uses the exponent t + 1.

    Met where t starts at 1 and is counted up before it is used.
    """
    return adam(param, grad, state, correction=lambda beta, t: 1 - beta ** (t + 1), **options)


@mistake("adam_update")
def no_bias_correction(param, grad, state, **options):
    """m and v are used without bias correction: the first steps have the wrong length.

    Met in the AdamWeightDecayOptimizer of the first BERT code, and in BertAdam, its port to PyTorch.
    """
    return adam(param, grad, state, correction=lambda beta, t: 1.0, **options)


@mistake("adam_update")
def only_m_corrected(param, grad, state, **options):
    """m is corrected and v is not: the first steps are far too long.

    Met where v_hat is computed and v is used in the next line.
    """
    return adam(param, grad, state, step=lambda m, v, eps, bc1, bc2: (m / bc1) / (np.sqrt(v) + eps), **options)


@mistake("adam_update")
def only_v_corrected(param, grad, state, **options):
    """v is corrected and m is not: the first steps are too short.

    Met where m_hat is computed and m is used in the next line.
    """
    return adam(param, grad, state, step=lambda m, v, eps, bc1, bc2: m / (np.sqrt(v / bc2) + eps), **options)


@mistake("adam_update")
def v_corrected_with_beta1(param, grad, state, **options):
    """v is corrected by 1 - beta1^t, like m, instead of by 1 - beta2^t.

    Met where the line of m_hat is copied for v_hat and one of its names is not changed.
    """
    return adam(param, grad, state, step=lambda m, v, eps, bc1, bc2: (m / bc1) / (np.sqrt(v / bc1) + eps), **options)


@mistake("adam_update")
def corrected_averages_stored(param, grad, state, *, betas=(0.9, 0.999), **options):
    """the corrected m and v are stored: the next step starts from them, and corrects them once more.

    Met where m = m / (1 - beta1 ** t) is written instead of a new name, m_hat.
    """
    after, new = scratch.adam_update(param, grad, state, betas=betas, **options)
    m, v = (new[key] / (1 - beta ** new["step"]) for key, beta in zip(("exp_avg", "exp_avg_sq"), betas, strict=True))
    return after, new | {"exp_avg": m, "exp_avg_sq": v}


@mistake("adam_update")
def betas_swapped(param, grad, state, *, betas=(0.9, 0.999), **options):
    """the two betas are swapped.

    Met where they are unpacked in the wrong order.
    """
    return scratch.adam_update(param, grad, state, betas=betas[::-1], **options)


@mistake("adam_update")
def gradient_not_squared(param, grad, state, **options):
    """the second average is that of |g| instead of g^2.

    Met where the square is forgotten; a root of |g| then has the wrong unit.
    """
    return adam(param, grad, state, square=lambda grad, m: abs(grad), **options)


@mistake("adam_update")
def square_of_the_average(param, grad, state, **options):
    """the second average is that of m^2 instead of g^2.

    Met where the name of the gradient is given to its average.
    """
    return adam(param, grad, state, square=lambda grad, m: m * m, **options)


@mistake("adam_update")
def adam_without_the_root(param, grad, state, **options):
    """m is divided by v itself instead of by its root.

    Met where the root is forgotten.
    """
    return adam(param, grad, state, step=lambda m, v, eps, bc1, bc2: (m / bc1) / (v / bc2 + eps), **options)


@mistake("adam_update")
def gradients_added_whole(param, grad, state, **options):
    """gradient and square are added whole, m = beta1 m + g and v = beta2 v + g^2, without 1 - beta.

    Met where the form of the momentum buffer, b = mu b + g, is kept.
    """
    return adam(param, grad, state, share=lambda beta: 1.0, **options)


@mistake("adam_update")
def square_of_the_deviation(param, grad, state, **options):
    """the second average is that of (g - m)^2 instead of g^2.

    Met in AdaBelief, J. Zhuang et al. (2020).
    """
    return adam(param, grad, state, square=lambda grad, m: (grad - m) ** 2, **options)


@mistake("adam_update")
def lr_over_the_root_of_t(param, grad, state, *, lr=1e-3, **options):
    """the learning rate is divided by the root of t.

    Met in the proof of convergence in D. Kingma's and J. Ba's paper; their algorithm keeps it constant.
    """
    t = float(state["step"]) + 1 if state else 1.0
    return scratch.adam_update(param, grad, state, lr=lr / t**0.5, **options)


@mistake("adam_update")
def amsgrad_ignored(param, grad, state, *, amsgrad=False, **options):
    """v itself is used instead of its maximum so far.

    Met where the option is accepted and not read.
    """
    return scratch.adam_update(param, grad, state, **options)


@mistake("adam_update")
def amsgrad_of_the_corrected(param, grad, state, *, betas=(0.9, 0.999), amsgrad=False, **options):
    """amsgrad takes the largest of the corrected v instead of the corrected largest.

    Met in optax, which keeps nu_max of nu_hat.
    """
    after, new = adam(param, grad, state, betas=betas, **options)
    if not amsgrad:
        return after, new
    largest = np.maximum(state["max_exp_avg_sq"] if state else 0.0, new["exp_avg_sq"] / (1 - betas[1] ** new["step"]))
    options["step"] = lambda m, v, eps, bc1, bc2: (m / bc1) / (np.sqrt(largest) + eps)
    return adam(param, grad, state, betas=betas, **options)[0], new | {"max_exp_avg_sq": largest}


@mistake("adam_update")
def adam_decay_in_m_only(param, grad, state, **options):
    """the weight decay is added to the gradient in m and not in v.

    Met where the gradient is squared before the decay is added to it.
    """
    return adam(param, grad, state, decays=(1, 0), **options)


@mistake("adam_update")
def adam_decay_in_v_only(param, grad, state, **options):
    """the weight decay is added to the gradient in v and not in m.

    Met where the decay is added on the line after the first average.
    """
    return adam(param, grad, state, decays=(0, 1), **options)


STEPS = {
    "m / bc1 / (sqrt(v) / sqrt(bc2) + eps)": lambda m, v, eps, bc1, bc2: m / bc1 / (np.sqrt(v) / np.sqrt(bc2) + eps),
    "sqrt(bc2) / bc1 * m / (sqrt(v) + eps)": lambda m, v, eps, bc1, bc2: np.sqrt(bc2) / bc1 * m / (np.sqrt(v) + eps),
}


@mistake("adam_update", step=tuple(STEPS))
def adam_widened_to_float64(param, grad, state, *, step, **options):
    """the square root of a Python float is taken with np.sqrt, which widens float32 to float64, in the step {step}.

    Met where lr_t = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) is written; NumPy before version 2 did not widen.
    """
    if param.dtype == "float64":
        return scratch.adam_update(param, grad, state, **options)
    return adam(param, grad, state, step=STEPS[step], **options)


@mistake("adam_update")
def adam_decay_decoupled(param, grad, state, **options):
    """the weight decay shrinks the weights separately from m and v, as in AdamW.

    Met in Keras, whose weight_decay is decoupled in every optimizer.
    """
    return scratch.adamw_update(param, grad, state, **{"weight_decay": 0.0} | options)


@mistake("adamw_update")
def coupled_weight_decay(param, grad, state, **options):
    """the weight decay goes through m and v, as in Adam, instead of shrinking the weights separately.

    Met in torch.optim.Adam(weight_decay=...), which adds it to the gradient.
    """
    return scratch.adam_update(param, grad, state, **{"weight_decay": 0.01} | options)


@mistake("adamw_update")
def decay_without_lr(param, grad, state, *, weight_decay=0.01, **options):
    """the weights shrink by weight_decay instead of by lr * weight_decay.

    Met in I. Loshchilov, F. Hutter (2019), whose decay is scaled by the schedule but not by the learning rate.
    """
    return scratch.adamw_update(param * (1 - weight_decay), grad, state, weight_decay=0.0, **options)


@mistake("adamw_update")
def decay_grows(param, grad, state, *, lr=1e-3, weight_decay=0.01, **options):
    """the weights grow by lr * weight_decay instead of shrinking.

    Met where a sign is lost between w - lr (step + lambda w) and its two terms.
    """
    return scratch.adamw_update(param * (1 + lr * weight_decay), grad, state, lr=lr, weight_decay=0.0, **options)


@mistake("adamw_update")
def decay_twice(param, grad, state, *, lr=1e-3, weight_decay=0.01, **options):
    """the weight decay shrinks the weights and goes through m and v as well.

    Met where AdamW is built upon an Adam that is given the weight_decay too.
    """
    shrunk = param * (1 - lr * weight_decay)
    return scratch.adam_update(shrunk, grad, state, lr=lr, weight_decay=weight_decay, **options)


@mistake("adamw_update")
def decay_of_keras(param, grad, state, *, weight_decay=0.004, **options):
    """weight_decay is 0.004 by default, instead of 0.01.

    Met in Keras.
    """
    return scratch.adamw_update(param, grad, state, weight_decay=weight_decay, **options)


@mistake("adamw_update")
def decay_of_optax(param, grad, state, *, weight_decay=1e-4, **options):
    """weight_decay is 0.0001 by default, instead of 0.01.

    Met in optax.
    """
    return scratch.adamw_update(param, grad, state, weight_decay=weight_decay, **options)


@mistake("adamw_update")
def decay_after_the_step(param, grad, state, *, lr=1e-3, weight_decay=0.01, **options):
    """the weights shrink after the step, so that the step shrinks with them.

    Met where w *= 1 - lr * weight_decay stands at the end of the function.
    """
    param, state = scratch.adamw_update(param, grad, state, lr=lr, weight_decay=0.0, **options)
    return param * (1 - lr * weight_decay), state
