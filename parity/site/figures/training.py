"""Optimizers, learning rates and runs."""

import warnings

import numpy as np

import scratch
import torchref
from parity import plots
from parity.plots import COLOURS
from parity.site.figures.drawing import BACKENDS, STYLES, follow, grid, start, surface

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
                own: dict = {"color": COLOURS[number], "label": name, "linewidth": 8 if name == "SGD" else 4}
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
        net = backend.MLP([2, 8, 1], activation="tanh")
        net.load_state_dict(first)
        losses: list = []

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
