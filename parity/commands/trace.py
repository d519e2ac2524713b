"""Train with two backends from the same weights, and find the first step at which they differ.

The trace calls the functions of the contract in the same loop on every side: a function that the candidate does not
define is taken from the reference. The products of the chain rule between the layers use NumPy on both sides. If
both define MLP, the optimizer class and train_step, each side then repeats the step with these; the next step starts
from the resulting weights.
"""

import ast
import inspect
from itertools import pairwise

import numpy as np

import scratch
from contract.arguments import Count, NonNegative, batch_length, choice
from contract.messages import cut
from parity import plots, text
from parity.border import backend
from parity.commands import train
from parity.commands.trace_report import plot, print_table, verdict
from parity.commands.trace_run import mistakes, traced
from parity.files import check_path
from parity.judge import referee

NET_OPTIONS = ("hidden", "output", "loss", "optimizer", "set", "batch_size")
# The rules, and the options that each does not use.
RULES = {"net": (), "perceptron": (*NET_OPTIONS, "activation", "lr"), "gradient": NET_OPTIONS}


def add_arguments(parser):
    """The options of ``parity trace``."""
    add = parser.add_argument
    add("candidate", nargs="?", default="scratch", help="module, .py file or program to trace (default: %(default)s)")
    add("--reference", default="torchref", help="module, .py file or program to compare it with (default: %(default)s)")
    add("--data", default="toy", metavar="NAME|FILE", help="data set or CSV file (default: %(default)s)")
    add("--rule", default="net", help=f"what is trained: {', '.join(RULES)} (default: %(default)s)")
    add(
        "--hidden",
        type=int,
        nargs="*",
        default=[8],
        metavar="N",
        help="number of neurons in each hidden layer (default: 8)",
    )
    add("--activation", help="activation of the hidden layers (default: tanh), or of the neuron (identity)")
    add("--output", help="activation of the last layer (default: sigmoid under binary_cross_entropy, else identity)")
    add("--loss", default="mse_loss", help=f"loss function: {', '.join(referee.LOSSES)} (default: %(default)s)")
    add("--optimizer", default="SGD", help=f"optimizer: {', '.join(referee.UPDATES)} (default: %(default)s)")
    add("--lr", type=float, default=0.05, help="learning rate (default: %(default)s)")
    text = "further options of the optimizer, such as momentum=0.9"
    add("--set", action="extend", nargs="+", default=[], metavar="NAME=VALUE", help=text)
    add("--epochs", type=int, default=10, help="number of epochs (default: %(default)s)")
    add("--batch-size", type=int, help="number of samples in a batch (default: all)")
    add(
        "--resync",
        action="store_true",
        help="start each step from the weights of the reference, so that gaps do not accumulate",
    )
    add(
        "--seed",
        type=int,
        default=0,
        help="seed of the initial weights and of the order of the samples (default: %(default)s)",
    )
    add("--dtype", default="float64", help="precision: float64 or float32 (default: %(default)s)")
    add("--plot", metavar="FILE", help="draw losses, decision boundaries and gap: png, svg or pdf")


@np.errstate(all="ignore")  # an overflow shows in the loss
def run(args):
    """Exit code 0: the two agree; 1: they differ; 2: no conclusion."""
    check_options(args)
    x, y = data(args)
    weights = initial(args, x, y)
    batch_length(args.batch_size, len(x), "--batch-size")
    sides: list[backend.Backend] = []
    try:
        for spec in (args.candidate, args.reference):
            sides.append(backend.load(spec))
        say_what_is_traced(args, *sides)
        outcome = traced(args, sides, x, y, weights)
        names = [side.name for side in sides]
        print_table(names, outcome)
        known = named(args, sides, x, y, weights, outcome)
        if args.plot:
            plot(args, sides, outcome, x, y)
            print(f"wrote {args.plot}")
    except backend.Stopped as stopped:
        raise ValueError(f"{args.candidate} {stopped}") from None
    finally:
        for side in sides:
            side.close()
    return verdict(names, outcome, known)


def named(args, sides, x, y, weights, outcome):
    """The known mistakes that make the first difference, in words; empty if there are no numbers to compare."""
    if outcome.found is None or outcome.found.value is None:
        return ""
    from parity.judge.diagnosis import NONE_FITS

    found = mistakes(args, sides, x, y, weights, outcome.found)
    return text.named([vars(mistake) for mistake in found]) or NONE_FITS


