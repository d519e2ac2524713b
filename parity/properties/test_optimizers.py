"""The optimizers: each update with injected gradients and state, resynchronised; then the classes that apply them."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judge import referee
from parity.judge import strategies as draw
from parity.judge.compare import PerBackend
from parity.judge.rounding import bounded

checks = pytest.mark.checks
SIDES = ("candidate", "reference")
STEPS = 5
LARGEST = 8 * 3  # size of a parameter of ``draw.shapes``

decays = st.sampled_from([0.0, 0.1, 0.5, 1.0])
epsilons = st.sampled_from([1e-8, 1e-3])
betas = st.sampled_from([(0.9, 0.999), (0.5, 0.75), (0.0, 0.99)])
momenta = st.sampled_from([0.0, 0.5, 0.9])
adam_options = st.fixed_dictionaries(
    {}, optional={"betas": betas, "eps": epsilons, "weight_decay": decays, "amsgrad": st.booleans()}
)
rmsprop_options = st.fixed_dictionaries(
    {},
    optional={
        "alpha": st.sampled_from([0.99, 0.5]),
        "eps": epsilons,
        "weight_decay": decays,
        "momentum": momenta,
        "centered": st.booleans(),
    },
)


@draw.composite
def histories(draw_one, sources=None, long=None):
    """A parameter and its gradients, one per step."""
    n, k = draw_one(draw.shapes())
    steps = draw_one(draw.steps(STEPS, large=long))
    return draw_one(draw.arrays((n, k), (steps, n, k), sources=sources, room=STEPS * LARGEST))


def steps(check, name, history, lr, options, exactly=False):
    """Some steps, each from the reference's weights and state, with another learning rate from the middle."""
    param, grads = history
    state: Any = None
    for step, grad in enumerate(grads):
        rate = lr if step < STEPS // 2 or not check.rate_changes else lr / 4
        param, _ = check(name, param, grad, state, lr=rate, at=f"step {step + 1}", exactly=exactly, **options)
        (_, state), (_, own) = check.results
        state = {key: value if np.ndim(value) else float(value) for key, value in state.items()}
        if not isinstance(own, dict) or not own.keys() >= state.keys() or not check.state_compared:
            # If the candidate's state has another structure, it continues from its own, and so does the referee.
            state = PerBackend(state, own, check.expected["state"])
        elif own.keys() != state.keys():
            state = PerBackend(state, own | state, state)


@checks("sgd_update")
@given(histories(), draw.rates, momenta, st.sampled_from([0.0, 0.5, 1.0]), decays, st.booleans())
def test_sgd_update(check, history, lr, momentum, dampening, weight_decay, nesterov):
    """Momentum, whose first buffer is the gradient itself; dampening; Nesterov; weight decay."""
    nesterov = nesterov and momentum > 0 and dampening == 0
    options = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
    steps(check, "sgd_update", history, lr, {key: value for key, value in options.items() if value})


@checks("sgd_update")
@given(
    histories(sources=(draw.small,), long=(6, 10)),  # more halvings by the momentum would not be exact
    st.sampled_from([0.5, 1.0]),
    st.sampled_from([0.0, 0.5]),
    st.booleans(),
)
def test_sgd_update_on_the_grid(check, history, lr, momentum, nesterov):
    """On small numbers, bit for bit."""
    options = {"momentum": momentum, "nesterov": nesterov} if momentum else {}
    steps(check, "sgd_update", history, lr, options, exactly=True)


@checks("adagrad_update")
@given(
    histories(),
    draw.rates,
    st.fixed_dictionaries(
        {},
        optional={
            "lr_decay": decays,
            "weight_decay": decays,
            "initial_accumulator_value": decays,
            "eps": epsilons,
        },
    ),
)
def test_adagrad_update(check, history, lr, options):
    """The sum of squares; a learning rate that decays."""
    steps(check, "adagrad_update", history, lr, options)


@checks("rmsprop_update")
@given(histories(), draw.rates, rmsprop_options)
def test_rmsprop_update(check, history, lr, options):
    """The mean of squares; centered; with momentum."""
    steps(check, "rmsprop_update", history, lr, options)


@checks("adam_update")
@given(histories(), draw.rates, adam_options)
def test_adam_update(check, history, lr, options):
    """Both averages, their bias corrections, then epsilon, amsgrad."""
    steps(check, "adam_update", history, lr, options)


@checks("adamw_update")
@given(histories(), draw.rates, adam_options)
def test_adamw_update(check, history, lr, options):
    """The weights shrink first, separately from the gradient."""
    steps(check, "adamw_update", history, lr, options)


@draw.composite
def two_gradients(draw_one):
    """A parameter and the gradients of two steps."""
    shape = draw_one(draw.shapes())
    return draw_one(draw.arrays(shape, shape, shape))


