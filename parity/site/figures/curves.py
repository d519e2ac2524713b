"""The activations and the losses as curves."""

import numpy as np

from parity import plots
from parity.site.figures.drawing import BACKENDS, STYLES, grid, legend_in
from scratch.activations import ACTIVATIONS


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
    """The losses and their derivatives, for one sample with target 1; the last as a function of the score of the
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
