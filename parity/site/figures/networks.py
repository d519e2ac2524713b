"""What hidden layers can separate, and how an error comes back through them."""

import numpy as np

import scratch
import torchref
from parity import plots
from parity.plots import COLOURS
from parity.site.figures.drawing import BACKENDS, STYLES, grid, line_in, start

SETS = ("xor", "moons", "circles", "blobs")


def xor_by_hand():
    """Left, the four points of XOR and the lines of two hidden neurons. Right, the same points as the last neuron sees
    them, at the outputs of both: one line separates them.

    Two plots. On the left are the corners of a square, (0, 1) and (1, 0) of one label, (0, 0) and (1, 1) of the other;
    two parallel lines run between them, x1 + x2 = 1/2 for h1 and x1 + x2 = 3/2 for h2, and the points of label +1 lie
    in the strip between them. On the right only three places are left: (-1, -1) and (1, 1) of label -1, and (1, -1),
    where both points of label +1 have come to lie; the line h1 - h2 - 1 = 0 separates it from the others.
    """
    figure, (left, right) = grid(1, 2, width=3.6, height=3.6)
    weights = ([[1, 1], [1, 1]], [-0.5, -1.5]), ([[1, -1]], [-1])
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        first, last = ([backend.tensor(part) for part in layer] for layer in weights)
        x, y = backend.load_data("xor")
        hidden = backend.sign(backend.linear(x, *first))
        if backend is scratch:
            for ax, points in ((left, x), (right, hidden)):
                plots.plot_points(points, y, ax=ax).legend(loc="center", bbox_to_anchor=(0.3, 0.58), frameon=False)
                ax.set_aspect("equal")
            left.get_legend().remove()
            left.set(xlim=(-0.6, 1.6), ylim=(-0.6, 1.6), xlabel="$x_1$", ylabel="$x_2$", title="the four points")
            right.set(
                xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), xlabel="$h_1$", ylabel="$h_2$", title="as the last neuron sees them"
            )
        for ax, (weight, bias) in ((left, first), (right, last)):
            for (w1, w2), b in zip(plots.array(weight), plots.array(bias), strict=True):
                line_in(ax, w1, w2, b, **style)
    for name, place in (("$h_1$", (-0.45, 1.2)), ("$h_2$", (0.15, 1.5))):
        left.text(*place, name)
    return figure


def straight_borders():
    """The decision regions of a network without a hidden layer.

    Four plots: xor, moons, circles, blobs. The boundaries are straight, and only the blobs are separated; wrong points
    are ringed. For xor and circles no line helps: the weights shrink to nearly 0. The dashed boundary of torchref
    coincides with that of scratch.
    """
    return decisions([])


def bent_borders():
    """With a hidden layer of eight neurons, the decision boundaries bend around the points.

    The same four sets: the two classes of xor, moons and circles are separated, and so are the three blobs. The dashed
    boundary of torchref coincides with that of scratch.
    """
    return decisions([8])


def decisions(hidden):
    """The decision regions of four networks, and the boundaries of torchref on top."""
    from matplotlib.lines import Line2D

    figure, axes = grid(2, 2)
    for ax, name in zip(axes, SETS, strict=True):
        x, y = scratch.load_data(name)
        nets = [trained(backend, name, hidden) for backend in BACKENDS]

        def scores(points, net=nets[0], three=name == "blobs"):
            z = net(points)
            return z if three else scratch.sigmoid(z)

        plots.plot_decision(x, y if name == "blobs" else (y + 1) / 2, scores, ax=ax)
        border(ax, nets[1])
        ax.get_legend().remove()
        ax.set_title(name)
    borders = [
        Line2D([], [], color="black", linewidth=1.2, label="boundary of scratch"),
        Line2D([], [], color="white", linewidth=1.4, linestyle="--", label="boundary of torchref, on top"),
    ]
    figure.legend(handles=borders, loc="outside lower center", ncols=2, facecolor="0.55")
    return figure


def trained(backend, name, hidden):
    """A network trained on one data set, from the same initial weights in both backends."""
    x, y = backend.load_data(name)
    loss, outputs = ("cross_entropy", 3) if name == "blobs" else ("binary_cross_entropy_with_logits", 1)
    sizes = [2, *hidden, outputs]
    net = backend.MLP(sizes, activation="tanh")
    net.load_state_dict(start(sizes))
    target = y if name == "blobs" else (y + 1) / 2
    backend.fit(net, x, target, loss=loss, optimizer="Adam", lr=0.05, epochs=200)
    return net


