"""Train with two backends from the same weights, and see at which step they first differ.

What is traced are the contract's functions, each called by the same loop on every side: what the candidate does not
define is taken from the reference. The products of the chain rule between the layers are NumPy's on both sides. Where
both define MLP, the optimizer's class and train_step, each side then makes the step once more, with these; its weights
after that are those from which the next step starts.
"""

import ast
import inspect
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import scratch
from parity import plots
from parity.border import backend
from parity.commands import train
from parity.files import check_path
from parity.judge import compare, referee
from parity.judge.rounding import bounded, magnitude
from scratch.checks import batch_count, choice, count, not_negative

NET_OPTIONS = ("hidden", "output", "loss", "optimizer", "set", "batch_size")
# The rules, and the options that each makes no use of.
RULES = {"net": (), "perceptron": (*NET_OPTIONS, "activation", "lr"), "gradient": NET_OPTIONS}
FIRST_ROWS, MORE_ROWS = 10, 20


class Row(NamedTuple):
    """One step: both losses, and of all weights the one whose gap is the largest share of what is allowed."""

    step: int
    epoch: int
    losses: list[float]
    gap: float
    ulp: float
    allowed: float
    tells: bool  # whether the bound is smaller than the weights themselves

    @property
    def share(self):
        """How much of what is allowed the gap is."""
        return self.gap / self.allowed if self.allowed else np.inf * self.gap if self.gap else 0.0


class Outcome(NamedTuple):
    """All steps, where and how the two differ first, what the sides have made.

    The difference is the step, the kind of quantity, the quantity, the message, and the order that was looked in.
    """

    rows: list[Row]
    difference: tuple | None
    stopped: str
    weights: list[dict]


def add_arguments(parser):
    """The options of ``parity trace``."""
    add = parser.add_argument
    add("candidate", nargs="?", default="scratch", help="module or .py file to trace (default: %(default)s)")
    add("--reference", default="torchref", help="module or .py file to compare it with (default: %(default)s)")
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
    text = "further options of the optimizer, as momentum=0.9"
    add("--set", action="extend", nargs="+", default=[], metavar="NAME=VALUE", help=text)
    add("--epochs", type=int, default=10, help="number of epochs (default: %(default)s)")
    add("--batch-size", type=int, help="number of samples in a batch (default: all)")
    add(
        "--resync",
        action="store_true",
        help="start each step from the weights of the reference, so that gaps do not add up",
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
    """Exit code 0: the two agree; 1: they differ; 2: nothing could be shown."""
    check_options(args)
    x, y = data(args)
    weights = initial(args, x, y)
    batch_count(args.batch_size, len(x), "--batch-size")
    sides: list[backend.Backend] = []
    try:
        for spec in (args.candidate, args.reference):
            sides.append(backend.load(spec))
        say_what_is_traced(args, *sides)
        outcome = traced(args, sides, x, y, weights)
        names = [side.name for side in sides]
        print_table(names, outcome)
        if args.plot:
            plot(args, sides, outcome, x, y)
            print(f"wrote {args.plot}")
    except backend.Stopped as stopped:
        raise ValueError(f"{args.candidate} {stopped}") from None
    finally:
        for side in sides:
            side.close()
    return verdict(names, outcome)


# what is asked for


def check_options(args):
    """Refuse before the run what would fail in it or after it."""
    choice("--rule", args.rule, tuple(RULES))
    for name in RULES[args.rule]:
        if name in {*args.given, *["set"] * bool(args.set)}:
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"{option}: got it with --rule {args.rule}, which makes no use of it")
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
    count("--seed", args.seed)
    count("--epochs", args.epochs)
    if not args.epochs:
        raise ValueError("--epochs: got 0, expected a whole number from 1 on")
    args.update = referee.UPDATES[args.optimizer].__name__
    args.options = optimizer_options(args)
    if "torchref" in (args.candidate, args.reference):
        backend.expect_importable("torch", "torchref")
    if args.plot is not None:
        check_path(args.plot, plots.PICTURES)
        plots.new_figure()  # says so if matplotlib is missing


