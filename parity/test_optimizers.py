"""The optimizers: each update with injected gradients and state, resynchronised over four steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import strategies as draw

checks = pytest.mark.checks
STEPS = 4

decays = st.sampled_from([0.0, 0.1, 0.5])
epsilons = st.sampled_from([1e-8, 1e-3])
betas = st.sampled_from([(0.9, 0.999), (0.5, 0.75), (0.0, 0.99)])
momenta = st.sampled_from([0.0, 0.5, 0.9])
adam_options = st.fixed_dictionaries(
    {}, optional={"betas": betas, "eps": epsilons, "weight_decay": decays, "amsgrad": st.booleans()}
)


@st.composite
def histories(draw_one, sources=None):
    """A parameter and its gradients, one a step."""
    n, k = draw_one(draw.shapes())
    return draw_one(draw.arrays((n, k), (STEPS, n, k), sources=sources))


def steps(check, name, history, lr, options, exactly=False):
    """Four steps, each from the reference's weights and state, the learning rate changed in the middle."""
    param, grads = history
    state = None
    for step, grad in enumerate(grads):
        rate = lr if step < STEPS // 2 else lr / 4
        param, state = check(name, param, grad, state, lr=rate, at=f"step {step + 1}", exactly=exactly, **options)


@checks("sgd_update")
@given(histories(), draw.rates, momenta, st.sampled_from([0.0, 0.5]), decays, st.booleans())
def test_sgd_update(check, history, lr, momentum, dampening, weight_decay, nesterov):
    """Momentum, whose first buffer is the gradient itself; dampening; Nesterov; weight decay."""
    nesterov = nesterov and momentum > 0 and dampening == 0
    options = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
    steps(check, "sgd_update", history, lr, {key: value for key, value in options.items() if value})


@checks("sgd_update")
@given(histories(sources=[draw.small]), st.sampled_from([0.5, 1.0]), st.sampled_from([0.0, 0.5]), st.booleans())
def test_sgd_update_on_the_grid(check, history, lr, momentum, nesterov):
    """On small numbers bit for bit."""
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
@given(
    histories(),
    draw.rates,
    st.fixed_dictionaries(
        {},
        optional={
            "alpha": st.sampled_from([0.99, 0.5]),
            "eps": epsilons,
            "weight_decay": decays,
            "momentum": momenta,
            "centered": st.booleans(),
        },
    ),
)
def test_rmsprop_update(check, history, lr, options):
    """The mean of squares; centered; with momentum."""
    steps(check, "rmsprop_update", history, lr, options)


@checks("adam_update")
@given(histories(), draw.rates, adam_options)
def test_adam_update(check, history, lr, options):
    """Both averages, their corrections, epsilon after them, amsgrad."""
    steps(check, "adam_update", history, lr, options)


@checks("adamw_update")
@given(histories(), draw.rates, adam_options)
def test_adamw_update(check, history, lr, options):
    """The weights shrink first, apart from the gradient."""
    steps(check, "adamw_update", history, lr, options)


@checks("sgd_update", "adam_update")
def test_updates_refuse(check):
    """Nesterov without momentum, betas out of range, shapes that differ."""
    w = np.zeros((2, 1))
    check.refuses("sgd_update", w, w, None, lr=0.1, nesterov=True)
    check.refuses("sgd_update", w, w, None, lr=-0.1)
    check.refuses("sgd_update", w, np.zeros(2), None, lr=0.1)
    check.refuses("adam_update", w, w, None, betas=(1.0, 0.999))
    check.refuses("adam_update", w, w, None, eps=np.nan)
