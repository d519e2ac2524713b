"""Well-known wrong conventions: each is ``scratch`` with one name replaced.

``parity check parity.mistakes:bias_never_updated`` shows how such a backend is caught. The first line of a docstring
ends the sentence "this is what you get when ...", the rest says where one meets it: both are printed where a candidate
gives the same numbers.
"""

import functools
import inspect
from types import FunctionType, SimpleNamespace

import numpy as np

import scratch
from contract.arguments import epoch_orders
from contract.border import bordered
from contract.training import PerceptronRun
from scratch import arrays, training
from scratch.activations import ACTIVATIONS
from scratch.losses import LOSSES, Loss


class Mistake(SimpleNamespace):
    """A backend with one wrong name: ``name``, ``replaced``, ``explanation``, ``met``, and all that ``scratch`` has."""


MISTAKES: dict[str, Mistake] = {}


def __getattr__(name):
    """``parity.mistakes:NAME`` is found here."""
    if name not in MISTAKES:
        raise AttributeError(name)
    return MISTAKES[name]


def mistake(replaced, refuses=True):
    """Register the decorated function as the wrong form of a name, or of a class's method: ``mistake("ToyNet.fit")``.

    It refuses what the right one refuses, so that it is wrong in nothing but its numbers.
    """

    def register(wrong):
        return add(wrong.__name__, replaced, wrong, refuses)

    return register


def in_class(method, *names):
    """Register mistakes of an update rule once more, made in the optimizer that applies it."""
    for name in names:
        rule = MISTAKES[name]
        add(f"{name}_in_{method.partition('.')[0]}", method, getattr(rule, rule.replaced))


def add(name, replaced, wrong, refuses=True):
    """One more mistake."""
    explanation, met = told(wrong)
    owner, _, method = replaced.partition(".")
    right = getattr(scratch, owner)
    if method:
        stands_alone = isinstance(inspect.getattr_static(right, method), staticmethod)
        # A subclass of the same name, for a net prints it.
        replacement = type(owner, (right,), {method: staticmethod(wrong) if stands_alone else wrong})
    else:
        replacement = refusing(right, wrong) if refuses and owner not in CHANGING else wrong
    names = {public: getattr(scratch, public) for public in scratch.__all__} | {owner: replacement}
    MISTAKES[name] = Mistake(**names, name=name, replaced=owner, explanation=explanation, met=met)
    return MISTAKES[name]


def told(wrong):
    """The two parts of a mistake's docstring."""
    explanation, _, rest = (inspect.getdoc(wrong) or "").partition("\n\n")
    met = " ".join(rest.split())
    if not explanation or "\n" in explanation or not met.startswith(("Met in ", "Met where ")):
        expected = 'one line that ends "this is what you get when ...", a blank line, and "Met in" or "Met where ..."'
        raise ValueError(f"{wrong.__name__}: got the docstring {wrong.__doc__!r:.60}, expected {expected}")
    return explanation, met


# What may not be called twice: it changes the net, or calls back.
CHANGING = ("train_perceptron", "train_gradient", "train_step", "fit")


def refusing(right, wrong):
    """The wrong function, after the right one has read the arguments and found no fault with them."""

    @functools.wraps(wrong)
    def checked(*args, **options):
        right(*args, **options)
        return wrong(*args, **options)

    return checked


def rewired(function, **names):
    """The same function, in which these names mean something else."""
    function = inspect.unwrap(function)
    twin = FunctionType(function.__code__, function.__globals__ | names, function.__name__, function.__defaults__)
    twin.__kwdefaults__, twin.__annotations__ = function.__kwdefaults__, function.__annotations__
    return bordered(twin, arrays)


# tensors --------------------------------------------------------------------------------------------------------------


@mistake("tensor")
def dtype_ignored(values, dtype="float64"):
    """the dtype that was asked for is ignored and the array is float64.

    Met where numpy.array is called without its dtype.
    """
    return scratch.tensor(values)


@mistake("tensor")
def rounded_to_float32(values, dtype="float64"):
    """the numbers are rounded to float32 on their way to float64: the digits after the seventh are lost.

    Met in PyTorch code such as torch.tensor(values).double(): torch.tensor makes float32 of Python floats.
    """
    return scratch.tensor(scratch.tensor(values, "float32"), dtype)


@mistake("tensor")
def float32_by_default(values, dtype="float32"):
    """the array is float32 where no dtype is asked for.

    Met in PyTorch, whose torch.tensor makes float32 of Python floats.
    """
    return scratch.tensor(values, dtype)


@mistake("tensor")
def memory_shared(values, dtype="float64"):
    """the array shares its memory with the one that it was made of: a change of one changes the other.

    Met in torch.from_numpy and numpy.asarray.
    """
    return np.asarray(values, dtype=dtype)


# datasets -------------------------------------------------------------------------------------------------------------


@mistake("load_data")
def first_sample_lost(name_or_path, dtype="float64"):
    """the first sample is taken for the header.

    Met where the header is skipped twice, as with pandas.read_csv(file, skiprows=1), which takes another line for it.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return x[1:], y[1:]


@mistake("load_data")
def labels_in_a_row(name_or_path, dtype="float64"):
    """the labels have shape (N,) instead of (N, 1), so that against predictions (N, 1) they broadcast to (N, N).

    Met where a column is taken by its index, as table[:, -1]; it is what PyTorch's mse_loss then only warns of.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return x, y.ravel()