UPDATES = {
    "sgd_update": st.builds(lambda nesterov: {"momentum": 0.5, "nesterov": nesterov}, st.booleans()),
    "adagrad_update": st.just({}),
    "rmsprop_update": rmsprop_options,
    "adam_update": adam_options,
    "adamw_update": adam_options,
}
updates = st.one_of([st.tuples(st.just(name), options) for name, options in UPDATES.items()])


@checks(*UPDATES, each=True)
@given(two_gradients(), updates)
def test_updates_leave_the_state(check, history, update):
    """The second step is made twice from the same state, which must not be changed in place."""
    (param, first, second), (name, options) = history, update
    if not check.candidate.defines(name):
        return
    own, options = check.options(name, {"lr": 0.5, **options})
    given = check.cast(param), check.cast(first), None
    reference = getattr(check.reference, name).kept(*given, **options)[1]
    candidate = getattr(check.candidate, name).kept(*given, **own)[1]
    state = PerBackend(reference, candidate, check.judge(name, *given, **options)["state"])
    for at in ("step 2", "step 2 made again from the same state"):
        check(name, param, second, state, at=at, **options)


@checks("sgd_update", "adam_update", each=True)
def test_updates_refuse(check):
    """Nesterov without momentum, betas out of range, shapes that differ."""
    w = np.zeros((2, 1))
    check.refuses("sgd_update", w, w, None, lr=0.1, nesterov=True)
    check.refuses("sgd_update", w, w, None, lr=-0.1)
    check.refuses("sgd_update", w, np.zeros(2), None, lr=0.1)
    check.refuses("adam_update", w, w, None, betas=(1.0, 0.999))
    check.refuses("adam_update", w, w, None, eps=np.nan)


class Training(NamedTuple):
    """Two layers and their samples, the options of two groups, and the layer that is trained at each step."""

    x: np.ndarray
    y: np.ndarray
    layers: list[dict[str, np.ndarray]]
    groups: list[dict[str, Any]]
    trained: list[int]
    reload_at: int | None


SMALL = (draw.quarters, draw.decimals(4))


@draw.composite
def trainings(draw_one, options):
    """Small layers and some steps; before one of them the optimizer may be saved and loaded."""
    n, d, k = draw_one(draw.samples(3)), draw_one(draw.width(3)), draw_one(draw.width(2))
    shapes = [(n, d), (n, k), (k, d), (k,), (k, d), (k,)]
    x, y, *weights = draw_one(draw.arrays(*shapes, sources=SMALL))
    layers = [dict(zip(("weight", "bias"), pair, strict=True)) for pair in (weights[:2], weights[2:])]
    group = st.builds(lambda lr, options: {"lr": lr, **options}, st.sampled_from([0.5, 0.1]), options)
    trained = [draw_one(st.integers(0, 1)) for _ in range(draw_one(draw.steps(3)))]
    return Training(
        x, y, layers, [draw_one(group), draw_one(group)], trained, draw_one(st.sampled_from([None, 1, 2, 0]))
    )


def group_of(layer, name):
    """The weight of the first layer and the bias of the second are in group 0, the others in group 1."""
    return layer ^ (name == "bias")


def two_groups(backend, kind, layers, groups, **common):
    """An optimizer over both layers, with a parameter of each in each group."""
    members: list[list] = [[], []]
    for number, layer in enumerate(layers):
        for name in ("weight", "bias"):
            members[group_of(number, name)].append(getattr(layer.kept, name))
    return getattr(backend, kind)([{"params": m, **g} for m, g in zip(members, groups, strict=True)], **common)


def lr_required(check, kind):
    """The learning rate as the constructor's option, for a candidate that cannot do without it."""
    required = any(key == "lr" and needed for key, _, needed in check.candidate.signature(kind))
    return {"lr": 0.5} if required else {}


def one_group(backend, kind, layers, groups, **common):
    """An optimizer over the first layer, for candidates without groups."""
    return getattr(backend, kind)([layers[0].kept.weight, layers[0].kept.bias], **common | groups[0])


def knows_groups(kind):
    """Whether a backend supports this."""

    def probe(backend):
        layers = [backend.Linear(1, 1), backend.Linear(1, 1)]
        return len(list(two_groups(backend, kind, layers, [{}, {}], lr=0.5).kept.param_groups)) == 2

    return probe


def can_be_saved(kind):
    """Whether a backend supports this."""

    def probe(backend):
        optimizer = one_group(backend, kind, [backend.Linear(1, 1)], [{"lr": 0.5}])
        return all(getattr(optimizer, name) for name in ("state_dict", "load_state_dict"))

    return probe


