"""Mistakes in the perceptron rule."""

import numpy as np

import scratch
from contract.arguments import epoch_orders
from contract.training import PerceptronRun
from parity.mistakes.registry import mistake, rewired


def corrected(weight, bias, x, y, rule):
    """The weights after a correction of ``rule(y, z)`` by one sample."""
    delta = rule(y, scratch.linear(x, weight, bias)).astype(weight.dtype)
    return weight + delta[:, None] * x, bias + delta


@mistake("perceptron_step")
def sign_flipped(weight, bias, x, y):
    """the error is taken as sign - y instead of y - sign: the weights move away from the sample.

    Met where the error of a gradient, prediction minus target, is added instead of subtracted.
    """
    return corrected(weight, bias, x, y, lambda y, z: (np.sign(z) - y) / 2)


@mistake("perceptron_step")
def bias_never_updated(weight, bias, x, y):
    """the weights are corrected and the bias stays: the line can only turn about a fixed point.

    Met where the input is not extended by the 1 that belongs to the bias.
    """
    return scratch.perceptron_step(weight, bias, x, y)[0], bias


@mistake("perceptron_step")
def tie_treated_as_right(weight, bias, x, y):
    """a point on the line, sign 0, is not corrected; from W = 0 nothing ever changes.

    Met where a sample is corrected only if y * z < 0.
    """
    return corrected(weight, bias, x, y, lambda y, z: np.where(y * z < 0, y, 0))


@mistake("perceptron_step")
def full_step_on_the_line(weight, bias, x, y):
    """a point on the line is corrected by a whole step, as if sign(0) were the wrong class.

    Met in most textbooks: if y * z <= 0 then w += y * x, as in S. Shalev-Shwartz, S. Ben-David, "Understanding machine
    learning" (2014).
    """
    return corrected(weight, bias, x, y, lambda y, z: np.where(y * z <= 0, y, 0))


@mistake("perceptron_step")
def line_counts_as_positive(weight, bias, x, y):
    """a point on the line is of class +1: it is corrected by a whole step if its label is -1, else not at all.

    Met in S. Raschka, "Python Machine Learning": np.where(net_input >= 0.0, 1, -1).
    """
    return corrected(weight, bias, x, y, lambda y, z: (y - np.where(z >= 0, 1, -1)) / 2)


@mistake("perceptron_step")
def line_counts_as_negative(weight, bias, x, y):
    """a point on the line is of class -1: it is corrected by a whole step if its label is +1, else not at all.

    Met where the class is np.where(z > 0, 1, -1), as in scikit-learn's linear classifiers.
    """
    return corrected(weight, bias, x, y, lambda y, z: (y - np.where(z > 0, 1, -1)) / 2)


@mistake("perceptron_step")
def error_not_halved(weight, bias, x, y):
    """the correction is y - sign, which is 2, instead of half of it: a learning rate of 1 without the factor 1/2.

    Met in S. Raschka, "Python Machine Learning": update = eta * (target - predict).
    """
    return corrected(weight, bias, x, y, lambda y, z: y - np.sign(z))


@mistake("perceptron_step")
def every_sample_learned(weight, bias, x, y):
    """w += y x is done whether the sample is wrong or not: a learning rate of 1 and no error to multiply it with.

    Met in Hebb's rule.
    """
    return corrected(weight, bias, x, y, lambda y, z: y)


@mistake("perceptron_step")
def perceptron_of_0_and_1(weight, bias, x, y):
    """the neuron outputs 0 or 1 while the labels are -1 and +1, so that a sample of class -1 is never right.

    Met where a step function, as in Wikipedia's article on the perceptron, is combined with labels of another course.
    """
    return corrected(weight, bias, x, y, lambda y, z: y - (z > 0))


@mistake("perceptron_step")
def delta_rule(weight, bias, x, y):
    """the error is that of the sum, y - z, instead of that of its sign.

    Met in B. Widrow, M. Hoff (1960), the Adaline.
    """
    return corrected(weight, bias, x, y, lambda y, z: y - z)


@mistake("perceptron_step")
def update_in_place(weight, bias, x, y):
    """the update is made in the caller's own array: the old weights are lost.

    Met where weight += ... is written instead of weight = weight + ..., which differ in NumPy and in PyTorch.
    """
    delta = (y - scratch.predict(x, weight, bias)) / 2
    weight += delta[:, None] * x
    bias += delta
    return weight, bias


@mistake("perceptron_epoch")
def batch_instead_of_samples(weight, bias, x, y):
    """all corrections of an epoch are made from the same weights instead of one after the other.

    Met where the loop over the samples is written as one matrix product: the batch perceptron.
    """
    delta = (y - scratch.predict(x, weight, bias)) / 2
    return weight + delta.T @ x, bias + delta.sum(axis=0), int(delta.any(axis=1).sum())


@mistake("perceptron_epoch")
def first_mistake_only(weight, bias, x, y):
    """an epoch ends with its first correction.

    Met in texts that say "find a sample that is wrong, correct it, look again": there one round is one correction.
    """
    for x_i, y_i in zip(x, y, strict=True):
        if (scratch.predict(x_i, weight, bias) != y_i).any():
            return *scratch.perceptron_step(weight, bias, x_i, y_i), 1
    return weight, bias, 0


@mistake("perceptron_epoch")
def mistakes_counted_afterwards(weight, bias, x, y):
    """the mistakes are counted with the weights after the epoch instead of as they are made.

    Met where an accuracy on the training data is printed at the end of each epoch.
    """
    weight, bias, _ = scratch.perceptron_epoch(weight, bias, x, y)
    return weight, bias, int((scratch.predict(x, weight, bias) != y).any(axis=1).sum())