def check_options(args):
    """Reject, before the run, options that would fail during or after it."""
    choice("--rule", args.rule, tuple(RULES))
    for name in RULES[args.rule]:
        if name in {*args.given, *["set"] * bool(args.set)}:
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"{option}: got it with --rule {args.rule}, expected a rule that uses it")
    choice("--dtype", args.dtype, ("float64", "float32"))
    choice("--loss", args.loss, tuple(referee.LOSSES))
    choice("--optimizer", args.optimizer, tuple(referee.UPDATES))
    if args.activation is None:
        args.activation = "tanh" if args.rule == "net" else "identity"
    if args.output is None:
        args.output = "sigmoid" if args.loss == "binary_cross_entropy" else "identity"
    choice("--activation", args.activation, tuple(referee.ACTIVATIONS) if args.rule == "net" else train.ACTIVATIONS)
    choice("--output", args.output, tuple(referee.ACTIVATIONS))
    if args.loss == "binary_cross_entropy" and args.output not in ("sigmoid", "softmax"):
        raise ValueError(f"--output: got {args.output!r}, expected sigmoid or softmax: {args.loss} takes probabilities")
    if args.rule == "net":
        train.check_layers(args)
    Count("--seed", args.seed)
    Count("--epochs", args.epochs)
    if not args.epochs:
        raise ValueError("--epochs: got 0, expected a positive integer")
    args.update = referee.UPDATES[args.optimizer].__name__
    args.options = optimizer_options(args)
    if "torchref" in (args.candidate, args.reference):
        backend.expect_importable("torch", "torchref")
    if args.plot is not None:
        check_path(args.plot, plots.PICTURES)
        plots.new_figure()  # says so if matplotlib is missing


def optimizer_options(args):
    """The learning rate and the options of --set, each given once and valid for the optimizer."""
    names = tuple(inspect.signature(referee.UPDATES[args.optimizer]).parameters)[3:]
    options = {"lr": NonNegative("--lr", args.lr)}
    before = {"lr"} & args.given
    for name, value in map(setting, args.set):
        choice(f"--set for {args.optimizer}", name, names)
        if name in before:
            raise ValueError(f"--set: got {name} twice, expected once")
        before |= {name}
        options[name] = value
    try:
        getattr(scratch, args.update)(np.zeros(1), np.zeros(1), None, **options)
    except ValueError as error:
        raise ValueError(f"--set: {error}") from None
    return options


def setting(text):
    """``momentum=0.9`` as name and value."""
    name, _, value = text.partition("=")
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(
            f"--set: got {cut(repr(text))}, expected NAME=VALUE such as momentum=0.9 or nesterov=True"
        ) from None


def data(args):
    """Points, and targets of the kind that the loss or rule expects."""
    x, y = scratch.load_data(args.data)
    train.check_labels(args, y)
    x = x.astype(args.dtype)
    if args.plot:
        plots.check_points(args.data, x, y, "--plot")
    if args.rule == "net":
        y = train.targets(scratch, args.loss, y)
    return x, y if y.ndim == 1 else y.astype(args.dtype)


def initial(args, x, y):
    """Weights from PyTorch's distribution but NumPy's generator, so that all sides start from the same weights."""
    hidden = args.hidden if args.rule == "net" else []
    sizes = [x.shape[1], *hidden, y.shape[1] if y.ndim == 2 else int(y.max()) + 1]
    rng, weights = np.random.default_rng(args.seed), {}
    for layer, (d, k) in enumerate(pairwise(sizes), start=1):
        weights[f"fc{layer}.weight"] = rng.uniform(-1, 1, (k, d)) / d**0.5
        weights[f"fc{layer}.bias"] = rng.uniform(-1, 1, k) / d**0.5
    return {name: value.astype(args.dtype) for name, value in weights.items()}


def functions(args):
    """The names that the rule calls."""
    if args.rule == "perceptron":
        return ["linear", "sign", "squared_error", "perceptron_step"]
    if args.rule == "gradient":
        return ["linear", args.activation, "squared_error", "neuron_gradients", "gradient_step"]
    used = dict.fromkeys([args.activation] * bool(args.hidden) + [args.output])
    return ["linear", *used, args.loss, f"{args.loss}_backward", *(f"{g}_backward" for g in used), args.update]


def say_what_is_traced(args, candidate, reference):
    """Print which functions come from which side, and whether each side has its own network."""
    names, classes = functions(args), ["MLP", args.optimizer, "train_step"]
    args.classes = args.rule == "net" and all(side.defines(name) for side in (candidate, reference) for name in classes)
    missing = [name for name in names if not reference.defines(name)]
    if missing:
        raise ValueError(f"{reference.name}: does not define {', '.join(missing)}, expected a reference that does")
    args.called = names + classes * args.classes
    own = [name for name in names if candidate.defines(name)]
    if not own and not args.classes:
        wanted = f"some of {', '.join(names)}" + f", or all of {', '.join(classes)}" * (args.rule == "net")
        raise ValueError(f"{candidate.name}: defines no name that this run calls, expected {wanted}")
    parts = [", ".join(own)] * bool(own) + [", ".join(classes)] * args.classes
    parts += [f"the rest is {reference.name}'s"] * (len(own) < len(names))
    print(f"traced, of {candidate.name}: {'; '.join(parts)}")