def optimizer_options(args):
    """The learning rate and what --set says, each once and as the optimizer takes it."""
    names = tuple(inspect.signature(referee.UPDATES[args.optimizer]).parameters)[3:]
    options = {"lr": not_negative("--lr", args.lr)}
    before = {"lr"} & args.given
    for name, value in map(setting, args.set):
        choice(f"--set for {args.optimizer}", name, names)
        if name in before:
            raise ValueError(f"--set: got {name} a second time, expected it once")
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
        raise ValueError(f"--set: got {text!r:.60}, expected NAME=VALUE, as momentum=0.9 or nesterov=True") from None


def data(args):
    """Points, and targets of the kind that the loss or rule takes."""
    x, y = scratch.load_data(args.data)
    train.check_labels(args, y)
    x = x.astype(args.dtype)
    if args.plot:
        plots.check_points(args.data, x, y, "--plot")
    if args.rule == "net":
        y = train.targets(scratch, args.loss, y)
    return x, y if y.ndim == 1 else y.astype(args.dtype)


def initial(args, x, y):
    """Weights from PyTorch's distribution but NumPy's generator, so that all start alike."""
    hidden = args.hidden if args.rule == "net" else []
    sizes = [x.shape[1], *hidden, y.shape[1] if y.ndim == 2 else int(y.max()) + 1]
    rng, weights = np.random.default_rng(args.seed), {}
    for layer, (d, k) in enumerate(pairwise(sizes), start=1):
        weights[f"fc{layer}.weight"] = rng.uniform(-1, 1, (k, d)) / d**0.5
        weights[f"fc{layer}.bias"] = rng.uniform(-1, 1, k) / d**0.5
    return {name: value.astype(args.dtype) for name, value in weights.items()}


def batches(args, n):
    """Epoch and samples of each step, the order shuffled in each epoch."""
    rng = np.random.default_rng([args.seed, 1])
    size = batch_count(args.batch_size, n) if args.rule == "net" else 1
    for epoch in range(1, args.epochs + 1):
        order = rng.permutation(n)
        for start in range(0, n, size):
            yield epoch, order[start : start + size]


def functions(args):
    """The names that the rule calls."""
    if args.rule == "perceptron":
        return ["linear", "sign", "squared_error", "perceptron_step"]
    if args.rule == "gradient":
        return ["linear", args.activation, "squared_error", "neuron_gradients", "gradient_step"]
    used = dict.fromkeys([args.activation] * bool(args.hidden) + [args.output])
    return ["linear", *used, args.loss, f"{args.loss}_backward", *(f"{g}_backward" for g in used), args.update]


def say_what_is_traced(args, candidate, reference):
    """Which function is taken from where, and whether each side has a net of its own."""
    names, classes = functions(args), ["MLP", args.optimizer, "train_step"]
    args.classes = args.rule == "net" and all(side.defines(name) for side in (candidate, reference) for name in classes)
    missing = [name for name in names if not reference.defines(name)]
    if missing:
        raise ValueError(f"{reference.name}: does not define {', '.join(missing)}, which a reference must have here")
    own = [name for name in names if candidate.defines(name)]
    if not own and not args.classes:
        wanted = f"some of {', '.join(names)}" + f", or all of {', '.join(classes)}" * (args.rule == "net")
        raise ValueError(f"{candidate.name}: defines nothing that this run calls, expected {wanted}")
    parts = [", ".join(own)] * bool(own) + [", ".join(classes)] * args.classes
    parts += [f"the rest is {reference.name}'s"] * (len(own) < len(names))
    print(f"traced, of {candidate.name}: {'; '.join(parts)}")


# one step under each rule: the same code for candidate, reference and referee


def net_step(args, call, memory, x, y):
    """Forward, loss, backward, update; then the same by the side's own net, if it has one."""
    batch = x, y
    weights, states = memory["weights"], memory["states"]
    layers, inputs, zs = list(activations(args, weights)), [], []
    for layer, g in layers:
        inputs.append(x)
        zs.append(call("linear", x, weights[f"{layer}.weight"], weights[f"{layer}.bias"]))
        yield "z", f"z of {layer}", zs[-1]
        x = call(g, zs[-1])
        yield "activation", f"activation of {layer}", x
    yield "loss", "loss", call(args.loss, x, y)
    grad = call(f"{args.loss}_backward", x, y)
    yield "gradients", "gradient of the prediction", grad
    gradients: dict[str, Any] = {}
    for layer, g in reversed(layers):
        delta = call(f"{g}_backward", zs.pop(), grad)
        yield "gradients", f"gradient of z of {layer}", delta
        gradients[f"{layer}.weight"], gradients[f"{layer}.bias"] = delta.T @ inputs.pop(), delta.sum(axis=0)
        for name in (f"{layer}.weight", f"{layer}.bias"):
            yield "gradients", f"gradient of {name}", gradients[name]
        grad = delta @ weights[f"{layer}.weight"]
    for name in weights:
        weights[name], states[name] = call(args.update, weights[name], gradients[name], states[name], **args.options)
    for name in weights:
        yield "optimizer state", name, states[name]
    for name in weights:
        yield "weights", name, weights[name]
    if "net" in memory:
        yield from train_step(args, call, memory, *batch)


