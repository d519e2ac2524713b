"""Train a neuron or a network, and draw the result."""

import math
import sys
import warnings
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from contract.arguments import Count, NonNegative, Size, batch_length, choice, part_length
from contract.arrays import signs
from contract.memory import batch_that_fits
from parity import plots
from parity.commands import ranks, saving, sweep
from parity.files import atomic_write, check_path
from parity.progress import bar
from scratch.activations import ACTIVATIONS as NET_ACTIVATIONS
from scratch.activations import sigmoid
from scratch.losses import LOSSES
from scratch.optimizers import OPTIMIZERS

# Softmax is not among them: of a single neuron it is always 1.
ACTIVATIONS = tuple(name for name in NET_ACTIVATIONS if name != "softmax")  # of one neuron alone


class Run(NamedTuple):
    """The result of a rule; ``numbers`` are further values to print.

    ``predict`` returns scores as ``plot_decision`` expects them; ``line`` is the weight and the bias of the decision
    boundary, None if that is not a line.
    """

    state: dict
    line: tuple | None
    predict: Any
    settled: bool
    epochs: int
    losses: list
    numbers: dict
    order: str = ""  # of the points, if it is not that of the file
    saved: bool = False  # whether it is in a file


def add_arguments(parser):
    """The three rules, each with the options that apply to it."""
    rules = parser.add_subparsers(dest="rule", required=True, metavar="RULE")
    perceptron = _rule(rules, "perceptron", "correct each wrong point, in shuffled order, from weights 0", epochs=1000)
    text = "seed of the order of the points (default: %(default)s)"
    perceptron.add_argument("--seed", type=int, default=0, help=text)

    gradient = _rule(rules, "gradient", "a step after each point, in the order of the file", epochs=40)
    _add_gradient_options(gradient)
    _add_tolerance(gradient)
    names = ", ".join(ACTIVATIONS)
    gradient.add_argument(
        "--activation",
        default="identity",
        help=f"activation of the neuron: {names} (default: %(default)s); sigmoid also accepts labels 0 and 1, relu "
        "does not learn from initial weights 0",
    )

    fit = _rule(
        rules, "fit", "a step after each mini-batch, with any loss and optimizer; a network of any depth", epochs=40
    )
    _add_gradient_options(fit)
    _add_net_options(fit)


def _rule(rules, name, text, epochs):
    """The parser of one rule with what all three share."""
    rule = rules.add_parser(name, help=text, description=f"Train: {text}.")
    rule.add_argument("--backend", default="scratch", help="scratch (NumPy, the default) or torchref (PyTorch)")
    rule.add_argument("--data", default="toy", metavar="NAME|FILE", help="data set or CSV file (default: %(default)s)")
    rule.add_argument("--epochs", type=int, default=epochs, help="maximum number of epochs (default: %(default)s)")
    rule.add_argument("--plot", metavar="FILE", help="draw points, decision regions and loss: png, svg or pdf")
    rule.add_argument("--animate", metavar="FILE", help="draw the line of each epoch as an animation: gif")
    whole = ", or the whole training: safetensors" * (name == "fit")
    rule.add_argument("--save", metavar="FILE", help=f"write the weights: npz{whole}")
    return rule


def _add_gradient_options(rule):
    rule.add_argument("--lr", type=float, default=0.05, metavar="LR", help="learning rate (default: %(default)s)")
    text = "seed of the initial weights (default: a single neuron starts from weights 0)"
    rule.add_argument("--seed", type=int, help=text)


def _add_tolerance(rule):
    text = "stop when the loss changes by at most this from one epoch to the next (default: %(default)s)"
    rule.add_argument("--tolerance", type=float, default=0.0, metavar="CHANGE", help=text)