class Trainee:
    """One side's layers and optimizer."""

    def __init__(self, check, side, make, training):
        self.backend, self.make, self.training = getattr(check, side), make, training
        self.loss = check.domain.loss()
        shape = training.x.shape[1], training.y.shape[1]
        self.layers = [self.backend.Linear(*shape, dtype=check.dtype) for _ in training.layers]
        self.x, self.y = check.cast(training.x), check.cast(training.y)
        self.optimizer = self.fresh()

    def fresh(self):
        """A new optimizer."""
        return self.make(self.backend, layers=self.layers, groups=self.training.groups)

    def reload(self):
        """A new optimizer that loads the saved state continues unchanged."""
        saved = self.optimizer.state_dict()
        self.optimizer = self.fresh()
        self.optimizer.load_state_dict(saved)

    def step(self, start, trained):
        """Train one of the layers from these weights: the parameters of the other have no gradient."""
        for layer, weights in zip(self.layers, start, strict=True):
            layer.load_state_dict(weights)
        self.backend.train_step(self.layers[trained], self.x, self.y, self.loss, self.optimizer)
        return [layer.state_dict() for layer in self.layers]


class Judge:
    """The expected layers, step by step, with the states of their parameters."""

    def __init__(self, check, kind, training, options):
        self.update, self.options, self.loss = referee.UPDATES[kind], options, check.domain.loss()
        self.x, self.y = bounded(check.cast(training.x)), bounded(check.cast(training.y))
        self.states: list[dict] = [dict.fromkeys(layer) for layer in training.layers]

    def step(self, start, trained):
        """Both layers after a step of one of them."""
        layers = [{name: bounded(value) for name, value in layer.items()} for layer in start]
        now, states = layers[trained], self.states[trained]
        gradients = referee.layer_gradients(now["weight"], now["bias"], self.x, self.y, self.loss)
        for name, value in now.items():
            with np.errstate(all="ignore"):
                update = self.update(value, gradients[f"grad_{name}"], states[name], **self.options(trained, name))
            now[name], states[name] = update["param"], update["state"]
        return layers


def compare_training(check, kind, training, **common):
    """Each step from the reference's weights; the learning rate of one group changes after the first step."""
    groups = [check.options(kind, group)[1] for group in training.groups]
    common = lr_required(check, kind) | {key: value for key, value in common.items() if check.takes(kind, key)}
    make, of_group, trained = two_groups, group_of, training.trained
    if not check.able(f"{kind} with groups", knows_groups(kind)):
        make, of_group, trained = one_group, lambda *_: 0, [0] * len(trained)
    saves = check.able(f"{kind}.state_dict", can_be_saved(kind))
    training = training._replace(groups=groups, layers=[check.cast(layer) for layer in training.layers])
    sides: dict[str, Trainee] = {}
    for name in SIDES:
        own = training._replace(groups=[check.without_fixed(name, kind, group) for group in groups])
        sides[name] = Trainee(check, name, partial(make, kind=kind, **common), own)
    rates = [group["lr"] for group in groups]

    def options(layer, name):
        group = of_group(layer, name)
        return {**common, **groups[group], "lr": rates[group]}

    judge, start = Judge(check, kind, training, options), training.layers
    for step, layer in enumerate(trained):
        if step == 1:
            rates[0] /= 4
            for side in sides.values():
                side.optimizer.kept.param_groups[0]["lr"] = rates[0]
        if step == training.reload_at and saves:
            for side in sides.values():
                side.reload()
        results = {name: side.step(start, layer) for name, side in sides.items()}
        for number, expected in enumerate(judge.step(start, layer)):
            for name, bound in expected.items():
                both = [results[side][number][name] for side in SIDES]
                check.compare(f"{kind} at step {step + 1}", f"layer{number + 1}.{name}", bound, *both)
        start = results["reference"]


def sgd_options(momentum, dampening, weight_decay, nesterov):
    """Options in which Nesterov has momentum and no dampening."""
    nesterov = nesterov and momentum > 0
    options = {"momentum": momentum, "dampening": 0.0 if nesterov else dampening, "nesterov": nesterov}
    return {"weight_decay": weight_decay} | {key: value for key, value in options.items() if value}


@checks("SGD", "Linear", "train_step")
@given(trainings(st.builds(sgd_options, momenta, st.sampled_from([0.0, 0.5]), decays, st.booleans())))
def test_sgd(check, training):
    """Two groups with their own options, a changing learning rate, parameters without a gradient, reloading."""
    compare_training(check, "SGD", training)


@checks("Adagrad", "Linear", "train_step")
@given(
    trainings(st.fixed_dictionaries({}, optional={"lr_decay": decays, "weight_decay": decays, "eps": epsilons})), decays
)
def test_adagrad(check, training, initial):
    """The same; the initial sum of squares is an option of the constructor only."""
    compare_training(check, "Adagrad", training, initial_accumulator_value=initial)


@checks("RMSprop", "Linear", "train_step")
@given(trainings(rmsprop_options))
def test_rmsprop(check, training):
    """The same; the state depends on the options of the group."""
    compare_training(check, "RMSprop", training)


@checks("Adam", "Linear", "train_step")
@given(trainings(adam_options))
def test_adam(check, training):
    """The same; each parameter counts its own steps."""
    compare_training(check, "Adam", training)


@checks("AdamW", "Linear", "train_step")
@given(trainings(adam_options))
def test_adamw(check, training):
    """The same; a parameter without a gradient does not shrink either."""
    compare_training(check, "AdamW", training)
