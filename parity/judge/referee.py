"""The referee: a third implementation of every formula, on arrays that carry their rounding error.

It is independent of both backends: it shares no code with them, computes in a wider format, and bounds for each number
how far a correct float32 or float64 computation may lie from it (``rounding``). It is a namespace with the same
names. Functions with several results return them by name.
"""

import functools
from collections.abc import Callable

import numpy as np

from parity.judge.rounding import (
    NO_GRID,
    Bounded,
    absolute,
    affine,
    bounded,
    exp,
    log,
    magnitude,
    maximum,
    number,
    sqrt,
    stack,
    uncertain,
    where_positive,
)
from parity.judge.rounding import sigmoid as bounded_sigmoid
from parity.judge.rounding import sign as bounded_sign
from parity.judge.rounding import tanh as bounded_tanh


def tensor(values, dtype="float64"):
    return bounded(np.array(values, dtype=dtype))


# activations


def identity(z):
    return z


def identity_backward(z, grad_output):
    return grad_output


def sigmoid(z):
    return bounded_sigmoid(z)


def sigmoid_backward(z, grad_output):
    s = sigmoid(z)
    return grad_output * (1 - s) * s


def tanh(z):
    return bounded_tanh(z)


def tanh_backward(z, grad_output):
    t = tanh(z)
    result = grad_output * (1 - t * t)
    return result.loosened(2, result.reach())  # (1 - t) (1 + t) is also correct


def relu(z):
    return maximum(z, 0)


def relu_backward(z, grad_output):
    return where_positive(z, grad_output)


def leaky_relu(z, negative_slope=0.01):
    return where_positive(z, z, negative_slope * z)


def leaky_relu_backward(z, grad_output, negative_slope=0.01):
    return where_positive(z, grad_output, negative_slope * grad_output)


def log_softmax(z):
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - log(exp(shifted).sum(axis=-1, keepdims=True))


def softmax(z):
    # Computed through the logarithm, which rounds at the size of the scores; e / sum rounds less, but divides.
    p = exp(log_softmax(z))
    return p.loosened(1, p.reach())


def softmax_backward(z, grad_output):
    p = softmax(z)
    # Expanded: factoring out p rounds less.
    return p * grad_output - p * (p * grad_output).sum(axis=-1, keepdims=True)


ACTIVATIONS = {
    "identity": (identity, identity_backward),
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (tanh, tanh_backward),
    "relu": (relu, relu_backward),
    "leaky_relu": (leaky_relu, leaky_relu_backward),
    "softmax": (softmax, softmax_backward),
}


# neuron


def linear(x, weight, bias):
    return affine(x, weight, bias)


def sign(z):
    return bounded_sign(z)


def neuron(x, weight, bias, activation="identity"):
    g, _ = ACTIVATIONS[activation]
    return g(linear(x, weight, bias))


def predict(x, weight, bias):
    return sign(linear(x, weight, bias))


# perceptron


def perceptron_step(weight, bias, x, y):
    delta = (y - predict(x, weight, bias)) / 2
    return {"weight": weight + delta[:, None] * x, "bias": bias + delta}


def perceptron_epoch(weight, bias, x, y):
    mistakes = bounded(np.float64(0), weight.precision)
    for x_i, y_i in zip(x, y, strict=True):
        wrong = absolute(y_i - predict(x_i, weight, bias))
        # Several neurons may be wrong on a sample, which counts as one mistake.
        mistakes = mistakes + bounded_sign(wrong).max(axis=0)
        step = perceptron_step(weight, bias, x_i, y_i)
        weight, bias = step["weight"], step["bias"]
    return {"weight": weight, "bias": bias, "mistakes": mistakes}


def train_perceptron(weight, bias, x, y, *, max_epochs=1000, orders=None):
    updates = bounded(np.float64(0), weight.precision)
    epochs, converged = 0, False
    for order in [range(len(x))] * max_epochs if orders is None else orders[:max_epochs]:
        order = list(order)
        epoch = perceptron_epoch(weight, bias, x[order], y[order])
        weight, bias, mistakes = epoch["weight"], epoch["bias"], epoch["mistakes"]
        epochs, updates, converged = epochs + 1, updates + mistakes, bool(mistakes.value == 0)
        if converged or weight.tied:
            break
    run = {
        "weight": weight,
        "bias": bias,
        "converged": exactly(converged, weight.precision),
        "epochs": exactly(epochs, weight.precision),
        "updates": updates,
    }
    # A run that takes the other side of a tie may end later or earlier.
    return {key: free(value) for key, value in run.items()} if weight.tied else run