def _add_net_options(fit):
    """Layers, loss, optimizer, batches, and the sweep over one or two options."""
    add = fit.add_argument
    add("--hidden", type=int, nargs="+", default=[], metavar="N", help="number of neurons in each hidden layer")
    text = f"activation of the hidden layers: {', '.join(NET_ACTIVATIONS)} (default: %(default)s)"
    add("--activation", default="tanh", help=text)
    text = "the cross-entropies use labels -1 and +1 as 0 and 1, cross_entropy also accepts class indices"
    add("--loss", default="mse_loss", help=f"loss function: {', '.join(LOSSES)} (default: %(default)s); {text}")
    add("--optimizer", default="SGD", help=f"optimizer: {', '.join(OPTIMIZERS)} (default: %(default)s)")
    add(
        "--batch-size",
        type=int,
        metavar="N",
        help="number of points in a mini-batch, in shuffled order (default: all, in order)",
    )
    text = "parts in which a batch is computed, so that only one needs memory at a time (default: %(default)s)"
    add("--accumulate", type=int, default=1, metavar="N", help=text)
    _add_tolerance(fit)
    text = "train RUNS times and show the final loss over lr (spaced logarithmically), momentum, hidden, epochs or "
    text += "batch-size; a map over two: lr=0.01:1:20,momentum=0:0.95:20"
    add("--sweep", metavar="NAME=FROM:TO:RUNS[,...]", help=text)
    saving.add_arguments(fit)


@np.errstate(all="ignore")  # an overflow of the loss is reported in a sentence
def run(args):
    """Train, report, and write the requested files; exit code 0: trained, 2: the loss became inf or nan."""
    with ranks.joined(args):
        return _run(args)


def _run(args):
    """The same in one of the processes that train together, or in the only one."""
    backend = _backend(args.backend)
    trials = sweep.trials(args)
    *_, greatest = trials.values()  # if this one is possible, so are the others
    _check_options(greatest)
    ranks.write_in_one(args)
    x, y = backend.load_data(args.data)
    _check_data(greatest, x, y)
    trained = _sweep(backend, args, trials, x, y) if sweep.names(args) else _train(backend, args, x, y)
    return 0 if trained else 2


def _train(backend, args, x, y):
    """One run; whether its loss stayed finite."""
    frames = []
    with _one_line_warnings(), bar("epochs", args.epochs) as move_bar:

        def on_epoch(epoch, weight, bias, loss=None, note=""):
            move_bar(epoch, note if loss is None else f"loss {loss:.4g}")
            if args.animate:
                frames.append((epoch, np.asarray(weight).copy(), np.asarray(bias).copy(), loss))

        result = RULES[args.rule](backend, args, x, y, on_epoch)
    _report(result, x, y)
    _write(args, result, frames, x, y)
    return _out_of_range(result) is None


def _perceptron(backend, args, x, y, on_epoch):
    rng = np.random.default_rng(args.seed)
    orders = (rng.permutation(len(x)) for _ in range(args.epochs))
    weight, bias = _initial(backend, x, seed=None)

    def on_pass(epoch, weight, bias, corrected):
        on_epoch(epoch, weight, bias, note=f"{corrected} corrected")

    on_epoch(0, weight, bias)
    result = backend.train_perceptron(weight, bias, x, y, max_epochs=args.epochs, orders=orders, on_epoch=on_pass)
    order = f"shuffled before each epoch, --seed {args.seed}"
    return _neuron_run(backend, result, y, [], {"updates": result.updates}, order)


def _gradient(backend, args, x, y, on_epoch):
    weight, bias = _initial(backend, x, args.seed)
    on_epoch(0, weight, bias)
    options = {"lr": args.lr, "epochs": args.epochs, "tolerance": args.tolerance, "activation": args.activation}
    result = backend.train_gradient(weight, bias, x, y, on_epoch=on_epoch, **options)
    pred = backend.neuron(x, result.weight, result.bias, args.activation)
    return _neuron_run(backend, result, y, result.losses, {"squared error": float(backend.squared_error(pred, y))})


