"""The way down: a loss, its slope, and steps against it."""

import itertools

import numpy as np

import scratch
from parity import plots
from parity.plots import COLOURS
from parity.site.figures.drawing import BACKENDS, STYLES, follow, grid, surface


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
