"""Mistakes in the weighted sum, the sign and the neuron."""

import numpy as np

import scratch
from parity.mistakes.registry import mistake


@mistake("linear")
def weight_transposed(x, weight, bias):
    """the weights have shape (D, K) instead of (K, D); if D is not K, the shapes do not even match.

    Met in Keras, whose Dense kernel has shape (inputs, units), and wherever a layer is written x @ W.
    """
    square = np.shape(weight)[0] == np.shape(weight)[1]
    return scratch.linear(x, np.transpose(weight) if square else weight, bias)


@mistake("linear")
def bias_left_out(x, weight, bias):
    """the bias is left out: the line passes through the origin.

    Met where the course's extended input X = (x, 1) is not extended.
    """
    return scratch.linear(x, weight, np.zeros_like(bias))


@mistake("linear")
def bias_as_a_threshold(x, weight, bias):
    """the bias is subtracted: it is a threshold that the sum must exceed.

    Met in texts that follow W. McCulloch, W. Pitts (1943), where the neuron fires as w.x reaches its threshold.
    """
    return scratch.linear(x, weight, -bias)


@mistake("linear")
def bias_inside_the_product(x, weight, bias):
    """the bias is added to the weights before the product, x (W + b), and so multiplied by the inputs.

    Met where a parenthesis opens one term too late; NumPy broadcasts it silently.
    """
    return scratch.linear(x, weight + bias[:, None], 0 * bias)


@mistake("sign")
def zero_counts_as_positive(z):
    """sign(0) is +1; the deck corrects a point on the line by half a step.

    Met in S. Raschka, "Python Machine Learning": np.where(net_input >= 0.0, 1, -1).
    """
    return np.where(z >= 0, 1, -1).astype(z.dtype)


@mistake("sign")
def zero_counts_as_negative(z):
    """sign(0) is -1; the deck corrects a point on the line by half a step.

    Met in scikit-learn, whose linear classifiers predict the second class only if the score is above 0.
    """
    return np.where(z > 0, 1, -1).astype(z.dtype)


@mistake("sign")
def sign_of_nan_is_nan(z):
    """the sign of nan is nan instead of 0.

    Met in numpy.sign; torch.sign gives 0.
    """
    return np.sign(z)


@mistake("sign")
def step_for_sign(z):
    """the classes are 0 and 1: the step function replaces the sign.

    Met in Wikipedia's article on the perceptron, whose neuron outputs 0 or 1.
    """
    return np.where(z > 0, 1, 0).astype(z.dtype)


@mistake("neuron")
def bias_after_the_activation(x, weight, bias, activation="identity"):
    """the bias is added to g(w.x) instead of to w.x.

    Met where a parenthesis closes one term too early.
    """
    return scratch.neuron(x, weight, np.zeros_like(bias), activation) + bias


@mistake("neuron")
def bias_inside_the_product_of_a_neuron(x, weight, bias, activation="identity"):
    """the bias is added to the weights before the product, g(x (W + b)), and so multiplied by the inputs.

    Met where a parenthesis opens one term too late; NumPy broadcasts it silently.
    """
    return scratch.neuron(x, weight + bias[:, None], 0 * bias, activation)


@mistake("neuron")
def activation_ignored(x, weight, bias, activation="identity"):
    """the weighted sum is returned, whatever activation is requested.

    Met where the option is accepted and not read.
    """
    return scratch.linear(x, weight, bias)


@mistake("predict")
def sum_for_the_class(x, weight, bias):
    """the weighted sum is returned instead of its sign.

    Met where scikit-learn's decision_function is mistaken for its predict.
    """
    return scratch.linear(x, weight, bias)


@mistake("predict")
def classes_0_and_1(x, weight, bias):
    """the classes are 0 and 1 instead of -1 and +1.

    Met where the comparison itself is returned, (x @ w + b > 0).astype(float).
    """
    return (scratch.linear(x, weight, bias) > 0).astype(weight.dtype)


@mistake("predict")
def class_on_the_line_positive(x, weight, bias):
    """a point on the line is of class +1 instead of neither, 0.

    Met in S. Raschka, "Python Machine Learning": np.where(net_input >= 0.0, 1, -1).
    """
    return np.where(scratch.linear(x, weight, bias) >= 0, 1, -1).astype(weight.dtype)


@mistake("predict")
def threshold_of_one_half(x, weight, bias):
    """the classes are separated at a sum of 0.5 instead of 0: the threshold of labels 0 and 1.

    Met in A. Ng's machine learning course, which cuts a linear regression on labels 0 and 1 at 0.5.
    """
    return np.where(scratch.linear(x, weight, bias) >= 0.5, 1, -1).astype(weight.dtype)
