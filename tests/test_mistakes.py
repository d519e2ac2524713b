"""The catalogue of known mistakes: the fields of every entry, and that it is wrong in one place only."""

import numpy as np
import pytest

import scratch
from parity import mistakes, trees
from parity.mistakes import MISTAKES, adaptive, momentum


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_says_what_it_is_and_where_it_is_met(name):
    """It is found by its name, and ends the sentence "this is what you get when ..."."""
    one = MISTAKES[name]
    assert getattr(mistakes, name) is one
    assert one.name == name
    assert one.replaced in trees.all_names()
    assert getattr(one, one.replaced) is not getattr(scratch, one.replaced)
    assert all(getattr(one, other) is getattr(scratch, other) for other in scratch.__all__ if other != one.replaced)
    assert one.explanation.endswith(".")
    assert "\n" not in one.explanation
    assert one.met.startswith(("Met in ", "Met where "))
    assert one.met.endswith(".")


def test_every_file_of_the_contract_has_mistakes():
    """In study order, except the mistakes that an optimizer shares with its update."""
    files = {name: file for file, names in trees.names().items() for name in names}
    seen = [files[one.replaced] for one in MISTAKES.values()]
    assert list(dict.fromkeys(seen)) == list(trees.FILES)
    assert seen == sorted(seen, key=trees.FILES.index)


@pytest.mark.parametrize(
    "docstring",
    [
        None,
        "",
        "the sign is flipped.",
        "the sign is flipped.\n\nSeen everywhere.",
        "the sign\nis flipped.\n\nMet in it.",
    ],
)
def test_a_mistake_without_explanation_is_refused(docstring):
    """One line says what is missing, and nothing is registered."""

    def nameless(z):
        return -z

    nameless.__doc__ = docstring
    with pytest.raises(ValueError, match=r'^nameless: got the docstring .*, expected one line.*"Met in"[^\n]*$'):
        mistakes.mistake("sign")(nameless)
    assert "nameless" not in MISTAKES


def test_a_mistake_refuses_what_the_right_function_refuses():
    """It is wrong in its numbers only, except the one whose mistake is to accept invalid input."""
    with pytest.raises(ValueError, match="nothing is broadcast"):
        MISTAKES["sum_instead_of_mean"].mse_loss(np.zeros((3, 1)), np.zeros(3))
    assert MISTAKES["shapes_broadcast"].mse_loss(np.zeros((3, 1)), np.zeros(3)) == 0


@pytest.mark.parametrize(
    ("written_out", "right", "options"),
    [
        (momentum.sgd, scratch.sgd_update, {"lr": 0.5, "momentum": 0.5, "nesterov": True, "weight_decay": 0.5}),
        (momentum.sgd, scratch.sgd_update, {"lr": 0.5, "momentum": 0.5, "dampening": 0.5}),
        (adaptive.adagrad, scratch.adagrad_update, {"lr_decay": 0.5, "weight_decay": 0.5, "eps": 0.5}),
        (adaptive.adagrad, scratch.adagrad_update, {"initial_accumulator_value": 0.5}),
        (adaptive.rmsprop, scratch.rmsprop_update, {"momentum": 0.5, "centered": True, "eps": 0.5}),
        (adaptive.rmsprop, scratch.rmsprop_update, {"alpha": 0.5, "weight_decay": 0.5}),
        (adaptive.adam, scratch.adam_update, {"betas": (0.5, 0.75), "weight_decay": 0.5, "amsgrad": True}),
        (adaptive.adam, scratch.adam_update, {"eps": 0.5}),
    ],
)
def test_what_is_written_out_is_right_without_a_mistake(written_out, right, options):
    """Without a mistake, the written-out rule equals that of scratch."""
    ours, theirs, state = np.array([1.0, -2.0]), np.array([1.0, -2.0]), [None, None]
    for grad in np.array([[0.5, 1.0], [-0.25, 2.0], [1.0, -1.0]]):
        ours, state[0] = written_out(ours, grad, state[0], **options)
        theirs, state[1] = right(theirs, grad, state[1], **options)
        np.testing.assert_allclose(ours, theirs, rtol=1e-14, atol=0)
        assert {key: pytest.approx(value, rel=1e-14) for key, value in state[1].items()} == {
            key: state[0][key] for key in state[1]
        }