def border(ax, net):
    """Draw the boundaries between classes, dashed."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    across, up = np.linspace(left, right, 80), np.linspace(bottom, top, 80)
    points = torchref.tensor(np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2))
    z = plots.array(net(points))
    for number in range(z.shape[1]):
        margin = z[:, number] - np.delete(z, number, axis=1).max(axis=1) if z.shape[1] > 1 else z[:, 0]
        if margin.min() < 0 < margin.max():
            ax.contour(across, up, margin.reshape(80, 80), levels=[0], colors="white", linestyles="--", linewidths=1)


def backpropagation():
    """Above, in blue, the values go forward. Below, in orange, the derivatives of the loss go backward along the same
    edges.

    The same graph twice: inputs x1 and x2, hidden neurons h1 and h2, the output y, the loss L. Above, each edge has its
    weight, each hidden neuron its bias b, its sum z and its activation a, and the loss is at the right end. Below, the
    arrows point to the left, from the loss to the weights: each edge has the derivative of the loss with respect to its
    weight, each neuron those with respect to a, z and b. The numbers are those of the text.
    """
    found = small_net()
    figure, axes = grid(2, 1, width=5.6, height=3.4)
    values = [
        [f"{found['x'][k]:g}" for k in range(2)],
        [f"$b$ = {told(found['b1'][k])}, $z$ = {told(found['z1'][k])}\n$a$ = {told(found['a1'][k])}" for k in range(2)],
        f"$b$ = {told(found['b2'][0])}\n{told(found['y_hat'][0])}",
        told(found["loss"]),
    ]
    graph(axes[0], COLOURS[1], values, found["W1"], found["W2"][0])
    slopes = [f"$\\partial L/\\partial a$ = {told(found['da1'][k])}\n" for k in range(2)]
    slopes = [
        f"{slope}$\\partial L/\\partial z, \\partial L/\\partial b$ = {told(found['dz1'][k])}"
        for k, slope in enumerate(slopes)
    ]
    values = [
        ["", ""],
        slopes,
        f"$\\partial L/\\partial \\hat y, \\partial L/\\partial b$\n{told(found['dz2'][0])}",
        "",
    ]
    graph(axes[1], COLOURS[0], values, found["dW1"], found["dW2"][0], backward=True)
    return figure


def small_net():
    """The numbers of the lesson, forward and backward, by the layers of ``scratch``."""
    net = scratch.MLP([2, 2, 1], activation="tanh")
    first, last = {"weight": [[-0.5, 0.5], [1.0, 0.25]], "bias": [0.0, -0.5]}, {"weight": [[1.0, 0.5]], "bias": [0.0]}
    net.fc1.load_state_dict(first)
    net.fc2.load_state_dict(last)
    x, y = scratch.tensor([[1.0, 2.0]]), scratch.tensor([[-1.0]])
    z1 = net.fc1(x)
    a1 = scratch.tanh(z1)
    y_hat = net.fc2(a1)
    dz2 = scratch.squared_error_backward(y_hat, y)
    da1 = net.fc2.backward(dz2)
    dz1 = scratch.tanh_backward(z1, da1)
    net.fc1.backward(dz1)
    sample = {"x": x, "z1": z1, "a1": a1, "y_hat": y_hat, "dz2": dz2, "da1": da1, "dz1": dz1}
    weights = {"W1": net.fc1.weight, "b1": net.fc1.bias, "W2": net.fc2.weight, "b2": net.fc2.bias}
    return {
        "loss": scratch.squared_error(y_hat, y),
        **{name: row[0] for name, row in sample.items()},
        **{name: parameter.data for name, parameter in weights.items()},
        **{f"d{name}": parameter.grad for name, parameter in weights.items()},
    }


def told(value):
    """A number as the lesson writes it, rounded to four decimals if it has more.

    >>> told(0.46211), told(0.38698), told(2.0)
    ('0.4621', '0.3870', '2')
    """
    text = f"{value:.4f}"
    return (f"{value:g}" if float(text) == value else text).replace("-", "−")


def graph(ax, colour, values, first, last, backward=False):
    """A 2-2-1 net and its loss, with texts at the nodes and numbers on the edges."""
    inputs, hidden, output, loss = [(0.0, 2.0), (0.0, 0.0)], [(3.0, 2.0), (3.0, 0.0)], (5.4, 1.0), (6.9, 1.0)
    for k, place in enumerate(hidden):
        for i, source in enumerate(inputs):
            edge(ax, colour, source, place, told(first[k, i]), 0.5 if i == k else 0.25, backward)
        edge(ax, colour, place, output, told(last[k]), 0.5, backward)
    edge(ax, colour, output, loss, "", 0.5, backward)
    names = zip((*inputs, *hidden, output, loss), ("$x_1$", "$x_2$", "$h_1$", "$h_2$", r"$\hat y$", "$L$"), strict=True)
    for place, name in names:
        ax.text(*place, name, ha="center", va="center", bbox={"boxstyle": "circle", "fc": "white", "ec": "black"})
    texts = zip((*inputs, *hidden, output, loss), (*values[0], *values[1], *values[2:]), strict=True)
    for (across, up), text in texts:
        above = up > 0
        ax.text(
            across, up + (0.42 if above else -0.42), text, ha="center", va="bottom" if above else "top", color=colour
        )
    ax.set(xlim=(-0.5, 7.4), ylim=(-1.1, 3.1), title="backward" if backward else "forward")
    ax.set_aspect("equal")
    ax.set_axis_off()


def edge(ax, colour, left, right, text, share, backward):
    """An arrow between two nodes, with a number at this share of its length."""
    arrow = {"arrowstyle": "-|>", "color": colour, "shrinkA": 15, "shrinkB": 15}
    ax.annotate("", *((left, right) if backward else (right, left)), arrowprops=arrow)
    place = [a + share * (b - a) for a, b in zip(left, right, strict=True)]
    ax.text(*place, text, ha="center", va="center", color=colour, bbox={"color": "white", "pad": 1})
