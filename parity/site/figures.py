"""The figures of the page, each drawn from runs of both backends: scratch below, torchref dashed on top.

A figure is a function that returns a matplotlib Figure. The first paragraph of its docstring is its caption, the rest
is the alternative text.
"""

import itertools
import re
import warnings
from base64 import b64encode
from fractions import Fraction
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import torch

import scratch
import torchref
from parity import plots
from parity.judge import referee
from parity.judge.rounding import bounded
from parity.mistakes import MISTAKES
from parity.plots import COLOURS
from scratch.activations import ACTIVATIONS

BACKENDS = (scratch, torchref)
# If both give the same, one curve is visible under the other.
STYLES: tuple[dict, ...] = (
    {"color": COLOURS[5], "linewidth": 4, "label": "scratch"},
    {"color": "black", "linewidth": 1, "linestyle": "--", "label": "torchref"},
)
TENTH = re.compile(r"(\.\d)\d+")
SETS = ("xor", "moons", "circles", "blobs")


def data_sets():
    """The data sets of the course.

    Seven scatter plots: the deck's eight points, which a line separates; the same with one label flipped, which no line
    separates; the logical and, xor; two interleaved moons, two circles one inside the other, three blobs.
    """
    names = ("toy", "toy_flipped", "and", "xor", "moons", "circles", "blobs")
    figure, axes = grid(4, 2, width=3.6, height=2.6)
    for ax, name in zip(axes, names, strict=False):
        plots.plot_points(*scratch.load_data(name), ax=ax).set_title(name)
    axes[-1].set_axis_off()
    return figure


def activations():
    """The activations and their derivatives; for softmax the first of three outputs, where the other two scores are 0.

    Six curves over z from -5 to 5, each with its derivative: the identity is a straight line of slope 1; the sigmoid
    rises from 0 to 1, its derivative is a bump of height 1/4; tanh rises from -1 to 1, its derivative is a bump of
    height 1; relu is 0 up to 0 and then z, its derivative a step; leaky_relu has a small slope left of 0, here 0.2;
    softmax of z, 0, 0 rises from 0 to 1 as the sigmoid does, but is 1/3 at z = 0 and 1/2 where z is the logarithm
    of 2, and there its derivative is highest, 1/4.
    """
    z = np.linspace(-5, 5, 401)[:, None]
    figure, axes = grid(3, 2)
    for ax, name in zip(axes, ACTIVATIONS, strict=True):
        options = {"negative_slope": 0.2} if name == "leaky_relu" else {}
        scores = z * [1, 0, 0] if name == "softmax" else z
        first = np.zeros_like(scores)
        first[:, 0] = 1
        for backend, style in zip(BACKENDS, STYLES, strict=True):
            zs = backend.tensor(scores)
            slope = getattr(backend, f"{name}_backward")(zs, backend.tensor(first), **options)
            ax.plot(z, plots.array(getattr(backend, name)(zs, **options))[:, 0], **style)
            ax.plot(z, plots.array(slope)[:, 0], **style | {"alpha": 0.45, "label": f"{style['label']}, derivative"})
        ax.set(title=name, xlabel="z", ylim=(-1.6, 2.2))
        ax.grid(alpha=0.25)
    axes[-1].set_title("softmax of (z, 0, 0), first output")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def legend_in(empty, ax):
    """Draw the legend of one Axes in the last, empty one."""
    empty.set_axis_off()
    empty.legend(*ax.get_legend_handles_labels(), loc="center", frameon=False)


def neuron():
    """A neuron adds weighted inputs and a bias, and applies an activation to the sum.

    A diagram: circles for the inputs x1, x2 and for a constant 1 at the left; arrows labelled w1, w2 and b lead from
    them to a circle with a sum sign, z; from there an arrow leads through a circle with g to the prediction y.
    """
    figure, (ax,) = grid(1, 1, width=6.4, height=2.9)
    ax.set(xlim=(-0.6, 7), ylim=(-0.7, 2.7))
    ax.set_aspect("equal")
    ax.set_axis_off()
    places = {"$x_1$": (0, 2), "$x_2$": (0, 1), "$1$": (0, 0), r"$\Sigma$": (3, 1), "$g$": (5, 1)}
    arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 15, "shrinkB": 15}
    for source, label, height in (("$x_1$", "$w_1$", 1.72), ("$x_2$", "$w_2$", 1.16), ("$1$", "$b$", 0.62)):
        ax.annotate("", places[r"$\Sigma$"], places[source], arrowprops=arrow)
        ax.text(1.35, height, label, ha="center", va="center", bbox={"color": "white", "pad": 1})
    ax.annotate("", places["$g$"], places[r"$\Sigma$"], arrowprops=arrow)
    ax.annotate("", (6.75, 1), places["$g$"], arrowprops=arrow | {"shrinkB": 0})
    ax.text(4, 1.18, "$z$", ha="center", va="bottom")
    ax.text(6.2, 1.18, r"$\hat y = g(w \cdot x + b)$", ha="center", va="bottom")
    for text, place in places.items():
        colour = "white" if text.startswith(("$x", "$1")) else plots.COLOURS[5]
        ax.text(*place, text, ha="center", va="center", bbox={"boxstyle": "circle", "fc": colour, "ec": "black"})
    return figure