def free(value):
    """Accept any result, because a tie decided what was computed."""
    return Bounded(value.value, np.full(value.shape, np.inf), value.precision, tied=True)


def exactly(value, precision):
    """An integer or boolean that follows from decisions, without rounding."""
    return bounded(np.float64(value), precision)


# losses


def squared_error(pred, target):
    difference = target - pred
    return (difference * difference).sum() / 2


def squared_error_backward(pred, target):
    return pred - target


def mse_loss(pred, target):
    difference = pred - target
    return (difference * difference).mean()


def mse_loss_backward(pred, target):
    # 2/n first, as PyTorch has it, rounds twice; 2 d / n rounds once.
    return (number(2.0, pred.precision) / pred.size) * (pred - target)


def binary_cross_entropy(pred, target):
    log_p, log_q = maximum(log(pred), -100), maximum(log(1 - pred), -100)
    return -(target * log_p + (1 - target) * log_q).mean()


def binary_cross_entropy_backward(pred, target):
    # A product with 1/n, as PyTorch has it on a GPU, rounds once more than a division by n.
    variance = maximum(pred * (1 - pred), float(np.float32(1e-12)))
    return (pred - target) / variance * (number(1.0, pred.precision) / pred.size)


def binary_cross_entropy_with_logits(pred, target):
    z = absolute(pred)
    loss = maximum(pred, 0) - pred * target + log(1 + exp(-z))
    # PyTorch's form, (1 - y) z - logsigmoid(z), cancels: its error is proportional to |z|, not to the loss.
    return loss.loosened(4, z.reach()).mean()


def binary_cross_entropy_with_logits_backward(pred, target):
    return (sigmoid(pred) - target) / pred.size


def cross_entropy(pred, target):
    losses = -log_softmax(pred)[np.arange(len(target)), target]
    # Adding the highest score to the logarithm before subtracting rounds at the size of the scores.
    return losses.loosened(4, pred.reach().max(axis=1)).mean()


def cross_entropy_backward(pred, target):
    n = len(target)
    one_hot = bounded((np.arange(pred.shape[1]) == target[:, None]).astype(float), pred.precision)
    # As PyTorch has it, with 1/N inside; (p - [k = y]) / N rounds less.
    return softmax(pred) / n - one_hot * (number(1.0, pred.precision) / n)


# gradients


def neuron_gradients(weight, bias, x, y, activation="identity"):
    g, g_backward = ACTIVATIONS[activation]
    z = linear(x, weight, bias)
    delta = g_backward(z, squared_error_backward(g(z), y)).rows()
    return {"grad_weight": delta.T @ x.rows(), "grad_bias": delta.sum(axis=0)}


def layer_gradients(weight, bias, x, y, loss):
    """Of a linear layer, from any loss."""
    grad = LOSSES[loss][1](linear(x, weight, bias), y)
    return {"grad_weight": grad.T @ x, "grad_bias": grad.sum(axis=0)}


def gradient_step(weight, bias, x, y, lr, activation="identity"):
    gradients = neuron_gradients(weight, bias, x, y, activation)
    return {"weight": weight - lr * gradients["grad_weight"], "bias": bias - lr * gradients["grad_bias"]}


def gradient_epoch(weight, bias, x, y, lr, activation="identity"):
    for x_i, y_i in zip(x, y, strict=True):
        weight, bias = gradient_step(weight, bias, x_i, y_i, lr, activation).values()
    return {"weight": weight, "bias": bias}


def train_gradient(weight, bias, x, y, *, lr, epochs, orders=None, tolerance=0.0, activation="identity"):
    losses: list = []
    converged = False
    for order in [range(len(x))] * epochs if orders is None else orders[:epochs]:
        order = list(order)
        weight, bias = gradient_epoch(weight, bias, x[order], y[order], lr, activation).values()
        losses.append(squared_error(neuron(x, weight, bias, activation), y))
        if len(losses) > 1:
            change = absolute(losses[-1] - losses[-2]) - tolerance
            if uncertain(change):
                weight.tied = True
                break
            converged = bool(change.value <= 0)
        if converged:
            break
    run = {"weight": weight, "bias": bias}
    run |= {"converged": exactly(converged, weight.precision), "epochs": exactly(len(losses), weight.precision)}
    if not weight.tied:
        return run | {"losses": stack(losses)}
    # If the run might also have continued, only earlier results can be compared.
    return {name: free(value) for name, value in run.items()}


