"""Mistakes in the gradients of one neuron, and in the descent along them."""

import numpy as np

import scratch
from parity.mistakes.activations import (
    derivative_of_the_output,
    softmax_derivative_of_the_output,
    tanh_derivative_of_the_output,
)
from parity.mistakes.losses import squared_error_averaged
from parity.mistakes.perceptron import epoch_by_epoch, in_plain_order, x_alone
from parity.mistakes.registry import mistake, rewired
from scratch.activations import ACTIVATIONS


def products(delta, x):
    """The gradients of weights and biases: the outer products with the inputs, summed over the samples."""
    delta, x = np.atleast_2d(delta, x)
    return delta.T @ x, delta.sum(axis=0)


@mistake("neuron_gradients")
def derivative_forgotten(weight, bias, x, y, activation="identity"):
    """g'(z) is left out of the chain rule.

    Met where the rule of the linear neuron is kept after its activation has changed.
    """
    return products(scratch.neuron(x, weight, bias, activation) - y, x)


@mistake("neuron_gradients")
def derivative_at_the_output(weight, bias, x, y, activation="identity"):
    """g' is taken at the neuron's output instead of at its weighted sum.

    Met where the activation overwrites z, which its derivative still needs.
    """
    output = scratch.neuron(x, weight, bias, activation)
    return products(ACTIVATIONS[activation].backward(output, output - y), x)


@mistake("neuron_gradients")
def bias_gradient_missing(weight, bias, x, y, activation="identity"):
    """the gradient of the bias is left at zero.

    Met where the input is not extended by the 1 that belongs to the bias.
    """
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return grad_weight, 0 * grad_bias


@mistake("neuron_gradients")
def gradient_averaged(weight, bias, x, y, activation="identity"):
    """the gradient is averaged over the samples instead of summed.

    Met in A. Ng's machine learning course (1/m), and wherever the loss is a mean.
    """
    n = len(np.atleast_2d(x))
    return tuple(gradient / n for gradient in scratch.neuron_gradients(weight, bias, x, y, activation))


@mistake("neuron_gradients")
def bias_gradient_averaged(weight, bias, x, y, activation="identity"):
    """the gradient of the bias is averaged over the samples, that of the weights is summed.

    Met where x.T @ delta is combined with delta.mean().
    """
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return grad_weight, grad_bias / len(np.atleast_2d(x))


@mistake("neuron_gradients")
def gradient_of_twice_the_loss(weight, bias, x, y, activation="identity"):
    """the gradient has a factor 2: it is that of (y - y_hat)^2 without the deck's 1/2.

    Met where torch.nn.MSELoss is differentiated for one sample, which has no 1/2.
    """
    return tuple(2 * gradient for gradient in scratch.neuron_gradients(weight, bias, x, y, activation))


@mistake("neuron_gradients")
def error_sign_flipped(weight, bias, x, y, activation="identity"):
    """the error is y - y_hat instead of y_hat - y.

    Met where the update adds it, w += lr (y - y_hat) x; subtracted, it increases the loss.
    """
    return tuple(-gradient for gradient in scratch.neuron_gradients(weight, bias, x, y, activation))


@mistake("neuron_gradients")
def input_forgotten(weight, bias, x, y, activation="identity"):
    """every weight has the gradient of the bias: the factor x of the chain rule is left out.

    Met where delta is broadcast over the weights, which NumPy does silently.
    """
    _, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return np.repeat(grad_bias[:, None], weight.shape[1], axis=1), grad_bias


@mistake("neuron_gradients")
def slope_of_the_output_given_the_sum(weight, bias, x, y, activation="identity"):
    """g' is written for the neuron's output, as s (1 - s) is, and given the weighted sum: z (1 - z).

    Met where the two lines come from texts of which one keeps z and the other the output.
    """
    z = scratch.linear(x, weight, bias)
    rules = {
        "sigmoid": derivative_of_the_output.sigmoid_backward,
        "tanh": tanh_derivative_of_the_output.tanh_backward,
        "softmax": softmax_derivative_of_the_output.softmax_backward,
    }
    right, error = ACTIVATIONS[activation].backward, scratch.neuron(x, weight, bias, activation) - y
    return products(rules.get(activation, right)(z, error), x)


@mistake("gradient_step")
def gradient_ascent(weight, bias, x, y, lr, activation="identity"):
    """the gradient is added instead of subtracted: the loss increases.

    Met where the rule w += lr (y - y_hat) x is used with a gradient, which has the other sign.
    """
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return weight + lr * grad_weight, bias + lr * grad_bias