def weighted_sum():
    """A neuron multiplies each input by its weight, and adds the products and the bias.

    A diagram: circles at the left for the inputs x1 = 2 and x2 = 1, and for a constant 1. Arrows labelled w1 = 0.5,
    w2 = -1 and b = 0.25 lead from them to a circle with a sum sign; beside the arrows stand the products 1, -1 and
    0.25. An arrow leads on to the sum z = 0.25.
    """
    x, weight, bias = [2.0, 1.0], [[0.5, -1.0]], [0.25]
    (z,), same = (plots.array(backend.linear(*map(backend.tensor, (x, weight, bias)))) for backend in BACKENDS)
    assert z == same[0]
    figure, (ax,) = grid(1, 1, width=6.4, height=2.6)
    ax.set(xlim=(-0.9, 6.2), ylim=(-0.5, 2.5))
    ax.set_aspect("equal")
    ax.set_axis_off()
    arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 20, "shrinkB": 17}
    names, weights = ("$x_1$ = {:g}", "$x_2$ = {:g}", "{:g}"), ("$w_1$", "$w_2$", "$b$")
    terms = zip(names, [*x, 1], weights, [*weight[0], *bias], (2, 1, 0), strict=True)
    for name, value, of_edge, w, up in terms:
        ax.annotate("", (3.6, 1), (0, up), arrowprops=arrow)
        ax.text(
            1.45,
            up + (1 - up) * 1.45 / 3.6,
            f"{of_edge} = {w:g}".replace("-", "−"),
            **CENTRED,
            bbox={"color": "white", "pad": 2},
        )
        ax.text(
            2.75,
            1 + (up - 1) * 0.42,
            f"{value * w:g}".replace("-", "−"),
            **CENTRED,
            color=COLOURS[0],
            bbox={"color": "white", "pad": 2},
        )
        ax.text(0, up, name.format(value), **CENTRED, bbox={"boxstyle": "round", "fc": "white", "ec": "black"})
    ax.annotate("", (5.1, 1), (3.6, 1), arrowprops=arrow | {"shrinkB": 0})
    ax.text(3.6, 1, r"$\Sigma$", **CENTRED, bbox={"boxstyle": "circle", "fc": COLOURS[5], "ec": "black"})
    ax.text(5.2, 1, f"$z$ = {z:g}", ha="left", va="center")
    return figure


CENTRED = {"ha": "center", "va": "center"}


def sides():
    """The line where the sum is 0 has two sides. Beside each point stands its sum, with the weights -1 and 0 and the
    bias 3.

    The deck's eight points and a vertical line at 3, that of scratch and, dashed on top, that of torchref. Left of it
    the sums are 3, 2, 1 and 0.5, and all labels are +1; right of it they are -1, -2 and -3, and all labels are -1.
    One point lies on the line, with the sum 0; it is ringed, because its label is -1 and its sign is 0.
    """
    figure, (ax,) = grid(1, 1, width=5.8, height=2.8)
    given = [[-1.0, 0.0]], [3.0]
    x, y = scratch.load_data("toy")
    plots.plot_line(x, y, *map(scratch.tensor, given), ax=ax)
    lines_of_both(ax, *given)
    for point, (z,) in zip(x, scratch.linear(x, *map(scratch.tensor, given)), strict=True):
        right = point[0] >= 3  # the text stays on the point's side
        place = {"xytext": (7 if right else -7, 7), "textcoords": "offset points", "ha": "left" if right else "right"}
        ax.annotate(f"{z:g}".replace("-", "−"), point, **place, zorder=5)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return figure


def lines_of_both(ax, weight, bias):
    """The line of one neuron, with the weights as each backend has them, one on top of the other."""
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        line_in(ax, *plots.array(backend.tensor(weight))[0], *plots.array(backend.tensor(bias)), zorder=2.5, **style)


def deck_line():
    """The deck's eight points, and the line that the perceptron finds in both backends.

    Four points of each label, separated by a nearly vertical line: a broad one of scratch, and on top of it, dashed,
    that of torchref.
    """
    figure, (ax,) = grid(1, 1, width=5.4, height=2.8)
    x, y = scratch.load_data("toy")
    runs = [perceptron(backend) for backend in BACKENDS]
    plots.plot_line(x, y, runs[0].weight, runs[0].bias, ax=ax)
    for run, style in zip(runs, STYLES, strict=True):
        line_in(ax, *plots.array(run.weight)[0], *plots.array(run.bias), zorder=2.5, **style)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return figure


def perceptron(backend, on_epoch=None):
    """The perceptron on the deck's points, from weights 0."""
    x, y = backend.load_data("toy")
    return backend.train_perceptron(backend.tensor([[0, 0]]), backend.tensor([0]), x, y, on_epoch=on_epoch)


def arrows():
    """Above: the weights are an arrow at right angles to the line, and a point is as far away as its sum divided by the
    arrow's length. Below: subtracting the point x turns the arrow away from it, and the line with the arrow.

    Above, the deck's points and a falling line through (3, 0) and (0, 4); from the line an arrow of the weights (-4,
    -3), drawn at a quarter of its length, points down to the left, to the side of the points with label +1. Dotted
    segments, at right angles to the line, lead to (0, 0), at the distance 2.4, and to (5, 0), at 1.6. Below, the
    arrow (1, 0.5) before a correction points towards x = (6, 0.5), whose label is -1; after it, the arrow (-5, 0)
    points away from x. The lines before and after stand at right angles to their arrows. Those of torchref lie dashed
    on top.
    """
    figure, axes = grid(2, 1, width=4.6, height=3.3)
    x, y = scratch.load_data("toy")
    weight, bias = np.array([-4.0, -3.0]), 12.0
    plots.plot_points(x, y, ax=axes[0]).get_legend().remove()
    lines_of_both(axes[0], [weight], [bias])
    axes[0].set(xlim=(-1.2, 7), ylim=(-2.4, 4.4))
    arrow_in(axes[0], (0.75, 3), weight / 4, COLOURS[1], "$w$")
    for point, away in ((x[4], (-14, 8)), (x[3], (-16, 6))):
        distance = (weight @ point + bias) / np.hypot(*weight)
        foot = point - distance * weight / np.hypot(*weight)
        axes[0].plot(*np.transpose([point, foot]), ":", color="black")
        axes[0].annotate(f"{abs(distance):g}", (point + foot) / 2, away, textcoords="offset points")
    before = [[1.0, 0.5]], [0.5]
    ax = axes[1]
    ax.set(xlim=(-6.2, 7), ylim=(-4.9, 6), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("equal")
    after = [
        backend.perceptron_step(*map(backend.tensor, before), backend.tensor(x[1]), backend.tensor(y[1]))
        for backend in BACKENDS
    ]
    for (weight, bias), name, colour in ((before, "before", "0.6"), (after[0], "after", COLOURS[1])):
        line_in(ax, *weight[0], *bias, color=colour, linewidth=4)
        arrow_in(ax, (0, 0), weight[0], colour, f"$w$ {name}")
    for weight, bias in (before, after[1]):
        line_in(ax, *plots.array(weight)[0], *plots.array(bias), **STYLES[1] | {"label": None})
    ax.scatter(*x[1], s=55, color=COLOURS[0], marker="s", zorder=3)
    ax.annotate("$x$, label −1", x[1], (0, 9), textcoords="offset points", ha="right")
    return figure


def arrow_in(ax, start, vector, colour, name):
    """An arrow from a place, and its name at its end."""
    end = np.add(start, vector)
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2, "shrinkA": 0, "shrinkB": 0},
        zorder=4,
    )
    ax.annotate(name, end, (0, 6), textcoords="offset points", ha="center", color="black", zorder=5)


