"""Mistakes in mini-batches, in a training step, and in a whole training run."""

import numpy as np

import scratch
from contract.arguments import epoch_orders, part_length
from contract.training import settled
from parity.mistakes.perceptron import epoch_by_epoch, in_plain_order
from parity.mistakes.registry import mistake, rewired
from scratch import training
from scratch.losses import LOSSES, Loss


@mistake("minibatches")
def last_batch_dropped(x, y, batch_size=None, order=None):
    """the last batch is dropped if it is smaller.

    Met in torch.utils.data.DataLoader(drop_last=True), and in loops over range(n // batch_size).
    """
    batches = list(scratch.minibatches(x, y, batch_size, order))
    return (batch for batch in batches if len(batch[0]) == len(batches[0][0]))


@mistake("minibatches")
def last_batch_filled_up(x, y, batch_size=None, order=None):
    """the last batch is filled up with the first samples if it is smaller.

    Met in torch.utils.data.DistributedSampler, which repeats samples until all shares are equal.
    """
    order = list(range(len(x)) if order is None else order)
    size = batch_size or len(x)
    order += order[: -len(order) % size]
    return ((x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, len(order), size))


@mistake("minibatches")
def batches_evened_out(x, y, batch_size=None, order=None):
    """the samples are distributed evenly over the same number of batches, instead of leaving the last one smaller.

    Met in numpy.array_split.
    """
    order = np.arange(len(x)) if order is None else np.asarray(order)
    return ((x[batch], y[batch]) for batch in np.array_split(order, -(-len(x) // (batch_size or len(x)))))


@mistake("minibatches")
def batch_size_as_a_number(x, y, batch_size=None, order=None):
    """batch_size is used as the number of batches.

    Met where n / batch_size, rounded up, is used as the size.
    """
    return scratch.minibatches(x, y, -(-len(x) // (batch_size or 1)), order)


@mistake("minibatches")
def order_ignored(x, y, batch_size=None, order=None):
    """the samples are taken from 0 to N-1, whatever order is given.

    Met where the permutation is drawn and then not used as an index.
    """
    return scratch.minibatches(x, y, batch_size)


@mistake("minibatches")
def targets_not_shuffled(x, y, batch_size=None, order=None):
    """the inputs are put in order and the targets are not: each sample has the label of another.

    Met where x and y are shuffled separately.
    """
    pairs = zip(scratch.minibatches(x, y, batch_size, order), scratch.minibatches(x, y, batch_size), strict=True)
    return ((x_batch, y_batch) for (x_batch, _), (_, y_batch) in pairs)


@mistake("minibatches")
def batches_are_views(x, y, batch_size=None, order=None):
    """the batches are views of the data: scaling a batch in place scales the data.

    Met where a batch is a slice, x[i : i + n].
    """
    order = list(range(len(x))) if order is None else list(order)
    if order != sorted(order):
        return scratch.minibatches(x, y, batch_size, order)
    size = batch_size or len(x)
    return ((x[i : i + size], y[i : i + size]) for i in range(0, len(x), size))


def stepped(model, x, y, loss, optimizer, **names):
    """``train_step`` with other functions substituted."""
    with np.errstate(all="ignore"):
        return rewired(scratch.train_step, **names)(model, x, y, loss, optimizer)


@mistake("train_step")
def zero_grad_forgotten(model, x, y, loss, optimizer):
    """the gradients of the previous steps are added to those of this one.

    Met in PyTorch where zero_grad is forgotten: backward adds to the existing gradients.
    """
    with np.errstate(all="ignore"):
        value = training.backward(model, loss, model(x), y)
        optimizer.step()
    return value


@mistake("train_step")
def zero_grad_before_the_step(model, x, y, loss, optimizer):
    """the gradients are reset between backward and step: nothing is learned.

    Met where zero_grad comes one line too late.
    """
    with np.errstate(all="ignore"):
        value = training.backward(model, loss, model(x), y)
        optimizer.zero_grad()
        optimizer.step()
    return value


@mistake("train_step")
def backward_twice(model, x, y, loss, optimizer):
    """backward is called twice, and the gradients are doubled.

    Met in PyTorch where loss.backward(retain_graph=True) is called to inspect the gradients.
    """

    def twice(model, loss, pred, y):
        training.backward(model, loss, pred, y)
        return training.backward(model, loss, pred, y)

    return stepped(model, x, y, loss, optimizer, backward=twice)


@mistake("train_step")
def loss_after_the_update(model, x, y, loss, optimizer):
    """the returned loss is that after the update.

    Met where the loss is computed once more for printing.
    """
    scratch.train_step(model, x, y, loss, optimizer)
    return float(getattr(scratch, loss)(model(x), y))


@mistake("train_step")
def loss_summed(model, x, y, loss, optimizer):
    """the loss is the mean and the gradient is that of the sum over the samples: larger batches give longer steps.

    Met where the division by N is written into the loss and not into its derivative.
    """

    right = LOSSES[loss]
    summed = Loss(right.forward, lambda pred, target: right.backward(pred, target) * len(pred))
    return stepped(model, x, y, loss, optimizer, backward=rewired(training.backward, LOSSES={loss: summed}))


@mistake("train_step")
def only_the_last_layer_learns(model, x, y, loss, optimizer):
    """the gradient stops at the last layer, and those below it keep their initial weights.

    Met in F. Rosenblatt's perceptron, whose hidden layer was fixed, and in PyTorch after one detach() too many.
    """
    parameters = dict(model.named_parameters())
    top = next(reversed(parameters)).rpartition(".")[0]
    before = {name: parameter.data for name, parameter in parameters.items()}
    value = scratch.train_step(model, x, y, loss, optimizer)
    for name, parameter in parameters.items():
        if name.rpartition(".")[0] != top:
            parameter.data = before[name]
    return value


@mistake("train_step")
def backward_through_updated_weights(model, x, y, loss, optimizer):
    """each layer is updated before the gradient passes through it to the layer below.

    Met where backward and update of a layer are in one loop over the layers.
    """

    def updating(model, loss, pred, y):
        function, function_backward = LOSSES[loss]
        grad = function_backward(pred, y)
        for layer, g, output in reversed(model.kept):
            grad_z = g.from_output(output, grad)
            layer.backward(grad_z, input_grad=False)
            optimizer.step()
            grad = grad_z @ layer.weight.data
            kept.extend((parameter, parameter.grad) for parameter in layer.parameters())
            layer.zero_grad()
        return float(function(pred, y))

    kept: list = []
    value = stepped(model, x, y, loss, optimizer, backward=updating)
    for parameter, grad in kept:
        parameter.grad = grad
    return value


def fitted(model, x, y, options, **names):
    """``fit`` with other functions substituted."""
    return rewired(scratch.fit, **names)(model, x, y, **options)


@mistake("fit")
def fit_without_zero_grad(model, x, y, **options):
    """each step goes against the sum of all gradients so far.

    Met in PyTorch where zero_grad is forgotten: backward adds to the existing gradients.
    """
    return fitted(model, x, y, options, train_step=zero_grad_forgotten.train_step)


@mistake("fit")
def same_order_every_epoch(model, x, y, **options):
    """every epoch takes the samples in the order of the first.

    Met where the data are shuffled once, before the loop over the epochs.
    """

    def of_the_first(orders, epochs, n, first):
        orders = [*epoch_orders(orders, epochs, n)]
        return orders[:1] * (len(orders) - first)

    return fitted(model, x, y, options, epoch_orders=of_the_first)


@mistake("fit")
def orders_ignored(model, x, y, **options):
    """every epoch takes the samples from 0 to N-1, whatever order is given.

    Met where the permutation is drawn and then not used as an index.
    """
    return fitted(model, x, y, options, epoch_orders=in_plain_order)


@mistake("fit")
def optimizer_made_anew(model, x, y, *, epochs=40, orders=None, **options):
    """the optimizer is created again in every epoch, and its state is lost.

    Met where it is constructed inside the loop over the epochs.
    """
    whole, *rest = (
        scratch.fit(model, x, y, epochs=1, orders=order, **options) for order in epoch_by_epoch(orders, epochs, len(x))
    )
    for history in rest:
        for kind in ("losses", "weights", "gradients", "state"):
            getattr(whole, kind).extend(getattr(history, kind))
    whole.epochs += len(rest)
    return whole


@mistake("fit")
def history_without_copies(model, x, y, **options):
    """the history keeps references to the weights instead of copies: all entries show the last step.

    Met in PyTorch where model.state_dict(), which holds references, is kept as the best weights so far.
    """
    history = scratch.fit(model, x, y, **options)
    history.weights = history.weights[-1:] * len(history.weights)
    return history


@mistake("fit")
def one_loss_an_epoch(model, x, y, *, batch_size=None, **options):
    """the history holds one loss for each epoch, the mean over its batches, instead of one for each step.

    Met in Keras, whose History has one entry per epoch.
    """
    history = scratch.fit(model, x, y, batch_size=batch_size, **options)
    steps = -(-len(x) // (batch_size or len(x)))
    history.losses = [float(np.mean(history.losses[i : i + steps])) for i in range(0, len(history.losses), steps)]
    return history


@mistake("fit")
def fit_on_the_full_batch(model, x, y, *, batch_size=None, **options):
    """batch_size is ignored and each epoch is one step with all samples.

    Met where the option is accepted and not read.
    """
    return scratch.fit(model, x, y, **options)


@mistake("fit")
def fit_drops_the_last_batch(model, x, y, **options):
    """the last batch of an epoch is dropped if it is smaller.

    Met in torch.utils.data.DataLoader(drop_last=True), and in loops over range(n // batch_size).
    """
    return fitted(model, x, y, options, batches=last_batch_dropped.minibatches)


@mistake("fit")
def targets_not_shuffled_in_fit(model, x, y, **options):
    """the inputs are put in the order of the epoch and the targets are not: each sample has the label of another.

    Met where x and y are shuffled separately.
    """

    def x_in_order(x, y, batch_size, order):
        return training.batches(x, y[np.argsort(np.arange(len(y))[order])], batch_size, order)

    return fitted(model, x, y, options, batches=x_in_order)


@mistake("fit")
def last_batch_over_the_full_size(model, x, y, *, batch_size=None, **options):
    """the gradient of the last batch is divided by batch_size, however many samples it has: its step is shorter.

    Met where the mean is written as / batch_size.
    """

    def step(model, x, y, loss, optimizer):
        right = LOSSES[loss]
        share = len(x) / (batch_size or len(x))
        smaller = Loss(right.forward, lambda pred, target: right.backward(pred, target) * share)
        return stepped(model, x, y, loss, optimizer, backward=rewired(training.backward, LOSSES={loss: smaller}))

    return fitted(model, x, y, options | {"batch_size": batch_size}, train_step=step)


def in_parts(weight):
    """``accumulated_step`` in which a part has this weight, a function of the number of parts and its share."""

    def step(accumulate, model, x, y, loss, optimizer):
        parts = -(-len(x) // part_length(len(x), min(accumulate, len(x))))

        def weighted(model, loss, pred, y, share):
            return training.backward(model, loss, pred, y, weight(parts, share) if loss != "squared_error" else share)

        return rewired(training.accumulated_step, backward=weighted)(accumulate, model, x, y, loss, optimizer)

    return step


@mistake("fit")
def mean_of_means(model, x, y, **options):
    """the means over the parts of a batch are averaged, whatever their sizes: a sample of a small part counts too much.

    Met in transformers before its fix of 2024 (examples/disagreements/mean_of_means.py), and in loops with
    loss / accumulation_steps.
    """
    return fitted(model, x, y, options, accumulated_step=in_parts(lambda parts, share: 1 / parts))


@mistake("fit")
def means_added(model, x, y, **options):
    """the means over the parts of a batch are added: the step is as many times too long.

    Met in PyTorch where backward is called for several batches before a step, without loss / accumulation_steps.
    """
    return fitted(model, x, y, options, accumulated_step=in_parts(lambda parts, share: 1.0))


@mistake("fit")
def schedule_one_epoch_late(model, x, y, *, lr=0.05, **options):
    """the learning rate of an epoch is set after it: the first rate holds for two epochs.

    Met where scheduler.step() comes one epoch too late.
    """
    late = (lambda epoch: lr(max(epoch - 1, 0))) if callable(lr) else lr
    return scratch.fit(model, x, y, lr=late, **options)


@mistake("fit")
def schedule_counted_from_1(model, x, y, *, lr=0.05, **options):
    """the learning rate of an epoch is lr(epoch) with the first epoch being 1.

    Met where epochs are counted from 1 for printing; LambdaLR counts from 0.
    """
    return scratch.fit(model, x, y, lr=(lambda epoch: lr(epoch + 1)) if callable(lr) else lr, **options)


@mistake("fit")
def epoch_loss_of_the_last_batch(model, x, y, **options):
    """the loss that decides when to stop is that of the epoch's last batch instead of the mean of all.

    Met where the variable loss is read after the loop over the batches.
    """

    def by_the_last(losses, steps, tolerance):
        return settled(losses[steps - 1 :: steps], 1, tolerance)

    return fitted(model, x, y, options, settled=by_the_last)


@mistake("fit")
def rate_of_the_optimizer_overruled(model, x, y, *, optimizer="SGD", lr=0.05, **options):
    """an existing optimizer is given the learning rate of fit.

    Met where lr is set in every group without asking whether it was given.
    """
    if hasattr(optimizer, "param_groups") and not callable(lr):
        for group in optimizer.param_groups:
            group["lr"] = lr
    return scratch.fit(model, x, y, optimizer=optimizer, lr=lr, **options)