# networks


def initial_bound(in_features, precision):
    """1 / sqrt(D), as PyTorch has it: sqrt(3) times Kaiming's standard deviation, sqrt(2 / (1 + a^2)) / sqrt(D)."""
    a = sqrt(option(5))
    deviation = sqrt(2 / (1 + a * a)) / sqrt(option(in_features))
    return (sqrt(option(3)) * deviation).to(precision)


def toy_net_fit(weight, bias, x, y, epochs=40, lr=0.05):
    losses = []
    for _ in range(epochs):
        pred = linear(x, weight, bias)
        losses.append(mse_loss(pred, y))
        grad = mse_loss_backward(pred, y)
        weight, bias = weight - lr * (grad.T @ x), bias - lr * grad.sum(axis=0)
    return {"weight": weight, "bias": bias} | ({"losses": stack(losses)} if losses else {})


class Net:
    """A multilayer perceptron over bounded weights: forward keeps what backward needs."""

    def __init__(self, weights, activations):
        self.weights = weights
        self.activations = activations

    def forward(self, x):
        self.x, self.z = [], []
        for layer, name in enumerate(self.activations, start=1):
            self.x.append(x)
            self.z.append(linear(x, self.weights[f"fc{layer}.weight"], self.weights[f"fc{layer}.bias"]))
            x = ACTIVATIONS[name][0](self.z[-1])
        return x

    def backward(self, grad):
        gradients = {}
        for layer in range(len(self.activations), 0, -1):
            delta = ACTIVATIONS[self.activations[layer - 1]][1](self.z[layer - 1], grad)
            gradients[f"fc{layer}.weight"] = delta.T @ self.x[layer - 1]
            gradients[f"fc{layer}.bias"] = delta.sum(axis=0)
            grad = delta @ self.weights[f"fc{layer}.weight"]
        return gradients


# optimizers; Python computes with the options in float64, whatever the dtype of the arrays


def option(value):
    return bounded(np.float64(value))


def one_minus_power(beta, t):
    """1 - beta^t, also if the power is computed by t multiplications."""
    power = bounded(np.float64(beta))
    power.value = power.value**t
    power.error, power.grid = t * power.precision.unit * magnitude(power.value), NO_GRID
    return 1 - power


def average(old, new, weight, squared=False):
    """(1 - weight) old + weight new, or old + weight (new - old)."""
    entering = new * new if squared else new
    mixed = (1 - option(weight)) * old + option(weight) * entering
    return mixed.loosened(2, weight * (old.reach() + entering.reach()))


