"""The numbers of the page about backpropagation: both backends compute them while the page is built."""

import itertools

import numpy as np

import scratch
import torchref
from parity.mistakes import MISTAKES
from parity.plots import array
from parity.site.chapters import aligned, coloured, formula

# A net with two inputs, two hidden neurons and one output, small enough to follow by hand.
LR = 0.5
SETUP = f"""\
x, y, lr = tensor([1.0, 2.0]), tensor([-1.0]), {LR}
W1, b1 = tensor([[-0.5, 0.5], [1.0, 0.25]]), tensor([0.0, -0.5])
W2, b2 = tensor([[1.0, 0.5]]), tensor([0.0])
"""
FORWARD = """
z1 = W1 @ x + b1
a1 = np.tanh(z1)
y_hat = W2 @ a1 + b2
loss = ((y_hat - y) ** 2).sum() / 2
"""
BACKWARD = """
dz2 = y_hat - y
dW2, db2 = np.outer(dz2, a1), dz2
da1 = W2.T @ dz2
dz1 = da1 * (1 - a1**2)
dW1, db1 = np.outer(dz1, x), dz1
"""
UPDATE = """
W1, b1 = W1 - lr * dW1, b1 - lr * db1
W2, b2 = W2 - lr * dW2, b2 - lr * db2
"""
START = f"import numpy as np\nfrom scratch import tensor\n\n{SETUP}"
NUMPY = START + FORWARD + BACKWARD + UPDATE
PYTORCH = f"""\
import torch
from torchref import tensor

{SETUP}for p in (W1, b1, W2, b2):
    p.requires_grad_()
{FORWARD.replace("np.", "torch.")}
loss.backward()

with torch.no_grad():
    for p in (W1, b1, W2, b2):
        p -= lr * p.grad
"""
# The mistake: the last weights are updated before the error has passed through them.
EARLY = """
dz2 = y_hat - y
W2 = W2 - lr * np.outer(dz2, a1)  # too early
da1 = W2.T @ dz2
dz1 = da1 * (1 - a1**2)
dW1 = np.outer(dz1, x)
"""
TOO_EARLY = MISTAKES["backward_through_updated_weights"]
# Of the exercises: a bias that keeps the first sum negative, and a bug.
DEAD_BIAS = -1.0
TRANSPOSED = BACKWARD.replace("np.outer(dz1, x)", "np.outer(x, dz1)")
# Every number of the two passes and of the step, as in the code and as in the text.
LABELS = {
    "z1": "z₁",
    "a1": "a₁",
    "y_hat": "ŷ = z₂",
    "loss": "L",
    "dz2": "∂L/∂z₂",
    "dW2": "∂L/∂W₂",
    "db2": "∂L/∂b₂",
    "da1": "∂L/∂a₁",
    "dz1": "∂L/∂z₁",
    "dW1": "∂L/∂W₁",
    "db1": "∂L/∂b₁",
    "W1": "new W₁",
    "b1": "new b₁",
    "W2": "new W₂",
    "b2": "new b₂",
}


def numbers():
    """The numbers of one forward and one backward pass."""
    start, end, ours, theirs = run(START), run(NUMPY), passes(scratch), passes(torchref)
    formulas = latexes(start, end).items()
    return {
        "formulas": {name: formula(latex, f"backpropagation, {name}") for name, latex in formulas},
        "start": shown(start),
        "end": shown(end),
        "lr": LR,
        "first": [written(start["W1"][0, :1]), written(end["dW1"][0, :1])],
        "h2": [short(value) for value in (start["W2"][0, 1], end["da1"][1], 1 - end["a1"][1] ** 2, end["dz1"][1])],
        "nudge": nudge(),
        "columns": aligned(NUMPY.splitlines(), PYTORCH.splitlines()),
        "rows": [
            (label, written(ours[name]), written(theirs[name]), compared(ours[name], theirs[name]))
            for name, label in LABELS.items()
        ],
        "same": [same_bits(end, ours), same_bits(run(PYTORCH), theirs)],
        "early": shown(run(START + FORWARD + EARLY)),
        "early_code": coloured(EARLY.strip(), "python"),
        "losses": losses_after(1, 2, 5, 50),
        "mistake": TOO_EARLY,
        "refusal": refusal(),
        "costs": [cost(sizes) for sizes in ([2, 2, 1], [784, 256, 10], [64, 64, 64, 64, 64, 10])],
        "vanished": f"{(1 - end['a1'] ** 2).min() ** 10:.1g}",
        "other": shown(run(other_sample())),
        "dead": shown(run(dead_neuron())),
        "dead_bias": written(DEAD_BIAS),
        "transposed": shown(run(START + FORWARD + TRANSPOSED)),
        "transposed_code": coloured(TRANSPOSED.strip(), "python"),
    }


