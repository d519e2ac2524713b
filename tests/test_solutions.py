"""Homework in different styles: correct code passes, mistakes are caught at their function and named."""

from pathlib import Path

import pytest

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
    "decay_of_the_weight",
    "einsum_everywhere",
    "gradient_alone",  # a loop over the samples; nothing that the properties could use beside it
    "in_place_on_copies",  # out= and +=
    "logits_gradient_by_logsigmoid",
    "lr_by_position",
    "mean_by_product",  # (1 / n) * sum
    "mse_fraction_of_the_sum",
    "mse_mean_of_means",
    "one_hot_cross_entropy",  # log(1 - p) where others write log1p
    "own_classes",  # layers, MLP, SGD, train_step
    "own_generator",  # parameters are a subclass of ndarray, changed in place
    "perceptron_alone",
    "perceptron_scalars",  # one weight at a time
    "plain_math",  # no NumPy: floats and lists
    "python_lists",  # no imports at all
    "sigmoid_by_tanh",  # (1 + tanh) / 2 where it is accurate; tanh by expm1
    "sigmoid_two_branches",  # boolean masks
    "softmax_by_logsumexp",  # the Jacobian as a matrix
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
    ("cross_entropy_with_eps", "cross_entropy", "eps_1e_9_added_to_the_softmax"),
    ("decay_without_rate", "sgd_update", "sgd_decay_without_lr"),
    ("epoch_as_one_batch", "gradient_epoch", "full_batch"),
    ("epoch_averaged", "gradient_epoch", "full_batch_averaged"),
    ("epoch_forgets_its_steps", "gradient_epoch", "each_step_from_the_first_weights"),
    ("gradient_without_slope", "neuron_gradients", "derivative_forgotten"),
    ("logits_gradient_over_rows", "binary_cross_entropy_with_logits_backward", "logit_gradient_over_rows"),
    ("logits_to_infinity", "binary_cross_entropy_with_logits", "sigmoid_then_open_logarithm"),
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
    ("uphill", "gradient_step", "gradient_ascent"),
    # Not a known convention: the diagnosis must not guess.
    ("clipped_gradient", "sgd_update", None),
    ("last_input_ignored", "linear", None),
    ("one_percent_off", "squared_error_backward", None),
    ("steep_tanh", "tanh", None),
]


def test_every_solution_is_listed():
    """No file is left out of the tables, and none is missing."""
    found = {folder: sorted(file.stem for file in (SOLUTIONS / folder).glob("*.py")) for folder in ("right", "wrong")}
    assert found == {"right": sorted(RIGHT), "wrong": sorted(name for name, _, _ in WRONG)}


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


def wrong_ones(rows):
    """The lessons of all failures."""
    return [lesson for row in rows["properties"] for lesson in row["lessons"]]