def train_step(args, call, memory, x, y):
    """What the side's own train_step makes of its own net with its own optimizer."""
    weights, owner, net, optimizer = memory["weights"], call.backends[0], memory["net"], memory["optimizer"]
    # What is given to both before the first step, and when resynchronised; the gradients of the step before stay.
    given_weights, given_state = memory.pop("given", (None, None))
    call.owner, call.name = owner, "MLP"
    if net is None:
        sizes = [x.shape[1], *(len(value) for name, value in weights.items() if name.endswith("bias"))]
        net = owner.MLP(sizes, activation=args.activation, output=args.output, dtype=args.dtype)
    if given_weights:
        net.load_state_dict(given_weights)
    call.name = args.optimizer
    if optimizer is None:
        optimizer = getattr(owner, args.optimizer)(net.kept.parameters(), **args.options)
    if given_state:
        optimizer.load_state_dict(given_state)
    memory |= {"net": net, "optimizer": optimizer}
    call.name = "train_step"
    yield "loss", "loss", owner.train_step(net, x, y, args.loss, optimizer)
    gradients = {name: parameter.plain.grad for name, parameter in net.kept.named_parameters()}
    for name in weights:
        yield "gradients", f"gradient of {name}", gradients.get(name)
    call.name = f"train_step with {args.optimizer}"
    # A student's first optimizer remembers nothing and cannot be saved.
    saved = optimizer.state_dict() if hasattr(optimizer, "state_dict") else {"state": {}}
    states = {name: saved["state"].get(number) for number, name in enumerate(gradients)}
    for name in weights:
        yield "optimizer state", name, states.get(name)
    trained = net.state_dict()
    memory["weights"] = {name: trained.get(name) for name in weights}
    if args.resync:
        memory |= {"states": states, "saved": saved if saved["state"] else None}
    for name, value in memory["weights"].items():
        yield "weights", name, value


def perceptron_step(args, call, memory, x, y):
    """One sample under the perceptron rule."""
    weight, bias = memory["weights"].values()
    z = call("linear", x[0], weight, bias)
    yield "z", "z", z
    pred = call("sign", z)
    yield "activation", "sign", pred
    yield "loss", "loss", call("squared_error", pred, y[0])
    yield from moved(memory, call("perceptron_step", weight, bias, x[0], y[0]))


def gradient_step(args, call, memory, x, y):
    """One sample under the deck's gradient descent."""
    weight, bias = memory["weights"].values()
    z = call("linear", x[0], weight, bias)
    yield "z", "z", z
    pred = call(args.activation, z)
    yield "activation", "activation", pred
    yield "loss", "loss", call("squared_error", pred, y[0])
    grad_weight, grad_bias = call("neuron_gradients", weight, bias, x[0], y[0], args.activation)
    yield "gradients", "gradient of fc1.weight", grad_weight
    yield "gradients", "gradient of fc1.bias", grad_bias
    yield from moved(memory, call("gradient_step", weight, bias, x[0], y[0], args.options["lr"], args.activation))


def moved(memory, pair):
    """Keep the new weight and bias."""
    weight, bias = pair
    memory["weights"] = {"fc1.weight": weight, "fc1.bias": bias}
    for name, value in memory["weights"].items():
        yield "weights", name, value


STEPS = {"net": net_step, "perceptron": perceptron_step, "gradient": gradient_step}


def activations(args, weights):
    """The layers, and the activation of each."""
    layers = [name.removesuffix(".weight") for name in weights if name.endswith(".weight")]
    names = [args.activation] * (len(layers) - 1) + [args.output]
    return zip(layers, names, strict=True)