def turning_line():
    """The line turns, epoch by epoch, until every point is on the correct side.

    The same plot for each backend: the deck's points, and a line for each of eight epochs of the perceptron, in the
    colours of the legend. The fourth line coincides with the first; the eighth, which coincides with the seventh,
    separates the points.
    """
    from matplotlib import colormaps

    figure, axes = grid(2, 1, width=5.4, height=2.8)
    for ax, backend, style in zip(axes, BACKENDS, STYLES, strict=True):
        x, y = backend.load_data("toy")
        lines: list = []
        perceptron(backend, lambda _epoch, weight, bias, _mistakes, lines=lines: lines.append((weight, bias)))
        plots.plot_points(x, y, ax=ax).set_title(f"{style['label']}, {len(lines)} epochs")
        ax.set_autoscale_on(False)
        shades = colormaps["plasma_r"].resampled(len(lines) + 1)
        for epoch, (weight, bias) in enumerate(lines, start=1):
            shade = {"color": shades(epoch), "label": f"epoch {epoch}"}
            line_in(ax, *plots.array(weight)[0], *plots.array(bias), linewidth=1.8, **shade)
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize="small")
    return figure


def line_in(ax, w1, w2, b, **style):
    """The line w1 x1 + w2 x2 + b = 0, clipped by the axes."""
    if w1 or w2:
        nearest = -b * np.array([w1, w2]) / (w1 * w1 + w2 * w2)
        ax.axline(nearest, nearest + np.array([-w2, w1]), **style)


def squeezed():
    """The squared length of the weights cannot leave the band between two limits; where these meet, corrections end.

    On logarithmic axes, over the corrections n from 1/2 to 3000, where one by a point on the line counts half: an
    upper straight line, n times the largest squared length of a point; a steeper lower line, n squared times the
    squared margin. They meet at 1051. Between them, a short curve: the squared length of the perceptron's weights on
    the deck's points, which ends after 19.5. The curve of torchref lies dashed on that of scratch.
    """
    figure, (ax,) = grid(1, 1, width=6, height=3.4)
    n = np.geomspace(0.5, 3000, 50)
    largest, margin = 37.25, 9 / 254
    ax.loglog(n, n * largest, color=COLOURS[0])
    ax.loglog(n, n**2 * margin, color=COLOURS[2])
    ax.fill_between(
        n, n**2 * margin, n * largest, where=n <= largest / margin, color=COLOURS[5], alpha=0.2, linewidth=0
    )
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        ax.loglog(*np.transpose(lengths(backend)), **style)
    ax.axvline(largest / margin, color="black", linestyle=":", linewidth=1)
    ax.text(8, 620, r"at most $n R^2$", color=COLOURS[0], ha="right", va="bottom")
    ax.text(70, 60, r"at least $n^2 \gamma^2$", color=COLOURS[2], ha="left", va="top")
    ax.text(largest / margin * 0.9, 0.02, r"$R^2 / \gamma^2$ = " + f"{largest / margin:.0f}", ha="right", va="bottom")
    ax.set(xlabel="corrections $n$", ylabel="$W \\cdot W$", xlim=(0.5, 3000), ylim=(0.008, 2e5))
    ax.legend(loc="upper left", frameon=False)
    return figure


def lengths(backend):
    """Each correction of the perceptron on the deck's points: how many there were, and the squared length of (w, b)."""
    x, y = backend.load_data("toy")
    weight, bias = backend.tensor([[0, 0]]), backend.tensor([0])
    found, corrections = [], 0.0
    while True:
        before = corrections
        for x_i, y_i in zip(x, y, strict=True):
            delta = float((y_i - backend.predict(x_i, weight, bias))[0]) / 2
            weight, bias = backend.perceptron_step(weight, bias, x_i, y_i)
            corrections += abs(delta)
            if delta:
                found.append((corrections, float((weight**2).sum() + (bias**2).sum())))
        if corrections == before:
            return found


def stairs():
    """The number of mistakes is a staircase: where it is level, it does not tell the way. Half the squared error slopes
    everywhere but at its minimum.

    Two plots over the bias b from -1 to 7, with the weights -1 and 0, on the deck's points. The number of mistakes
    falls from 4 to 0 in steps and rises again, level between the steps; a point on the line counts. Half the squared
    error is a parabola with its minimum at 2.9375. The curves of torchref lie dashed on those of scratch.
    """
    figure, axes = grid(2, 1, width=4.6, height=2.6)
    biases = np.linspace(-1, 7, 801)
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        x, y = backend.load_data("toy")
        z = [backend.linear(x, backend.tensor([[-1, 0]]), backend.tensor([b])) for b in biases]
        axes[0].plot(biases, [int((backend.sign(one) != y).sum()) for one in z], **style)
        axes[1].plot(biases, [float(backend.squared_error(one, y)) for one in z], **style)
    axes[0].set(title="number of mistakes")
    axes[1].set(title="half the squared error", xlabel="$b$")
    axes[1].legend()
    for ax in axes:
        ax.grid(alpha=0.25)
    return figure


def sure_and_wrong():
    """The label is 0. Left, the loss over the sum z; right, its derivative with respect to z, which is all that reaches
    the weights. The neuron has a sigmoid.

    Two plots over z from -6 to 12. The squared error rises from 0 and is flat at 1/2 where z is large; its derivative
    is a small bump of height 0.15 that falls back to 0. The cross-entropy rises like a straight line of slope 1, and
    its derivative, the prediction minus the label, rises from 0 to 1 and stays there. The curves of both backends
    coincide.
    """
    figure, axes = grid(1, 2)
    sums = np.linspace(-6, 12, 181)[:, None]
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        z, zeros = backend.tensor(sums), backend.tensor(np.zeros_like(sums))
        pred = backend.sigmoid(z)
        halves = [float(backend.squared_error(p, zero)) for p, zero in zip(pred, zeros, strict=True)]
        logs = [float(backend.binary_cross_entropy_with_logits(s, zero)) for s, zero in zip(z, zeros, strict=True)]
        slopes = plots.array(backend.sigmoid_backward(z, backend.squared_error_backward(pred, zeros)))
        steep = len(sums) * plots.array(backend.binary_cross_entropy_with_logits_backward(z, zeros))
        for ax, flat, rising in ((axes[0], halves, logs), (axes[1], slopes, steep)):
            ax.plot(sums, rising, **style)
            ax.plot(sums, flat, **style | {"label": None})
    axes[0].text(6.2, 7.6, "cross-entropy", ha="right")
    axes[0].text(12, 0.9, "half the squared error", ha="right")
    axes[1].text(11.8, 0.92, "of the cross-entropy", ha="right")
    axes[1].text(12, 0.1, "of half\nthe squared error", ha="right")
    axes[0].set(title="loss", xlabel="$z$", ylim=(-0.3, 10))
    axes[1].set(title="derivative with respect to z", xlabel="$z$", ylim=(-0.03, 1.05))
    axes[0].legend(loc="upper left", frameon=False)
    return figure