def run(code):
    """The arrays that lines of code leave behind, and the gradients of their tensors as ``dW1``, by name."""
    names: dict = {}
    exec(code, names)
    found = {name: value for name, value in names.items() if hasattr(value, "tolist")}
    leaves = {f"d{name}": value.grad for name, value in found.items() if getattr(value, "is_leaf", False)}
    return {name: array(value) for name, value in {**found, **leaves}.items() if value is not None}


def started(backend):
    """The net, the sample and the target of the lesson in one backend."""
    start = run(START)
    net = backend.MLP([2, 2, 1], activation="tanh")
    weights = {"fc1.weight": start["W1"], "fc1.bias": start["b1"], "fc2.weight": start["W2"], "fc2.bias": start["b2"]}
    net.load_state_dict(weights)
    return net, backend.tensor(start["x"][None]), backend.tensor(start["y"][None])


def passes(backend):
    """Every number of both passes and of one step: by the layers of ``scratch``, or by the autograd of ``torchref``."""
    net, x, y = started(backend)
    z1 = net.fc1(x)
    a1 = backend.tanh(z1)
    y_hat = net.fc2(a1)
    loss = backend.squared_error(y_hat, y)
    backward = by_layers if backend is scratch else by_autograd
    dz2, da1, dz1 = backward(net, z1, a1, y_hat, y, loss)
    parameters = {"W1": net.fc1.weight, "b1": net.fc1.bias, "W2": net.fc2.weight, "b2": net.fc2.bias}
    found = {"z1": z1, "a1": a1, "y_hat": y_hat, "loss": loss, "dz2": dz2, "da1": da1, "dz1": dz1}
    found |= {f"d{name}": parameter.grad for name, parameter in parameters.items()}
    backend.SGD(net.parameters(), lr=LR).step()
    arrays = {name: array(value) for name, value in {**found, **parameters}.items()}
    return {name: value if "W" in name else value.ravel() for name, value in arrays.items()}  # one sample, one row


def by_layers(net, z1, a1, y_hat, y, loss):
    """The derivatives of the loss by y_hat, a1 and z1, layer by layer."""
    dz2 = scratch.squared_error_backward(y_hat, y)
    da1 = net.fc2.backward(dz2)
    dz1 = scratch.tanh_backward(z1, da1)
    net.fc1.backward(dz1)
    return dz2, da1, dz1


def by_autograd(net, z1, a1, y_hat, y, loss):
    """The same derivatives, which autograd keeps if asked to."""
    for value in (y_hat, a1, z1):
        value.retain_grad()
    loss.backward()
    return y_hat.grad, a1.grad, z1.grad


def latexes(start, end):
    """The formulas of both passes with their numbers, in parts that can wrap."""
    s, e = ({name: matrix(value) for name, value in values.items()} for values in (start, end))
    a_row, x_row = (matrix(values[None]) for values in (end["a1"], end["x"]))
    slope, transposed = matrix(1 - end["a1"] ** 2), matrix(start["W2"].T)
    return {
        "z1": rf"z_1 = W_1 x + b_1 \quad = {s['W1']} {s['x']} + {s['b1']} \quad = {e['z1']}",
        "a1": rf"a_1 = \tanh(z_1) \quad = {e['a1']}",
        "z2": rf"\hat y = z_2 = W_2 a_1 + b_2 \quad = {s['W2']} {e['a1']} + {s['b2']} \quad = {e['y_hat']}",
        "loss": rf"L = \tfrac12 (\hat y - y)^2 \quad = {e['loss']}",
        "dz2": rf"{by('z_2')} = \hat y - y \quad = {e['dz2']}",
        "dW2": rf"{by('W_2')} = {by('z_2')} a_1^\top \quad = {e['dz2']} \cdot {a_row} \quad = {e['dW2']}",
        "da1": rf"{by('a_1')} = W_2^\top {by('z_2')} \quad = {transposed} \cdot {e['dz2']} \quad = {e['da1']}",
        "dz1": rf"{by('z_1')} = {by('a_1')} \odot (1 - a_1^2) \quad = {e['da1']} \odot {slope} \quad = {e['dz1']}",
        "dW1": rf"{by('W_1')} = {by('z_1')} x^\top \quad = {e['dz1']} {x_row} \quad = {e['dW1']}",
        "step": rf"W_1 \leftarrow W_1 - \eta \, {by('W_1')} \quad = {s['W1']} \quad {{}} - {LR} \cdot {e['dW1']}"
        rf" \quad = {e['W1']}",
        "chain": rf"{by('a_{l,k}')} = \sum_j {by('z_{l+1,j}')} \frac{{\partial z_{{l+1,j}}}}{{\partial a_{{l,k}}}}"
        r" \quad = \sum_j \delta_{l+1,j} \, w_{l+1,jk}",
        "slope": rf"\delta_{{l,k}} = {by('a_{l,k}')} \, g'(z_{{l,k}})",
        "delta": r"\delta_l = (W_{l+1}^\top \delta_{l+1}) \odot g'(z_l)",
        "weights": rf"{by('W_l')} = \delta_l \, a_{{l-1}}^\top \quad {by('b_l')} = \delta_l",
    }


