"""Homework in different styles: correct code passes, mistakes are caught at their function and named."""

import re
from pathlib import Path

import pytest

from parity.cli import main

SOLUTIONS = Path(__file__).parent / "solutions"

RIGHT = [
    "adam_own_state",  # the state is a tuple
    "adam_step_size",  # the paper's rearranged form, epsilon scaled with it
    "adam_textbook",  # m_hat and v_hat; AdamW with the decay taken last
    "careful_float32",  # float64 inside, rounded once; without activations
    "common_forms",  # np.sign, grad * (z > 0), a decorator without wraps; nothing is rejected
    "cross_entropy_by_logsumexp",  # these seven are equal on paper: tests/test_paper.py
    "data_and_batches",  # np.loadtxt, np.split
    "dataclasses_and_prints",  # annotations, an enum, output on both streams
    "draws_and_overwrites",  # random weights whose place the given ones take
    "decay_of_the_weight",
    "einsum_everywhere",
    "eps_of_keras",  # 1e-7 in the code, declared
    "gradient_alone",  # a loop over the samples; nothing that the properties could use beside it
    "helpers_called_sgd",  # classes of other forms have the names of the contract
    "in_place_on_copies",  # out= and +=
    "logits_gradient_by_logsigmoid",
    "lr_by_position",
    "mean_by_product",  # (1 / n) * sum
    "momentum_own_key",
    "mse_fraction_of_the_sum",
    "mse_mean_of_means",
    "one_hot_cross_entropy",  # log(1 - p) where others write log1p
    "options_not_implemented",
    "own_classes",  # layers, MLP, SGD, train_step
    "own_generator",  # parameters are a subclass of ndarray, changed in place
    "perceptron_alone",
    "perceptron_scalars",  # one weight at a time
    "plain_math",  # no NumPy: floats and lists
    "public_names",  # __all__ leaves out helpers of another meaning
    "python_lists",  # no imports at all
    "rows_only",  # one sample raises an error
    "rows_only_declared",
    "sigmoid_by_tanh",  # (1 + tanh) / 2 where it is accurate; tanh by expm1
    "sigmoid_two_branches",  # boolean masks
    "small_domain",  # one hidden layer, two activations, two losses, found by trying
    "small_domain_declared",
    "softmax_by_logsumexp",  # the Jacobian as a matrix
    "state_in_a_named_tuple",  # with a lock inside
    "state_of_tensors",
    "squared_error_by_norm",
    "sums_in_another_order",  # math.fsum, reversed, pairwise
    "tanh_slope_by_cosh",
    "torch_foreach",
    "torch_func",  # vjp and grad
    "torch_fused",
]