def _neuron_run(backend, result, y, losses, numbers, order=""):
    """The run of a rule for one neuron, predicted by sign; a sum of 0 or nonfinite weights predict no label."""
    weight, bias = result.weight, result.bias
    labels = np.unique(np.asarray(y))
    finite = np.isfinite([*plots.array(weight).ravel(), *plots.array(bias)]).all()

    def predict(points):
        sign = np.asarray(backend.predict(points, weight, bias))
        return np.select([finite & (sign > 0), finite & (sign < 0)], labels[::-1], np.nan)

    state = {"fc1.weight": weight, "fc1.bias": bias}
    return Run(state, (weight, bias), predict, result.converged, result.epochs, losses, numbers, order)


def _fit(backend, args, x, y, on_epoch):
    labels, target = _labels(y), targets(backend, args.loss, y)
    rng = np.random.default_rng(args.seed or 0)
    net = _net(backend, args, x, labels, rng)
    optimizer = getattr(backend, args.optimizer)(net.parameters(), lr=args.lr)
    history = saving.resumed(backend, args, net, optimizer, len(x))
    steps = math.ceil(len(x) / (args.batch_size or len(x)))

    def on_step(step, _, loss):
        if step % steps == 0:
            on_epoch(step // steps, *_line(args.loss, net, labels), loss)

    on_epoch(len(history.losses) // steps, *_line(args.loss, net, labels))
    options = {name: getattr(args, name) for name in ("loss", "batch_size", "accumulate", "tolerance")}
    options |= {"optimizer": optimizer, "orders": rng if args.batch_size else None, "on_step": on_step}
    together = ranks.shared(net)
    for end in saving.ends(args, history):
        backend.fit(together, x, target, epochs=end, history=history, **options)
        saved = saving.save(backend, args, net, optimizer, history)
        if history.epochs < end or history.converged or saving.is_lost(history):
            break
    return _net_run(backend, args, net, history, x, target, labels)._replace(saved=saved)


def _net_run(backend, args, net, history, x, target, labels):
    """The run of a network, its losses by epoch."""
    steps = math.ceil(len(x) / (args.batch_size or len(x)))

    def predict(points):
        return _scores(args.loss, plots.array(net(points)), labels)

    losses = [float(np.mean(history.losses[i : i + steps])) for i in range(0, len(history.losses), steps)]
    line = _line(args.loss, net, labels) if _is_neuron(args) else None
    numbers = {"loss": _loss(backend, args.loss, net, x, target)}
    return Run(net.state_dict(), line, predict, history.converged, history.epochs, losses, numbers)


def _net(backend, args, x, labels, rng):
    """The network; a single layer without a seed starts from weights 0, because there is no symmetry to break."""
    outputs = len(labels) if args.loss == "cross_entropy" else 1
    output = "sigmoid" if args.loss == "binary_cross_entropy" else "identity"
    net = backend.MLP([x.shape[1], *args.hidden, outputs], args.activation, output)
    state = {}
    for name, value in net.state_dict().items():
        if name.endswith("weight"):
            bound = value.shape[1] ** -0.5 if args.hidden or args.seed is not None else 0
        state[name] = rng.uniform(-bound, bound, tuple(value.shape))
    net.load_state_dict(state)
    return net


def _is_neuron(args):
    """Whether the network is a single neuron, whose decision boundary is a line."""
    return not args.hidden and args.loss != "cross_entropy"


def _line(loss, net, labels):
    """The weight and the bias of the line where the output of a single neuron lies midway between the labels."""
    middle = labels.mean() if loss in ("squared_error", "mse_loss") else 0
    return net.fc1.weight.data, net.fc1.bias.data - middle


def _labels(y):
    """The two labels, or all classes up to the largest."""
    y = np.asarray(y)
    return np.unique(y) if y.ndim == 2 else np.arange(y.max() + 1)


def targets(backend, loss, y):
    """The targets that the loss expects: the labels unchanged, or as 0 and 1, or class indices."""
    if y.ndim == 1 or loss in ("squared_error", "mse_loss"):
        return y
    positions = np.searchsorted(_labels(y), np.asarray(y))
    return positions.ravel() if loss == "cross_entropy" else backend.tensor(positions)


def _scores(loss, output, labels):
    """The outputs on the scale of the labels, where the nearest wins; unchanged for three or more classes."""
    if loss in ("squared_error", "mse_loss") or len(labels) > 2:
        return output
    if loss == "cross_entropy":
        output = output[:, 1:] - output[:, :1]
    share = output if loss == "binary_cross_entropy" else sigmoid(output)
    return labels[0] + share * (labels[1] - labels[0])


def _loss(backend, loss, net, x, target):
    """The loss of all points, nan if an output is nan."""
    output = plots.array(net(x))
    return math.nan if np.isnan(output).any() else float(getattr(backend, loss)(backend.tensor(output), target))


RULES = {"perceptron": _perceptron, "gradient": _gradient, "fit": _fit}


def _initial(backend, x, seed):
    """Zeros, or weights from PyTorch's distribution but NumPy's generator, so that both backends start alike."""
    n_in = x.shape[1]
    bound = 0 if seed is None else 1 / n_in**0.5
    rng = np.random.default_rng(seed)
    return backend.tensor(rng.uniform(-bound, bound, (1, n_in))), backend.tensor(rng.uniform(-bound, bound, 1))


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
    """Reject, before the training, options that would fail during or after it."""
    options = vars(args)
    Count("--epochs", args.epochs)
    if options.get("seed") is not None:
        Count("--seed", args.seed)
    for name in {"lr", "tolerance"} & options.keys():
        NonNegative(f"--{name}", options[name])
    if args.rule == "gradient":
        choice("--activation", args.activation, ACTIVATIONS)
    if args.rule == "fit":
        _check_net_options(args)
    saves = (".npz", saving.TRAINING) if args.rule == "fit" else (".npz",)
    for path, suffixes in ((args.plot, plots.PICTURES), (args.animate, (".gif",)), (args.save, saves)):
        if path is not None:
            check_path(path, suffixes)
    if args.plot or args.animate:
        plots.new_figure()  # says so if matplotlib is missing


def _check_net_options(args):
    """Reject unknown names, layers without neurons, and figures that a network or a sweep does not have."""
    choice("--activation", args.activation, tuple(NET_ACTIVATIONS))
    choice("--loss", args.loss, tuple(LOSSES))
    choice("--optimizer", args.optimizer, tuple(OPTIMIZERS))
    Size("--accumulate", args.accumulate)
    check_layers(args)
    saving.check_options(args)
    if args.animate and not _is_neuron(args):
        raise ValueError("--animate: got a network of several neurons, expected a single neuron, whose line is drawn")
    if args.sweep and (args.animate or args.save):
        raise ValueError("--sweep: got --animate or --save as well, expected neither: there are many networks")
    if args.sweep and args.accumulate > 1:
        raise ValueError("--sweep: got --accumulate as well, expected one of them: the networks compute whole batches")


def check_layers(args):
    """Reject invalid sizes of hidden layers, and an activation without hidden layers."""
    for size in args.hidden:
        if not 1 <= size <= sweep.MOST:
            raise ValueError(f"--hidden: got {size}, expected integers from 1 to {sweep.MOST}")
    if "activation" in args.given and not args.hidden:
        raise ValueError("--activation: got a network without hidden layers, expected --hidden as well")


def _check_data(args, x, y):
    """Reject data that the neuron or the network cannot learn, or that cannot be drawn."""
    check_labels(args, y)
    if args.rule == "fit":
        swept = sweep.names(args) == ["batch-size"]
        samples = batch_length(args.batch_size, len(x), "--sweep batch-size" if swept else "--batch-size")
        part_length(samples, args.accumulate, "--accumulate")
        ranks.expect_enough(samples)
    wanted = "--plot" if args.plot and not sweep.names(args) else "--animate" if args.animate else None
    if wanted:
        plots.check_points(args.data, x, y, wanted)


def check_labels(args, y):
    """Reject labels that a neuron with its rule, or a network with its loss, cannot learn."""
    if args.rule not in ("perceptron", "gradient"):
        _check_labels_of_net(args, y)
    elif y.ndim != 2:
        raise ValueError(f"{args.data}: got class indices, expected labels -1 and +1, which one neuron can separate")
    elif not (getattr(args, "activation", None) == "sigmoid" and _labels(y).tolist() == [0, 1]):
        signs(args.data, _labels(y))


def _check_labels_of_net(args, y):
    """Class indices need cross_entropy; other losses need the labels -1 and +1 or 0 and 1."""
    if y.ndim == 1:
        if args.loss != "cross_entropy":
            raise ValueError(
                f"{args.data}: got class indices, expected labels -1 and +1, or 0 and 1, for {args.loss}; "
                "--loss cross_entropy accepts class indices"
            )
        return
    labels = _labels(y).tolist()
    if labels not in ([-1, 1], [0, 1]):
        got = ", ".join(f"{label:g}" for label in labels[:4]) + ", ..." * (len(labels) > 4)
        raise ValueError(f"{args.data}: got the labels {got}, expected -1 and +1, or 0 and 1, for {args.loss}")


@contextmanager
def _one_line_warnings():
    """Print each warning of the backend as one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        print(f"parity train: {message}", file=sys.stderr)


def _sweep(backend, args, trials, x, y):
    """Train once for each value, print and draw the final losses; whether any run stayed finite."""
    swept = sweep.names(args)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the table shows which runs diverge
        run_all = _fit_at_once if set(swept) <= set(sweep.RATES) else _fit_in_turn
        results = dict(zip(trials, run_all(backend, args, trials.values(), x, y), strict=True))
    losses = {values: _final_loss(result) for values, result in results.items()}
    said = {
        values: _accuracy(result, x, y) if math.isfinite(losses[values]) else f"diverged in epoch {result.epochs}"
        for values, result in results.items()
    }
    trained = sweep.report(swept, losses, said)
    if args.plot:
        ceiling = 10 * min((result.losses[0] for result in results.values() if result.losses), default=math.inf)
        sweep.draw(swept, losses, ceiling, _title(args), args.plot)
        print(f"wrote {args.plot}")
    return trained


def _fit_in_turn(backend, args, trials, x, y):
    """One run after the other."""
    with bar("runs", len(trials)) as move_bar:
        for number, trial in enumerate(trials, start=1):
            result = _fit(backend, trial, x, y, lambda *_: None)
            move_bar(number, f"loss {_final_loss(result):.4g}")
            yield result


def _fit_at_once(backend, args, trials, x, y):
    """All nets in one stack: each as its own run would leave it."""
    labels, target = _labels(y), targets(backend, args.loss, y)
    nets, optimizers = [], []
    for trial in trials:
        rng = np.random.default_rng(args.seed or 0)  # the same weights for all, and then the same orders
        nets.append(_net(backend, trial, x, labels, rng))
        if len(nets) == 1:  # before the others are made
            batch_that_fits(args.batch_size, len(x), nets[0], len(trials))
        options = {name: getattr(trial, name) for name in sweep.RATES if hasattr(trial, name)}
        optimizers.append(getattr(backend, args.optimizer)(nets[-1].parameters(), **options))
    options = {name: getattr(args, name) for name in ("loss", "epochs", "batch_size", "tolerance")}
    with bar("epochs", args.epochs) as move_bar:

        def orders():
            for epoch in range(args.epochs):
                move_bar(epoch)
                yield rng.permutation(len(x)) if args.batch_size else range(len(x))

        histories = backend.fit_stack(nets, x, target, optimizer=optimizers, orders=orders(), **options)
    return [_net_run(backend, args, *pair, x, target, labels) for pair in zip(nets, histories, strict=True)]


def _final_loss(result):
    """The loss after the training, inf if it overflowed."""
    return result.numbers["loss"] if _out_of_range(result) is None else math.inf


def _out_of_range(result):
    """The first loss that is inf or nan, of an epoch or after the last, or None."""
    return next((loss for loss in (*result.losses, *result.numbers.values()) if not math.isfinite(loss)), None)


def _report(result, x, y):
    lines = {"epochs": result.epochs, **result.numbers, **({"order": result.order} if result.order else {})}
    lines |= {**_described(result), "accuracy": _accuracy(result, x, y)}
    for name, value in lines.items():
        print(f"{name:<19} {value}")
    print(_verdict(result, _mistakes(result, x, y), len(x)))


def _described(result):
    """The weights of one neuron, or the sizes of a net."""
    weights = [value for name, value in result.state.items() if name.endswith("weight")]
    if result.line is None:
        return {"sizes": ", ".join(str(size) for size in [weights[0].shape[1], *(len(w) for w in weights)])}
    return {
        "weight": ", ".join(map(str, result.state["fc1.weight"].tolist()[0])),
        "bias": result.state["fc1.bias"].tolist()[0],
    }


def _mistakes(result, x, y):
    """The number of points with a wrong prediction."""
    labels = _labels(y)
    found = plots.winners(result.predict(x), labels)
    return int((found != np.searchsorted(labels, np.asarray(y).ravel())).sum())


def _accuracy(result, x, y):
    right = len(x) - _mistakes(result, x, y)
    return f"{right} of {len(x)} ({right / len(x):.1%})"


def _verdict(result, wrong, n):
    """The conclusion in one sentence."""
    epochs = _epochs(result.epochs)
    right = plots.how_many_are_wrong(wrong, n)
    if (loss := _out_of_range(result)) is not None:
        return f"diverged: the loss became {loss} in epoch {result.epochs}; try a smaller --lr"
    if result.losses and result.settled:
        return f"the loss settled after {epochs}; {right}"
    if not wrong:
        return f"every point is right after {epochs}"
    if result.line is None:
        return f"{right} after {epochs}: more epochs, more neurons or another --lr are needed"
    needed = "more epochs or another --lr are needed" if result.losses else "more epochs are needed"
    return f"did not settle within {epochs}: no line separates these classes, or {needed}"


def _write(args, result, frames, x, y):
    """Write the requested files."""
    if args.plot:
        _plot(args, result, x, y)
        print(f"wrote {args.plot}")
    if args.animate:
        with bar("frames") as move_bar:
            options = {"title": _title(args), "on_frame": lambda done, total: move_bar(done, total=total)}
            plots.animate(frames, x, y, args.animate, **options)
        print(f"wrote {args.animate}")
    if args.save and saving.is_training(args.save) and not result.saved:
        print(f"{args.save} is not written: the loss became {result.losses[-1]}")
    elif args.save:
        if not result.saved:
            _save(result, args.save)
        print(f"wrote {args.save}")


def _plot(args, result, x, y):
    """Draw the line or the regions, and beside them the loss if the rule has one."""
    figure, axes = plots.new_figure(columns=2 if result.losses else 1)
    if result.line is None:
        plots.plot_decision(x, y, result.predict, ax=axes[0])
    else:
        plots.plot_line(x, y, *result.line, ax=axes[0])
    axes[0].set_title(f"after {_epochs(result.epochs)}: {axes[0].get_title()}")
    if result.losses:
        plots.plot_losses(result.losses, ax=axes[1])
    plots.set_title(figure, _title(args))
    plots.save(figure, args.plot)


def _title(args):
    """The title: data, backend, rule or optimizer, learning rate unless a sweep varies it."""
    parts = [shown(args.data), args.backend, getattr(args, "optimizer", args.rule)]
    if hasattr(args, "lr") and "lr" not in sweep.names(args):
        parts.append(f"lr {args.lr:g}")
    return ", ".join(parts)


def shown(data):
    """The name of the data in a title: a file without its directory, shortened if it is long."""
    name = Path(data).name
    return name if len(name) <= 40 else f"{name[:39]}…"


def _epochs(number):
    """The number of epochs in words."""
    return f"{number} epoch{'s' * (number != 1)}"


def _save(result, path):
    """The state of the net, by the names of its parameters."""
    state: dict[str, Any] = {name: np.asarray(value) for name, value in result.state.items()}
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **state)