class Side:
    """Calls a function of the first of the backends that defines it; knows what was called last."""

    def __init__(self, *backends):
        self.backends = backends
        self.owner, self.name = backends[0], ""

    def __call__(self, name, *args, **options):
        self.owner, self.name = next(found for found in self.backends if found.defines(name)), name
        return compare.call(self.owner, name, args, options)

    @property
    def last(self):
        """What was called last, and whose it is."""
        return f"{self.name} of {self.owner.name}"

    def step(self, args, memory, x, y):
        """The quantities of one step; what the backend does instead of computing one becomes a sentence."""
        try:
            self.backends[0].begin()  # its time counts anew
            self.backends[0].transcript.clear()
            yield from STEPS[args.rule](args, self, memory, x, y)
        except (backend.Raised, backend.ArgumentMutated) as error:
            raise compare.as_mismatch(error, self.name) from error
        except backend.Stopped as stopped:
            raise compare.Mismatch(f"{self.name} {stopped} in {self.owner.name}") from None
        except (TypeError, ValueError, LookupError, AttributeError) as error:  # what it gave makes no sense here
            raise compare.Mismatch(f"after {self.last}: {type(error).__name__}: {error}") from error


def judge(name, *args, **options):
    """The referee, whose several results come by name."""
    result = getattr(referee, name)(*args, **options)
    return tuple(result.values()) if isinstance(result, dict) else result


# the run


def traced(args, sides, x, y, weights):
    """All three step by step."""
    candidate, reference = Side(*sides), Side(sides[1])
    check = compare.Check(sides[0], sides[1], args.dtype)
    starts = [dict(weights), dict(weights), {name: bounded(value) for name, value in weights.items()}]
    memories: list[dict[str, Any]] = [{"weights": start, "states": dict.fromkeys(start)} for start in starts]
    for memory in memories[:2] * args.classes:
        memory |= {"net": None, "optimizer": None, "given": (weights, None)}
    rows: list[Row] = []
    difference, stopped = None, ""
    for step, (epoch, chosen) in enumerate(batches(args, len(x)), start=1):
        batch = x[chosen], y[chosen]
        # The reference goes first: what it refuses is bad input and not a difference.
        theirs = accepted(args, reference.step(args, memories[1], *batch))
        judged = bounded(batch[0]), batch[1] if y.ndim == 1 else bounded(batch[1])
        bounds = {(kind, label): value for kind, label, value in STEPS[args.rule](args, judge, memories[2], *judged)}
        ours = candidate.step(args, memories[0], *batch)
        kinds = [kind for kind, *_ in theirs]
        for at, (kind, label, their_value) in enumerate(theirs):
            where = f"step {step}, {kind}"
            try:
                our_value = next(ours)[2]
                for name, bound, *pair in entries(label, bounds[kind, label], our_value, their_value):
                    a, b = (compare.as_array(value, f"{where}: {name}", args.dtype) for value in pair)
                    compare.expect_form(where, name, bound, a, args.dtype)
                    if kind == "loss":
                        losses = [a.item(), b.item()]
                    if difference is None:
                        check.compare(where, name, bound, a, b, given=candidate.last)
            except Exception as error:
                if difference is None:
                    difference = step, kind, f"{label} ({candidate.last})", str(error), order(args, kinds, at)
                if not getattr(error, "place", None):  # no numbers to go on with
                    stopped = f"{sides[0].name} cannot go on after step {step}"
                    return Outcome(rows, difference, stopped, [memory["weights"] for memory in memories[:2]])
        rows.append(row(step, epoch, losses, [memory["weights"] for memory in memories], args.dtype))
        if not np.isfinite(losses).all():
            stopped = f"the loss became {losses[0]} and {losses[1]} at step {step}; the run stopped there"
            break
        if args.resync:
            memories[0], memories[2] = resynchronised(*memories[:2])
    return Outcome(rows, difference, stopped, [memory["weights"] for memory in memories[:2]])


def accepted(args, steps):
    """The quantities of the reference; where it has none there is nothing to trace against."""
    try:
        return list(steps)
    except compare.Mismatch as error:
        raise ValueError(f"--reference {args.reference}: {' '.join(error.headline.split())}") from None


def entries(label, expected, ours, theirs):
    """Name, bound and both numbers; of an optimizer's state those that bear the contract's keys."""
    if not isinstance(expected, dict):
        yield label, expected, ours, theirs
        return
    for key, bound in expected.items():
        if isinstance(ours, dict) and key in ours:
            yield f"{key} of {label}", bound, ours[key], theirs[key]


