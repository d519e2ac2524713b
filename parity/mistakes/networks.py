"""Mistakes in layers and networks."""

import numpy as np

import scratch
from parity.mistakes.gradients import gradient_ascent
from parity.mistakes.losses import gradient_summed
from parity.mistakes.neuron import weight_transposed
from parity.mistakes.perceptron import full_step_on_the_line
from parity.mistakes.registry import mistake, rewired
from scratch.activations import ACTIVATIONS


@mistake("Linear.forward")
def layer_without_bias(layer, x):
    """the layer adds no bias.

    Met in torch.nn.Linear(bias=False).
    """
    return scratch.Linear.forward(layer, x) - layer.bias.data


@mistake("Linear.forward")
def layer_transposed(layer, x):
    """the weights have shape (D, K) instead of (K, D); if D is not K, the shapes do not even match.

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
    """the seed is ignored: no run can be reproduced.

    Met where numpy.random.seed is called, but another generator draws the weights.
    """
    scratch.Linear.__init__(layer, in_features, out_features, dtype=dtype)


@mistake("Linear.backward")
def layer_bias_gradient_missing(layer, grad_output, input_grad=True):
    """the layer's bias has no gradient.

    Met where only the gradient of the weights is derived.
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
    """the net outputs the class instead of the weighted sum, and is then trained on it.

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

    Met where torch.nn.MSELoss of one sample replaces the deck's loss.
    """
    scratch.ToyNet.train_sample_gradient(net, x, y, 2 * lr)


def toy_fit(net, x, y, epochs, lr, **names):
    """``ToyNet.fit`` with other functions substituted."""
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

    Met where stochastic gradient descent is intended; the deck's built-in solution takes the whole batch.
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

    Met in PyTorch where zero_grad is forgotten: backward adds to the existing gradients.
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
    """the net ends with a softmax although none is requested.

    Met in Keras's classifiers; PyTorch's cross_entropy takes the scores and has the softmax inside.
    """
    output = "softmax" if output == "identity" else output
    scratch.MLP.__init__(net, sizes, activation, output, dtype=dtype, seed=seed)


@mistake("MLP.__init__")
def relu_by_default(net, sizes, activation="relu", output="identity", *, dtype="float64", seed=None):
    """the hidden layers have a relu by default, instead of a sigmoid.

    Met in scikit-learn's MLPClassifier, whose activation is relu by default.
    """
    scratch.MLP.__init__(net, sizes, activation, output, dtype=dtype, seed=seed)


def passed_forward(net, x, layer_output):
    """The forward pass of an MLP with another formula for each layer's output."""
    net.kept = []
    for layer, name in zip(net.children(), net.activations, strict=True):
        layer.x, g = x, ACTIVATIONS[name]
        x = layer_output(g.forward, x, layer.weight.data, layer.bias.data)
        net.kept.append((layer, g, x))
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
    hidden = [(layer, ACTIVATIONS["identity"], output) for layer, _, output in net.kept[:-1]]
    net.kept = hidden + net.kept[-1:]
    return scratch.MLP.backward(net, grad_output, input_grad)


@mistake("MLP.backward")
def derivative_of_the_outputs(net, grad_output, input_grad=True):
    """g' is taken at the layers' outputs instead of at their weighted sums.

    Met where the activation overwrites z, which its derivative still needs.
    """
    for layer, g, output in reversed(net.kept):
        grad_output = layer.backward(g.backward(output, grad_output))
    return grad_output


@mistake("MLP.backward")
def output_derivative_forgotten(net, grad_output, input_grad=True):
    """the gradient enters the last layer without its g'(z).

    Met where y_hat - y, the error of sigmoid and cross-entropy together, is used with the squared error.
    """
    layer, _, output = net.kept[-1]
    net.kept = [*net.kept[:-1], (layer, ACTIVATIONS["identity"], output)]
    return scratch.MLP.backward(net, grad_output, input_grad)


@mistake("MLP.backward")
def mlp_biases_never_updated(net, grad_output, input_grad=True):
    """the biases have no gradient and keep their initial values.

    Met where the loop over the parameters goes over the weights only.
    """
    grad = scratch.MLP.backward(net, grad_output, input_grad)
    for layer in net.children():
        layer.bias.grad = 0 * layer.bias.grad
    return grad


@mistake("MLP.backward")
def mlp_biases_climb(net, grad_output, input_grad=True):
    """the gradients of the biases are added instead of subtracted.

    Met where the bias is a threshold in one formula, w . x - b, and an addend in the other.
    """
    grad = scratch.MLP.backward(net, grad_output, input_grad)
    for layer in net.children():
        layer.bias.grad = -layer.bias.grad
    return grad