@mistake("gradient_step")
def bias_step_missing(weight, bias, x, y, lr, activation="identity"):
    """only the weights are updated.

    Met where the bias is forgotten in the update, though its gradient is there.
    """
    return scratch.gradient_step(weight, bias, x, y, lr, activation)[0], bias


@mistake("gradient_step")
def bias_climbs(weight, bias, x, y, lr, activation="identity"):
    """the weights move against their gradient and the bias along with its own.

    Met where only one of two lines is corrected, after the sign of the error has been changed.
    """
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return weight - lr * grad_weight, bias + lr * grad_bias


@mistake("gradient_step")
def bias_at_twice_the_rate(weight, bias, x, y, lr, activation="identity"):
    """the bias learns at twice the learning rate.

    Met in Caffe's example nets, whose biases have lr_mult: 2.
    """
    return (
        scratch.gradient_step(weight, bias, x, y, lr, activation)[0],
        scratch.gradient_step(weight, bias, x, y, 2 * lr, activation)[1],
    )


@mistake("gradient_step")
def bias_sees_the_new_weights(weight, bias, x, y, lr, activation="identity"):
    """the weights are updated first, and the gradient of the bias is computed with the new ones.

    Met where each parameter is updated on the line after its gradient.
    """
    weight, _ = scratch.gradient_step(weight, bias, x, y, lr, activation)
    return weight, scratch.gradient_step(weight, bias, x, y, lr, activation)[1]


@mistake("gradient_step")
def lr_over_the_samples(weight, bias, x, y, lr, activation="identity"):
    """the learning rate is divided by the number of samples although the gradient is a sum.

    Met in A. Ng's machine learning course, whose update has alpha / m.
    """
    return scratch.gradient_step(weight, bias, x, y, lr / len(np.atleast_2d(x)), activation)


@mistake("gradient_epoch")
def full_batch(weight, bias, x, y, lr, activation="identity"):
    """one step is made with the gradient of all samples instead of a step after each.

    Met where gradient descent is mistaken for its stochastic form.
    """
    return scratch.gradient_step(weight, bias, x, y, lr, activation)


@mistake("gradient_epoch")
def full_batch_averaged(weight, bias, x, y, lr, activation="identity"):
    """one step is made with the gradient of all samples, averaged, instead of a step after each.

    Met in A. Ng's machine learning course: alpha / m times the sum.
    """
    return scratch.gradient_step(weight, bias, x, y, lr / len(x), activation)


@mistake("gradient_epoch")
def each_step_from_the_first_weights(weight, bias, x, y, lr, activation="identity"):
    """every step starts from the weights before the epoch, so that only the step of the last sample remains.

    Met where the loop stores its result under a new name, as in new_weight = weight - lr * grad.
    """
    return scratch.gradient_step(weight, bias, x[-1], y[-1], lr, activation)


@mistake("gradient_epoch")
def gradient_of_the_previous_sample(weight, bias, x, y, lr, activation="identity"):
    """each step is made with the gradient that was computed before the last step.

    Met where the update comes before the gradient in the loop.
    """
    step = np.zeros_like(weight), np.zeros_like(bias)
    for x_i, y_i in zip(x, y, strict=True):
        next_step = scratch.neuron_gradients(weight, bias, x_i, y_i, activation)
        weight, bias, step = weight - lr * step[0], bias - lr * step[1], next_step
    return weight, bias


@mistake("gradient_epoch")
def gradients_pile_up(weight, bias, x, y, lr, activation="identity"):
    """each step goes against the sum of all gradients of the epoch so far.

    Met in PyTorch where zero_grad is forgotten: backward adds to the existing gradients.
    """
    total = np.zeros_like(weight), np.zeros_like(bias)
    for x_i, y_i in zip(x, y, strict=True):
        grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x_i, y_i, activation)
        total = total[0] + grad_weight, total[1] + grad_bias
        weight, bias = weight - lr * total[0], bias - lr * total[1]
    return weight, bias


def gradient_run(*args, names, **options):
    """``train_gradient`` with other functions substituted."""
    return rewired(scratch.train_gradient, **names)(*args, **options)


@mistake("train_gradient")
def loss_before_the_epoch(weight, bias, x, y, *, lr, epochs, activation="identity", **options):
    """the loss that is reported is that of the weights before the epoch.

    Met where the loss is computed at the top of the loop.
    """
    start = float(scratch.squared_error(scratch.neuron(x, weight, bias, activation), y))
    result = scratch.train_gradient(weight, bias, x, y, lr=lr, epochs=epochs, activation=activation, **options)
    return result._replace(losses=[start, *result.losses[:-1]][: len(result.losses)])