@mistake("perceptron_epoch")
def wrong_outputs_counted(weight, bias, x, y):
    """every wrong output is counted: a sample on which two neurons err counts as two.

    Met where (pred != y).sum() is written for one neuron and then used for several.
    """
    outputs = 0
    for x_i, y_i in zip(x, y, strict=True):
        outputs += int((scratch.predict(x_i, weight, bias) != y_i).sum())
        weight, bias = scratch.perceptron_step(weight, bias, x_i, y_i)
    return weight, bias, outputs


@mistake("perceptron_epoch")
def ties_not_counted(weight, bias, x, y):
    """a point on the line is corrected and not counted.

    Met where the mistakes are counted by y * z < 0.
    """
    mistakes = 0
    for x_i, y_i in zip(x, y, strict=True):
        mistakes += bool((y_i * scratch.linear(x_i, weight, bias) < 0).any())
        weight, bias = scratch.perceptron_step(weight, bias, x_i, y_i)
    return weight, bias, mistakes


@mistake("train_perceptron")
def orders_of_perceptron_ignored(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    """every epoch takes the samples from 0 to N-1, whatever order is given.

    Met where the permutation is drawn and then not used as an index.
    """
    unshuffled = rewired(scratch.train_perceptron, epoch_orders=in_plain_order)
    return unshuffled(weight, bias, x, y, max_epochs=max_epochs, orders=orders, on_epoch=on_epoch)


def in_plain_order(orders, epochs, n, first=0):
    """The same number of epochs, each from 0 to n-1."""
    return ([*range(n)] for _ in epoch_orders(orders, epochs, n, first))


def epoch_by_epoch(orders, epochs, n):
    """The orders of each epoch alone."""
    return (None if orders is None else [order] for order in epoch_orders(orders, epochs, n))


@mistake("train_perceptron")
def perceptron_targets_not_shuffled(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    """the inputs are put in the order of the epoch and the targets are not: each sample has the label of another.

    Met where x and y are shuffled separately.
    """
    alone = rewired(scratch.train_perceptron, **x_alone(scratch.perceptron_epoch, "perceptron_epoch"))
    return alone(weight, bias, x, y, max_epochs=max_epochs, orders=orders, on_epoch=on_epoch)


def x_alone(epoch, name):
    """An epoch, by its name, and the orders, such that only the inputs are put in order."""
    current: list = []

    def kept(*given):
        for order in epoch_orders(*given):
            current[:] = [order]
            yield order

    def unordered(weight, bias, x, y, *rest):
        return epoch(weight, bias, x, y[np.argsort(np.arange(len(y))[current[0]])], *rest)

    return {"epoch_orders": kept, name: unordered}


@mistake("train_perceptron")
def best_weights_kept(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    """the weights with the fewest mistakes so far are returned instead of the last.

    Met in the pocket algorithm, S. Gallant, "Perceptron-based learning algorithms" (1990).
    """
    kept = [(int((scratch.predict(x, weight, bias) != y).any(axis=1).sum()), weight, bias)]

    def pocket(epoch, *after):
        kept.append((int((scratch.predict(x, *after[:2]) != y).any(axis=1).sum()), *after[:2]))
        if on_epoch is not None:
            on_epoch(epoch, *after)

    result = scratch.train_perceptron(weight, bias, x, y, max_epochs=max_epochs, orders=orders, on_epoch=pocket)
    _, weight, bias = min(kept, key=lambda one: one[0])
    return result._replace(weight=weight, bias=bias)


@mistake("train_perceptron")
def clean_epoch_not_counted(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    """the last epoch, in which all samples are right, is not counted.

    Met where the loop breaks before its counter goes up.
    """
    result = scratch.train_perceptron(weight, bias, x, y, max_epochs=max_epochs, orders=orders, on_epoch=on_epoch)
    return result._replace(epochs=result.epochs - result.converged)


@mistake("train_perceptron")
def convergence_seen_afterwards(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    """training stops as soon as the weights after an epoch make no mistake, without a further epoch to confirm it.

    Met where the accuracy on the training data decides when to stop.
    """
    result = scratch.train_perceptron(weight, bias, x, y, max_epochs=0)
    for order in epoch_orders(orders, max_epochs, len(x)):
        weight, bias, mistakes = scratch.perceptron_epoch(result.weight, result.bias, x[order], y[order])
        right = bool((scratch.predict(x, weight, bias) == y).all())
        result = PerceptronRun(weight, bias, right, result.epochs + 1, result.updates + mistakes)
        if on_epoch is not None:
            on_epoch(result.epochs, weight, bias, mistakes)
        if right:
            break
    return result


@mistake("train_perceptron")
def all_epochs_run(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    """training continues to the last epoch, even after an epoch without a mistake.

    Met in S. Raschka, "Python Machine Learning", whose loop always runs n_iter times.
    """
    kept: list = []

    def every_order(*given):
        kept.extend(epoch_orders(*given))
        return kept

    to_the_end = rewired(scratch.train_perceptron, epoch_orders=every_order)
    result = to_the_end(weight, bias, x, y, max_epochs=max_epochs, orders=orders, on_epoch=on_epoch)
    for epoch in range(result.epochs + 1, len(kept) + 1) if on_epoch is not None else ():
        on_epoch(epoch, result.weight, result.bias, 0)
    return result._replace(epochs=len(kept))