# The file, the wrong function, and the known mistake, None if it is not known.
WRONG = [
    ("adagrad_without_square", "adagrad_update", "gradients_summed_unsquared"),
    ("adam_corrects_its_state", "adam_update", "corrected_averages_stored"),
    ("adam_eps_before_correction", "adam_update", "eps_before_the_correction"),
    ("adam_eps_in_the_root", "adam_update", "eps_inside_the_root"),
    ("adam_uncorrected", "adam_update", "no_bias_correction"),
    ("adam_v_uncorrected", "adam_update", "only_m_corrected"),
    ("adam_without_t", "adam_update", "bias_correction_without_t"),
    ("adamw_as_l2", "adamw_update", "coupled_weight_decay"),
    ("bce_gradient_second_sign", "binary_cross_entropy_backward", "sign_of_the_second_term_lost"),
    ("bce_mean_over_rows", "binary_cross_entropy_with_logits", "logits_mean_over_rows"),
    ("bce_nan_at_zero", "binary_cross_entropy", "logarithm_not_clamped"),
    ("bias_forgotten", "linear", "bias_left_out"),
    ("bias_inside_the_brackets", "linear", "bias_inside_the_product"),
    ("bias_uphill", "gradient_step", "bias_climbs"),
    ("bits_of_the_classes", "cross_entropy", "cross_entropy_in_bits"),
    ("column_lost", "linear", None),  # the shape is wrong, which the message says
    ("cross_entropy_softmax_twice", "cross_entropy", "softmax_applied_twice"),
    ("cross_entropy_summed", "cross_entropy_backward", "cross_entropy_gradient_summed"),
    ("cross_entropy_with_eps", "cross_entropy", "eps_added_to_the_softmax"),
    ("decay_without_rate", "sgd_update", "sgd_decay_without_lr"),
    ("domain_eps_in_the_root", "adam_update", "eps_inside_the_root"),
    ("domain_relu_without_slope", "neuron_gradients", "derivative_forgotten"),
    ("domain_softmax_of_all", "softmax", "softmax_over_the_batch"),
    ("epoch_as_one_batch", "gradient_epoch", "full_batch"),
    ("epoch_averaged", "gradient_epoch", "full_batch_averaged"),
    ("epoch_forgets_its_steps", "gradient_epoch", "each_step_from_the_first_weights"),
    ("gradient_without_slope", "neuron_gradients", "derivative_forgotten"),
    ("logits_gradient_over_rows", "binary_cross_entropy_with_logits_backward", "logit_gradient_over_rows"),
    ("logits_to_infinity", "binary_cross_entropy_with_logits", "sigmoid_then_open_logarithm"),
    ("lucky_draws", "softmax", None),  # the message says that it depends on chance
    ("momentum_average", "sgd_update", "momentum_as_an_average"),
    ("momentum_holds_the_rate", "sgd_update", "lr_inside_the_momentum_buffer"),
    ("momentum_steps_late", "sgd_update", "step_with_the_old_buffer"),
    ("mse_mean_over_rows", "mse_loss_backward", "gradient_over_rows"),
    ("mse_without_mean", "mse_loss", "sum_instead_of_mean"),
    ("mse_without_the_two", "mse_loss_backward", "factor_2_missing"),
    ("perceptron_bias_stays", "perceptron_step", "bias_never_updated"),
    ("perceptron_counts_outputs", "perceptron_epoch", "wrong_outputs_counted"),
    ("perceptron_in_place", "perceptron_step", None),  # the message says that the argument was changed
    ("perceptron_tie_is_a_mistake", "perceptron_step", "full_step_on_the_line"),
    ("perceptron_whole_error", "perceptron_step", "error_not_halved"),
    ("predict_zero_or_one", "predict", "classes_0_and_1"),
    ("relu_leaks", "relu_backward", "kink_passes"),
    ("relu_never_zero", "relu", "leaky_relu"),
    ("relu_without_chain", "relu_backward", "relu_gradient_from_above_left_out"),
    ("returns_nothing", "relu", None),  # the message says that it is None
    ("rmsprop_divides_first", "rmsprop_update", "square_average_before_this_gradient"),
    ("sigmoid_falls", "sigmoid", "exponent_without_its_minus"),
    ("sigmoid_loses_digits", "sigmoid", "sigmoid_from_tanh"),
    ("sigmoid_of_integers", "sigmoid", "whole_numbers_stay_whole"),
    ("sigmoid_overflows", "sigmoid", "sigmoid_overflows"),
    ("sigmoid_slope_of_z", "sigmoid_backward", "derivative_of_the_output"),
    ("sigmoid_without_chain", "sigmoid_backward", "gradient_from_above_left_out"),
    ("sign_of_zero", "sign", "zero_counts_as_positive"),
    ("single_precision", "tanh", None),  # the message says that the dtype is float32
    ("softmax_gradient_mean", "softmax_backward", "softmax_gradient_with_a_mean"),
    ("softmax_over_columns", "softmax", "softmax_over_the_batch"),
    ("squared_error_wrong_sign", "squared_error_backward", "error_for_gradient"),
    ("tanh_slope_of_z", "tanh_backward", "tanh_derivative_of_the_output"),
    ("tanh_without_chain", "tanh_backward", "tanh_gradient_from_above_left_out"),
    ("updated_too_early", "train_step", "backward_through_updated_weights"),
    ("state_of_tensors_unsquared", "adagrad_update", "gradients_summed_unsquared"),
    ("uphill", "gradient_step", "gradient_ascent"),
    # As students write it: the state is their own, a number is their own, functions are called otherwise.
    ("adam_counts_every_parameter", "Adam", "one_counter_for_all"),
    ("adam_decay_in_m_only", "adam_update", "adam_decay_in_m_only"),
    ("adam_lr_t", "adam_update", "eps_before_the_correction"),
    ("adam_own_state_eps_in_the_root", "adam_update", "eps_inside_the_root"),  # the state is a tuple
    ("adamw_own_state_on_adam", "adam_update", "no_bias_correction"),
    ("adamw_own_state_on_adam", "adamw_update", "no_bias_correction"),  # which calls adam_update
    ("bce_clipped", "binary_cross_entropy", "probability_clipped"),
    ("bce_clipped", "binary_cross_entropy_backward", "probability_clipped_in_the_gradient"),
    ("bce_clipped_at_a_number", "binary_cross_entropy", "probability_clipped"),
    ("bce_clipped_at_eps_of_the_dtype", "binary_cross_entropy", "probability_clipped"),
    ("bce_eps_added", "binary_cross_entropy", "eps_inside_the_logarithm"),
    ("bce_eps_added", "binary_cross_entropy_backward", "eps_in_the_denominators"),
    ("bce_nan_to_num", "binary_cross_entropy", "nan_made_a_number"),
    ("cross_entropy_clipped", "cross_entropy", "softmax_of_at_least_eps"),
    ("cross_entropy_clipped", "cross_entropy_backward", "softmax_clipped_in_the_gradient"),
    ("cross_entropy_eps_1e_15", "cross_entropy", "eps_added_to_the_softmax"),
    ("epoch_alone_uphill", "gradient_epoch", "gradient_ascent"),
    ("fit_divides_by_batch_size", "fit", "last_batch_over_the_full_size"),
    ("fit_shuffles_x_only", "fit", "targets_not_shuffled_in_fit"),
    ("leaky_relu_of_a_fifth", "relu", "leaky_relu"),
    ("leaky_relu_of_a_fifth", "relu_backward", "leaky_relu_gradient"),
    ("linear_with_weights_first", "linear", "arguments_swapped_and_result_with_a_cache"),
    ("logits_clipped", "binary_cross_entropy_with_logits", "sigmoid_clipped_then_logarithm"),
    ("logits_clipped", "binary_cross_entropy_with_logits_backward", "sigmoid_clipped_in_the_gradient"),
    ("loss_and_gradient", "mse_loss", "result_with_a_cache"),
    ("losses_with_targets_first", "binary_cross_entropy", "arguments_swapped"),
    ("losses_with_targets_first", "cross_entropy", "arguments_swapped"),
    ("momentum_average_corrected", "sgd_update", "momentum_as_a_corrected_average"),
    ("momentum_average_holds_the_rate", "sgd_update", "momentum_as_an_average_of_steps"),
    ("momentum_average_of_a_course", "sgd_update", "momentum_as_an_average"),
    ("momentum_bare_array", "sgd_update", "lr_inside_the_momentum_buffer"),
    ("momentum_by_default", "sgd_update", "momentum_by_default"),
    ("momentum_cs231n", "sgd_update", "lr_inside_the_momentum_buffer"),
    ("momentum_in_a_tuple", "sgd_update", "lr_inside_the_momentum_buffer"),
    ("momentum_in_an_object", "sgd_update", "lr_inside_the_momentum_buffer"),
    ("momentum_negative_buffer", "sgd_update", "lr_inside_the_momentum_buffer"),
    ("only_x_shuffled", "minibatches", "targets_not_shuffled"),
    ("perceptron_with_its_own_sign", "perceptron_step", "line_counts_as_positive"),
    ("perceptron_with_its_own_sign", "perceptron_epoch", "line_counts_as_positive"),
    ("perceptron_with_its_own_sign", "train_perceptron", "line_counts_as_positive"),
    ("relu_backward_of_a_course", "relu", "result_with_a_cache"),
    ("relu_backward_of_a_course", "relu_backward", "arguments_swapped"),
    ("relu_half_at_the_kink", "relu_backward", "half_the_gradient_at_the_kink"),
    ("sgd_decays_weights_only", "SGD", "biases_do_not_decay"),
    ("sigmoid_backward_of_a_course", "sigmoid_backward", "arguments_swapped"),
    ("sigmoid_clipped", "sigmoid", "sigmoid_of_a_clipped_z"),
    ("sigmoid_clipped_at_a_number", "sigmoid", "sigmoid_of_a_clipped_z"),
    ("softmax_of_softmax", "softmax_backward", "softmax_applied_twice_in_its_gradient"),
    ("state_in_place", "sgd_update", "state_in_place"),
    ("tanh_of_tanh", "tanh_backward", "tanh_applied_twice"),
    ("uphill_all_the_way", "gradient_step", "gradient_ascent"),
    ("uphill_all_the_way", "gradient_epoch", "gradient_ascent"),
    ("uphill_all_the_way", "train_gradient", "gradient_ascent"),
    # Not a known convention: the diagnosis must not guess.
    ("clipped_gradient", "sgd_update", None),
    ("last_input_ignored", "linear", None),
    ("neuron_knows_no_names", "neuron", None),
    ("one_percent_off", "squared_error_backward", None),
    ("steep_tanh", "tanh", None),
]