@mistake("load_data")
def labels_0_and_1(name_or_path, dtype="float64"):
    """the labels are 0 and 1 instead of -1 and +1.

    Met in most data sets, scikit-learn's make_moons among them; a cross-entropy needs 0 and 1, a perceptron -1 and +1.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return x, np.maximum(y, 0)


@mistake("load_data")
def inputs_standardised(name_or_path, dtype="float64"):
    """the inputs are shifted and scaled to mean 0 and deviation 1.

    Met in the usual preparation, scikit-learn's StandardScaler; the line is then that of other points.
    """
    x, y = scratch.load_data(name_or_path, dtype)
    return (x - x.mean(axis=0)) / x.std(axis=0), y


# activations ----------------------------------------------------------------------------------------------------------


@mistake("identity_backward")
def grad_output_forgotten(z, grad_output):
    """g'(z) itself is returned, 1, and not its product with grad_output.

    Met where a derivative is taken for a backward pass: the chain rule's other factor is left out.
    """
    return np.ones_like(grad_output)


@mistake("sigmoid")
def sigmoid_overflows(z):
    """the form e^z / (1 + e^z) is used for large z as well: infinity over infinity.

    Met where the formula is typed as it stands in the book; each of the two forms is safe on one side of 0 only.
    """
    return np.exp(z) / (1 + np.exp(z))


@mistake("sigmoid")
def exponent_without_its_minus(z):
    """the exponent has lost its minus, 1 / (1 + e^z): the curve falls where it should rise.

    Met where the formula is typed from memory.
    """
    return 1 / (1 + np.exp(z))


@mistake("sigmoid")
def sigmoid_of_a_clipped_z(z):
    """z is clipped to -250 .. 250 before the exponential, so that the sigmoid never becomes 0.

    Met in S. Raschka, "Python Machine Learning": 1 / (1 + np.exp(-np.clip(z, -250, 250))).
    """
    return scratch.sigmoid(np.clip(z, -250, 250))


@mistake("sigmoid")
def sigmoid_from_tanh(z):
    """the sigmoid is computed as (1 + tanh(z / 2)) / 2, which cancels below 0: few digits are right, then none.

    Met where the identity is taken from a textbook to save an exponential.
    """
    return 0.5 * (1 + np.tanh(0.5 * z))


@mistake("sigmoid")
def whole_numbers_stay_whole(z):
    """the result has the dtype of z, so that every value at an integer z is cut to 0 (or to 1 at a large z).

    Met where a stable sigmoid fills np.empty_like(z) branch by branch.
    """
    s = scratch.sigmoid(z)
    return s if np.asarray(z).dtype.kind == "f" else np.trunc(s)


@mistake("sigmoid")
def hard_sigmoid(z):
    """straight lines stand for the curve: 0.2 z + 0.5, cut off at 0 and 1.

    Met in the first versions of Keras, whose LSTM had hard_sigmoid for its gates by default.
    """
    return np.clip(0.2 * z + 0.5, 0, 1)


@mistake("sigmoid_backward")
def derivative_of_the_output(z, grad_output):
    """s (1 - s) is taken of z itself, z (1 - z): right only where z is already the sigmoid.

    Met in A. Trask, "A neural network in 11 lines of Python", where the argument is the layer's output.
    """
    return grad_output * z * (1 - z)


@mistake("sigmoid_backward")
def gradient_from_above_left_out(z, grad_output):
    """the derivative alone is returned, without the gradient that comes from above.

    Met where sigmoid_prime(z) is written down and the chain rule left to the caller.
    """
    return scratch.sigmoid_backward(z, np.ones_like(grad_output))


@mistake("sigmoid_backward")
def sigmoid_applied_twice(z, grad_output):
    """the derivative is taken at the sigmoid of z instead of at z: s'(s(z)).

    Met where a sigmoid_prime(z) that applies the sigmoid itself is given the activation.
    """
    return scratch.sigmoid_backward(scratch.sigmoid(z), grad_output)


@mistake("tanh")
def tanh_overflows(z):
    """the formula (e^z - e^-z) / (e^z + e^-z) is computed as it stands: infinity over infinity.

    Met where the definition is typed instead of calling numpy.tanh.
    """
    return (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))


@mistake("tanh_backward")
def tanh_derivative_of_the_output(z, grad_output):
    """1 - t^2 is taken of z itself, 1 - z^2: right only where z is already the tanh.

    Met where a function written for the layer's output is given the weighted sum.
    """
    return grad_output * (1 - z * z)


@mistake("tanh_backward")
def tanh_gradient_from_above_left_out(z, grad_output):
    """the derivative alone is returned, without the gradient that comes from above.

    Met where tanh_prime(z) is written down and the chain rule left to the caller.
    """
    return scratch.tanh_backward(z, np.ones_like(grad_output))


@mistake("tanh_backward")
def tanh_derivative_of_the_sigmoid(z, grad_output):
    """the derivative is t (1 - t), which is that of the sigmoid, instead of 1 - t^2.

    Met where the sigmoid's backward is copied and only the function's name is changed.
    """
    t = np.tanh(z)
    return grad_output * t * (1 - t)


@mistake("relu")
def leaky_relu(z):
    """a negative z is scaled by 0.01 instead of set to 0.

    Met in torch.nn.LeakyReLU, whose negative_slope is 0.01 by default.
    """
    return np.where(z > 0, z, 0.01 * z)


@mistake("relu")
def relu_cut_off_at_6(z):
    """what is above 6 is cut off.

    Met in torch.nn.ReLU6, the activation of the MobileNets.
    """
    return np.clip(z, 0, 6)


@mistake("relu_backward")
def kink_passes(z, grad_output):
    """the gradient at z = 0 is 1 instead of 0.

    Met in z >= 0 written for z > 0, and in torch.clamp(min=0), whose gradient at 0 is 1.
    """
    return np.where(z < 0, 0, grad_output)


@mistake("relu_backward")
def relu_of_the_gradient(z, grad_output):
    """the gradient passes where it is itself positive, whatever z was.

    Met in the deconvnet of M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks" (2014).
    """
    return np.maximum(grad_output, 0)


@mistake("relu_backward")
def relu_gradient_from_above_left_out(z, grad_output):
    """the derivative alone is returned, 0 or 1, without the gradient that comes from above.

    Met where relu_prime(z) is written down and the chain rule left to the caller.
    """
    return scratch.relu_backward(z, np.ones_like(grad_output))


@mistake("relu_backward")
def leaky_relu_gradient(z, grad_output):
    """the gradient passes a negative z with a factor of 0.01 instead of not at all.

    Met in torch.nn.LeakyReLU, whose negative_slope is 0.01 by default.
    """
    return np.where(z > 0, 1, 0.01) * grad_output


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

    Met where the formula is typed as it stands in the book.
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

    Met in PyTorch code where torch.log_softmax stands for torch.softmax, because nll_loss takes logarithms.
    """
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@mistake("softmax_backward")
def softmax_as_if_elementwise(z, grad_output):
    """only the diagonal of the Jacobian is used, p (1 - p): a score is taken to move its own probability alone.

    Met where the softmax is put in the place of a sigmoid in code that multiplies by g'(z).
    """
    p = scratch.softmax(z)
    return grad_output * p * (1 - p)


@mistake("softmax_backward")
def softmax_gradient_with_a_mean(z, grad_output):
    """p_j g_j is averaged over the classes instead of summed.

    Met where .mean stands for .sum, as in the loss a line away.
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
def softmax_derivative_of_the_output(z, grad_output):
    """the scores are taken for the probabilities: right only where z is already the softmax.

    Met where a function written for the layer's output is given the weighted sum.
    """
    return z * (grad_output - (z * grad_output).sum(axis=-1, keepdims=True))


# neuron ---------------------------------------------------------------------------------------------------------------


@mistake("linear")
def weight_transposed(x, weight, bias):
    """the weights stand as (D, K) instead of (K, D); where D is not K the shapes do not even fit.

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
    """the bias is subtracted: it is a threshold that the sum has to pass.

    Met in texts in the line of W. McCulloch, W. Pitts (1943), where the neuron fires as w.x reaches its threshold.
    """
    return scratch.linear(x, weight, -bias)


@mistake("linear")
def bias_inside_the_product(x, weight, bias):
    """the bias is added to the weights before the product, x (W + b), and so multiplied by the inputs.

    Met where a parenthesis opens one term too late; NumPy broadcasts it without a word.
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

    Met in scikit-learn, whose linear classifiers answer the second class only where the score is above 0.
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
    """the classes are 0 and 1: the step function stands for the sign.

    Met in Wikipedia's article on the perceptron, whose neuron answers 0 or 1.
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

    Met where a parenthesis opens one term too late; NumPy broadcasts it without a word.
    """
    return scratch.neuron(x, weight + bias[:, None], 0 * bias, activation)


@mistake("neuron")
def activation_ignored(x, weight, bias, activation="identity"):
    """the weighted sum is returned, whatever activation was asked for.

    Met where the option is accepted and not read.
    """
    return scratch.linear(x, weight, bias)


@mistake("predict")
def sum_for_the_class(x, weight, bias):
    """the weighted sum is returned instead of its sign.

    Met where scikit-learn's decision_function is taken for its predict.
    """
    return scratch.linear(x, weight, bias)


@mistake("predict")
def classes_0_and_1(x, weight, bias):
    """the classes are 0 and 1 instead of -1 and +1.

    Met where the comparison itself is the answer, (x @ w + b > 0).astype(float).
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
    """the classes part at a sum of 0.5 instead of 0: the threshold of labels 0 and 1.

    Met in A. Ng's machine learning course, which cuts a linear regression on labels 0 and 1 at 0.5.
    """
    return np.where(scratch.linear(x, weight, bias) >= 0.5, 1, -1).astype(weight.dtype)


# perceptron -----------------------------------------------------------------------------------------------------------


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
    """a point on the line, sign 0, is not corrected; from W = 0 nothing ever moves.

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
    """the neuron answers 0 or 1 while the labels are -1 and +1, so that a sample of class -1 is never right.

    Met where a step function, as in Wikipedia's article on the perceptron, meets labels of another course.
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
    """the update is made in the caller's own array: whoever kept the old weights has lost them.

    Met where weight += ... stands for weight = weight + ..., which are two things in NumPy and in PyTorch.
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
    """every epoch takes the samples from 0 to N-1, whatever order was given.

    Met where the permutation is drawn and then not used as an index.
    """
    unshuffled = rewired(scratch.train_perceptron, epoch_orders=in_plain_order)
    return unshuffled(weight, bias, x, y, max_epochs=max_epochs, orders=orders, on_epoch=on_epoch)


def in_plain_order(orders, epochs, n):
    """As many epochs as there would be, each from 0 to n-1."""
    return ([*range(n)] for _ in epoch_orders(orders, epochs, n))


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
    """the last epoch, in which all is right, is not counted.

    Met where the loop breaks before its counter goes up.
    """
    result = scratch.train_perceptron(weight, bias, x, y, max_epochs=max_epochs, orders=orders, on_epoch=on_epoch)
    return result._replace(epochs=result.epochs - result.converged)


@mistake("train_perceptron")
def convergence_seen_afterwards(weight, bias, x, y, *, max_epochs=1000, orders=None, on_epoch=None):
    """training stops as soon as the weights after an epoch make no mistake, without an epoch that shows it.

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
    """training goes on to the last epoch, though one has passed without a mistake.

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


# losses ---------------------------------------------------------------------------------------------------------------


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
    """the 2 of the derivative is kept although the loss carries a 1/2 that cancels it.

    Met where the square is derived and the factor before it is not.
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
    """the loss carries a factor 1/2 that PyTorch's mse_loss has not.

    Met in A. Ng's machine learning course (1/2m), in scikit-learn's MLPRegressor, and in d2l's squared_loss.
    """
    return scratch.mse_loss(pred, target) / 2