def losses():
    """The losses and their derivatives, for one sample with target 1; cross_entropy as a function of the score of the
    correct one of three classes, where the other two scores are 0.

    Curves over the prediction: half the squared error and the squared error are parabolas with their minimum at 1; the
    cross-entropies decrease towards the target, steeply where the prediction is far off. That of three classes is the
    logarithm of 3 where all scores are 0 and tends to 0 as the correct score grows; its derivative is between -1 and 0.
    """
    cases = {
        "squared_error": np.linspace(-1, 3, 201),
        "mse_loss": np.linspace(-1, 3, 201),
        "binary_cross_entropy": np.linspace(0.02, 0.99, 201),
        "binary_cross_entropy_with_logits": np.linspace(-5, 5, 201),
        "cross_entropy": np.linspace(-5, 5, 201),
    }
    figure, axes = grid(3, 2)
    for ax, (name, preds) in zip(axes, cases.items(), strict=False):
        of_classes = name == "cross_entropy"
        for backend, style in zip(BACKENDS, STYLES, strict=True):
            loss, slope = getattr(backend, name), getattr(backend, f"{name}_backward")
            target = [0] if of_classes else backend.tensor([[1.0]])
            tensors = [backend.tensor([[pred, 0, 0] if of_classes else [pred]]) for pred in preds]
            ax.plot(preds, [float(loss(pred, target)) for pred in tensors], **style)
            slopes = [float(plots.array(slope(pred, target))[0, 0]) for pred in tensors]
            ax.plot(preds, slopes, **style | {"alpha": 0.45, "label": f"{style['label']}, derivative"})
        xlabel = "score of the right class" if of_classes else "prediction"
        ax.set(title=name.replace("_with", "\nwith"), xlabel=xlabel, ylim=(-4.5, 4.5))
        ax.grid(alpha=0.25)
    legend_in(axes[5], axes[0])
    return figure


def secants():
    """A line through the points of the curve at w = 1 and w = 1 + h has the quotient as its slope. The smaller h is,
    the closer the line comes to the curve's own slope, 2.

    A parabola over a weight w, with its minimum 0 at w = 1/2. Through its point at w = 1 go three lines: the steepest
    meets the curve again at w = 2 and has the slope 4, the next meets it at w = 1.5 and has the slope 3, the last one
    touches the curve at w = 1 and has the slope 2.
    """
    figure, (ax,) = grid(1, 1, width=5.4, height=3.4)
    weights = np.linspace(-0.4, 2.1, 101)
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        ax.plot(weights, [of_one_weight(backend, weight)[0] for weight in weights], **style)
    here, slope = of_one_weight(scratch, 1.0)
    across = np.array([0.3, 2.1])
    for h, colour in ((1, COLOURS[0]), (0.5, COLOURS[1])):
        there, _ = of_one_weight(scratch, 1 + h)
        quotient = (there - here) / h
        ax.plot(
            across, here + quotient * (across - 1), color=colour, linewidth=1.2, label=f"h = {h:g}, slope {quotient:g}"
        )
        ax.plot([1 + h], [there], "o", color=colour)
    ax.plot(across, here + slope * (across - 1), color=COLOURS[2], linewidth=2, label=f"the curve's slope, {slope:g}")
    ax.plot([1], [here], "o", color="black", zorder=3)
    ax.set(xlabel="$w$", ylabel="$L$", ylim=(-0.8, 5))
    ax.legend(loc="upper left", frameon=False)
    return figure


def of_one_weight(backend, weight):
    """The squared error of a neuron with one input, 2, where 1 is right, and its derivative."""
    given = [backend.tensor(value) for value in ([[weight]], [0], [[2]], [[1]])]
    loss = backend.squared_error(backend.linear(given[2], *given[:2]), given[3])
    return float(loss), float(plots.array(backend.neuron_gradients(*given)[0])[0, 0])


def learning_rates():
    """One weight, four learning rates, eight steps each, from w = 1: it creeps, it works, it oscillates, it diverges.

    Four times the same parabola with its minimum at w = 1/2, and the weights after each step as dots joined by lines.
    With 0.02 the dots lie close together and stay far from the minimum; with 0.15 they reach it after some steps; with
    0.45 they jump from side to side and come closer; with 0.55 they jump from side to side and climb. The border is
    0.5. The dots of both backends coincide.
    """
    figure, axes = grid(2, 2, height=2.6)
    weights = np.linspace(-0.6, 1.6, 101)
    for ax, lr, what in zip(axes, (0.02, 0.15, 0.45, 0.55), ("creeps", "works", "oscillates", "diverges"), strict=True):
        ax.plot(weights, [of_one_weight(scratch, weight)[0] for weight in weights], color="0.6", linewidth=0.8)
        for backend, style in zip(BACKENDS, STYLES, strict=True):
            path = [1.0]
            for _ in range(8):
                path.append(path[-1] - lr * of_one_weight(backend, path[-1])[1])
            losses = [of_one_weight(backend, weight)[0] for weight in path]
            ax.plot(path, losses, marker="o", markersize=3 if style["linewidth"] == 1 else 6, **style)
        ax.set(title=f"{lr}: it {what}", xlabel="$w$", xlim=(-0.6, 1.6), ylim=(-0.1, 1.7))
    axes[0].set_ylabel("$L$")
    axes[2].set_ylabel("$L$")
    axes[0].legend(frameon=False, fontsize="small")
    return figure


