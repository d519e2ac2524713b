"""A line that separates points: the neuron, the data sets, the perceptron."""

import numpy as np

import scratch
from parity import plots
from parity.plots import COLOURS
from parity.site.figures.drawing import BACKENDS, CENTRED, STYLES, grid, line_in, lines_of_both


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
    before = (np.array([[1.0, 0.5]]), np.array([0.5]))
    ax = axes[1]
    ax.set(xlim=(-6.2, 7), ylim=(-4.9, 6), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("equal")
    after = [
        backend.perceptron_step(*map(backend.tensor, before), backend.tensor(x[1]), backend.tensor(y[1]))
        for backend in BACKENDS
    ]
    for (arrow, level), name, colour in ((before, "before", "0.6"), (after[0], "after", COLOURS[1])):
        line_in(ax, *arrow[0], *level, color=colour, linewidth=4)
        arrow_in(ax, (0, 0), arrow[0], colour, f"$w$ {name}")
    for arrow, level in (before, after[1]):
        line_in(ax, *plots.array(arrow)[0], *plots.array(level), **STYLES[1] | {"label": None})
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