@mistake("mse_loss")
def sum_instead_of_mean(pred, target):
    """the squares are summed and not averaged.

    Met in torch.nn.MSELoss(reduction="sum"), and in the deck's own loss but for its 1/2.
    """
    return scratch.mse_loss(pred, target) * np.size(pred)


@mistake("mse_loss")
def mean_over_n_minus_1(pred, target):
    """the sum is divided by n - 1.

    Met in the sample variance, as numpy.var(ddof=1) has it.
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

    Met in reports of an error in the units of y, the RMSE; its gradient is another.
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

    Met in torch.nn.functional.mse_loss, which only warns, and in NumPy, which does not even that.
    """
    return ((np.asarray(pred) - np.asarray(target)) ** 2).mean()


@mistake("mse_loss_backward")
def factor_2_missing(pred, target):
    """the 2 of the derivative is left out.

    Met where the loss carries a factor 1/2 that cancels it; PyTorch's has none.
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

    Met in the sample variance, as numpy.var(ddof=1) has it.
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

    Met where (y - y_hat)^2 is derived without the inner derivative, -1.
    """
    return scratch.mse_loss_backward(target, pred)


def bernoulli(pred, target, log=np.log, clip=0.0, floor=-np.inf):
    """The cross-entropy of probabilities, with a place for each of its well-known mistakes."""
    p = np.clip(pred, clip, 1 - clip)
    return -(target * np.maximum(log(p), floor) + (1 - target) * np.maximum(log(1 - p), floor)).mean()


@mistake("binary_cross_entropy")
def logarithm_not_clamped(pred, target):
    """the logarithm is not clamped: a sure and wrong prediction costs infinity, a sure and right one nan.

    Met where the formula is typed as it stands in the book.
    """
    return bernoulli(pred, target)


@mistake("binary_cross_entropy")
def probability_clipped(pred, target):
    """the probability is clipped to 1e-7 .. 1 - 1e-7 instead of its logarithm at -100.

    Met in Keras, whose backend.epsilon() is 1e-7.
    """
    return bernoulli(pred, target, clip=1e-7)


@mistake("binary_cross_entropy")
def eps_inside_the_logarithm(pred, target):
    """a small number is added under the logarithm, log(p + 1e-7).

    Met in tf.compat.v1.losses.log_loss, whose epsilon is 1e-7.
    """
    return bernoulli(pred, target, log=lambda p: np.log(p + 1e-7))


@mistake("binary_cross_entropy")
def tiny_eps_inside_the_logarithm(pred, target):
    """a small number is added under the logarithm, log(p + 1e-12).

    Met where a formula that gave nan is mended on the spot; each author has a number of his own.
    """
    return bernoulli(pred, target, log=lambda p: np.log(p + 1e-12))


@mistake("binary_cross_entropy")
def bits_for_nats(pred, target):
    """the logarithm is taken to the base 2.

    Met in information theory, which counts in bits.
    """
    return bernoulli(pred, target, log=np.log2, floor=-100 / np.log(2).item())


@mistake("binary_cross_entropy")
def minus_sign_lost(pred, target):
    """the minus sign before the sum is lost: the likelihood is made small.

    Met in texts that maximise the log-likelihood.
    """
    return -scratch.binary_cross_entropy(pred, target)


@mistake("binary_cross_entropy")
def second_term_missing(pred, target):
    """only y log p is summed and (1 - y) log(1 - p) is not: the samples of class 0 cost nothing.

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
    """(p - y) / n is returned, the gradient with respect to the logit, where that of the probability is asked for.

    Met where the sigmoid's derivative has been cancelled already; a sigmoid_backward after it counts it twice.
    """
    return (pred - target) / np.size(pred)


@mistake("binary_cross_entropy_backward")
def denominator_not_clamped(pred, target):
    """the denominator p (1 - p) is not kept above 1e-12: at 0 and 1 the gradient is infinite, or nan.

    Met where the formula is typed as it stands in the book.
    """
    return (pred - target) / (pred * (1 - pred)) / np.size(pred)


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

    Met where log(1 - p) is derived without its inner derivative, -1.
    """
    return (-target / pred - (1 - target) / (1 - pred)) / np.size(pred)


@mistake("binary_cross_entropy_with_logits")
def logits_as_probabilities(pred, target):
    """the sigmoid is left out: the logits are clipped to 0 .. 1 as if they were probabilities.

    Met in Keras, whose BinaryCrossentropy has from_logits=False for its default.
    """
    return bernoulli(pred, target, clip=1e-7)


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
    """the sigmoid is computed first and its logarithm after it: far out the sigmoid is 0 or 1 and the loss is cut off.

    Met where torch.nn.BCELoss follows a sigmoid.
    """
    return scratch.binary_cross_entropy(scratch.sigmoid(pred), target)


@mistake("binary_cross_entropy_with_logits")
def sigmoid_then_open_logarithm(pred, target):
    """the sigmoid is computed first and its logarithm after it, unclamped: far out the loss is infinite or nan.

    Met where the two formulas are typed one after the other as they stand in the book.
    """
    return bernoulli(scratch.sigmoid(pred), target)


@mistake("binary_cross_entropy_with_logits")
def sigmoid_clipped_then_logarithm(pred, target):
    """the sigmoid is computed first and clipped to 1e-7 .. 1 - 1e-7: far out the loss is cut off at 16.

    Met in Keras, whose binary_crossentropy clips probabilities to its backend.epsilon(), 1e-7; with TensorFlow it looks
    for the logits behind them first.
    """
    return bernoulli(scratch.sigmoid(pred), target, clip=1e-7)


@mistake("binary_cross_entropy_with_logits")
def exponential_overflows(pred, target):
    """log(1 + e^z) is computed as it stands, which is infinite for large z.

    Met where the formula log(1 + e^z) - z y is typed as it stands in the book.
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
    """s (1 - s) is multiplied in once more, although the cross-entropy's derivative has cancelled it.

    Met where the line delta = (s - y) s (1 - s) of the squared error is kept.
    """
    return scratch.sigmoid_backward(pred, scratch.binary_cross_entropy_with_logits_backward(pred, target))


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
    """The cross-entropy of probabilities and class indices, with a place for some of its well-known mistakes."""
    return -log(p[np.arange(len(p)), target]).mean()


@mistake("cross_entropy")
def softmax_applied_twice(pred, target):
    """probabilities are given to a loss that takes scores: the softmax is applied twice.

    Met where a net that ends with a softmax is trained with torch.nn.CrossEntropyLoss.
    """
    return scratch.cross_entropy(scratch.softmax(pred), target)


@mistake("cross_entropy")
def scores_as_probabilities(pred, target):
    """the softmax is left out: the scores are clipped to 0 .. 1 as if they were probabilities.

    Met where a loss that takes probabilities is given scores: in Keras from_logits is False by default.
    """
    p = np.clip(pred, 1e-7, 1 - 1e-7)
    return of_the_class(p, target)


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
    """the softmax is computed first and its logarithm after it: far out the softmax is 0 and the loss infinite.

    Met where the two functions are composed as they stand; torch.log_softmax is one step.
    """
    return of_the_class(scratch.softmax(pred), target)


@mistake("cross_entropy")
def softmax_overflows_in_the_loss(pred, target):
    """the largest score is not subtracted before the softmax: the loss of large scores is nan.

    Met where the formulas are typed as they stand in the book.
    """
    return of_the_class(np.exp(pred) / np.exp(pred).sum(axis=1, keepdims=True), target)


@mistake("cross_entropy")
def log_of_the_sum_overflows(pred, target):
    """log(sum of e^z) is computed as it stands, which is infinite for large scores.

    Met where the softmax has been cancelled on paper and the largest score is not subtracted first.
    """
    return (np.log(np.exp(pred).sum(axis=1)) - pred[np.arange(len(pred)), target]).mean()


@mistake("cross_entropy")
def eps_1e_9_added_to_the_softmax(pred, target):
    """a small number is added under the logarithm, log(p + 1e-9): far out the loss is cut off at 21.

    Met where a formula that gave infinity is mended on the spot; the logarithm of the softmax needs no such number.
    """
    return of_the_class(scratch.softmax(pred), target, log=lambda p: np.log(p + 1e-9))


@mistake("cross_entropy")
def eps_1e_12_added_to_the_softmax(pred, target):
    """a small number is added under the logarithm, log(p + 1e-12): far out the loss is cut off at 28.

    Met where a formula that gave infinity is mended on the spot; the logarithm of the softmax needs no such number.
    """
    return of_the_class(scratch.softmax(pred), target, log=lambda p: np.log(p + 1e-12))


@mistake("cross_entropy")
def softmax_clipped(pred, target):
    """the softmax is computed first and clipped to 1e-7 .. 1 - 1e-7: far out the loss is cut off at 16.

    Met in Keras, whose categorical_crossentropy clips probabilities to its backend.epsilon(), 1e-7; with TensorFlow it
    looks for the logits behind them first.
    """
    return of_the_class(np.clip(scratch.softmax(pred), 1e-7, 1 - 1e-7), target)


@mistake("cross_entropy")
def cross_entropy_in_bits(pred, target):
    """the logarithm is taken to the base 2.

    Met in information theory, which counts in bits.
    """
    return scratch.cross_entropy(pred, target) / np.log(2)


@mistake("cross_entropy")
def likelihood_for_the_loss(pred, target):
    """the minus sign is lost: the likelihood is made small.

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