# Right in float64: the file, the function, the mistake, and words of its explanation.
WRONG_IN_FLOAT32 = [
    ("adam_lr_t", "adam_update", "adam_widened_to_float64", "sqrt(bc2) / bc1 * m / (sqrt(v) + eps)"),
    ("adam_widened", "adam_update", "adam_widened_to_float64", "m / bc1 / (sqrt(v) / sqrt(bc2) + eps)"),
    ("bce_clipped_at_eps_of_the_dtype", "binary_cross_entropy", "probability_clipped", "(the eps of float32)"),
]

# What the explanation says of a number that is the author's own.
NUMBERS = [
    ("bce_clipped", "binary_cross_entropy_backward", "1e-15 .. 1 - 1e-15"),
    ("bce_clipped_at_a_number", "binary_cross_entropy", "3e-6 .. 1 - 3e-6"),
    ("bce_clipped_at_eps_of_the_dtype", "binary_cross_entropy", "2.22045e-16 (the eps of float64)"),
    ("cross_entropy_clipped", "cross_entropy", "for 1e-10"),
    ("leaky_relu_of_a_fifth", "relu_backward", "a factor of 0.2"),
    ("linear_with_weights_first", "linear", "linear(weight, bias, x)"),
    ("losses_with_targets_first", "cross_entropy", "cross_entropy(target, pred)"),
    ("sigmoid_clipped_at_a_number", "sigmoid", "-36.5 .. 36.5"),
]


