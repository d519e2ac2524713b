"""Many nets at once: each as its own run leaves it, whatever the others do."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judge.rounding import bounded
from parity.properties.test_training import LOSSES, SIDES, judged, near_one, net, rates, rule_of, runs, within_range

checks = pytest.mark.checks
# Momentum or none, decay rates on either side of a half: what sends update rules different ways.
OPTIONS = st.one_of(
    st.tuples(
        st.just("SGD"),
        st.fixed_dictionaries(
            {
                "lr": st.sampled_from([0.1, 0.02]),
                "momentum": st.sampled_from([0.0, 0.5, 0.9]),
                "weight_decay": st.sampled_from([0.0, 0.1]),
            }
        ),
    ),
    st.tuples(
        st.just("Adam"),
        st.fixed_dictionaries(
            {"lr": st.sampled_from([0.1, 0.02]), "betas": st.sampled_from([(0.9, 0.999), (0.25, 0.75), (0.8, 0.4)])}
        ),
    ),
)
SCALES = st.sampled_from([1.0, 0.5, -1.0, 0.75])


def scaled(run, scale):
    """The same run from other weights."""
    return run._replace(weights={name: scale * value for name, value in run.weights.items()})


def train(check, side, members, **options):
    """One side's nets after ``fit_stack``, and the histories."""
    first = members[0]
    models = [net(check, side, run) for run in members]
    histories = getattr(check, side).fit_stack(
        models,
        check.cast(first.x),
        check.cast(first.y),
        loss=first.loss,
        epochs=len(first.orders),
        batch_size=first.batch_size,
        orders=first.orders,
        **(options | {"optimizer": options["optimizer"](models)}),
    )
    return models, histories


def compare(check, members, expected, sides):
    """The losses of each step and the last weights and gradients of each net."""
    for m, (run, steps) in enumerate(zip(members, expected, strict=True)):
        where = f"fit_stack of MLP({run.sizes}), net {m + 1} of {len(members)}"
        models, histories = zip(*(sides[side] for side in SIDES), strict=True)
        for label, value in (("epochs", len(run.orders)), ("steps", len(steps))):
            found = [history[m].epochs if label == "epochs" else len(history[m].losses) for history in histories]
            check.compare(where, label, bounded(check.floats(value)), *map(check.floats, found), given=run)
        for i, step in enumerate(steps):
            losses = [check.floats(history[m].losses[i]) for history in histories]
            check.compare(where, f"loss of step {i + 1}", step["loss"], *losses, given=run)
        parameters = [dict(model[m].kept.named_parameters()) for model in models]
        for name, bound in steps[-1]["gradients"].items():
            check.compare(where, f"grad of {name}", bound, *(p[name].plain.grad for p in parameters), given=run)
        states = [model[m].state_dict() for model in models]
        for name, bound in steps[-1]["weights"].items():
            check.compare(where, name, bound, *(state[name] for state in states), given=run)


@checks("fit_stack", "MLP", "SGD", "Adam")
@given(runs(losses=(*LOSSES, "squared_error")), st.lists(st.tuples(SCALES, OPTIONS), min_size=1, max_size=4))
def test_each_net_is_as_its_own_run_leaves_it(check, run, drawn):
    """From weights of their own, with an optimizer of its own for each: losses, last gradients and weights."""
    members = [scaled(run, scale) for scale, _ in drawn]
    expected = []
    for one, (_, (kind, options)) in zip(members, drawn, strict=True):
        others = {name: value for name, value in options.items() if name != "lr"}
        steps = judged(check, one, kind, lambda _, options=options: options["lr"], **others)
        expected.append(within_range(check, steps))
    if not all(expected):
        return

    def optimizers(backend):
        return lambda models: [
            getattr(backend, kind)(model.kept.parameters(), **options)
            for model, (_, (kind, options)) in zip(models, drawn, strict=True)
        ]

    sides = {side: train(check, side, members, optimizer=optimizers(getattr(check, side))) for side in SIDES}
    compare(check, members, expected, sides)


@checks("fit_stack", "MLP")
@given(
    runs(sources=(near_one,), most_layers=1),
    st.lists(SCALES, min_size=1, max_size=3),
    st.sampled_from(["SGD", "Adagrad", "RMSprop", "Adam", "AdamW"]),
    rates,
)
def test_one_name_is_an_optimizer_for_each(check, run, scales, optimizer, lr):
    """With the learning rate given, or a function of the epoch."""
    steps = -(-len(run.x) // run.batch_size)
    of_step = (lambda step: lr[step // steps]) if isinstance(lr, tuple) else lambda _: lr
    members = [scaled(run, scale) for scale in scales]
    expected = [within_range(check, judged(check, one, optimizer, of_step)) for one in members]
    if not all(expected):
        return
    sides = {side: train(check, side, members, optimizer=lambda _: optimizer, lr=rule_of(lr)) for side in SIDES}
    compare(check, members, expected, sides)


@checks("fit_stack", "MLP", "SGD")
@given(runs(sources=(near_one,), losses=("mse_loss",), most_layers=1), st.integers(0, 2))
def test_the_others_go_on(check, run, position):
    """A net whose loss goes out of range stops; those before and after it are as if it had never been there."""
    lrs = [0.1, 0.1, 0.1]
    lrs[position] = 1e30
    steps = within_range(check, judged(check, run, "SGD", lambda _: 0.1))
    if not steps:
        return

    def optimizers(backend):
        return lambda models: [
            backend.SGD(model.kept.parameters(), lr=lr) for model, lr in zip(models, lrs, strict=True)
        ]

    sides, stopped = {}, []
    for side in SIDES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            models, histories = train(check, side, [run] * 3, optimizer=optimizers(getattr(check, side)))
        stopped.append(histories[position])
        sides[side] = [[*some[:position], *some[position + 1 :]] for some in (models, histories)]
    compare(check, [run] * 2, [steps] * 2, sides)
    for label in ("epochs", "steps"):
        found = [check.floats(each.epochs if label == "epochs" else len(each.losses)) for each in stopped]
        check.compare("fit_stack: the net out of range", label, bounded(found[1]), *found, given=run)
