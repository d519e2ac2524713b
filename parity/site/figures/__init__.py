"""The figures of the site, each drawn from runs of both backends: scratch below, torchref dashed on top.

A figure is a function that returns a matplotlib Figure. The first paragraph of its docstring is its caption, the rest
is the alternative text.
"""

import torch

from parity.site.figures.curves import activations, losses, neuron, sure_and_wrong
from parity.site.figures.descent import error_surface, learning_rates, one_by_one, one_round, secants, stairs
from parity.site.figures.drawing import as_png, save
from parity.site.figures.equality import between_floats, gap_under_bound
from parity.site.figures.lines import arrows, data_sets, deck_line, sides, squeezed, turning_line, weighted_sum
from parity.site.figures.networks import backpropagation, bent_borders, straight_borders, xor_by_hand
from parity.site.figures.training import held_back, paths, rate_sweep, rates_and_momenta, step_lengths, training_curves

__all__ = ["FIGURES", "all_figures", "as_png", "save"]
# The figures of each lesson.
FIGURES = {
    "datasets": (data_sets,),
    "activations": (neuron, activations),
    "neuron": (weighted_sum,),
    "sign": (sides,),
    "perceptron": (turning_line,),
    "geometry": (arrows,),
    "stopping": (deck_line, squeezed),
    "squared_error": (stairs,),
    "gradients": (secants, error_surface, learning_rates),
    "sgd": (one_by_one,),
    "built_in": (one_round,),
    "cross_entropy": (sure_and_wrong, losses),
    "networks": (xor_by_hand, straight_borders, bent_borders),
    "optimizers": (paths, step_lengths),
    "training": (rate_sweep, held_back, training_curves),
    "stacks": (rates_and_momenta,),
    "backpropagation": (backpropagation,),
    "equal": (between_floats, gap_under_bound),
}


def all_figures():
    """Every figure by its name."""
    torch.set_num_threads(1)  # the arrays are small
    return {draw.__name__: draw for draws in FIGURES.values() for draw in draws}
