"""The run of ``parity trace``: the same steps by candidate, reference and referee, compared quantity by quantity."""

from typing import Any, NamedTuple

import numpy as np

from contract.arguments import batch_length
from parity.border import backend
from parity.judge import compare, referee
from parity.judge.rounding import bounded, magnitude


class Row(NamedTuple):
    """One step: both losses, and the weight whose gap is the largest share of the allowed gap."""

    step: int
    epoch: int
    losses: list[float]
    gap: float
    ulp: float
    allowed: float
    tells: bool  # whether the bound is smaller than the weights themselves

    @property
    def share(self):
        """The gap as a share of the allowed gap."""
        return self.gap / self.allowed if self.allowed else np.inf * self.gap if self.gap else 0.0


class Outcome(NamedTuple):
    """All steps, the first difference, and the final weights of both sides.

    The difference is the step, the kind of quantity, the quantity, the message, and the order of comparison; ``found``
    has its numbers.
    """

    rows: list[Row]
    difference: tuple | None
    found: compare.Mismatch | None
    stopped: str
    weights: list[dict]


def traced(args, sides, x, y, weights, first_only=False):
    """Run all three step by step, to the end or to the first difference."""
    candidate, reference = Side(*sides), Side(sides[1])
    check = compare.Check(sides[0], sides[1], args.dtype)
    starts = [dict(weights), dict(weights), {name: bounded(value) for name, value in weights.items()}]
    memories: list[dict[str, Any]] = [{"weights": start, "states": dict.fromkeys(start)} for start in starts]
    for memory in memories[:2] * args.classes:
        memory |= {"net": None, "optimizer": None, "given": (weights, None)}
    rows: list[Row] = []
    difference, found, stopped = None, None, ""
    for step, (epoch, chosen) in enumerate(batches(args, len(x)), start=1):
        batch = x[chosen], y[chosen]
        # The reference runs first: an input that it rejects is invalid and not a difference.
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
                    found = error if isinstance(error, compare.Mismatch) else None
                if first_only or not getattr(error, "place", None):  # no numbers to continue with
                    stopped = f"{sides[0].name} cannot continue after step {step}"
                    return Outcome(rows, difference, found, stopped, [memory["weights"] for memory in memories[:2]])
        rows.append(row(step, epoch, losses, [memory["weights"] for memory in memories], args.dtype))
        if not np.isfinite(losses).all():
            stopped = f"the loss became {losses[0]} and {losses[1]} at step {step}; the run stopped"
            break
        if args.resync:
            memories[0], memories[2] = resynchronised(*memories[:2])
    return Outcome(rows, difference, found, stopped, [memory["weights"] for memory in memories[:2]])


def mistakes(args, sides, x, y, weights, found):
    """The known mistakes that make this difference first, at the same place and by the same numbers."""
    # Here, because the catalogue is read from its docstrings, without which the command still says what is missing.
    from parity.judge.standin import same
    from parity.mistakes import MISTAKES

    for mistake in MISTAKES.values():
        if mistake.replaced in args.called and sides[0].defines(mistake.replaced):
            stand_in = backend.Backend(mistake.name, mistake)
            other = traced(args, [stand_in, sides[1]], x, y, weights, first_only=True)
            if same(found, other.found, args.dtype):
                yield mistake


def batches(args, n):
    """Epoch and samples of each step, the order shuffled in each epoch."""
    rng = np.random.default_rng([args.seed, 1])
    size = batch_length(args.batch_size, n) if args.rule == "net" else 1
    for epoch in range(1, args.epochs + 1):
        order = rng.permutation(n)
        for start in range(0, n, size):
            yield epoch, order[start : start + size]


def accepted(args, steps):
    """The quantities of the reference; without them there is nothing to compare with."""
    try:
        return list(steps)
    except compare.Mismatch as error:
        raise ValueError(f"--reference {args.reference}: {' '.join(error.headline.split())}") from None


def entries(label, expected, ours, theirs):
    """Name, bound and both numbers; of an optimizer's state, the entries with the contract's keys."""
    if not isinstance(expected, dict):
        yield label, expected, ours, theirs
        return
    for key, bound in expected.items():
        if isinstance(ours, dict) and key in ours:
            yield f"{key} of {label}", bound, ours[key], theirs[key]


def order(args, kinds, at):
    """The kinds of quantity in the order of comparison; the side's own network begins with its loss."""
    own = len(kinds) - 1 - kinds[::-1].index("loss") if args.classes else len(kinds)
    return ", ".join(dict.fromkeys(kinds[own:] if at >= own else kinds[:own]))


def row(step, epoch, losses, weights, dtype):
    """The weight that comes nearest to its bound, or exceeds it most."""
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
    """The values of the reference, for the candidate and for the referee."""
    weights = theirs["weights"]
    states = {name: state and dict(state) for name, state in theirs["states"].items()}
    exact = {
        name: state
        and {key: bounded(np.asarray(value, dtype=np.result_type(value, np.float32))) for key, value in state.items()}
        for name, state in states.items()
    }
    ours = ours | {"weights": dict(weights), "states": states, "given": (dict(weights), theirs.get("saved"))}
    return ours, {"weights": {name: bounded(value) for name, value in weights.items()}, "states": exact}


# one step under each rule: the same code for candidate, reference and referee


def net_step(args, call, memory, x, y):
    """Forward, loss, backward, update; then the same with the side's own network, if it has one."""
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
    """The results of the side's own train_step on its own network with its own optimizer."""
    weights, owner, net, optimizer = memory["weights"], call.backends[0], memory["net"], memory["optimizer"]
    # Set before the first step and at each resynchronisation; the gradients of the step before are kept.
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
    # A simple optimizer may have no state and no state_dict.
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
    """Calls a function of the first backend that defines it, and remembers the last call."""

    def __init__(self, *backends):
        self.backends = backends
        self.owner, self.name = backends[0], ""

    def __call__(self, name, *args, **options):
        self.owner, self.name = next(found for found in self.backends if found.defines(name)), name
        return compare.call(self.owner, name, args, options)

    @property
    def last(self):
        """The last function called, and its backend."""
        return f"{self.name} of {self.owner.name}"

    def step(self, args, memory, x, y):
        """The quantities of one step; a failure of the backend becomes a Mismatch with a message."""
        try:
            self.backends[0].begin()  # its time limit starts again
            self.backends[0].transcript.clear()
            yield from STEPS[args.rule](args, self, memory, x, y)
        except (backend.Raised, backend.ArgumentMutated) as error:
            raise compare.as_mismatch(error, self.name) from error
        except backend.Stopped as stopped:
            raise compare.Mismatch(f"{self.name} {stopped} in {self.owner.name}") from None
        except (TypeError, ValueError, LookupError, AttributeError) as error:  # its result cannot be used here
            raise compare.Mismatch(f"after {self.last}: {type(error).__name__}: {error}") from error


def judge(name, *args, **options):
    """Call the referee; several results are returned as a tuple."""
    result = getattr(referee, name)(*args, **options)
    return tuple(result.values()) if isinstance(result, dict) else result