@mistake("cross_entropy_backward")
def scores_minus_one_hot(pred, target):
    """the softmax is left out: z - [k = y] instead of p - [k = y].

    Met where the gradient of a loss that takes probabilities is given the scores.
    """
    return (pred - np.eye(pred.shape[1])[target]) / len(pred)


@mistake("cross_entropy_backward")
def gradient_of_the_probabilities(pred, target):
    """-[k = y] / p is returned, the gradient with respect to the probabilities, where that of the scores is asked for.

    Met where the loss is derived without the softmax inside; a softmax_backward has to follow it then.
    """
    return -np.eye(pred.shape[1])[target] / scratch.softmax(pred) / len(pred)


@mistake("cross_entropy_backward")
def softmax_backward_once_more(pred, target):
    """the gradient p - [k = y], which is that of the scores already, is sent through the softmax once more.

    Met where the softmax is a layer with a backward of its own, and the loss has taken it in as well.
    """
    return scratch.softmax_backward(pred, scratch.cross_entropy_backward(pred, target))


# gradients ------------------------------------------------------------------------------------------------------------


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

    Met where x.T @ delta stands beside delta.mean().
    """
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return grad_weight, grad_bias / len(np.atleast_2d(x))


@mistake("neuron_gradients")
def gradient_of_twice_the_loss(weight, bias, x, y, activation="identity"):
    """the gradient has a factor 2: it is that of (y - y_hat)^2 without the deck's 1/2.

    Met where torch.nn.MSELoss is derived for one sample, which has no 1/2.
    """
    return tuple(2 * gradient for gradient in scratch.neuron_gradients(weight, bias, x, y, activation))


@mistake("neuron_gradients")
def error_sign_flipped(weight, bias, x, y, activation="identity"):
    """the error is y - y_hat instead of y_hat - y.

    Met where the update adds it, w += lr (y - y_hat) x; subtracted, it climbs.
    """
    return tuple(-gradient for gradient in scratch.neuron_gradients(weight, bias, x, y, activation))


@mistake("neuron_gradients")
def input_forgotten(weight, bias, x, y, activation="identity"):
    """every weight has the gradient of the bias: the factor x of the chain rule is left out.

    Met where delta is broadcast over the weights, which NumPy does without a word.
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
    """the gradient is added instead of subtracted: the loss is climbed.

    Met where the rule w += lr (y - y_hat) x is used with a gradient, which has the other sign.
    """
    grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x, y, activation)
    return weight + lr * grad_weight, bias + lr * grad_bias


@mistake("gradient_step")
def bias_step_missing(weight, bias, x, y, lr, activation="identity"):
    """the step is made for the weights alone.

    Met where the bias is forgotten in the update, though its gradient is there.
    """
    return scratch.gradient_step(weight, bias, x, y, lr, activation)[0], bias


@mistake("gradient_step")
def bias_climbs(weight, bias, x, y, lr, activation="identity"):
    """the weights move against their gradient and the bias along with its own.

    Met where only one of two lines is corrected, after the error's sign has been turned about.
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
    """the learning rate is divided by the number of samples although the gradient is meant as a sum.

    Met in A. Ng's machine learning course, whose update has alpha / m.
    """
    return scratch.gradient_step(weight, bias, x, y, lr / len(np.atleast_2d(x)), activation)


@mistake("gradient_epoch")
def full_batch(weight, bias, x, y, lr, activation="identity"):
    """one step is made with the gradient of all samples instead of a step after each.

    Met where gradient descent is taken for its stochastic form.
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
    """every step starts from the weights before the epoch, so that only that of the last sample is left.

    Met where the loop stores its result under a new name, as in new_weight = weight - lr * grad.
    """
    return scratch.gradient_step(weight, bias, x[-1], y[-1], lr, activation)


@mistake("gradient_epoch")
def gradient_of_the_previous_sample(weight, bias, x, y, lr, activation="identity"):
    """each step is made with the gradient that was computed before the last step.

    Met where the update stands before the gradient in the loop.
    """
    step = np.zeros_like(weight), np.zeros_like(bias)
    for x_i, y_i in zip(x, y, strict=True):
        next_step = scratch.neuron_gradients(weight, bias, x_i, y_i, activation)
        weight, bias, step = weight - lr * step[0], bias - lr * step[1], next_step
    return weight, bias


@mistake("gradient_epoch")
def gradients_pile_up(weight, bias, x, y, lr, activation="identity"):
    """each step goes against the sum of all gradients of the epoch so far.

    Met in PyTorch where zero_grad is forgotten: backward adds to the gradients that are there.
    """
    total = np.zeros_like(weight), np.zeros_like(bias)
    for x_i, y_i in zip(x, y, strict=True):
        grad_weight, grad_bias = scratch.neuron_gradients(weight, bias, x_i, y_i, activation)
        total = total[0] + grad_weight, total[1] + grad_bias
        weight, bias = weight - lr * total[0], bias - lr * total[1]
    return weight, bias