def test_every_solution_is_listed():
    """No file is left out of the tables, and none is missing."""
    found = {folder: sorted(file.stem for file in (SOLUTIONS / folder).glob("*.py")) for folder in ("right", "wrong")}
    assert found == {"right": sorted(RIGHT), "wrong": sorted({name for name, *_ in WRONG + WRONG_IN_FLOAT32})}


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_right_solutions_pass(name, report):
    """No false alarm, whatever the style."""
    rows = report(SOLUTIONS / f"right/{name}.py", "--reference", "scratch", "--examples", "30")
    assert rows["exit_code"] == 0, wrong_ones(rows)


@pytest.mark.parametrize("name", ["adam_textbook", "own_classes", "sigmoid_two_branches"])
def test_right_solutions_pass_against_pytorch(name, report):
    """The reference may be either."""
    rows = report(SOLUTIONS / f"right/{name}.py", "--examples", "30")
    assert rows["exit_code"] == 0, wrong_ones(rows)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "function", "mistake"), WRONG)
def test_wrong_solutions_are_caught(name, function, mistake, report):
    """At the wrong function, and the mistake is named if it is known."""
    # As many as a default run in both precisions, because examples that distinguish two mistakes may be rare.
    options = ("--reference", "scratch", "--only", function, "--dtype", "float64", "--examples", "100")
    rows = report(SOLUTIONS / f"wrong/{name}.py", *options)
    lessons = [lesson for lesson in wrong_ones(rows) if lesson["function"] == function]
    assert lessons, rows
    named = {found["name"] for lesson in lessons for found in lesson["mistakes"]}
    assert mistake in named if mistake else not named, lessons
    assert len(named) <= 2, named