def error_surface():
    """The error as a function of both weights of a neuron, with the bias fixed at 1, and the path of gradient descent.

    Contour lines of a long valley; a path leads from the start down the steep side and then along the bottom towards
    the minimum. The paths of both backends coincide.
    """
    figure, axes = grid(1, 1, width=5.4, height=4)
    paths = []
    for backend in BACKENDS:
        inputs, targets = backend.load_data("toy")
        weight, bias = backend.tensor([[0.9, 1.6]]), backend.tensor([1.0])
        path = [weight]
        for _ in range(60):
            weight, _ = backend.gradient_step(weight, bias, inputs, targets, lr=0.01)
            path.append(weight)
        paths.append(np.array([plots.array(weight)[0] for weight in path]))
    surface(axes[0], of_two_weights, -1.1, 1.3, -1.3, 2.0)
    follow(axes[0], paths, "$w_1$", "$w_2$")
    return figure


def one_by_one():
    """The same start, learning rate and number of looks at the points. On the left each step takes all points at once,
    on the right a step follows each point. Above, the first three epochs; below, three epochs after 120 more,
    enlarged, where the cross is the minimum. The bias is fixed at 1.

    Four plots of one long valley, the error as a function of both weights. Above, three long steps go down the steep
    side and along the bottom, and 24 short ones zigzag the same way to nearly the same place. Below, the left run
    stands still at the minimum; the right one goes round and round on a closed path of eight steps beside it. The
    paths of both backends coincide.
    """
    figure, axes = grid(2, 2, width=3.6)
    for ax, (late, one) in zip(axes, itertools.product((False, True), (False, True)), strict=True):
        surface(ax, of_two_weights, *((-0.49, -0.29, -0.25, 0.01) if late else (-1.1, 1.3, -1.3, 2.0)))
        paths = [descended(backend, one, 123 if late else 3) for backend in BACKENDS]
        follow(ax, [path[-25 if one else -4 :] for path in paths], "$w_1$", "$w_2$")
        if late:
            ax.plot(*lowest_weights(), "+", color="black", markersize=14, zorder=3)
        if late or one:
            ax.get_legend().remove()
        ax.set_title(("after 120 epochs, " if late else "") + ("one by one" if one else "all at once"))
    return figure


def lowest_weights():
    """Where the squared error is smallest, the bias being 1."""
    x, y = scratch.load_data("toy")
    return np.linalg.lstsq(x, y - 1)[0]


def of_two_weights(w1, w2):
    """The squared error over the deck's points of a neuron whose bias is 1."""
    x, y = scratch.load_data("toy")
    return float(scratch.squared_error(scratch.linear(x, np.array([[w1, w2]]), np.array([1.0])), y))


def descended(backend, one_by_one, epochs):
    """The weights from step to step; the bias stays 1."""
    x, y = backend.load_data("toy")
    samples = zip(x, y, strict=True) if one_by_one else [(x, y)]
    weight, bias = backend.tensor([[0.9, 1.6]]), backend.tensor([1.0])
    path = [weight]
    for sample in list(samples) * epochs:
        weight, _ = backend.gradient_step(weight, bias, *sample, lr=0.01)
        path.append(weight)
    return np.array([plots.array(weight)[0] for weight in path])


CALLS = ("loss", "zero_grad", "backward", "step")


def one_round():
    """The second round of the training loop: what stands in the first weight and in its gradient after each call. Only
    backward writes the gradient, only step moves the weight.

    A chain of four calls, the loss, zero_grad, backward, step, and an arrow back to the first. Below each call
    the weight and its gradient after it, of both backends: the weight stays -0.125 until step makes it -0.1283; the
    gradient is still 3.125 from the first round, then none, then 0.0816, and stays so.
    """
    figure, (ax,) = grid(1, 1, width=5.4, height=3)
    ax.set(xlim=(-1.2, 3.5), ylim=(-3.7, 1.1))
    ax.set_axis_off()
    for place, call in enumerate(CALLS):
        if place:
            ax.annotate("", (place - 0.38, 0), (place - 0.64, 0), arrowprops={"arrowstyle": "-|>", "color": "black"})
        ax.text(place, 0, call, ha="center", va="center", bbox={"boxstyle": "round", "fc": COLOURS[5], "ec": "black"})
    again = {"arrowstyle": "-|>", "color": "black", "connectionstyle": "arc3,rad=0.25", "shrinkA": 15, "shrinkB": 15}
    ax.annotate("", (0, 0.1), (len(CALLS) - 1, 0.1), arrowprops=again)
    for row, name in enumerate(("weight", "weight.grad")):
        top = -0.6 - 1.6 * row
        ax.text(-1.1, top, name, va="center", weight="bold")
        for backend, style, height in zip(BACKENDS, STYLES, (top - 0.5, top - 1), strict=True):
            ax.text(-1.1, height, style["label"], va="center")
            for place, values in enumerate(second_round(backend)):
                ax.text(place, height, values[row], ha="center", va="center")
    return figure


def second_round(backend):
    """The first weight and its gradient after each call of the second round, on the deck's points from weights 0."""
    x, y = backend.load_data("toy")
    net = backend.Linear(2, 1)
    net.load_state_dict({"weight": [[0, 0]], "bias": [0]})
    optimizer, found = backend.SGD(net.parameters(), lr=0.04), []

    def remember():
        grad = "None" if net.weight.grad is None else f"{plots.array(net.weight.grad)[0, 0]:.4f}"
        found.append((f"{plots.array(net.weight.data)[0, 0]:.4f}".replace("-", "−"), grad))

    for _ in range(2):
        found.clear()
        pred = net(x)
        loss = backend.mse_loss(pred, y)
        remember()
        optimizer.zero_grad()
        remember()
        net.backward(scratch.mse_loss_backward(pred, y)) if backend is scratch else loss.backward()
        remember()
        optimizer.step()
        remember()
    return found


def surface(ax, loss, left, right, bottom, top):
    """Contour lines of a function of two numbers."""
    across, up = np.linspace(left, right, 61), np.linspace(bottom, top, 61)
    heights = np.array([[loss(a, b) for a in across] for b in up])
    levels = heights.min() + np.ptp(heights) * np.geomspace(2e-3, 1, 12)
    ax.contour(across, up, heights, levels=levels, cmap="viridis", linewidths=0.8)


