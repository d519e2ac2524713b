"""Mistakes in the cross-entropies and their derivatives."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake

# What keeps a logarithm from infinity, from the most frequent one on: every author uses a different number.
EPS = (1e-7, 1e-15, 1e-12, 1e-8, 1e-10, 1e-9, 1e-16, 1e-5, 1e-6, 1e-14, 1e-20, 1e-4, 1e-3, 2.0**-52, 2.0**-23, 1e-30)


def bernoulli(pred, target, log=np.log, clip=0.0, floor=-np.inf, whole=lambda losses: losses):
    """The cross-entropy of probabilities, with parameters for its known mistakes."""
    p = np.clip(pred, clip, 1 - clip)
    return whole(-(target * np.maximum(log(p), floor) + (1 - target) * np.maximum(log(1 - p), floor))).mean()


def clipped(p, eps):
    """The probabilities, not below eps nor above 1 - eps."""
    return np.clip(p, eps, 1 - eps)


def log_of_at_least(eps):
    """A logarithm that takes any smaller number for eps."""
    return lambda p: np.log(np.maximum(p, eps))


def log_with(eps):
    """A logarithm to whose argument eps is added."""
    return lambda p: np.log(p + eps)


@mistake("binary_cross_entropy")
def logarithm_not_clamped(pred, target):
    """the logarithm is not clamped: a certain and wrong prediction has infinite loss, a certain and right one nan.

    Met where the formula is copied unchanged from a textbook.
    """
    return bernoulli(pred, target)


@mistake("binary_cross_entropy", eps=EPS)
def probability_clipped(pred, target, *, eps):
    """the probability is clipped to {eps} .. 1 - {eps} instead of its logarithm at -100.

    Met in Keras, whose backend.epsilon() is 1e-7, and in scikit-learn's log_loss: 1e-15 once, now the eps of the dtype.
    """
    return bernoulli(pred, target, clip=eps)


@mistake("binary_cross_entropy", eps=EPS)
def logarithm_of_at_least_eps(pred, target, *, eps):
    """the logarithm takes any smaller number for {eps}, instead of being clamped at -100.

    Met where np.log(np.maximum(p, eps)) is written.
    """
    return bernoulli(pred, target, log=log_of_at_least(eps))


@mistake("binary_cross_entropy", eps=EPS)
def eps_inside_the_logarithm(pred, target, *, eps):
    """a small number is added inside the logarithm, log(p + {eps}).

    Met in tf.compat.v1.losses.log_loss, whose epsilon is 1e-7, and where a formula that gave nan is fixed ad hoc.
    """
    return bernoulli(pred, target, log=log_with(eps))


@mistake("binary_cross_entropy")
def nan_made_a_number(pred, target):
    """nan is made 0 and infinity the largest number, after an open logarithm has given them.

    Met in M. Nielsen, "Neural networks and deep learning": np.nan_to_num(-y*np.log(a)-(1-y)*np.log(1-a)).
    """
    return bernoulli(pred, target, whole=np.nan_to_num)


@mistake("binary_cross_entropy")
def bits_for_nats(pred, target):
    """the logarithm is taken to the base 2.

    Met in information theory, which counts in bits.
    """
    return bernoulli(pred, target, log=np.log2, floor=-100 / np.log(2).item())


@mistake("binary_cross_entropy")
def minus_sign_lost(pred, target):
    """the minus sign before the sum is lost: the likelihood is minimized.

    Met in texts that maximise the log-likelihood.
    """
    return -scratch.binary_cross_entropy(pred, target)


@mistake("binary_cross_entropy")
def second_term_missing(pred, target):
    """only y log p is summed and (1 - y) log(1 - p) is not: the samples of class 0 contribute nothing.

    Met where the formula for one-hot classes is used with one output.
    """
    return -(target * np.maximum(np.log(pred), -100)).mean()


@mistake("binary_cross_entropy")
def sum_of_cross_entropies(pred, target):
    """the cross-entropies are summed and not averaged.

    Met in torch.nn.BCELoss(reduction="sum").
    """
    return scratch.binary_cross_entropy(pred, target) * np.size(pred)


@mistake("binary_cross_entropy")
def mean_over_the_rows(pred, target):
    """the sum is divided by the number of rows N instead of the number of elements N * K.

    Met where the mean is written as / len(pred).
    """
    return scratch.binary_cross_entropy(pred, target) * (np.size(pred) / len(pred))


@mistake("binary_cross_entropy_backward")
def gradient_of_the_logit(pred, target):
    """(p - y) / n is returned, the gradient with respect to the logit, instead of that with respect to the probability.

    Met where the sigmoid's derivative has been cancelled already; a sigmoid_backward after it counts it twice.
    """
    return (pred - target) / np.size(pred)


@mistake("binary_cross_entropy_backward")
def denominator_not_clamped(pred, target):
    """the denominator p (1 - p) is not kept above 1e-12: at 0 and 1 the gradient is infinite, or nan.

    Met where the formula is copied unchanged from a textbook.
    """
    return (pred - target) / (pred * (1 - pred)) / np.size(pred)


@mistake("binary_cross_entropy_backward", eps=EPS)
def probability_clipped_in_the_gradient(pred, target, *, eps):
    """the probability is clipped to {eps} .. 1 - {eps} instead of the denominator at 1e-12.

    Met where the loss clips it, and its gradient is derived from there on.
    """
    p = clipped(pred, eps)
    return (p - target) / (p * (1 - p)) / np.size(pred)


@mistake("binary_cross_entropy_backward", eps=EPS)
def eps_in_the_denominators(pred, target, *, eps):
    """a small number is added to both denominators, -y / (p + {eps}) + (1 - y) / (1 - p + {eps}).

    Met where a formula that divided by 0 is fixed ad hoc.
    """
    return (-target / (pred + eps) + (1 - target) / (1 - pred + eps)) / np.size(pred)


@mistake("binary_cross_entropy_backward", eps=EPS)
def eps_in_the_denominator(pred, target, *, eps):
    """a small number is added to the denominator, p (1 - p) + {eps}, instead of keeping it above 1e-12.

    Met where a formula that divided by 0 is fixed ad hoc.
    """
    return (pred - target) / (pred * (1 - pred) + eps) / np.size(pred)


@mistake("binary_cross_entropy_backward", eps=EPS)
def denominator_kept_above_eps(pred, target, *, eps):
    """the denominator p (1 - p) is kept above {eps} instead of 1e-12.

    Met where np.maximum(p * (1 - p), eps) is written.
    """
    return (pred - target) / np.maximum(pred * (1 - pred), eps) / np.size(pred)


@mistake("binary_cross_entropy_backward")
def mean_forgotten(pred, target):
    """the gradient is not divided by n.

    Met where the loss is averaged for printing and the gradient is that of the sum.
    """
    return scratch.binary_cross_entropy_backward(pred, target) * np.size(pred)


@mistake("binary_cross_entropy_backward")
def probability_gradient_over_rows(pred, target):
    """the gradient is divided by the number of rows N instead of the number of elements N * K.

    Met where the mean is written as / len(pred).
    """
    return scratch.binary_cross_entropy_backward(pred, target) * (np.size(pred) / len(pred))


@mistake("binary_cross_entropy_backward")
def bce_gradient_sign_flipped(pred, target):
    """the gradient is (y - p) / p (1 - p) / n, with the sign of the error.

    Met in texts that maximise the log-likelihood.
    """
    return -scratch.binary_cross_entropy_backward(pred, target)


@mistake("binary_cross_entropy_backward")
def sign_of_the_second_term_lost(pred, target):
    """the second term has the sign of the first: -y / p - (1 - y) / (1 - p).

    Met where log(1 - p) is differentiated without its inner derivative, -1.
    """
    return (-target / pred - (1 - target) / (1 - pred)) / np.size(pred)


@mistake("binary_cross_entropy_with_logits", eps=EPS)
def logits_as_probabilities(pred, target, *, eps):
    """the sigmoid is left out: the logits are clipped to {eps} .. 1 - {eps} as if they were probabilities.

    Met in Keras, whose BinaryCrossentropy has from_logits=False by default.
    """
    return bernoulli(pred, target, clip=eps)


@mistake("binary_cross_entropy_with_logits")
def logits_mean_over_rows(pred, target):
    """the sum is divided by the number of rows N instead of the number of elements N * K.

    Met where the mean is written as / len(pred).
    """
    return scratch.binary_cross_entropy_with_logits(pred, target) * (np.size(pred) / len(pred))


@mistake("binary_cross_entropy_with_logits")
def logit_losses_summed(pred, target):
    """the cross-entropies are summed and not averaged.

    Met in torch.nn.BCEWithLogitsLoss(reduction="sum").
    """
    return scratch.binary_cross_entropy_with_logits(pred, target) * np.size(pred)


@mistake("binary_cross_entropy_with_logits")
def loss_of_labels_minus_1_and_1(pred, target):
    """the loss is log(1 + e^(-y z)), the form for labels -1 and +1: a label 0 costs log 2 whatever z is.

    Met in S. Shalev-Shwartz, S. Ben-David, "Understanding machine learning" (2014), where it is right.
    """
    return np.logaddexp(0, -pred * target).mean()


@mistake("binary_cross_entropy_with_logits")
def sigmoid_twice(pred, target):
    """probabilities are given to a loss that takes logits: the sigmoid is applied twice.

    Met where a net that ends with a sigmoid is trained with torch.nn.BCEWithLogitsLoss.
    """
    return scratch.binary_cross_entropy_with_logits(scratch.sigmoid(pred), target)


@mistake("binary_cross_entropy_with_logits")
def sigmoid_then_logarithm(pred, target):
    """the sigmoid is computed first, then its logarithm: for large |z| the sigmoid is 0 or 1 and the loss is clipped.

    Met where torch.nn.BCELoss follows a sigmoid.
    """
    return scratch.binary_cross_entropy(scratch.sigmoid(pred), target)


@mistake("binary_cross_entropy_with_logits")
def sigmoid_then_open_logarithm(pred, target):
    """the sigmoid is computed first and then its logarithm, unclamped: for large |z| the loss is infinite or nan.

    Met where the two formulas are copied unchanged from a textbook one after the other.
    """
    return bernoulli(scratch.sigmoid(pred), target)


@mistake("binary_cross_entropy_with_logits", eps=EPS)
def sigmoid_clipped_then_logarithm(pred, target, *, eps):
    """the sigmoid is computed first and clipped to {eps} .. 1 - {eps}: for large scores the loss is clipped.

    Met in Keras, whose binary_crossentropy clips probabilities to its backend.epsilon(), 1e-7; with TensorFlow it looks
    for the logits behind them first.
    """
    return bernoulli(scratch.sigmoid(pred), target, clip=eps)


@mistake("binary_cross_entropy_with_logits", eps=EPS)
def sigmoid_then_logarithm_with_eps(pred, target, *, eps):
    """the sigmoid is computed first, then log(p + {eps}): for large scores the loss is clipped.

    Met where a formula that gave infinity is fixed ad hoc.
    """
    return bernoulli(scratch.sigmoid(pred), target, log=log_with(eps))


@mistake("binary_cross_entropy_with_logits")
def nan_of_the_sigmoid_made_a_number(pred, target):
    """the sigmoid is computed first; where its logarithm is infinite or nan, it is made a number.

    Met in M. Nielsen, "Neural networks and deep learning": np.nan_to_num(-y*np.log(a)-(1-y)*np.log(1-a)).
    """
    return bernoulli(scratch.sigmoid(pred), target, whole=np.nan_to_num)


@mistake("binary_cross_entropy_with_logits")
def exponential_overflows(pred, target):
    """log(1 + e^z) is computed directly, which is infinite for large z.

    Met where the formula log(1 + e^z) - z y is copied unchanged from a textbook.
    """
    return (np.log(1 + np.exp(pred)) - pred * target).mean()


@mistake("binary_cross_entropy_with_logits_backward")
def logits_taken_for_probabilities(pred, target):
    """the sigmoid is left out: z - y instead of s(z) - y.

    Met where the gradient of the squared error is left in place.
    """
    return (pred - target) / np.size(pred)


@mistake("binary_cross_entropy_with_logits_backward")
def sigmoid_twice_in_the_gradient(pred, target):
    """probabilities are taken for logits: s(s(z)) - y.

    Met where a net that ends with a sigmoid is trained with torch.nn.BCEWithLogitsLoss.
    """
    return scratch.binary_cross_entropy_with_logits_backward(scratch.sigmoid(pred), target)


@mistake("binary_cross_entropy_with_logits_backward")
def derivative_not_cancelled(pred, target):
    """s (1 - s) is multiplied once more, although the cross-entropy's derivative has cancelled it.

    Met where the line delta = (s - y) s (1 - s) of the squared error is kept.
    """
    return scratch.sigmoid_backward(pred, scratch.binary_cross_entropy_with_logits_backward(pred, target))


@mistake("binary_cross_entropy_with_logits_backward", eps=EPS)
def sigmoid_clipped_in_the_gradient(pred, target, *, eps):
    """the sigmoid is clipped to {eps} .. 1 - {eps}, and its gradient is taken from there on.

    Met where the loss clips it, and the two are computed in one function.
    """
    return (clipped(scratch.sigmoid(pred), eps) - target) / np.size(pred)


@mistake("binary_cross_entropy_with_logits_backward")
def logit_gradient_summed(pred, target):
    """the gradient is not divided by n.

    Met where the loss is averaged for printing and the gradient is that of the sum.
    """
    return scratch.sigmoid(pred) - target


@mistake("binary_cross_entropy_with_logits_backward")
def logit_gradient_over_rows(pred, target):
    """the gradient is divided by the number of rows N instead of the number of elements N * K.

    Met where the mean is written as / len(pred).
    """
    return scratch.binary_cross_entropy_with_logits_backward(pred, target) * (np.size(pred) / len(pred))


@mistake("binary_cross_entropy_with_logits_backward")
def logit_gradient_sign_flipped(pred, target):
    """the gradient is (y - s(z)) / n, with the sign of the error.

    Met in texts that maximise the log-likelihood, as A. Ng's notes on logistic regression do.
    """
    return -scratch.binary_cross_entropy_with_logits_backward(pred, target)


def of_the_class(p, target, log=np.log):
    """The cross-entropy of probabilities and class indices, with parameters for some of its known mistakes."""
    return -log(p[np.arange(len(p)), target]).mean()


@mistake("cross_entropy")
def softmax_applied_twice(pred, target):
    """probabilities are given to a loss that takes scores: the softmax is applied twice.

    Met where a net that ends with a softmax is trained with torch.nn.CrossEntropyLoss.
    """
    return scratch.cross_entropy(scratch.softmax(pred), target)


@mistake("cross_entropy", eps=EPS)
def scores_as_probabilities(pred, target, *, eps):
    """the softmax is left out: the scores are clipped to {eps} .. 1 - {eps} as if they were probabilities.

    Met where a loss that takes probabilities is given scores: in Keras from_logits is False by default.
    """
    return of_the_class(clipped(pred, eps), target)


@mistake("cross_entropy")
def cross_entropy_summed(pred, target):
    """the cross-entropies of the rows are summed and not averaged.

    Met in torch.nn.CrossEntropyLoss(reduction="sum").
    """
    return scratch.cross_entropy(pred, target) * len(pred)


@mistake("cross_entropy")
def mean_over_the_classes_too(pred, target):
    """the sum is divided by the number of elements N * K instead of the number of rows N.

    Met where the product of one-hot rows and logarithms is averaged with .mean().
    """
    return scratch.cross_entropy(pred, target) / pred.shape[1]


@mistake("cross_entropy")
def classes_counted_from_1(pred, target):
    """the classes are counted from 1 instead of from 0.

    Met in labels from R, MATLAB and Julia, whose indices start at 1.
    """
    return scratch.cross_entropy(pred, (target - 1) % pred.shape[1])


@mistake("cross_entropy")
def logarithm_of_the_softmax(pred, target):
    """the softmax is computed first and then its logarithm: for large scores the softmax is 0 and the loss infinite.

    Met where the two functions are composed directly; torch.log_softmax is one step.
    """
    return of_the_class(scratch.softmax(pred), target)


@mistake("cross_entropy")
def softmax_overflows_in_the_loss(pred, target):
    """the largest score is not subtracted before the softmax: the loss of large scores is nan.

    Met where the formulas are copied unchanged from a textbook.
    """
    return of_the_class(np.exp(pred) / np.exp(pred).sum(axis=1, keepdims=True), target)


@mistake("cross_entropy")
def log_of_the_sum_overflows(pred, target):
    """log(sum of e^z) is computed directly, which is infinite for large scores.

    Met where the softmax has been cancelled on paper and the largest score is not subtracted first.
    """
    return (np.log(np.exp(pred).sum(axis=1)) - pred[np.arange(len(pred)), target]).mean()


@mistake("cross_entropy", eps=EPS)
def eps_added_to_the_softmax(pred, target, *, eps):
    """a small number is added inside the logarithm, log(p + {eps}): for large scores the loss is clipped.

    Met where a formula that gave infinity is fixed ad hoc; a log-softmax needs no such number.
    """
    return of_the_class(scratch.softmax(pred), target, log=log_with(eps))


@mistake("cross_entropy", eps=EPS)
def softmax_clipped(pred, target, *, eps):
    """the softmax is computed first and clipped to {eps} .. 1 - {eps}: for large scores the loss is clipped.

    Met in Keras, whose categorical_crossentropy clips probabilities to its backend.epsilon(), 1e-7; with TensorFlow it
    looks for the logits behind them first.
    """
    return of_the_class(clipped(scratch.softmax(pred), eps), target)


@mistake("cross_entropy", eps=EPS)
def softmax_of_at_least_eps(pred, target, *, eps):
    """the softmax is computed first, and its logarithm takes any smaller number for {eps}.

    Met where np.log(np.maximum(p, eps)) is written; a log-softmax needs no such number.
    """
    return of_the_class(scratch.softmax(pred), target, log=log_of_at_least(eps))


@mistake("cross_entropy")
def infinity_made_a_number(pred, target):
    """the softmax is computed first; where its logarithm is infinite, it is made the largest number.

    Met where np.nan_to_num is put around a formula that gave infinity.
    """
    return of_the_class(scratch.softmax(pred), target, log=lambda p: np.nan_to_num(np.log(p)))


@mistake("cross_entropy")
def cross_entropy_in_bits(pred, target):
    """the logarithm is taken to the base 2.

    Met in information theory, which counts in bits.
    """
    return scratch.cross_entropy(pred, target) / np.log(2)


@mistake("cross_entropy")
def likelihood_for_the_loss(pred, target):
    """the minus sign is lost: the likelihood is minimized.

    Met in texts that maximise the log-likelihood.
    """
    return -scratch.cross_entropy(pred, target)


@mistake("cross_entropy_backward")
def one_hot_minus_softmax(pred, target):
    """the gradient is [k = y] - p, with its sign flipped.

    Met in texts that maximise the log-likelihood, as in the derivation of softmax regression.
    """
    return -scratch.cross_entropy_backward(pred, target)


@mistake("cross_entropy_backward")
def cross_entropy_gradient_summed(pred, target):
    """the gradient is not divided by N.

    Met where the loss is averaged for printing and the gradient is that of the sum.
    """
    return scratch.cross_entropy_backward(pred, target) * len(pred)


@mistake("cross_entropy_backward")
def cross_entropy_gradient_over_elements(pred, target):
    """the gradient is divided by the number of elements N * K instead of the number of rows N.

    Met where the product of one-hot rows and logarithms is averaged with .mean(), and where / pred.size is written.
    """
    return scratch.cross_entropy_backward(pred, target) / pred.shape[1]


@mistake("cross_entropy_backward", eps=EPS)
def softmax_clipped_in_the_gradient(pred, target, *, eps):
    """the softmax is clipped to {eps} .. 1 - {eps}, and its gradient is taken from there on.

    Met where the loss clips it, and the two are computed in one function.
    """
    return (clipped(scratch.softmax(pred), eps) - np.eye(pred.shape[1], dtype=pred.dtype)[target]) / len(pred)


@mistake("cross_entropy_backward", eps=EPS)
def softmax_of_at_least_eps_in_the_gradient(pred, target, *, eps):
    """the softmax is kept above {eps}, and its gradient is taken from there on.

    Met where the loss keeps it there, and the two are computed in one function.
    """
    return (np.maximum(scratch.softmax(pred), eps) - np.eye(pred.shape[1], dtype=pred.dtype)[target]) / len(pred)


@mistake("cross_entropy_backward")
def scores_minus_one_hot(pred, target):
    """the softmax is left out: z - [k = y] instead of p - [k = y].

    Met where the gradient of a loss that takes probabilities is given the scores.
    """
    return (pred - np.eye(pred.shape[1])[target]) / len(pred)


@mistake("cross_entropy_backward")
def gradient_of_the_probabilities(pred, target):
    """-[k = y] / p is returned, the gradient with respect to the probabilities instead of the scores.

    Met where the loss is differentiated without the softmax inside; a softmax_backward has to follow it then.
    """
    return -np.eye(pred.shape[1])[target] / scratch.softmax(pred) / len(pred)


@mistake("cross_entropy_backward")
def softmax_backward_once_more(pred, target):
    """the gradient p - [k = y], already that of the scores, is passed through the softmax derivative once more.

    Met where the softmax is a layer with its own backward, and the loss includes it as well.
    """
    return scratch.softmax_backward(pred, scratch.cross_entropy_backward(pred, target))