def order(args, kinds, at):
    """The kinds of quantity in the order in which they were observed: a net of the side's own begins with its loss."""
    own = len(kinds) - 1 - kinds[::-1].index("loss") if args.classes else len(kinds)
    return ", ".join(dict.fromkeys(kinds[own:] if at >= own else kinds[:own]))


def row(step, epoch, losses, weights, dtype):
    """The weight that comes nearest to its bound, or goes farthest over it."""
    parts = []
    for name, bound in weights[2].items():
        gap = np.abs(np.asarray(weights[0][name], dtype=float) - np.asarray(weights[1][name], dtype=float))
        ulp = compare.spacing(np.max(np.abs(bound.value)), dtype)
        parts.append(np.stack([part.ravel() for part in (gap, gap / ulp, 2 * bound.error, magnitude(bound.value))]))
    gap, ulp, allowed, size = np.concatenate(parts, axis=1)
    share = np.where(gap == 0, 0, gap / allowed)  # a gap that is nan counts as the largest
    nearest = np.lexsort([allowed, gap, share])[-1]
    tells = bool(np.isfinite(size).all() and allowed.max() <= 2 * size.max())
    return Row(step, epoch, losses, float(gap[nearest]), float(ulp.max()), float(allowed[nearest]), tells)


def resynchronised(ours, theirs):
    """What the reference has, for the candidate and for the referee."""
    weights = theirs["weights"]
    states = {name: state and dict(state) for name, state in theirs["states"].items()}
    exact = {
        name: state
        and {key: bounded(np.asarray(value, dtype=np.result_type(value, np.float32))) for key, value in state.items()}
        for name, state in states.items()
    }
    ours = ours | {"weights": dict(weights), "states": states, "given": (dict(weights), theirs.get("saved"))}
    return ours, {"weights": {name: bounded(value) for name, value in weights.items()}, "states": exact}


# what is said


def print_table(names, outcome):
    """The first steps, then some evenly, the one at which the two part, and the last."""
    rows, total = outcome.rows, len(outcome.rows)
    shown = set(range(min(total, FIRST_ROWS)))
    shown |= {int(i) for i in np.linspace(FIRST_ROWS, total - 1, MORE_ROWS).round() if FIRST_ROWS <= i < total}
    shown |= {outcome.difference[0] - 1} if outcome.difference else set()
    names = [f"loss {name.rsplit('/', 1)[-1].rsplit(':', 1)[-1]}"[:25] for name in names]
    wide = [max(14, len(name)) for name in names]
    print(
        f"{'step':>6} {'epoch':>6}  {names[0]:>{wide[0]}}  {names[1]:>{wide[1]}}  {'gap, ulp':>10}  {'of bound 2B':>14}"
    )
    for at in sorted(shown & set(range(total))):
        r = rows[at]
        share = "no bound" if not np.isfinite(r.allowed) else "exact: no" if r.share == np.inf else percent(r.share)
        print(
            f"{r.step:>6} {r.epoch:>6}  {r.losses[0]:>{wide[0]}.8g}  {r.losses[1]:>{wide[1]}.8g}  "
            f"{r.ulp:>10.3g}  {share:>14}"
        )


def percent(share):
    """A share as one reads it: 3.1%, 250 times."""
    if np.isnan(share):
        return "no number"
    return f"{100 * share:.2g}%" if share < 1 else f"{share:.3g} times"


def verdict(names, outcome):
    """The last lines, in words; the exit code."""
    rows = outcome.rows
    if outcome.stopped:
        print(outcome.stopped)
    if outcome.difference:
        step, kind, what, message, looked = outcome.difference
        print(message)
        print(f"{names[0]} differs from {names[1]} first at step {step}, in the {kind}: {what}; the order is {looked}")
        return 1
    telling = next((at for at, r in enumerate(rows) if not r.tells), len(rows))
    if telling < len(rows):
        print(f"from step {telling + 1} on the bound exceeds the weights themselves: nothing can be shown there")
    if not telling:
        print("nothing could be shown")
        return 2
    worst = max(rows[:telling], key=lambda r: r.share)
    steps = f"all {len(rows)} steps" if telling == len(rows) else f"the first {telling} of {len(rows)} steps"
    gap = f"the largest gap is {percent(worst.share)} of what is allowed" if worst.gap else "no weight differs in a bit"
    print(f"the two agree in {steps}, {gap}")
    return 0