def follow(ax, paths, first, second):
    """The paths of both backends, one on top of the other."""
    for path, style in zip(paths, STYLES, strict=True):
        ax.plot(*path.T, marker="o", markersize=3 if style["linewidth"] == 1 else 6, **style)
    ax.set(xlabel=first, ylabel=second)
    ax.legend()


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


def start(sizes):
    """Initial weights for both backends."""
    rng = np.random.default_rng(3)
    shapes = {}
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(sizes), start=1):
        shapes[f"fc{layer}.weight"] = rng.uniform(-1, 1, (outputs, inputs))
        shapes[f"fc{layer}.bias"] = rng.uniform(-1, 1, outputs)
    return shapes


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


RULES: dict[str, dict] = {
    "SGD": {"lr": 0.06},
    "momentum": {"lr": 0.03, "momentum": 0.8},
    "Nesterov": {"lr": 0.03, "momentum": 0.8, "nesterov": True},
    "Adam": {"lr": 0.4},
}


def paths():
    """SGD, momentum, Nesterov momentum and Adam on one surface.

    Four plots of the same elliptic valley, thirty steps each from the same start: plain SGD zigzags across the valley,
    a little less each time; momentum swings across it in wide waves and past the minimum; Nesterov momentum crosses it
    once and then follows the bottom; Adam curves down in short steps, overshoots, and turns back.
    """
    figure, axes = grid(2, 2)
    for ax, (name, options) in zip(axes, RULES.items(), strict=True):
        surface(ax, lambda a, b: 0.5 * (a * a + 30 * b * b), -5, 2.5, -1.7, 1.7)
        follow(ax, [descent(backend, name, options) for backend in BACKENDS], "$w_1$", "$w_2$")
        ax.get_legend().remove()
        ax.set_title(name)
    axes[0].legend(fontsize="small")
    return figure


def descent(backend, name, options):
    """Thirty steps over the valley w1^2 / 2 + 15 w2^2."""
    update = backend.adam_update if name == "Adam" else backend.sgd_update
    weight, state = backend.tensor([-4.5, 1.2]), None
    path = [weight]
    for _ in range(30):
        weight, state = update(weight, weight * backend.tensor([1.0, 30.0]), state, **options)
        path.append(weight)
    return np.array([plots.array(weight) for weight in path])


def step_lengths():
    """The length of a step with the learning rate 1. Left, the gradient is 1 in every step; right, 1 and -1 in turn.

    Two plots of the length of the step over thirty steps, on a logarithmic scale. Where the gradient stays, plain SGD
    takes steps of length 1, and so does Adam; with momentum 0.8 they grow from 1 to 5; those of Adagrad shrink as one
    over the square root of the number of steps; those of RMSprop begin at 10 and shrink to 2. Where the gradient
    changes its sign, those with momentum swing and settle at 0.56; those of SGD, Adagrad and RMSprop are as before;
    those of Adam soon shrink below one tenth.
    """
    figure, axes = grid(1, 2, width=4.2, height=3.6)
    for ax, second, title in zip(axes, (1, -1), ("gradient 1, 1, 1, ...", "gradient 1, -1, 1, ..."), strict=True):
        for number, (name, (update, options)) in enumerate(LENGTHS.items()):
            for backend, style in zip(BACKENDS, STYLES, strict=True):
                lengths = steps_along(getattr(backend, update), backend, second, options)
                own = {"color": COLOURS[number], "label": name, "linewidth": 8 if name == "SGD" else 4}
                own = own if backend is scratch else {"label": None}
                ax.semilogy(np.arange(1, len(lengths) + 1), lengths, **style | own)
        ax.set(title=title, xlabel="step", ylim=(0.04, 14))
        ax.grid(alpha=0.25)
    axes[0].set_ylabel("length of the step")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, title="dashed: torchref")
    return figure


LENGTHS: dict[str, tuple[str, dict]] = {
    "SGD": ("sgd_update", {}),
    "momentum": ("sgd_update", {"momentum": 0.8}),
    "Adagrad": ("adagrad_update", {}),
    "RMSprop": ("rmsprop_update", {}),
    "Adam": ("adam_update", {}),
}


def steps_along(update, backend, second, options):
    """The length of each of thirty steps, whose gradients are 1 and this number in turn."""
    weight, state, lengths = backend.tensor([0.0]), None, []
    for gradient in [1.0, float(second)] * 15:
        new, state = update(weight, backend.tensor([gradient]), state, lr=1.0, **options)
        lengths.append(abs(float(new[0] - weight[0])))
        weight = new
    return lengths


def training_curves():
    """One training run in both backends from the same weights: the losses coincide, the gap is rounding.

    Above, the loss of each step on a logarithmic scale, two coinciding curves; below, the absolute gap between the
    weights of the two, which stays near one part in 10^15.
    """
    figure, axes = grid(2, 1, width=6.4, height=2.6)
    sizes, histories = [2, 8, 1], []
    for backend in BACKENDS:
        x, y = backend.load_data("moons")
        net = backend.MLP(sizes, activation="tanh")
        net.load_state_dict(start(sizes))
        weights: list = []
        options = {"loss": "mse_loss", "optimizer": "SGD", "lr": 0.1, "epochs": 600}

        def remember(*_, net=net, weights=weights):
            state = net.state_dict().values()
            weights.append(np.concatenate([np.array(plots.array(value)).ravel() for value in state]))

        history = backend.fit(net, x, y, on_step=remember, **options)
        histories.append((np.asarray(history.losses, dtype=float), np.array(weights)))
    for (losses, _), style in zip(histories, STYLES, strict=True):
        axes[0].plot(np.arange(1, len(losses) + 1), losses, **style)
    axes[0].set(ylabel="loss", yscale="log", title="moons, 2-8-1, mse_loss, SGD")
    axes[0].legend()
    gap = abs(histories[0][1] - histories[1][1]).max(axis=1)
    axes[1].plot(np.arange(1, len(gap) + 1), gap, color=COLOURS[0], linewidth=0.8)
    axes[1].set(xlabel="step", ylabel="largest gap of a weight", ylim=(0, None))
    return figure


