"""The catalogue of known mistakes: the fields of every entry, and that it is wrong in one place only."""

import numpy as np
import pytest

import scratch
from parity import mistakes, trees
from parity.mistakes import MISTAKES, adaptive, momentum
from parity.mistakes.called import called_otherwise
from parity.mistakes.registry import SPELLED_OUT, calls


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


FAMILIES = [name for name, one in MISTAKES.items() if one.parameter]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_member_of_a_family_says_its_number(name):
    """The first of the usual ones stands in the catalogue; any other can be had."""
    one = MISTAKES[name]
    assert len(set(one.usual)) == len(one.usual) > 1
    assert one.value == one.usual[0]
    other = one.member(one.usual[1])
    assert (other.name, other.replaced, other.met) == (one.name, one.replaced, one.met)
    assert "{" not in one.explanation + other.explanation
    assert one.explanation != other.explanation
    z = np.array([-1e3, -0.5, 1.0]), np.array([0.5, 0.25, 1.0])
    if name == "sigmoid_of_a_clipped_z":
        assert one.sigmoid(z[0])[0] == scratch.sigmoid(np.array([-250.0]))[0]
        assert other.sigmoid(z[0])[0] == scratch.sigmoid(np.array([-500.0]))[0]


def test_a_number_of_a_dtype_says_so():
    """Once in the sentence."""
    one = MISTAKES["probability_clipped"].member(2.0**-52)
    assert "2.22045e-16 (the eps of float64) .. 1 - 2.22045e-16 instead" in one.explanation


def test_what_calls_the_wrong_function_is_wrong_with_it():
    """Everywhere; what comes before it is as it was."""
    weight, bias, x, y = np.ones((1, 2)), np.ones(1), np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 1))
    wrong = MISTAKES["gradient_ascent"]
    after = weight, bias
    for x_i, y_i in zip(x, y, strict=True):
        after = wrong.gradient_step(*after, x_i, y_i, 0.25)
    for found in (wrong.everywhere.gradient_epoch(weight, bias, x, y, 0.25), after):
        np.testing.assert_array_equal(found[0], after[0])
    run = wrong.everywhere.train_gradient(weight, bias, x, y, lr=0.25, epochs=1)
    np.testing.assert_array_equal(run.weight, after[0])
    assert wrong.everywhere.neuron is scratch.neuron
    net = wrong.everywhere.ToyNet()
    net.load_state_dict({"fc1.weight": weight, "fc1.bias": bias})
    net.train_sample_gradient(x[0], y[0], 0.25)
    np.testing.assert_array_equal(net.fc1.weight.data, wrong.gradient_step(weight, bias, x[0], y[0], 0.25)[0])
    assert "gradient_step" in calls("train_gradient")
    assert "gradient_step" not in calls("neuron_gradients")


def test_a_wrong_rule_is_wrong_in_its_class_and_in_what_is_built_on_it():
    """AdamW calls the update of Adam."""
    wrong = MISTAKES["no_bias_correction"]
    param, grad = np.array([1.0]), np.array([0.5])
    expected = wrong.adam_update(param, grad, None, weight_decay=0.0)[0]
    np.testing.assert_array_equal(wrong.everywhere.adamw_update(param, grad, None, weight_decay=0.0)[0], expected)
    layer = wrong.everywhere.Linear(1, 1)
    layer.weight.data, layer.weight.grad = param.copy()[None], grad[None]
    wrong.everywhere.Adam([layer.weight]).step()
    np.testing.assert_array_equal(layer.weight.data[0], expected)


def test_an_epoch_of_steps_is_the_epoch_of_the_perceptron():
    """What is spelled out for the step is right where the step is."""
    rng = np.random.default_rng(0)
    right = MISTAKES["sign_flipped"].everywhere.file("perceptron")
    right.perceptron_step = scratch.perceptron_step
    spelled = mistakes.registry.border.rewired(SPELLED_OUT["perceptron_epoch"], **vars(right))
    for _ in range(20):
        x, weight = rng.integers(-2, 3, (6, 2)).astype(float), rng.integers(-2, 3, (2, 2)).astype(float)
        given = weight, np.zeros(2), x, rng.choice([-1.0, 1.0], (6, 2))
        ours, theirs = spelled(*given), scratch.perceptron_epoch(*given)
        np.testing.assert_array_equal(ours[0], theirs[0])
        assert ours[2] == theirs[2]


def test_one_counter_counts_every_parameter():
    """At the first step t is 1 for the first parameter and 2 for the second."""
    wrong = MISTAKES["one_counter_for_all"]
    parameters = [scratch.Linear(1, 1).weight for _ in range(2)]
    for parameter in parameters:
        parameter.data, parameter.grad = np.zeros((1, 1)), np.ones((1, 1))
    optimizer = wrong.Adam(parameters, lr=1.0, betas=(0.5, 0.75), eps=0.0)
    optimizer.step()
    assert [optimizer.state[parameter]["step"] for parameter in parameters] == [1.0, 2.0]
    np.testing.assert_allclose(parameters[0].data, -1.0)
    np.testing.assert_allclose(parameters[1].data, -(0.5 / 0.75) / (0.25 / (1 - 0.75**2)) ** 0.5)
    optimizer.step()
    assert [optimizer.state[parameter]["step"] for parameter in parameters] == [3.0, 4.0]


@pytest.mark.parametrize("rates", [(0.5, 0.5, 0.5), (0.5, 0.5, 0.125)])
def test_lr_in_the_buffer_is_the_same_as_long_as_it_stays(rates):
    """And differs from the first step with another one on."""
    wrong, state = MISTAKES["lr_inside_the_momentum_buffer"], [None, None]
    ours = theirs = np.array([1.0, -2.0])
    for step, (lr, grad) in enumerate(zip(rates, np.array([[0.5, 1.0], [-0.25, 2.0], [1.0, -1.0]]), strict=True)):
        ours, state[0] = wrong.sgd_update(ours, grad, state[0], lr=lr, momentum=0.5)
        theirs, state[1] = scratch.sgd_update(theirs, grad, state[1], lr=lr, momentum=0.5)
        assert np.allclose(ours, theirs, rtol=1e-14, atol=0) == (len(set(rates)) == 1 or step < 2)


@pytest.mark.parametrize(("swapped", "of_a_pair"), [(True, False), (False, True), (True, True)])
def test_what_is_called_otherwise_is_said_in_a_sentence(swapped, of_a_pair):
    """As that of a mistake."""
    one = called_otherwise("relu_backward", ["grad_output", "z"], swapped, of_a_pair)
    assert ("arguments_swapped" in one.name, "result_with_a_cache" in one.name) == (swapped, of_a_pair)
    assert ("relu_backward(grad_output, z)" in one.explanation) == swapped
    assert one.explanation.endswith(".")
    assert one.met.startswith("Met in ")