def by(name):
    """The derivative of the loss with respect to this, in LaTeX."""
    return rf"\frac{{\partial L}}{{\partial {name}}}"


def matrix(values):
    """Numbers in LaTeX: one as it is, a vector as a column."""
    if values.size == 1:
        return short(values.item())
    rows = values if values.ndim == 2 else values[:, None]
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(map(short, row)) for row in rows) + r" \end{pmatrix}"


def short(value):
    """A number, rounded to four decimals if it has more.

    >>> short(0.46211), short(0.38698), short(2.0)
    ('0.4621', '0.3870', '2')
    """
    text = f"{value:.4f}"
    return f"{value:g}" if float(text) == value else text


def written(values):
    """An array in a line of text, its rows separated by semicolons."""
    return "; ".join(", ".join(map(short, row)) for row in np.atleast_2d(values)).replace("-", "−")


def shown(values):
    """Arrays as text, by name."""
    return {name: written(value) for name, value in values.items()}


def compared(ours, theirs):
    """Whether two arrays have the same bits, or how far apart they are."""
    return "same" if ours.tobytes() == theirs.tobytes() else f"gap {abs(ours - theirs).max():.1e}"


def same_bits(lines, backend):
    """How many numbers of the table the lines of the page give with the same bits."""
    found = {name: lines[name] for name in LABELS if name in lines}
    equal = sum(value.tobytes() == backend[name].tobytes() for name, value in found.items())
    return f"{equal} of {len(found)}"


def nudge(by=0.001):
    """The loss before and after the first weight is increased a little, and the slope between the two."""
    net, x, y = started(scratch)
    before = scratch.squared_error(net(x), y)
    net.fc1.weight.data[0, 0] += by
    after = scratch.squared_error(net(x), y)
    return [f"{value:.6f}" for value in (before, after)] + [f"{(after - before) / by:.4f}"]


def losses_after(*steps):
    """The loss after so many steps, right in both backends and with the mistake."""
    runs = [descent(scratch.train_step, scratch), descent(torchref.train_step, torchref)]
    runs.append(descent(TOO_EARLY.train_step, scratch))
    return [(step, *(small(losses[step]) for losses in runs)) for step in steps]


def descent(train_step, backend, steps=50):
    """The loss before each step, and once more after the last."""
    net, x, y = started(backend)
    optimizer = backend.SGD(net.parameters(), lr=LR)
    return [train_step(net, x, y, "squared_error", optimizer) for _ in range(steps + 1)]


def small(loss):
    """A loss for the table."""
    return "below 1e-12" if loss < 1e-12 else f"{loss:.4g}"


def refusal():
    """How PyTorch refuses to go back through weights that have changed."""
    changed = "with torch.no_grad():\n    W2 -= lr\nloss.backward()"
    try:
        run(PYTORCH.replace("loss.backward()", changed))
    except RuntimeError as error:
        return str(error).partition(":")[0]


def cost(sizes):
    """The multiplications of matrix products for one sample: forward, backward, and with each weight nudged in turn."""
    products = [inputs * outputs for inputs, outputs in itertools.pairwise(sizes)]
    forward, backward = sum(products), sum(products) + sum(products[1:])
    nudged = forward * (sum(products) + sum(sizes[1:]))
    return "-".join(map(str, sizes)), f"{forward:,}", f"{backward:,}", f"{backward / forward:.2f}", f"{nudged:,}"


def other_sample():
    """The lines with another input."""
    return NUMPY.replace("[1.0, 2.0]", "[0.0, 1.0]")


def dead_neuron():
    """The lines with relu for tanh, and a first hidden neuron whose sum is negative."""
    lines = NUMPY.replace("np.tanh(z1)", "np.maximum(z1, 0)").replace("(1 - a1**2)", "(z1 > 0)")
    return lines.replace("[0.0, -0.5]", f"[{DEAD_BIAS}, -0.5]")