def rate_sweep():
    """The loss of a neuron on the eight points after 40 epochs, over the learning rate. The vertical line is the
    border, 2 divided by the largest curvature.

    A curve on logarithmic axes: it falls from 1 at the rate 0.001 to 0.3 shortly before the border at 0.078, and
    beyond it rises steeply out of the picture. Both backends give the same curve.
    """
    figure, (ax,) = grid(1, 1, width=5, height=3.4)
    x, y = scratch.load_data("toy")
    inputs = np.hstack([x, np.ones((len(x), 1))])
    ax.axvline(2 / np.linalg.eigvalsh(2 * inputs.T @ inputs / len(x)).max(), color=COLOURS[0], label="border")
    rates = np.geomspace(0.001, 0.1, 41)
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        x, y = backend.load_data("toy")
        losses = []
        for lr in rates.tolist():
            net = backend.MLP([2, 1])
            net.load_state_dict(start([2, 1]))
            losses.append(backend.fit(net, x, y, lr=lr, epochs=40).losses[-1])
        ax.loglog(rates, losses, **style)
    ax.set(xlabel="learning rate", ylabel="loss after 40 epochs", ylim=(0.2, 20))
    ax.grid(alpha=0.25)
    ax.legend(loc="upper left")
    return figure


def held_back():
    """The loss of 30 points falls as a net is trained on them. That of the 70 points held back falls first, and then
    rises.

    Two pairs of curves over 400 epochs on a logarithmic scale. The loss of the training points falls from 1 to about
    0.02. That of the points held back falls from 0.8 to about 0.13 within 100 epochs and then rises to more than 0.3.
    The curves of both backends coincide.
    """
    figure, (ax,) = grid(1, 1, width=5, height=3.4)
    order, first = np.random.default_rng(0).permutation(100), scratch.MLP([2, 8, 1], activation="tanh", seed=0)
    first = first.state_dict()
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        x, y = backend.load_data("moons")
        net, losses = backend.MLP([2, 8, 1], activation="tanh"), []
        net.load_state_dict(first)

        def watch(_step, net, _loss, held=(x[order[30:]], y[order[30:]]), losses=losses, backend=backend):
            losses.append(float(plots.array(backend.mse_loss(net(held[0]), held[1]))))

        options = {"loss": "mse_loss", "optimizer": "Adam", "lr": 0.05, "epochs": 400}
        history = backend.fit(net, x[order[:30]], y[order[:30]], on_step=watch, **options)
        name = style["label"]
        ax.semilogy(history.losses, **style | {"label": f"{name}, trained on"})
        colour = style["color"] if backend is torchref else COLOURS[4]
        ax.semilogy(losses, **style | {"color": colour, "label": f"{name}, held back"})
    ax.set(xlabel="epoch", ylabel="loss")
    ax.grid(alpha=0.25)
    ax.legend(fontsize="small")
    return figure