# what is drawn


def plot(args, sides, outcome, x, y):
    """Both losses, both decision boundaries, and the gap under its bound."""
    figure, (losses, plane, gaps) = plots.new_figure(columns=3)
    names = [side.name for side in reversed(sides)]
    styles = [{"color": plots.COLOURS[5], "lw": 4, "ms": 14}, {"color": "black", "lw": 1.3, "ms": 8, "ls": "--"}]
    rows = outcome.rows
    steps = [r.step for r in rows]
    marker = "." if len(rows) < 50 else None
    for side, (name, style) in enumerate(zip(names, styles, strict=True)):
        values = plots.drawable([r.losses[1 - side] for r in rows])
        losses.plot(steps, values, label=name, marker=marker, **style)
    losses.set(xlabel="step", ylabel="loss")
    draw_boundaries(args, sides, outcome, x, y, plane, styles)
    title = draw_gaps(rows, steps, gaps)
    for ax in (losses, gaps):
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    # Above the axes no curve runs through it.
    place = {"frameon": False, "loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 2}
    losses.legend(**place)
    gaps.legend(**place, title=title)
    plots.set_title(figure, title_of(args, names[::-1]))
    plots.save(figure, args.plot)


def title_of(args, names):
    """Data, both sides, rule or optimizer, learning rate."""
    how = [args.optimizer if args.rule == "net" else args.rule] + [f"lr {args.lr:g}"] * (args.rule != "perceptron")
    return ", ".join([train.shown(args.data), " against ".join(map(train.shown, names)), *how])


def draw_gaps(rows, steps, ax):
    """The gap of each step under what is allowed, on a logarithmic scale; in words what such a scale cannot show."""
    allowed = plots.drawable([r.allowed for r in rows])
    gap = plots.drawable([r.gap or np.nan for r in rows])
    marker = "_" if np.isfinite(allowed).sum() < 2 else None
    ax.plot(steps, allowed, color=plots.COLOURS[0], label="allowed, 2B", marker=marker)
    ax.plot(steps, gap, color=plots.COLOURS[1], label="gap", marker=".", ls="-" if np.isfinite(gap).all() else "")
    if (np.nan_to_num(allowed) > 0).any() or np.isfinite(gap).any():
        plots.log_scale(ax)
    ax.set(xlabel="step", ylabel="gap of the weight nearest to its bound")
    if not rows:
        return "no step was completed"
    if any(np.isnan(r.gap) for r in rows):
        return "a gap is no number"
    return None if any(r.gap for r in rows) else "no gap at all"


def draw_boundaries(args, sides, outcome, x, y, ax, styles):
    """The reference's regions, and the boundary of each side."""
    calls, weights = (Side(sides[1]), Side(*sides)), outcome.weights[::-1]
    scores = [lambda points, c=c, w=w: score(args, c, w, points) for c, w in zip(calls, weights, strict=True)]
    plots.plot_decision(x, y, scores[0], ax=ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    grid = np.meshgrid(np.linspace(left, right, 300), np.linspace(bottom, top, 300))
    points = np.stack(grid, axis=-1).reshape(-1, 2)
    for side_score, style in zip(scores, styles, strict=True):
        try:
            lines = margins(side_score(points), np.unique(y))
        except (Exception, backend.Stopped):
            continue  # a candidate that could not go on has no boundary
        for margin in lines:
            if margin.min() < 0 < margin.max():
                dashes = {"linestyles": style.get("ls", "-"), "linewidths": style["lw"], "colors": style["color"]}
                ax.contour(*grid, margin.reshape(grid[0].shape), [0], **dashes)


def score(args, call, weights, points):
    """What the net says of points, such that the nearest label or the highest score wins."""
    points = points.astype(args.dtype)
    for layer, g in activations(args, weights):
        points = call("linear", points, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
        points = call(g, points) if args.rule == "net" else points
    # A logit of 0 lies between the labels 0 and 1.
    return points + 0.5 if args.rule == "net" and args.loss.endswith("logits") else points


def margins(scores, labels):
    """Functions that are 0 on the boundaries."""
    if scores.shape[1] == 1:
        return [scores[:, 0] - (a + b) / 2 for a, b in pairwise(labels)]
    return [scores[:, k] - np.delete(scores, k, axis=1).max(axis=1) for k in range(scores.shape[1])]
