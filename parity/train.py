"""Train one neuron and see it."""

import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from parity import plots
from parity.files import check_path, written_whole
from scratch.checks import choice, count, not_negative, signs

# Softmax is not among them: of a single neuron it is always 1.
ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu")


class Run(NamedTuple):
    """What a rule has made of the neuron; ``numbers`` are what it has to say besides."""

    weight: Any
    bias: Any
    settled: bool
    epochs: int
    losses: list
    numbers: dict


def add_arguments(parser):
    """The three rules, each with the options that apply to it."""
    rules = parser.add_subparsers(dest="rule", required=True, metavar="RULE")
    perceptron = _rule(rules, "perceptron", "correct each wrong point, in shuffled order, from weights 0", epochs=1000)
    perceptron.add_argument("--seed", type=int, default=0, help="of the order of the points (default %(default)s)")

    gradient = _rule(rules, "gradient", "a step after each point, in the order of the file", epochs=40)
    _add_gradient_options(gradient)
    gradient.add_argument(
        "--tolerance", type=float, default=0.0, help="stop when the loss changes by no more than this"
    )
    names = ", ".join(ACTIVATIONS)
    gradient.add_argument(
        "--activation",
        default="identity",
        help=f"{names}; sigmoid takes labels 0 and 1 as well, relu learns nothing from weights 0",
    )

    fit = _rule(rules, "fit", "a step after each epoch, for all points at once", epochs=40)
    _add_gradient_options(fit)


def _rule(rules, name, text, epochs):
    """The parser of one rule with what all three share."""
    rule = rules.add_parser(name, help=text, description=f"Train one neuron: {text}.")
    rule.add_argument("--backend", default="scratch", help="scratch or torchref (default %(default)s)")
    rule.add_argument("--data", default="toy", metavar="NAME|FILE", help="data set or CSV file (default %(default)s)")
    rule.add_argument("--epochs", type=int, default=epochs, help="at most so many (default %(default)s)")
    rule.add_argument("--plot", metavar="FILE", help="draw the points and the line, as png, svg or pdf")
    rule.add_argument("--animate", metavar="FILE", help="show the line turning, as gif")
    rule.add_argument("--save", metavar="FILE", help="keep the weights, as npz")
    return rule


def _add_gradient_options(rule):
    rule.add_argument("--lr", type=float, default=0.05, help="the learning rate (default %(default)s)")
    rule.add_argument("--seed", type=int, help="draw the initial weights; without it they are 0")


@np.errstate(all="ignore")  # a training that goes out of range is reported in a sentence of its own
def run(args):
    """Train, report, write what was asked for; exit code 0."""
    backend = _backend(args.backend)
    _check_options(args)
    x, y = backend.load_data(args.data)
    _check_data(args, x, y)
    frames = []
    with _one_line_warnings(), _epoch_bar(args.epochs) as move_bar:

        def on_epoch(epoch, weight, bias, value):
            move_bar(epoch)
            if args.animate:
                frames.append((epoch, np.asarray(weight).copy(), np.asarray(bias).copy(), value))

        result = RULES[args.rule](backend, args, x, y, on_epoch)
    _report(backend, result, x, y)
    _write(args, result, frames, x, y)
    return 0


def _perceptron(backend, args, x, y, on_epoch):
    rng = np.random.default_rng(args.seed)
    orders = (rng.permutation(len(x)) for _ in range(args.epochs))
    weight, bias = _initial(backend, x, seed=None)
    on_epoch(0, weight, bias, None)
    result = backend.train_perceptron(weight, bias, x, y, max_epochs=args.epochs, orders=orders, on_epoch=on_epoch)
    return Run(result.weight, result.bias, result.converged, result.epochs, [], {"updates": result.updates})


def _gradient(backend, args, x, y, on_epoch):
    weight, bias = _initial(backend, x, args.seed)
    on_epoch(0, weight, bias, None)
    options = {"lr": args.lr, "epochs": args.epochs, "tolerance": args.tolerance, "activation": args.activation}
    result = backend.train_gradient(weight, bias, x, y, on_epoch=on_epoch, **options)
    pred = backend.neuron(x, result.weight, result.bias, args.activation)
    numbers = {"squared error": float(backend.squared_error(pred, y))}
    return Run(result.weight, result.bias, result.converged, result.epochs, result.losses, numbers)


def _fit(backend, args, x, y, on_epoch):
    net, losses = backend.ToyNet(), []
    fc1 = net.fc1
    fc1.weight.data, fc1.bias.data = _initial(backend, x, args.seed)
    on_epoch(0, fc1.weight.data, fc1.bias.data, None)
    # Plain SGD remembers nothing between epochs, so one call an epoch gives the same weights as one call for all.
    for epoch in range(1, args.epochs + 1):
        net.fit(x, y, epochs=1, lr=args.lr)
        losses.append(_mean_loss(backend, fc1, x, y))
        on_epoch(epoch, fc1.weight.data, fc1.bias.data, losses[-1])
        if not np.isfinite(losses[-1]):
            break
    numbers = {"mean squared error": _mean_loss(backend, fc1, x, y)}
    return Run(fc1.weight.data, fc1.bias.data, False, len(losses), losses, numbers)