def rates_and_momenta():
    """Four hundred nets trained at once: the final loss over learning rate and momentum.

    More momentum needs a smaller rate, and both together must not be too large: above the border the loss grows out of
    range.
    """
    figure, axes = grid(1, 2, width=5)
    rates, momenta = np.geomspace(0.001, 10, 20), np.linspace(0, 0.99, 20)
    sizes = [2, 8, 1]
    for backend, name, ax in zip(BACKENDS, ("scratch", "torchref"), axes, strict=True):
        x, y = backend.load_data("moons")
        nets = [backend.MLP(sizes, activation="tanh") for _ in rates for _ in momenta]
        for net in nets:
            net.load_state_dict(start(sizes))
        pairs = [(lr, momentum) for lr in rates.tolist() for momentum in momenta.tolist()]
        optimizers = [backend.SGD(net.parameters(), *pair) for net, pair in zip(nets, pairs, strict=True)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the figure shows which diverge
            histories = backend.fit_stack(nets, x, y, optimizer=optimizers, epochs=100)
        losses = np.reshape([history.losses[-1] for history in histories], (len(rates), len(momenta)))
        ceiling = 10 * histories[0].losses[0]
        plots.plot_map(("lr", "momentum"), (rates, momenta), losses, ceiling=ceiling, log_values=(True, False), ax=ax)
        ax.set_title(f"{name}; {ax.get_title()}")
    return figure


def between_floats():
    """The sum of what is stored for 0.1 and 0.2 lies between two floats; both backends give the one on the right.

    A number line with four floats, one ulp apart. What is stored for 0.3 is the second; the true 3/10 lies a fifth of
    an ulp to its right. The sum of the two stored numbers lies half-way between the second and the third float. An
    arrow leads from there to the third, which is what NumPy and PyTorch give.
    """
    figure, (ax,) = grid(1, 1, width=5, height=2.3)
    ax.set(xlim=(-1.3, 2.6), ylim=(-1.25, 1.3))
    ax.set_axis_off()
    ax.axhline(0, color="black", linewidth=1)
    ax.plot(range(-1, 3), [0] * 4, "|", color="black", markersize=22)
    sums = [float(plots.array(backend.linear(*map(backend.tensor, SUM)))[0]) for backend in BACKENDS]
    for total, style in zip(sums, STYLES, strict=True):
        ax.plot([place(total)] * 2, [-0.3, 0.3], **style)
    exact = place(Fraction(0.1) + Fraction(0.2))
    arrow = {"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-0.5", "color": COLOURS[0], "shrinkA": 4}
    ax.annotate("", (place(sums[0]), 0.3), (exact, 0), arrowprops=arrow)
    ax.plot([exact], [0], "o", color=COLOURS[0])
    ax.plot([place(Fraction(3, 10))], [0], "o", markerfacecolor="white", color="black")
    ax.text(exact, 0.62, "0.1 + 0.2 as stored,\nbefore rounding", color=COLOURS[0], ha="right", va="bottom")
    ax.text(place(sums[0]) + 0.15, 0.42, "NumPy and PyTorch", color=COLOURS[1], ha="left", va="bottom")
    ax.text(0, -0.42, "0.3 as stored", ha="center", va="top")
    ax.text(-1, -0.42, "a float", ha="center", va="top")
    ax.annotate("3/10", (place(Fraction(3, 10)), -0.08), (0.6, -0.42), va="top", arrowprops={"arrowstyle": "-"})
    ax.annotate("", (1, -0.75), (2, -0.75), arrowprops={"arrowstyle": "<->"})
    ax.text(1.5, -0.85, "1 ulp", ha="center", va="top")
    return figure


# 0.1 + 0.2 as a neuron computes it: inputs, weights, bias.
SUM = ([0.1, 0.2], [[1.0, 1.0]], [0.0])


def place(number):
    """The distance from the float 0.3, in ulp."""
    return float((Fraction(number) - Fraction(0.3)) / Fraction(float(np.spacing(0.3))))


def gap_under_bound():
    """The gap between the backends stays under the rounding bound, whatever the number of inputs; with one known
    mistake, a bias left out, it is far above.

    Three curves over the number of inputs of a neuron, from 2 to 4096, on logarithmic axes. What is allowed, twice the
    bound, rises from less than 10 to the power -15 to about 10 to the power -9; the gap between NumPy and PyTorch rises
    much more slowly and stays below it. The gap of the neuron without its bias, which is 1, is 1 everywhere.
    """
    figure, (ax,) = grid(1, 1, width=5, height=3.6)
    sizes = 2 ** np.arange(1, 13)
    gap, allowed, mistake = np.transpose([gaps(size) for size in sizes])
    ax.loglog(sizes, mistake, "-s", color=COLOURS[0], markersize=4)
    ax.loglog(sizes, allowed, "-", color="black")
    ax.loglog(sizes, np.where(gap > 0, gap, np.nan), "-o", color=COLOURS[1], markersize=4)
    ax.fill_between(sizes, allowed, 1e-18, color=COLOURS[5], alpha=0.2, linewidth=0)
    ax.text(90, mistake[5] / 4, "bias left out", color=COLOURS[0], ha="center", va="top")
    ax.text(90, allowed[5] * 3, "allowed: 2 B", ha="right", va="bottom")
    ax.text(90, 1e-17, "scratch and torchref", color=COLOURS[1], ha="center", va="bottom")
    ax.set(xlabel="number of inputs", ylabel="largest gap of 64 outputs", ylim=(1e-18, 1e2), xlim=(2, 4096))
    ax.grid(alpha=0.25)
    return figure


def gaps(size):
    """The largest gap of 64 outputs of a neuron, the least that is allowed, and the largest gap without its bias."""
    rng = np.random.default_rng(size)
    given = [rng.uniform(-1, 1, (64, size)), rng.uniform(-1, 1, (1, size)), np.ones(1)]
    ours, theirs = (plots.array(backend.linear(*map(backend.tensor, given))) for backend in BACKENDS)
    wrong = MISTAKES["bias_left_out"].linear(*given)
    allowed = 2 * referee.linear(*map(bounded, given)).error
    return abs(ours - theirs).max(), allowed.min(), abs(wrong - theirs).max()


def backpropagation():
    """Above, in blue, the values go forward. Below, in orange, the derivatives of the loss go backward along the same
    edges.

    The same graph twice: inputs x1 and x2, hidden neurons h1 and h2, the output y, the loss L. Above, each edge has its
    weight, each hidden neuron its bias b, its sum z and its activation a, and the loss is at the right end. Below, the
    arrows point to the left, from the loss to the weights: each edge has the derivative of the loss with respect to its
    weight, each neuron those with respect to a, z and b. The numbers are those of the text.
    """
    from parity.site.backpropagation import NUMPY, START, run

    start, end = run(START), run(NUMPY)
    figure, axes = grid(2, 1, width=5.6, height=3.4)
    values = [
        [f"{start['x'][k]:g}" for k in range(2)],
        [f"$b$ = {told(start['b1'][k])}, $z$ = {told(end['z1'][k])}\n$a$ = {told(end['a1'][k])}" for k in range(2)],
        f"$b$ = {told(start['b2'][0])}\n{told(end['y_hat'][0])}",
        told(end["loss"]),
    ]
    graph(axes[0], COLOURS[1], values, start["W1"], start["W2"][0])
    slopes = [f"$\\partial L/\\partial a$ = {told(end['da1'][k])}\n" for k in range(2)]
    slopes = [
        f"{slope}$\\partial L/\\partial z, \\partial L/\\partial b$ = {told(end['dz1'][k])}"
        for k, slope in enumerate(slopes)
    ]
    values = [["", ""], slopes, f"$\\partial L/\\partial \\hat y, \\partial L/\\partial b$\n{told(end['dz2'][0])}", ""]
    graph(axes[1], COLOURS[0], values, end["dW1"], end["dW2"][0], backward=True)
    return figure


def told(value):
    """A number as the lesson writes it."""
    from parity.site.backpropagation import short

    return short(value).replace("-", "−")


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


def grid(rows, columns, width=3.3, height=3.1):
    """An empty figure and its Axes in one list."""
    figure = plots._matplotlib("figure").Figure(figsize=(width * columns, height * rows), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())


def save(figure, path):
    """As SVG; the same figure gives the same file. A tenth of a point is as fine as a reader can see."""
    from matplotlib import rc_context

    drawn = StringIO()
    with rc_context({"svg.hashsalt": "parity"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    without = re.sub(r"\n\s+|<!--.*?-->", "\n", drawn.getvalue().replace("xlink:href", "href"))
    shorter = re.sub(
        r' [dxy]=".*?"|translate\(.*?\)', lambda found: TENTH.sub(r"\1", found[0]), without, flags=re.DOTALL
    )
    Path(path).write_text(shorter, encoding="utf-8")


def as_png(figure):
    """As a small picture in 64 colours, in the letters of a notebook."""
    from PIL import Image

    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", dpi=72)
    Image.open(drawn).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return b64encode(small.getvalue()).decode()


def all_figures():
    """Every figure by its name."""
    torch.set_num_threads(1)  # the arrays are small
    return {draw.__name__: draw for draws in FIGURES.values() for draw in draws}


# The figures of each chapter and lesson.
FIGURES = {
    "datasets": (data_sets,),
    "activations": (neuron, activations),
    "neuron": (weighted_sum,),
    "sign": (sides,),
    "perceptron": (turning_line,),
    "geometry": (arrows,),
    "stopping": (deck_line, squeezed),
    "squared_error": (stairs,),
    "gradients": (secants, error_surface, learning_rates),
    "sgd": (one_by_one,),
    "built_in": (one_round,),
    "cross_entropy": (sure_and_wrong, losses),
    "networks": (xor_by_hand, straight_borders, bent_borders),
    "optimizers": (paths, step_lengths),
    "training": (rate_sweep, held_back, training_curves),
    "stacks": (rates_and_momenta,),
    "backpropagation": (backpropagation,),
    "equal": (between_floats, gap_under_bound),
}