@pytest.mark.slow
@pytest.mark.parametrize(("name", "function", "mistake", "words"), WRONG_IN_FLOAT32)
def test_wrong_solutions_are_caught_in_float32(name, function, mistake, words, report):
    """Where arrays are widened, or clipped at a number that depends on their dtype."""
    rows = report(SOLUTIONS / f"wrong/{name}.py", "--reference", "scratch", "--only", function, "--dtype", "float32")
    found = [mistake for lesson in wrong_ones(rows) for mistake in lesson["mistakes"]]
    assert {one["name"] for one in found} == {mistake}
    assert all(words in one["explanation"] for one in found)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "function", "words"), NUMBERS)
def test_the_number_is_told(name, function, words, report):
    """The eps, the slope, the limit or the order that gives these results."""
    rows = report(SOLUTIONS / f"wrong/{name}.py", "--reference", "scratch", "--only", function, "--dtype", "float64")
    found = [mistake for lesson in wrong_ones(rows) for mistake in lesson["mistakes"] if lesson["function"] == function]
    assert found
    assert all(words in one["explanation"] for one in found)


@pytest.mark.parametrize("name", ["momentum_cs231n", "momentum_negative_buffer"])
def test_two_rules_that_part_where_lr_changes(name, report):
    """The report says that they are the same as long as it stays."""
    rows = report(SOLUTIONS / f"wrong/{name}.py", "--reference", "scratch", "--only", "sgd_update")
    lessons = [lesson for lesson in wrong_ones(rows) if lesson["mistakes"]]
    assert lessons
    for lesson in lessons:
        assert [one["name"] for one in lesson["mistakes"]] == ["lr_inside_the_momentum_buffer"]
        assert lesson["facts"]["equal"].startswith("as long as lr stays, in ")
        assert lesson["facts"]["equal"].endswith("they part at step 3, the first with another lr")


def test_one_mistake_is_told_once(capsys):
    """At the first function that it makes wrong; the others refer to it."""
    file = str(SOLUTIONS / "wrong/uphill_all_the_way.py")
    assert main(["check", file, "--reference", "scratch", "--dtype", "float64", "--examples", "30"]) == 1
    out = capsys.readouterr().out
    assert out.count("this is what you get") == 1
    for row in ("gradient epoch", "train gradient"):
        assert re.search(rf"gradients: {row} +DIFFERENT: gradient_ascent, as above", out), out


def test_digits_are_not_said_to_be_lost_where_the_mistake_is_known(report):
    """An eps under the root is a small difference, and no cancellation."""
    rows = report(SOLUTIONS / "wrong/adam_own_state_eps_in_the_root.py", "--reference", "scratch", "--dtype", "float64")
    lessons = wrong_ones(rows)
    assert {one["name"] for lesson in lessons for one in lesson["mistakes"]} == {"eps_inside_the_root"}
    assert not any("remark" in lesson["facts"] for lesson in lessons)


def wrong_ones(rows):
    """The lessons of all failures."""
    return [lesson for row in rows["properties"] for lesson in row["lessons"]]
