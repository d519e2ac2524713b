"""Mistakes in the activations and their derivatives."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake


@mistake("identity_backward")
def grad_output_forgotten(z, grad_output):
    """g'(z) itself is returned, 1, and not its product with grad_output.

    Met where a derivative is mistaken for a backward pass: the other factor of the chain rule is left out.
    """
    return np.ones_like(grad_output)


@mistake("sigmoid")
def sigmoid_overflows(z):
    """the form e^z / (1 + e^z) is used for large z as well: infinity over infinity.

    Met where the formula is copied unchanged from a textbook; each of the two forms is safe on one side of 0 only.
    """
    return np.exp(z) / (1 + np.exp(z))


@mistake("sigmoid")
def exponent_without_its_minus(z):
    """the minus of the exponent is missing, 1 / (1 + e^z): the curve falls where it should rise.

    Met where the formula is typed from memory.
    """
    return 1 / (1 + np.exp(z))


@mistake("sigmoid", limit=(250.0, 500.0, 709.0, 700.0, 100.0, 88.0, 50.0, 30.0, 20.0, 10.0))
def sigmoid_of_a_clipped_z(z, *, limit):
    """z is clipped to -{limit} .. {limit} before the exponential, so that the sigmoid never becomes 0.

    Met in S. Raschka, "Python Machine Learning": 1 / (1 + np.exp(-np.clip(z, -250, 250))).
    """
    return scratch.sigmoid(np.clip(z, -limit, limit))


@mistake("sigmoid")
def sigmoid_from_tanh(z):
    """the sigmoid is computed as (1 + tanh(z / 2)) / 2, which cancels below 0: few digits are right, then none.

    Met where the identity is taken from a textbook to save an exponential.
    """
    return 0.5 * (1 + np.tanh(0.5 * z))


@mistake("sigmoid")
def whole_numbers_stay_whole(z):
    """the result has the dtype of z, so that every value at an integer z is truncated to 0 (or to 1 at a large z).

    Met where a stable sigmoid fills np.empty_like(z) branch by branch.
    """
    s = scratch.sigmoid(z)
    return s if np.asarray(z).dtype.kind == "f" else np.trunc(s)


@mistake("sigmoid")
def hard_sigmoid(z):
    """straight lines replace the curve: 0.2 z + 0.5, clipped to 0 and 1.

    Met in the first versions of Keras, whose LSTM had hard_sigmoid for its gates by default.
    """
    return np.clip(0.2 * z + 0.5, 0, 1)


@mistake("sigmoid_backward")
def derivative_of_the_output(z, grad_output):
    """s (1 - s) is computed from z itself, z (1 - z): right only if z is already the sigmoid.

    Met in A. Trask, "A neural network in 11 lines of Python", where the argument is the layer's output.
    """
    return grad_output * z * (1 - z)


@mistake("sigmoid_backward")
def gradient_from_above_left_out(z, grad_output):
    """the derivative alone is returned, without the gradient passed from the layer above.

    Met where sigmoid_prime(z) is written down and the chain rule left to the caller.
    """
    return scratch.sigmoid_backward(z, np.ones_like(grad_output))


@mistake("sigmoid_backward")
def sigmoid_applied_twice(z, grad_output):
    """the derivative is evaluated at the sigmoid of z instead of at z: s'(s(z)).

    Met where a sigmoid_prime(z) that applies the sigmoid itself is given the activation.
    """
    return scratch.sigmoid_backward(scratch.sigmoid(z), grad_output)


@mistake("tanh")
def tanh_overflows(z):
    """the formula (e^z - e^-z) / (e^z + e^-z) is computed directly: infinity over infinity.

    Met where the definition is typed instead of calling numpy.tanh.
    """
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


@mistake("tanh_backward")
def tanh_derivative_of_the_output(z, grad_output):
    """1 - t^2 is computed from z itself, 1 - z^2: right only if z is already the tanh.

    Met where a function written for the layer's output is given the weighted sum.
    """
    return grad_output * (1 - z * z)


@mistake("tanh_backward")
def tanh_gradient_from_above_left_out(z, grad_output):
    """the derivative alone is returned, without the gradient passed from the layer above.

    Met where tanh_prime(z) is written down and the chain rule left to the caller.
    """
    return scratch.tanh_backward(z, np.ones_like(grad_output))


@mistake("tanh_backward")
def tanh_applied_twice(z, grad_output):
    """the derivative is evaluated at the tanh of z instead of at z: 1 - tanh(tanh(z))^2.

    Met where a tanh_prime(z) that applies the tanh itself is given the activation.
    """
    return scratch.tanh_backward(np.tanh(z), grad_output)


@mistake("tanh_backward")
def tanh_derivative_of_the_sigmoid(z, grad_output):
    """the derivative is t (1 - t), which is that of the sigmoid, instead of 1 - t^2.

    Met where the sigmoid's backward is copied and only the function's name is changed.
    """
    t = np.tanh(z)
    return grad_output * t * (1 - t)


@mistake("relu", slope=(0.01, 0.1, 0.2, 0.3, 0.05, 0.02, 0.001))
def leaky_relu(z, *, slope):
    """a negative z is scaled by {slope} instead of set to 0.

    Met in torch.nn.LeakyReLU, whose negative_slope is 0.01 by default.
    """
    return np.where(z > 0, z, slope * z)


@mistake("relu")
def relu_cut_off_at_6(z):
    """values above 6 are clipped.

    Met in torch.nn.ReLU6, the activation of the MobileNets.
    """
    return np.clip(z, 0, 6)


@mistake("relu_backward")
def kink_passes(z, grad_output):
    """the gradient at z = 0 is 1 instead of 0.

    Met in z >= 0 written instead of z > 0, and in torch.clamp(min=0), whose gradient at 0 is 1.
    """
    return np.where(z < 0, 0, grad_output)


@mistake("relu_backward")
def half_the_gradient_at_the_kink(z, grad_output):
    """the gradient at z = 0 is one half instead of 0.

    Met in np.heaviside(z, 0.5), and where a maximum shares its gradient between equal arguments, as torch.maximum does.
    """
    return np.heaviside(z, 0.5).astype(z.dtype) * grad_output


@mistake("relu_backward")
def relu_of_the_gradient(z, grad_output):
    """the gradient passes where it is itself positive, whatever z was.

    Met in the deconvnet of M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks" (2014).
    """
    return np.maximum(grad_output, 0)


@mistake("relu_backward")
def relu_gradient_from_above_left_out(z, grad_output):
    """the derivative alone is returned, 0 or 1, without the gradient passed from the layer above.

    Met where relu_prime(z) is written down and the chain rule left to the caller.
    """
    return scratch.relu_backward(z, np.ones_like(grad_output))


@mistake("relu_backward", slope=(0.01, 0.1, 0.2, 0.3, 0.05, 0.02, 0.001))
def leaky_relu_gradient(z, grad_output, *, slope):
    """the gradient passes a negative z with a factor of {slope} instead of not at all.

    Met in torch.nn.LeakyReLU, whose negative_slope is 0.01 by default.
    """
    return np.where(z > 0, grad_output, slope * grad_output)


@mistake("leaky_relu")
def slope_on_both_sides(z, negative_slope=0.01):
    """the slope multiplies a positive z as well.

    Met where negative_slope * z is written for the whole array.
    """
    return negative_slope * z


@mistake("leaky_relu")
def larger_of_z_and_its_share(z, negative_slope=0.01):
    """the result is max(z, a z), which is wrong for a slope a above 1.

    Met where the formula is written with np.maximum, as in many texts.
    """
    return np.maximum(z, negative_slope * z)


@mistake("leaky_relu_backward")
def kink_passes_leaky(z, grad_output, negative_slope=0.01):
    """at the kink, z = 0, the gradient passes whole instead of with the slope.

    Met where z >= 0 stands for z > 0.
    """
    return np.where(z >= 0, grad_output, negative_slope * grad_output)


@mistake("softmax")
def softmax_over_the_batch(z):
    """each score is divided by the sum over the samples instead of over the classes.

    Met where samples are columns, as in A. Ng's deep learning course: there axis 0 holds the classes.
    """
    return scratch.softmax(z.T).T.copy() if np.ndim(z) == 2 else scratch.softmax(z)


@mistake("softmax")
def softmax_over_everything(z):
    """the probabilities of the whole batch sum to 1, instead of those of each row.

    Met where np.exp(z) / np.exp(z).sum(), written for one sample, is given a batch.
    """
    return scratch.softmax(z.ravel()).reshape(z.shape)


@mistake("softmax")
def softmax_overflows(z):
    """the largest score is not subtracted first: infinity over infinity.

    Met where the formula is copied unchanged from a textbook.
    """
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)


@mistake("softmax")
def shifted_by_the_largest_of_all(z):
    """the largest score of the whole batch is subtracted from every row: far below it a row becomes 0 / 0.

    Met where z -= np.max(z), as in the CS231n notes for one sample, is given a batch.
    """
    e = np.exp(z - z.max())
    return e / e.sum(axis=-1, keepdims=True)


@mistake("softmax")
def logarithm_of_the_probabilities(z):
    """the logarithms of the probabilities are returned.

    Met in PyTorch code where torch.log_softmax is used instead of torch.softmax, because nll_loss takes logarithms.
    """
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@mistake("softmax_backward")
def softmax_as_if_elementwise(z, grad_output):
    """only the diagonal of the Jacobian is used, p (1 - p): a score is assumed to change only its own probability.

    Met where the softmax replaces a sigmoid in code that multiplies by g'(z).
    """
    p = scratch.softmax(z)
    return grad_output * p * (1 - p)


@mistake("softmax_backward")
def softmax_gradient_with_a_mean(z, grad_output):
    """p_j g_j is averaged over the classes instead of summed.

    Met where .mean is written instead of .sum, as in the loss on the next line.
    """
    p = scratch.softmax(z)
    return p * (grad_output - (p * grad_output).mean(axis=-1, keepdims=True))


@mistake("softmax_backward")
def softmax_gradient_over_everything(z, grad_output):
    """p_j g_j is summed over the whole batch instead of over the classes of each row.

    Met where p * (g - (p * g).sum()), written for one sample, is given a batch.
    """
    p = scratch.softmax(z)
    return p * (grad_output - (p * grad_output).sum())


@mistake("softmax_backward")
def softmax_applied_twice_in_its_gradient(z, grad_output):
    """the derivative is evaluated at the softmax of z instead of at z.

    Met where a softmax_backward that applies the softmax itself is given the probabilities.
    """
    return scratch.softmax_backward(scratch.softmax(z), grad_output)


@mistake("softmax_backward")
def softmax_derivative_of_the_output(z, grad_output):
    """the scores are treated as probabilities: right only if z is already the softmax.

    Met where a function written for the layer's output is given the weighted sum.
    """
    return z * (grad_output - (z * grad_output).sum(axis=-1, keepdims=True))