RULES = {"perceptron": _perceptron, "gradient": _gradient, "fit": _fit}


def _initial(backend, x, seed):
    """Zeros, or weights from PyTorch's distribution but NumPy's generator, so that both backends start alike."""
    n_in = x.shape[1]
    bound = 0 if seed is None else 1 / n_in**0.5
    rng = np.random.default_rng(seed)
    return backend.tensor(rng.uniform(-bound, bound, (1, n_in))), backend.tensor(rng.uniform(-bound, bound, 1))


def _mean_loss(backend, layer, x, y):
    return float(backend.mse_loss(backend.linear(x, layer.weight.data, layer.bias.data), y))


def _backend(name):
    """The module; scratch works where PyTorch is not installed."""
    choice("--backend", name, ("scratch", "torchref"))
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ValueError("torchref needs PyTorch: pip install 'neuron-parity[torch]'") from None


def _check_options(args):
    """Refuse before the training what would fail in it or after it."""
    options = vars(args)
    count("--epochs", args.epochs)
    if options.get("seed") is not None:
        count("--seed", args.seed)
    for name in {"lr", "tolerance"} & options.keys():
        not_negative(f"--{name}", options[name])
    if "activation" in options:
        choice("--activation", args.activation, ACTIVATIONS)
    for path, suffixes in ((args.plot, plots.PICTURES), (args.animate, (".gif",)), (args.save, (".npz",))):
        if path is not None:
            check_path(path, suffixes)
    if args.plot or args.animate:
        plots.new_figure()  # says so if matplotlib is missing


def _check_data(args, x, y):
    """Refuse what one neuron cannot learn, and what cannot be drawn."""
    if y.ndim != 2:
        raise ValueError(f"{args.data}: got class indices, expected labels -1 and +1, as one neuron can tell apart")
    labels = np.unique(np.asarray(y))
    if not (getattr(args, "activation", None) == "sigmoid" and labels.tolist() == [0, 1]):
        signs(args.data, labels)
    wanted = "--plot" if args.plot else "--animate" if args.animate else "fit" if args.rule == "fit" else None
    if wanted and x.shape[1] != 2:
        raise ValueError(f"{args.data}: got {x.shape[1]} inputs, expected 2 for {wanted}")


@contextmanager
def _one_line_warnings():
    """Print each warning of the backend as one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        print(f"parity train: {message}", file=sys.stderr)


@contextmanager
def _epoch_bar(total):
    """Yield what to call with each epoch: on a terminal it moves a bar, which vanishes at the end."""
    if not (sys.stderr.isatty() and find_spec("rich")):
        yield lambda epoch: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("epochs", total=total)
        yield lambda epoch: bar.update(task, completed=epoch)


def _report(backend, result, x, y):
    sides = np.asarray(backend.predict(x, result.weight, result.bias))
    wrong = int((sides != np.where(np.asarray(y) == 1, 1, -1)).sum())
    lines = {
        "epochs": result.epochs,
        **result.numbers,
        "weight": ", ".join(map(str, result.weight.tolist()[0])),
        "bias": result.bias.tolist()[0],
        "accuracy": f"{len(x) - wrong} of {len(x)} ({1 - wrong / len(x):.1%})",
    }
    for name, value in lines.items():
        print(f"{name:<19} {value}")
    print(_verdict(result, wrong, len(x)))


def _verdict(result, wrong, n):
    """One sentence: did it settle?"""
    epochs = f"{result.epochs} epoch{'s' * (result.epochs != 1)}"
    right = f"{wrong} of {n} points are wrong" if wrong else "every point is right"
    if not np.isfinite(result.losses).all():
        return f"diverged: the loss became {result.losses[-1]} in epoch {result.epochs}; try a smaller --lr"
    if result.losses and result.settled:
        return f"the loss settled after {epochs}; {right}"
    if not wrong:
        return f"every point is right after {epochs}"
    needed = "more epochs or another --lr are needed" if result.losses else "more epochs are needed"
    return f"did not settle within {epochs}: no line separates these classes, or {needed}"


def _write(args, result, frames, x, y):
    """The files asked for."""
    if args.plot:
        _plot(result, x, y, args.plot)
        print(f"wrote {args.plot}")
    if args.animate:
        plots.animate(frames, x, y, args.animate)
        print(f"wrote {args.animate}")
    if args.save:
        _save(result, args.save)
        print(f"wrote {args.save}")


def _plot(result, x, y, path):
    """The line, and beside it the loss where the rule has one."""
    figure, axes = plots.new_figure(columns=2 if result.losses else 1)
    plots.plot_line(x, y, result.weight, result.bias, ax=axes[0])
    if result.losses:
        plots.plot_losses(result.losses, ax=axes[1])
    plots.save(figure, path)


def _save(result, path):
    """The state of the net, by the names of its parameters."""
    state: dict[str, Any] = {"fc1.weight": np.asarray(result.weight), "fc1.bias": np.asarray(result.bias)}
    with written_whole(path) as temporary:
        np.savez(temporary, **state)