def gradient_run(*args, names, **options):
    """``train_gradient`` with other functions inside."""
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

    Met in the running_loss of PyTorch's tutorials, which sums what each batch gave on the way.
    """
    seen: list[float] = []

    def epoch(weight, bias, x, y, lr, activation):
        seen.append(0.0)
        for x_i, y_i in zip(x, y, strict=True):
            seen[-1] += float(scratch.squared_error(scratch.neuron(x_i, weight, bias, activation), y_i))
            weight, bias = scratch.gradient_step(weight, bias, x_i, y_i, lr, activation)
        return weight, bias

    names = {"gradient_epoch": epoch, "squared_error": lambda pred, y: seen[-1]}
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
    """an epoch is one step with the gradient of all samples: each is seen with the weights before the epoch.

    Met where gradient descent is taken for its stochastic form.
    """
    names = {"gradient_epoch": full_batch.gradient_epoch}
    return gradient_run(weight, bias, x, y, lr=lr, epochs=epochs, names=names, **options)


@mistake("train_gradient")
def orders_of_gradient_ignored(weight, bias, x, y, *, lr, epochs, **options):
    """every epoch takes the samples from 0 to N-1, whatever order was given.

    Met where the permutation is drawn and then not used as an index.
    """
    return gradient_run(weight, bias, x, y, lr=lr, epochs=epochs, names={"epoch_orders": in_plain_order}, **options)


@mistake("train_gradient")
def stops_below_the_tolerance(weight, bias, x, y, *, lr, epochs, tolerance=0.0, **options):
    """training stops when the loss itself is within the tolerance, and not when its change is.

    Met where a loop runs while the error is above a limit.
    """
    return stopping(lambda before, now: now <= tolerance, weight, bias, x, y, lr=lr, epochs=epochs, **options)


@mistake("train_gradient")
def stops_when_it_grows(weight, bias, x, y, *, lr, epochs, tolerance=0.0, **options):
    """training also stops where the loss has grown, since it has not improved by more than the tolerance.

    Met in scikit-learn, whose SGDClassifier counts epochs with loss > best_loss - tol.
    """
    return stopping(lambda before, now: now >= before - tolerance, weight, bias, x, y, lr=lr, epochs=epochs, **options)


def stopping(rule, weight, bias, x, y, *, epochs, orders=None, on_epoch=None, **options):
    """``train_gradient`` that stops by another rule of the losses before and now."""
    result = scratch.train_gradient(weight, bias, x, y, epochs=0, **options)
    for order in epoch_orders(orders, epochs, len(x)):
        one = scratch.train_gradient(result.weight, result.bias, x, y, epochs=1, orders=[order], **options)
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


# networks -------------------------------------------------------------------------------------------------------------


@mistake("Linear.forward")
def layer_without_bias(layer, x):
    """the layer adds no bias.

    Met in torch.nn.Linear(bias=False).
    """
    return scratch.Linear.forward(layer, x) - layer.bias.data


@mistake("Linear.forward")
def layer_transposed(layer, x):
    """the weights stand as (D, K) instead of (K, D); where D is not K the shapes do not even fit.

    Met in Keras, whose Dense kernel has shape (inputs, units).
    """
    layer.x = x
    return weight_transposed.linear(x, layer.weight.data, layer.bias.data)


@mistake("Linear.__init__")
def weights_from_0(layer, in_features, out_features, *, dtype="float64", seed=None):
    """all weights start at 0: at the first step no gradient reaches a hidden layer.

    Met where the perceptron's start is kept for a net with a hidden layer.
    """
    scratch.Linear.__init__(layer, in_features, out_features, dtype=dtype, seed=seed)
    layer.weight.data = 0 * layer.weight.data


@mistake("Linear.__init__")
def weights_of_glorot(layer, in_features, out_features, *, dtype="float64", seed=None):
    """the weights are drawn from +-sqrt(6 / (inputs + outputs)) and the biases start at 0.

    Met in Keras, whose Dense layer has glorot_uniform and zeros by default.
    """
    scratch.Linear.__init__(layer, in_features, out_features, dtype=dtype, seed=seed)
    layer.weight.data = layer.weight.data * (6 * in_features / (in_features + out_features)) ** 0.5
    layer.bias.data = 0 * layer.bias.data


@mistake("Linear.__init__")
def seed_ignored(layer, in_features, out_features, *, dtype="float64", seed=None):
    """the seed is ignored: no run can be repeated.

    Met where numpy.random.seed is called for a generator of its own.
    """
    scratch.Linear.__init__(layer, in_features, out_features, dtype=dtype)


@mistake("Linear.backward")
def layer_bias_gradient_missing(layer, grad_output, input_grad=True):
    """the layer's bias has no gradient.

    Met where only the weights' gradient is derived.
    """
    grad = scratch.Linear.backward(layer, grad_output, input_grad)
    layer.bias.grad = 0 * layer.bias.grad
    return grad


@mistake("Linear.backward")
def gradient_overwritten(layer, grad_output, input_grad=True):
    """each backward pass overwrites the gradient of the one before instead of adding to it.

    Met where the gradient is assigned; PyTorch's backward accumulates, on which gradient accumulation relies.
    """
    layer.zero_grad()
    return scratch.Linear.backward(layer, grad_output, input_grad)


@mistake("ToyNet.forward")
def class_for_the_sum(net, x):
    """the net answers with the class instead of the weighted sum, and is then trained on it.

    Met where the sign of the prediction is put into forward; its gradient is 0 everywhere.
    """
    return np.sign(scratch.ToyNet.forward(net, x))


@mistake("ToyNet.train_sample_perceptron")
def toy_net_bias_never_updated(net, x, y):
    """the perceptron corrects the net's weights and leaves its bias.

    Met where fc1.weight is changed by hand and fc1.bias forgotten.
    """
    net.fc1.weight.data, _ = scratch.perceptron_step(net.fc1.weight.data, net.fc1.bias.data, x, y)


@mistake("ToyNet.train_sample_perceptron")
def toy_net_full_step_on_the_line(net, x, y):
    """a point on the line is corrected by a whole step, as if sign(0) were the wrong class.

    Met in most textbooks: if y * z <= 0 then w += y * x.
    """
    net.fc1.weight.data, net.fc1.bias.data = full_step_on_the_line.perceptron_step(
        net.fc1.weight.data, net.fc1.bias.data, x, y
    )


@mistake("ToyNet.train_sample_gradient")
def toy_net_gradient_ascent(net, x, y, lr):
    """the gradient of the sample is added to the net's weights instead of subtracted.

    Met where the rule w += lr (y - y_hat) x is used with a gradient, which has the other sign.
    """
    net.fc1.weight.data, net.fc1.bias.data = gradient_ascent.gradient_step(
        net.fc1.weight.data, net.fc1.bias.data, x, y, lr
    )


@mistake("ToyNet.train_sample_gradient")
def toy_net_mse_of_one_sample(net, x, y, lr):
    """the step is twice as long: it is that of (y - y_hat)^2 without the deck's 1/2.

    Met where torch.nn.MSELoss of one sample takes the place of the deck's loss.
    """
    scratch.ToyNet.train_sample_gradient(net, x, y, 2 * lr)


def toy_fit(net, x, y, epochs, lr, **names):
    """``ToyNet.fit`` with other functions inside."""
    return rewired(scratch.ToyNet.fit, **names)(net, x, y, epochs, lr)


@mistake("ToyNet.fit")
def toy_net_gradient_summed(net, x, y, epochs=40, lr=0.05):
    """the gradient is that of the sum over the samples instead of the mean: the steps are N times as long.

    Met in torch.nn.MSELoss(reduction="sum").
    """
    return toy_fit(net, x, y, epochs, lr, mse_loss_backward=gradient_summed.mse_loss_backward)


@mistake("ToyNet.fit")
def toy_net_sample_by_sample(net, x, y, epochs=40, lr=0.05):
    """a step is made after each sample instead of one for all of them.

    Met where stochastic gradient descent is meant; the deck's built-in solution takes the whole batch.
    """
    losses = []
    for _ in range(epochs):
        losses.append(float(scratch.mse_loss(net(x), y)))
        for i in range(len(x)):
            scratch.ToyNet.fit(net, x[i : i + 1], y[i : i + 1], 1, lr)
    return losses


@mistake("ToyNet.fit")
def toy_net_gradients_pile_up(net, x, y, epochs=40, lr=0.05):
    """each step goes against the sum of all gradients so far.

    Met in PyTorch where zero_grad is forgotten: backward adds to the gradients that are there.
    """
    losses = []
    for _ in range(epochs):
        pred = net(x)
        losses.append(float(scratch.mse_loss(pred, y)))
        net.backward(scratch.mse_loss_backward(pred, y))
        for parameter in net.parameters():
            parameter.data = parameter.data - lr * parameter.grad
    return losses


@mistake("MLP.__init__")
def hidden_activation_missing(net, sizes, activation="sigmoid", output="identity", *, dtype="float64", seed=None):
    """the hidden layers have no activation: however many there are, the net is one linear neuron.

    Met where torch.nn.Linear layers are put into a Sequential one after the other.
    """
    scratch.MLP.__init__(net, sizes, "identity", output, dtype=dtype, seed=seed)


@mistake("MLP.__init__")
def activation_on_the_output(net, sizes, activation="sigmoid", output="identity", *, dtype="float64", seed=None):
    """the last layer has the activation of the hidden ones, and a sigmoid or relu cannot reach every target.

    Met where the layers are built in a loop that ends each with the activation.
    """
    scratch.MLP.__init__(net, sizes, activation, activation, dtype=dtype, seed=seed)


@mistake("MLP.__init__")
def softmax_on_the_output(net, sizes, activation="sigmoid", output="identity", *, dtype="float64", seed=None):
    """the net ends with a softmax although none was asked for.

    Met in Keras's classifiers; PyTorch's cross_entropy takes the scores and has the softmax inside.
    """
    output = "softmax" if output == "identity" else output
    scratch.MLP.__init__(net, sizes, activation, output, dtype=dtype, seed=seed)


@mistake("MLP.__init__")
def relu_by_default(net, sizes, activation="relu", output="identity", *, dtype="float64", seed=None):
    """the hidden layers have a relu where nothing is asked for, instead of a sigmoid.

    Met in scikit-learn's MLPClassifier, whose activation is relu by default.
    """
    scratch.MLP.__init__(net, sizes, activation, output, dtype=dtype, seed=seed)


def passed_forward(net, x, layer_output):
    """The forward pass of an MLP with another formula for each layer's output."""
    net.outputs = []
    for layer, name in zip(net.layers, net.activations, strict=True):
        layer.x = x
        x = layer_output(ACTIVATIONS[name].forward, x, layer.weight.data, layer.bias.data)
        net.outputs.append(x)
    return x


