"""Mistakes in the squared errors and their derivatives."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake


@mistake("squared_error")
def one_half_missing(pred, target):
    """the factor 1/2 of the deck's loss is missing; the hand-derived gradient is then that of another loss.

    Met in torch.nn.MSELoss(reduction="sum"), which has no 1/2.
    """
    return 2 * scratch.squared_error(pred, target)


@mistake("squared_error")
def squared_error_averaged(pred, target):
    """the squared error is divided by the number of samples, 1/2N, instead of summed.

    Met in A. Ng's machine learning course: J = 1/2m sum (h - y)^2.
    """
    return scratch.squared_error(pred, target) / len(pred)


@mistake("squared_error_backward")
def error_for_gradient(pred, target):
    """the error y - y_hat is returned instead of y_hat - y: the gradient's sign is wrong.

    Met where the update adds the error, w += lr (y - y_hat) x; the loss's derivative has the other sign.
    """
    return target - pred


@mistake("squared_error_backward")
def factor_2_kept(pred, target):
    """the 2 of the derivative is kept although the loss has a 1/2 that cancels it.

    Met where the square is differentiated and the factor before it is ignored.
    """
    return 2 * (pred - target)


@mistake("squared_error_backward")
def squared_error_gradient_averaged(pred, target):
    """the gradient is divided by the number of samples although the loss is their sum.

    Met in A. Ng's machine learning course: J = 1/2m sum (h - y)^2.
    """
    return (pred - target) / len(pred)


@mistake("mse_loss")
def half_the_squared_error(pred, target):
    """the loss has a factor 1/2 that PyTorch's mse_loss does not have.

    Met in A. Ng's machine learning course (1/2m), in scikit-learn's MLPRegressor, and in d2l's squared_loss.
    """
    return scratch.mse_loss(pred, target) / 2


@mistake("mse_loss")
def sum_instead_of_mean(pred, target):
    """the squares are summed and not averaged.

    Met in torch.nn.MSELoss(reduction="sum"), and in the deck's own loss apart from its 1/2.
    """
    return scratch.mse_loss(pred, target) * np.size(pred)


@mistake("mse_loss")
def mean_over_n_minus_1(pred, target):
    """the sum is divided by n - 1.

    Met in the sample variance, as in numpy.var(ddof=1).
    """
    return scratch.mse_loss(pred, target) * (np.size(pred) / max(np.size(pred) - 1, 1))


@mistake("mse_loss")
def mean_over_rows(pred, target):
    """the sum is divided by the number of rows N instead of the number of elements N * K.

    Met where the mean is written as / len(pred).
    """
    return scratch.mse_loss(pred, target) * (np.size(pred) / len(pred))


@mistake("mse_loss")
def root_of_the_mean(pred, target):
    """the root of the mean square is returned.

    Met in reports of an error in the units of y, the RMSE, which has a different gradient.
    """
    return np.sqrt(scratch.mse_loss(pred, target))


@mistake("mse_loss")
def absolute_instead_of_squared(pred, target):
    """the mean of the absolute errors is returned instead of that of their squares.

    Met in torch.nn.L1Loss.
    """
    return np.abs(pred - target).mean()


@mistake("mse_loss", refuses=False)
def shapes_broadcast(pred, target):
    """predictions (N, 1) and targets (N,) are broadcast to (N, N): each prediction is compared with each target.

    Met in torch.nn.functional.mse_loss, which only warns, and in NumPy, which does not warn.
    """
    return ((np.asarray(pred) - np.asarray(target)) ** 2).mean()


@mistake("mse_loss_backward")
def factor_2_missing(pred, target):
    """the 2 of the derivative is left out.

    Met where the loss has a factor 1/2 that cancels it; PyTorch's has none.
    """
    return scratch.mse_loss_backward(pred, target) / 2


@mistake("mse_loss_backward")
def gradient_summed(pred, target):
    """the gradient is not divided by n.

    Met where the loss is averaged for printing and the gradient is that of the sum.
    """
    return 2 * (pred - target)


@mistake("mse_loss_backward")
def gradient_over_n_minus_1(pred, target):
    """the gradient is divided by n - 1.

    Met in the sample variance, as in numpy.var(ddof=1).
    """
    return 2 / max(np.size(pred) - 1, 1) * (pred - target)


@mistake("mse_loss_backward")
def gradient_over_rows(pred, target):
    """the gradient is divided by the number of rows N instead of the number of elements N * K.

    Met where the mean is written as / len(pred).
    """
    return 2 / len(pred) * (pred - target)


@mistake("mse_loss_backward")
def mse_gradient_sign_flipped(pred, target):
    """the gradient is 2 (y - y_hat) / n, with the sign of the error.

    Met where (y - y_hat)^2 is differentiated without the inner derivative, -1.
    """
    return scratch.mse_loss_backward(target, pred)