@mistake("train_gradient")
def running_loss(weight, bias, x, y, *, lr, epochs, **options):
    """the loss of an epoch is the sum of the samples' losses, each just before its step.

    Met in the running_loss of PyTorch's tutorials, which sums the loss of each batch during the epoch.
    """
    seen: list[float] = []

    def epoch(weight, bias, x, y, lr, activation):
        seen.append(0.0)
        for x_i, y_i in zip(x, y, strict=True):
            seen[-1] += float(scratch.squared_error(scratch.neuron(x_i, weight, bias, activation), y_i))
            weight, bias = scratch.gradient_step(weight, bias, x_i, y_i, lr, activation)
        return weight, bias

    names = {"gradient_epoch": epoch, "squared_error": lambda pred, y: np.float64(seen[-1])}
    return gradient_run(weight, bias, x, y, lr=lr, epochs=epochs, names=names, **options)


@mistake("train_gradient")
def loss_averaged(weight, bias, x, y, *, lr, epochs, **options):
    """the loss of an epoch is averaged over the samples instead of summed.

    Met where epochs of data sets of different size are to be compared.
    """
    return gradient_run(
        weight,
        bias,
        x,
        y,
        lr=lr,
        epochs=epochs,
        names={"squared_error": squared_error_averaged.squared_error},
        **options,
    )


@mistake("train_gradient")
def run_of_full_batches(weight, bias, x, y, *, lr, epochs, **options):
    """an epoch is one step with the gradient of all samples: each sample is used with the weights before the epoch.

    Met where gradient descent is mistaken for its stochastic form.
    """
    names = {"gradient_epoch": full_batch.gradient_epoch}
    return gradient_run(weight, bias, x, y, lr=lr, epochs=epochs, names=names, **options)


@mistake("train_gradient")
def orders_of_gradient_ignored(weight, bias, x, y, *, lr, epochs, **options):
    """every epoch takes the samples from 0 to N-1, whatever order is given.

    Met where the permutation is drawn and then not used as an index.
    """
    return gradient_run(weight, bias, x, y, lr=lr, epochs=epochs, names={"epoch_orders": in_plain_order}, **options)


@mistake("train_gradient")
def gradient_targets_not_shuffled(weight, bias, x, y, *, lr, epochs, **options):
    """the inputs are put in the order of the epoch and the targets are not: each sample has the label of another.

    Met where x and y are shuffled separately.
    """
    names = x_alone(scratch.gradient_epoch, "gradient_epoch")
    return gradient_run(weight, bias, x, y, lr=lr, epochs=epochs, names=names, **options)


@mistake("train_gradient")
def stops_below_the_tolerance(weight, bias, x, y, *, lr, epochs, tolerance=0.0, **options):
    """training stops when the loss itself is within the tolerance, instead of its change.

    Met where a loop runs while the error is above a limit.
    """
    return stopping(lambda before, now: now <= tolerance, weight, bias, x, y, lr=lr, epochs=epochs, **options)


@mistake("train_gradient")
def stops_when_it_grows(weight, bias, x, y, *, lr, epochs, tolerance=0.0, **options):
    """training also stops when the loss has grown, because it has not improved by more than the tolerance.

    Met in scikit-learn, whose SGDClassifier counts epochs with loss > best_loss - tol.
    """
    return stopping(lambda before, now: now >= before - tolerance, weight, bias, x, y, lr=lr, epochs=epochs, **options)


def stopping(rule, weight, bias, x, y, *, epochs, orders=None, on_epoch=None, **options):
    """``train_gradient`` that stops by another rule of the previous and the current loss."""
    result = scratch.train_gradient(weight, bias, x, y, epochs=0, **options)
    for order in epoch_by_epoch(orders, epochs, len(x)):
        one = scratch.train_gradient(result.weight, result.bias, x, y, epochs=1, orders=order, **options)
        losses = result.losses + one.losses
        converged = rule(*[np.inf, *losses][-2:])
        result = one._replace(losses=losses, epochs=len(losses), converged=converged)
        if on_epoch is not None:
            on_epoch(len(losses), one.weight, one.bias, losses[-1])
        if converged or not np.isfinite(losses[-1]):
            break
    return result


@mistake("train_gradient")
def epochs_counted_from_0(weight, bias, x, y, *, lr, epochs, on_epoch=None, **options):
    """on_epoch is given the number of the epoch counted from 0.

    Met where the loop's own variable is passed on: for epoch in range(epochs).
    """
    shifted = on_epoch and (lambda epoch, *rest: on_epoch(epoch - 1, *rest))
    return scratch.train_gradient(weight, bias, x, y, lr=lr, epochs=epochs, on_epoch=shifted, **options)