@mistake("MLP.forward")
def mlp_without_biases(net, x):
    """the layers add no bias.

    Met where the inputs are extended by a 1 and the hidden layers' outputs are not.
    """
    return passed_forward(net, x, lambda g, x, weight, bias: g(x @ weight.T))


@mistake("MLP.forward")
def mlp_bias_after_the_activation(net, x):
    """each layer adds its bias to g(W x) instead of to W x.

    Met where a parenthesis closes one term too early.
    """
    return passed_forward(net, x, lambda g, x, weight, bias: g(x @ weight.T) + bias)


@mistake("MLP.backward")
def hidden_derivative_forgotten(net, grad_output, input_grad=True):
    """the gradient passes the hidden layers without their g'(z).

    Met where the rule of the linear neuron is kept after its activation has changed.
    """
    kept = net.activations
    net.activations = ["identity"] * (len(kept) - 1) + kept[-1:]
    grad = scratch.MLP.backward(net, grad_output, input_grad)
    net.activations = kept
    return grad


@mistake("MLP.backward")
def derivative_of_the_outputs(net, grad_output, input_grad=True):
    """g' is taken at the layers' outputs instead of at their weighted sums.

    Met where the activation overwrites z, which its derivative still needs.
    """
    for layer, output, name in reversed([*zip(net.layers, net.outputs, net.activations, strict=True)]):
        grad_output = layer.backward(ACTIVATIONS[name].backward(output, grad_output))
    return grad_output


# optimizers -----------------------------------------------------------------------------------------------------------


def sgd(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, inside=1, ahead=None):
    """SGD written out, with a place for some of its well-known mistakes."""
    grad = inside * (grad + weight_decay * param)
    if not momentum:
        return param - lr / inside * grad, {}
    old = state["momentum_buffer"] if state else None
    buffer = grad.copy() if old is None else momentum * old + (1 - dampening) * grad
    step = grad + momentum * (buffer if ahead is None else ahead(old, buffer)) if nesterov else buffer
    return param - lr / inside * step, {"momentum_buffer": buffer}


@mistake("sgd_update")
def sgd_ascent(param, grad, state, *, lr, **options):
    """the step is added instead of subtracted: the loss is climbed.

    Met where w += lr * g is written.
    """
    stepped, state = scratch.sgd_update(param, grad, state, lr=lr, **options)
    return 2 * param - stepped, state


@mistake("sgd_update")
def lr_inside_the_momentum_buffer(param, grad, state, *, lr, **options):
    """the learning rate stands inside the buffer, b = mu b + lr g and w = w - b: the same only while lr stays the same.

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


@mistake("sgd_update")
def previous_gradient_for_the_buffer(param, grad, state, **options):
    """momentum adds the previous gradient instead of the buffer that holds all of them.

    Met where the variable that carries the velocity is overwritten with the new gradient.
    """
    after, new = sgd(param, grad, state, **options)
    return after, new and {"momentum_buffer": grad + options.get("weight_decay", 0.0) * param}


@mistake("sgd_update")
def momentum_not_scaled(param, grad, state, *, lr, momentum=0.0, **options):
    """the old buffer is added whole, without its factor: the gradients of all steps are summed.

    Met where b += g is written for b = mu b + g.
    """
    if momentum and state:
        state = {"momentum_buffer": state["momentum_buffer"] / momentum}
    return scratch.sgd_update(param, grad, state, lr=lr, momentum=momentum, **options)


@mistake("sgd_update")
def classical_for_nesterov(param, grad, state, *, nesterov=False, **options):
    """Nesterov is asked for and the plain momentum is given.

    Met where the option is accepted and not read.
    """
    return scratch.sgd_update(param, grad, state, **options)


@mistake("sgd_update")
def nesterov_with_the_old_buffer(param, grad, state, **options):
    """Nesterov looks ahead with the buffer of the step before, g + mu b_old, instead of the new one.

    Met where the step is computed on the line before the buffer's update.
    """
    return sgd(param, grad, state, ahead=lambda old, buffer: 0 * buffer if old is None else old, **options)


@mistake("sgd_update")
def step_with_the_old_buffer(param, grad, state, *, lr, momentum=0.0, nesterov=False, **options):
    """the step is made with the buffer of the step before: the first gradient does not move anything.

    Met where the weights are updated on the line before the buffer.
    """
    after, new = scratch.sgd_update(param, grad, state, lr=lr, momentum=momentum, nesterov=nesterov, **options)
    if not momentum or nesterov:
        return after, new
    return (param - lr * state["momentum_buffer"] if state else param.copy()), new


@mistake("sgd_update")
def dampening_on_the_first_step(param, grad, state, *, lr, momentum=0.0, **options):
    """the first buffer is dampened too, as if there had been one of zeros before; PyTorch's is the gradient itself.

    Met where the buffer is created with zeros_like and then updated as always.
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
def weight_decay_of_wrong_sign(param, grad, state, *, weight_decay=0.0, **options):
    """the weight decay is subtracted from the gradient: the weights grow.

    Met where w -= lr * (g - lambda w) is written for w -= lr * g + lr * lambda * w.
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

    Met where w -= lr * g + weight_decay * w is written for w -= lr * (g + weight_decay * w).
    """
    return scratch.sgd_update(param - weight_decay * param, grad, state, **options)


