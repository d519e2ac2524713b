"""What equal means: floats, and a gap under its bound."""

from fractions import Fraction

import numpy as np

from parity import plots
from parity.judge import referee
from parity.judge.rounding import bounded
from parity.mistakes import MISTAKES
from parity.plots import COLOURS
from parity.site.figures.drawing import BACKENDS, STYLES, grid, place


def between_floats():
    """The sum of what is stored for 0.1 and 0.2 lies between two floats; both backends give the one on the right.

    A number line with four floats, one ulp apart. What is stored for 0.3 is the second; the true 3/10 lies a fifth of
    an ulp to its right. The sum of the two stored numbers lies half-way between the second and the third float. An
    arrow leads from there to the third, which is what NumPy and PyTorch give.
    """
    figure, (ax,) = grid(1, 1, width=5, height=2.3)
    ax.set(xlim=(-1.3, 2.6), ylim=(-1.25, 1.3))
    ax.set_axis_off()
    ax.axhline(0, color="black", linewidth=1)
    ax.plot(range(-1, 3), [0] * 4, "|", color="black", markersize=22)
    sums = [float(plots.array(backend.linear(*map(backend.tensor, SUM)))[0]) for backend in BACKENDS]
    for total, style in zip(sums, STYLES, strict=True):
        ax.plot([place(total)] * 2, [-0.3, 0.3], **style)
    exact = place(Fraction(0.1) + Fraction(0.2))
    arrow = {"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-0.5", "color": COLOURS[0], "shrinkA": 4}
    ax.annotate("", (place(sums[0]), 0.3), (exact, 0), arrowprops=arrow)
    ax.plot([exact], [0], "o", color=COLOURS[0])
    ax.plot([place(Fraction(3, 10))], [0], "o", markerfacecolor="white", color="black")
    ax.text(exact, 0.62, "0.1 + 0.2 as stored,\nbefore rounding", color=COLOURS[0], ha="right", va="bottom")
    ax.text(place(sums[0]) + 0.15, 0.42, "NumPy and PyTorch", color=COLOURS[1], ha="left", va="bottom")
    ax.text(0, -0.42, "0.3 as stored", ha="center", va="top")
    ax.text(-1, -0.42, "a float", ha="center", va="top")
    ax.annotate("3/10", (place(Fraction(3, 10)), -0.08), (0.6, -0.42), va="top", arrowprops={"arrowstyle": "-"})
    ax.annotate("", (1, -0.75), (2, -0.75), arrowprops={"arrowstyle": "<->"})
    ax.text(1.5, -0.85, "1 ulp", ha="center", va="top")
    return figure


# 0.1 + 0.2 as a neuron computes it: inputs, weights, bias.
SUM = ([0.1, 0.2], [[1.0, 1.0]], [0.0])


def gap_under_bound():
    """The gap between the backends stays under the rounding bound, whatever the number of inputs; with one known
    mistake, a bias left out, it is far above.

    Three curves over the number of inputs of a neuron, from 2 to 4096, on logarithmic axes. What is allowed, twice the
    bound, rises from less than 10 to the power -15 to about 10 to the power -9; the gap between NumPy and PyTorch rises
    much more slowly and stays below it. The gap of the neuron without its bias, which is 1, is 1 everywhere.
    """
    figure, (ax,) = grid(1, 1, width=5, height=3.6)
    sizes = 2 ** np.arange(1, 13)
    gap, allowed, mistake = np.transpose([gaps(size) for size in sizes])
    ax.loglog(sizes, mistake, "-s", color=COLOURS[0], markersize=4)
    ax.loglog(sizes, allowed, "-", color="black")
    ax.loglog(sizes, np.where(gap > 0, gap, np.nan), "-o", color=COLOURS[1], markersize=4)
    ax.fill_between(sizes, allowed, 1e-18, color=COLOURS[5], alpha=0.2, linewidth=0)
    ax.text(90, mistake[5] / 4, "bias left out", color=COLOURS[0], ha="center", va="top")
    ax.text(90, allowed[5] * 3, "allowed: 2 B", ha="right", va="bottom")
    ax.text(90, 1e-17, "scratch and torchref", color=COLOURS[1], ha="center", va="bottom")
    ax.set(xlabel="number of inputs", ylabel="largest gap of 64 outputs", ylim=(1e-18, 1e2), xlim=(2, 4096))
    ax.grid(alpha=0.25)
    return figure


def gaps(size):
    """The largest gap of 64 outputs of a neuron, the least that is allowed, and the largest gap without its bias."""
    rng = np.random.default_rng(size)
    given = [rng.uniform(-1, 1, (64, size)), rng.uniform(-1, 1, (1, size)), np.ones(1)]
    ours, theirs = (plots.array(backend.linear(*map(backend.tensor, given))) for backend in BACKENDS)
    wrong = MISTAKES["bias_left_out"].linear(*given)
    allowed = 2 * referee.linear(*map(bounded, given)).error
    return abs(ours - theirs).max(), allowed.min(), abs(wrong - theirs).max()