def sgd_update(param, grad, state, *, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    grad = grad + weight_decay * param if weight_decay else grad
    state = dict(state or {})
    if momentum:
        buffer = state.get("momentum_buffer")
        buffer = grad if buffer is None else momentum * buffer + (1 - option(dampening)) * grad
        state["momentum_buffer"] = buffer
        grad = grad + momentum * buffer if nesterov else buffer
    return {"param": param - lr * grad, "state": state}


def adagrad_update(
    param, grad, state, *, lr=0.01, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10
):
    grad = grad + weight_decay * param if weight_decay else grad
    t, total = next_step(state), (state or {}).get("sum")
    total = bounded(np.full(param.shape, initial_accumulator_value), param.precision) if total is None else total
    total = total + grad * grad
    step = grad / (sqrt(total) + eps) * (option(lr) / (1 + option(t - 1) * lr_decay))
    return {"param": param - step.loosened(2, step.reach()), "state": {"step": option(t), "sum": total}}


def rmsprop_update(
    param, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False
):
    grad = grad + weight_decay * param if weight_decay else grad
    old = state or {}
    zeros = bounded(np.zeros(param.shape), param.precision)
    state = {"step": option(next_step(old))}
    state["square_avg"] = variance = average(old.get("square_avg", zeros), grad, 1 - alpha, squared=True)
    if centered:
        state["grad_avg"] = mean = average(old.get("grad_avg", zeros), grad, 1 - alpha)
        variance = variance - mean * mean
        # Rounding can make the radicand negative; its root is then nan.
        variance.error = np.where(uncertain(variance), np.inf, variance.error)
    step = grad / (sqrt(variance) + eps)
    if momentum:
        state["momentum_buffer"] = step = momentum * old.get("momentum_buffer", zeros) + step
    return {"param": param - (lr * step).loosened(2, lr * step.reach()), "state": state}


def adam_update(param, grad, state, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False):
    grad = grad + weight_decay * param if weight_decay else grad
    old, t = state or {}, next_step(state)
    zeros = bounded(np.zeros(param.shape), param.precision)
    m = average(old.get("exp_avg", zeros), grad, 1 - betas[0])
    largest = v = average(old.get("exp_avg_sq", zeros), grad, 1 - betas[1], squared=True)
    state = {"step": option(t), "exp_avg": m, "exp_avg_sq": v}
    if amsgrad:
        state["max_exp_avg_sq"] = largest = maximum(v, old.get("max_exp_avg_sq", zeros))
    root = sqrt(largest) / sqrt(one_minus_power(betas[1], t))
    step = m / (root + eps) * (lr / one_minus_power(betas[0], t))
    return {"param": param - step.loosened(2, step.reach()), "state": state}


def adamw_update(param, grad, state, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False):
    decay = option(lr) * weight_decay
    update = adam_update(param * (1 - decay), grad, state, lr=lr, betas=betas, eps=eps, amsgrad=amsgrad)
    # Applying the decay of the old weight last is also correct: the step then starts from a weight that has not shrunk.
    after = update["param"].loosened(1, param.reach()).loosened(2, decay.reach() * param.reach())
    return {"param": after, "state": update["state"]}


def next_step(state):
    """t, which is positive."""
    if not state:
        return 1
    step = state["step"]
    return int(step.value.item() if isinstance(step, Bounded) else step) + 1


UPDATES: dict[str, Callable] = {
    "SGD": sgd_update,
    "Adagrad": adagrad_update,
    "RMSprop": rmsprop_update,
    "Adam": adam_update,
    "AdamW": adamw_update,
}
LOSSES: dict[str, tuple[Callable, Callable]] = {
    "squared_error": (squared_error, squared_error_backward),
    "mse_loss": (mse_loss, mse_loss_backward),
    "binary_cross_entropy": (binary_cross_entropy, binary_cross_entropy_backward),
    "binary_cross_entropy_with_logits": (
        binary_cross_entropy_with_logits,
        binary_cross_entropy_with_logits_backward,
    ),
    "cross_entropy": (cross_entropy, cross_entropy_backward),
}


# training


def settled(before, now, tolerance):
    """Whether the mean loss of an epoch equals that of the epoch before within the tolerance; None at a tie."""
    change = absolute(stack(now).mean() - stack(before).mean()) - tolerance
    return None if uncertain(change) else bool(change.value <= 0)


def fit(weights, activations, batches, *, loss, optimizer, rates, accumulate=1, **options):
    """A drifting run, step by step: yields loss, gradients, optimizer state and weights."""
    states: dict = dict.fromkeys(weights)
    for (x, y), lr in zip(batches, rates, strict=True):
        net = Net(weights, activations)
        value, gradients = accumulated(net, x, y, loss, accumulate)
        update = functools.partial(UPDATES[optimizer], lr=lr, **options)
        updates = {name: update(weights[name], gradients[name], states[name]) for name in weights}
        weights = {name: update["param"] for name, update in updates.items()}
        states = {name: update["state"] for name, update in updates.items()}
        yield {"loss": value, "gradients": gradients, "state": states, "weights": weights}


def accumulated(net, x, y, loss, parts=1):
    """Loss and gradients of a batch, the sums of those of its parts; a mean counts as its part has samples."""
    loss_function, loss_backward = LOSSES[loss]
    losses, gradients, size = [], [], -(-len(x) // min(parts, len(x)))
    for start in range(0, len(x), size):
        x_part, y_part = x[start : start + size], y[start : start + size]
        pred = net.forward(x_part)
        losses.append(loss_function(pred, y_part))
        gradients.append(net.backward(loss_backward(pred, y_part)))
        if loss != "squared_error" and size < len(x):
            share = number(float(len(x_part)), pred.precision) / len(x)
            losses[-1] = share * losses[-1]
            gradients[-1] = {name: share * gradient for name, gradient in gradients[-1].items()}
    if len(losses) == 1:
        return losses[0], gradients[0]
    sums = {name: stack([gradient[name] for gradient in gradients]).sum(axis=0) for name in gradients[0]}
    return stack(losses).sum(), sums