@mistake("sgd_update")
def state_in_place(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    """the momentum buffer is changed in place: whoever kept the state of the step before has lost it.

    Met in torch.optim.SGD itself; a function that returns a new state must not.
    """
    after, new = scratch.sgd_update(
        param, grad, state, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov
    )
    if state and new:
        state["momentum_buffer"][...] = new["momentum_buffer"]
    return after, new


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
    """Adagrad written out, with a place for its well-known mistakes."""
    grad = grad + weight_decay * param
    t = float(state["step"]) + 1 if state else 1.0
    old = state["sum"] if state else initial_accumulator_value
    total = old + square(grad)
    step = grad / root(seen(old, total), eps, t)
    return param - lr / (1 + (t - late) * lr_decay) * step, {"step": t, "sum": total}


@mistake("adagrad_update")
def adagrad_eps_inside_the_root(param, grad, state, **options):
    """eps is added under the root, sqrt(s + eps), instead of to it.

    Met in Keras and optax.
    """
    return adagrad(param, grad, state, root=lambda total, eps, t: np.sqrt(total + eps), **options)


@mistake("adagrad_update")
def mean_of_squares_for_the_sum(param, grad, state, **options):
    """the squares are averaged over the steps instead of summed: the steps do not shrink.

    Met where Adagrad is mixed up with RMSprop, which was made to forget.
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
    """the gradient is divided by the root of the sum before it entered: the first step is g / eps.

    Met where the weights are updated on the line before the sum.
    """
    return adagrad(param, grad, state, seen=lambda old, total: old, **options)


@mistake("adagrad_update")
def adagrad_eps_of_the_overviews(param, grad, state, *, eps=1e-8, **options):
    """eps is 1e-8 where nothing is asked for, instead of 1e-10.

    Met in S. Ruder, "An overview of gradient descent optimization algorithms" (2016).
    """
    return scratch.adagrad_update(param, grad, state, eps=eps, **options)


@mistake("adagrad_update")
def initial_accumulator_ignored(param, grad, state, *, initial_accumulator_value=0.0, **options):
    """the sum starts at 0 whatever was asked for.

    Met where the option is accepted and not read.
    """
    return scratch.adagrad_update(param, grad, state, **options)


@mistake("adagrad_update")
def keras_initial_accumulator(param, grad, state, *, initial_accumulator_value=0.1, **options):
    """the sum starts at 0.1 where nothing is asked for, instead of at 0.

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
    """RMSprop written out, with a place for its well-known mistakes."""
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
    """eps is added under the root, sqrt(v + eps), instead of to it.

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
    """the gradient is divided by the root of the mean square before it entered: the first step is g / eps.

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
    """the mean square is freed of its start at 0, by 1 - alpha^t: the first steps are shorter.

    Met where RMSprop is taken for Adam without its first average.
    """
    t = float(state["step"]) + 1 if state else 1.0
    return rmsprop(param, grad, state, alpha=alpha, root=lambda v, eps: np.sqrt(v / (1 - alpha**t)) + eps, **options)


@mistake("rmsprop_update")
def rmsprop_lr_inside_the_buffer(param, grad, state, *, lr=1e-2, **options):
    """the learning rate stands inside the momentum buffer: the same only while lr stays the same.

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
    """alpha is 0.9 where nothing is asked for, instead of 0.99.

    Met in G. Hinton's lecture 6e, and in Keras, whose rho is 0.9 by default.
    """
    return scratch.rmsprop_update(param, grad, state, alpha=alpha, **options)


@mistake("rmsprop_update")
def not_centered(param, grad, state, *, centered=False, **options):
    """the mean gradient is not subtracted: the root of the mean square stands for the standard deviation.

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
):
    """Adam written out, with a place for each of its well-known mistakes."""
    grad = grad + weight_decay * param
    old = state or {"step": 0.0, "exp_avg": 0.0, "exp_avg_sq": 0.0, "max_exp_avg_sq": 0.0}
    t = float(old["step"]) + 1
    m = betas[0] * old["exp_avg"] + share(betas[0]) * grad
    v = betas[1] * old["exp_avg_sq"] + share(betas[1]) * square(grad, m)
    new = {"step": t, "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        v = new["max_exp_avg_sq"] = np.maximum(old["max_exp_avg_sq"], v)
    return param - lr * step(m, v, eps, *(correction(beta, t) for beta in betas)), new


@mistake("adam_update")
def eps_inside_the_root(param, grad, state, **options):
    """eps is added under the root, sqrt(v + eps), instead of to it.

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
    """eps is 1e-7 where nothing is asked for, instead of 1e-8.

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
    """m and v are used as they are, without bias correction: the first steps have the wrong length.

    Met in the AdamWeightDecayOptimizer of the first BERT code, and in BertAdam, its port to PyTorch.
    """
    return adam(param, grad, state, correction=lambda beta, t: 1.0, **options)


@mistake("adam_update")
def only_m_corrected(param, grad, state, **options):
    """m is corrected and v is used as it is: the first steps are far too long.

    Met where v_hat is computed and v stands in the line after it.
    """
    return adam(param, grad, state, step=lambda m, v, eps, bc1, bc2: (m / bc1) / (np.sqrt(v) + eps), **options)


@mistake("adam_update")
def only_v_corrected(param, grad, state, **options):
    """v is corrected and m is used as it is: the first steps are too short.

    Met where m_hat is computed and m stands in the line after it.
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
    """v itself is used and not the largest that it has been.

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
def adam_decay_decoupled(param, grad, state, **options):
    """the weight decay shrinks the weights apart from m and v, as in AdamW.

    Met in Keras, whose weight_decay is decoupled in every optimizer.
    """
    return scratch.adamw_update(param, grad, state, **{"weight_decay": 0.0} | options)


@mistake("adamw_update")
def coupled_weight_decay(param, grad, state, **options):
    """the weight decay goes through m and v, as in Adam, instead of shrinking the weights apart from them.

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
    """weight_decay is 0.004 where nothing is asked for, instead of 0.01.

    Met in Keras.
    """
    return scratch.adamw_update(param, grad, state, weight_decay=weight_decay, **options)


@mistake("adamw_update")
def decay_of_optax(param, grad, state, *, weight_decay=1e-4, **options):
    """weight_decay is 0.0001 where nothing is asked for, instead of 0.01.

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


in_class("SGD.update", "sgd_ascent", "sgd_decay_without_lr")
in_class("Adagrad.update", "adagrad_eps_inside_the_root", "mean_of_squares_for_the_sum")
in_class(
    "RMSprop.update",
    "rmsprop_eps_inside_the_root",
    "square_average_from_1",
    "square_average_before_this_gradient",
)
in_class(
    "Adam.update",
    "eps_inside_the_root",
    "eps_before_the_correction",
    "bias_correction_without_t",
    "bias_correction_one_step_late",
    "no_bias_correction",
    "only_m_corrected",
    "corrected_averages_stored",
)
in_class("AdamW.update", "coupled_weight_decay", "decay_without_lr", "decay_twice")


@mistake("SGD.zero_grad")
def zero_grad_does_nothing(optimizer):
    """zero_grad leaves the gradients as they are, and each step goes against the sum of all so far.

    Met where a new array is bound to a local name: for grad in gradients: grad = 0.
    """


@mistake("SGD.step")
def buffer_forgotten(optimizer):
    """the momentum buffer is forgotten from step to step.

    Met where the state returned by the update is not kept.
    """
    optimizer.state = {}
    scratch.SGD.step(optimizer)


@mistake("SGD.step")
def one_buffer_for_all(optimizer):
    """all parameters share one momentum buffer.

    Met where the buffer is an attribute of the optimizer and not of each parameter; broadcasting hides it.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            shared = getattr(optimizer, "shared", None)
            if shared is not None and shared.size == parameter.data.size:
                optimizer.state[parameter] = {"momentum_buffer": shared.reshape(parameter.shape)}
            others = [p for g in optimizer.param_groups for p in g["params"] if p is not parameter]
            grads = [p.grad for p in others]
            for p in others:
                p.grad = None
            scratch.SGD.step(optimizer)
            for p, grad in zip(others, grads, strict=True):
                p.grad = grad
            optimizer.shared = optimizer.state.get(parameter, {}).get("momentum_buffer")


@mistake("SGD.step")
def groups_ignored(optimizer):
    """every group is stepped with the options of the first.

    Met where self.lr stands for group["lr"].
    """
    kept = [dict(group) for group in optimizer.param_groups]
    for group in optimizer.param_groups[1:]:
        group.update({name: optimizer.param_groups[0][name] for name in optimizer.defaults})
    scratch.SGD.step(optimizer)
    for group, old in zip(optimizer.param_groups, kept, strict=True):
        group.update(old)


@mistake("SGD.step")
def missing_gradient_is_0(optimizer):
    """a parameter without a gradient is stepped as if it were 0: decay and momentum move it.

    Met in PyTorch after zero_grad(set_to_none=False), the default before version 2.0.
    """
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter.grad is None:
                parameter.grad = np.zeros_like(parameter.data)
    scratch.SGD.step(optimizer)


@mistake("SGD.step")
def lr_of_the_constructor(optimizer):
    """each step takes the learning rate of the constructor: a change in param_groups has no effect.

    Met where the constructor keeps self.lr and step reads it.
    """
    for group in optimizer.param_groups:
        group["lr"] = optimizer.defaults["lr"]
    scratch.SGD.step(optimizer)


@mistake("Adam.step")
def one_counter_for_all(optimizer):
    """all parameters share one step counter, which goes up with each of them: at the second one t is 2 already.

    Met where self.t += 1 stands inside the loop over the parameters.
    """
    counted = getattr(optimizer, "counted", 0)
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            if parameter in optimizer.state:
                optimizer.state[parameter]["step"] = float(counted)
            counted += 1
    scratch.Adam.step(optimizer)


@mistake("Adam.load_state_dict")
def state_not_loaded(optimizer, state_dict):
    """load_state_dict takes the options and not the state: m, v and t start again from 0.

    Met where only the weights are saved, and training goes on with a new optimizer.
    """
    scratch.Adam.load_state_dict(optimizer, state_dict)
    optimizer.state = {}


@mistake("Adam.load_state_dict")
def counter_not_loaded(optimizer, state_dict):
    """load_state_dict restores m and v but not t, and the bias correction starts anew.

    Met where t is an attribute of the optimizer and only the arrays are saved.
    """
    scratch.Adam.load_state_dict(optimizer, state_dict)
    for state in optimizer.state.values():
        state["step"] = 0.0


# training -------------------------------------------------------------------------------------------------------------


@mistake("minibatches")
def last_batch_dropped(x, y, batch_size=None, order=None):
    """the last batch is dropped where it is smaller.

    Met in torch.utils.data.DataLoader(drop_last=True), and in loops over range(n // batch_size).
    """
    batches = list(scratch.minibatches(x, y, batch_size, order))
    return (batch for batch in batches if len(batch[0]) == len(batches[0][0]))


@mistake("minibatches")
def last_batch_filled_up(x, y, batch_size=None, order=None):
    """the last batch is filled up with the first samples where it is smaller.

    Met in torch.utils.data.DistributedSampler, which repeats samples until all shares are equal.
    """
    order = list(range(len(x)) if order is None else order)
    size = batch_size or len(x)
    order += order[: -len(order) % size]
    return ((x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, len(order), size))


@mistake("minibatches")
def batches_evened_out(x, y, batch_size=None, order=None):
    """the samples are dealt out evenly to the same number of batches, instead of leaving the last one smaller.

    Met in numpy.array_split.
    """
    order = np.arange(len(x)) if order is None else np.asarray(order)
    return ((x[batch], y[batch]) for batch in np.array_split(order, -(-len(x) // (batch_size or len(x)))))


@mistake("minibatches")
def batch_size_as_a_number(x, y, batch_size=None, order=None):
    """batch_size is taken for the number of batches.

    Met where n / batch_size, rounded up, is used as the size.
    """
    return scratch.minibatches(x, y, -(-len(x) // (batch_size or 1)), order)


@mistake("minibatches")
def order_ignored(x, y, batch_size=None, order=None):
    """the samples are taken from 0 to N-1, whatever order was given.

    Met where the permutation is drawn and then not used as an index.
    """
    return scratch.minibatches(x, y, batch_size)


@mistake("minibatches")
def targets_not_shuffled(x, y, batch_size=None, order=None):
    """the inputs are put in order and the targets are not: each sample has the label of another.

    Met where x and y are shuffled apart from each other.
    """
    pairs = zip(scratch.minibatches(x, y, batch_size, order), scratch.minibatches(x, y, batch_size), strict=True)
    return ((x_batch, y_batch) for (x_batch, _), (_, y_batch) in pairs)


@mistake("minibatches")
def batches_are_views(x, y, batch_size=None, order=None):
    """the batches are views of the data: whoever scales a batch in place scales the data.

    Met where a batch is a slice, x[i : i + n].
    """
    order = list(range(len(x))) if order is None else list(order)
    if order != sorted(order):
        return scratch.minibatches(x, y, batch_size, order)
    size = batch_size or len(x)
    return ((x[i : i + size], y[i : i + size]) for i in range(0, len(x), size))


def stepped(model, x, y, loss, optimizer, **names):
    """``train_step`` with other functions inside."""
    with np.errstate(all="ignore"):
        return rewired(scratch.train_step, **names)(model, x, y, loss, optimizer)


@mistake("train_step")
def zero_grad_forgotten(model, x, y, loss, optimizer):
    """the gradients of the steps before are added to those of this one.

    Met in PyTorch where zero_grad is forgotten: backward adds to the gradients that are there.
    """
    with np.errstate(all="ignore"):
        value = training.backward(model, loss, model(x), y)
        optimizer.step()
    return value


@mistake("train_step")
def zero_grad_before_the_step(model, x, y, loss, optimizer):
    """the gradients are forgotten between backward and step: nothing is learned.

    Met where zero_grad stands one line too low.
    """
    with np.errstate(all="ignore"):
        value = training.backward(model, loss, model(x), y)
        optimizer.zero_grad()
        optimizer.step()
    return value


@mistake("train_step")
def backward_twice(model, x, y, loss, optimizer):
    """backward is called twice, and the gradients are doubled.

    Met in PyTorch where loss.backward(retain_graph=True) is called for a look at the gradients.
    """

    def twice(model, loss, pred, y):
        training.backward(model, loss, pred, y)
        return training.backward(model, loss, pred, y)

    return stepped(model, x, y, loss, optimizer, backward=twice)


@mistake("train_step")
def loss_after_the_update(model, x, y, loss, optimizer):
    """the loss that is returned is that after the update.

    Met where the loss is computed once more for printing.
    """
    scratch.train_step(model, x, y, loss, optimizer)
    return float(getattr(scratch, loss)(model(x), y))


@mistake("train_step")
def loss_summed(model, x, y, loss, optimizer):
    """the loss is the mean and the gradient is that of the sum over the samples: larger batches make longer steps.

    Met where the division by N is written into the loss and not into its derivative.
    """

    right = LOSSES[loss]
    summed = Loss(right.forward, lambda pred, target: right.backward(pred, target) * len(pred))
    return stepped(model, x, y, loss, optimizer, backward=rewired(training.backward, LOSSES={loss: summed}))


@mistake("train_step")
def only_the_last_layer_learns(model, x, y, loss, optimizer):
    """the gradient stops at the last layer, and those below it keep their first weights.

    Met in F. Rosenblatt's perceptron, whose hidden layer was fixed, and in PyTorch after a detach() too many.
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

    Met where backward and update of a layer stand in one loop over the layers.
    """

    def updating(model, loss, pred, y):
        function, function_backward = LOSSES[loss]
        grad = function_backward(pred, y)
        for layer, output, name in reversed([*zip(model.layers, model.outputs, model.activations, strict=True)]):
            grad_z = ACTIVATIONS[name].from_output(output, grad)
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
    """``fit`` with other functions inside."""
    return rewired(scratch.fit, **names)(model, x, y, **options)


@mistake("fit")
def fit_without_zero_grad(model, x, y, **options):
    """each step goes against the sum of all gradients so far.

    Met in PyTorch where zero_grad is forgotten: backward adds to the gradients that are there.
    """
    return fitted(model, x, y, options, train_step=zero_grad_forgotten.train_step)


@mistake("fit")
def same_order_every_epoch(model, x, y, **options):
    """every epoch takes the samples in the order of the first.

    Met where the data are shuffled once, before the loop over the epochs.
    """

    def of_the_first(orders, epochs, n):
        orders = [*epoch_orders(orders, epochs, n)]
        return orders[:1] * len(orders)

    return fitted(model, x, y, options, epoch_orders=of_the_first)


@mistake("fit")
def orders_ignored(model, x, y, **options):
    """every epoch takes the samples from 0 to N-1, whatever order was given.

    Met where the permutation is drawn and then not used as an index.
    """
    return fitted(model, x, y, options, epoch_orders=in_plain_order)


@mistake("fit")
def optimizer_made_anew(model, x, y, *, epochs=40, orders=None, **options):
    """the optimizer is made anew in every epoch, and what it remembered is lost.

    Met where it is constructed inside the loop over the epochs.
    """
    whole, *rest = (
        scratch.fit(model, x, y, epochs=1, orders=[order], **options) for order in epoch_orders(orders, epochs, len(x))
    )
    for history in rest:
        for kind in ("losses", "weights", "gradients", "state"):
            getattr(whole, kind).extend(getattr(history, kind))
    whole.epochs += len(rest)
    return whole


@mistake("fit")
def history_without_copies(model, x, y, **options):
    """the history keeps the weights themselves and not copies: all its entries are those after the last step.

    Met in PyTorch where model.state_dict(), which holds references, is kept as the best weights so far.
    """
    history = scratch.fit(model, x, y, **options)
    history.weights = history.weights[-1:] * len(history.weights)
    return history


@mistake("fit")
def one_loss_an_epoch(model, x, y, *, batch_size=None, **options):
    """the history holds one loss for each epoch, the mean of its batches', instead of one for each step.

    Met in Keras, whose History has one entry an epoch.
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
    """the last batch of an epoch is dropped where it is smaller.

    Met in torch.utils.data.DataLoader(drop_last=True), and in loops over range(n // batch_size).
    """
    return fitted(model, x, y, options, _batches=last_batch_dropped.minibatches)


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
    return fitted(
        model,
        x,
        y,
        options,
        sum=lambda losses: losses[-1],
        len=lambda v: 1 if isinstance(v, list) and v and isinstance(v[0], float) else len(v),
    )


@mistake("fit")
def rate_of_the_optimizer_overruled(model, x, y, *, optimizer="SGD", lr=0.05, **options):
    """an optimizer that was made before is given the learning rate of fit.

    Met where lr is set in every group without asking whether it was given.
    """
    if hasattr(optimizer, "param_groups") and not callable(lr):
        for group in optimizer.param_groups:
            group["lr"] = lr
    return scratch.fit(model, x, y, optimizer=optimizer, lr=lr, **options)
