"""The picture of a failure: the numbers of both sides near the one that differs, and what is allowed."""

import base64
from io import BytesIO

import numpy as np

from parity import plots


def expect_drawable():
    """Raise an ImportError of one line where matplotlib is not installed."""
    plots.new_figure()


def draw(numbers):
    """A figure of the ``numbers`` of a lesson: the reference with the allowed gap, and the candidate.

    A ring marks the number that the lesson is about. A number that an axis cannot show stands at the upper edge.
    """
    figure, [ax] = plots.new_figure()
    figure.set_size_inches(6.4, 2.8)
    sides = {side: np.array(list(map(float, numbers[side]))) for side in ("candidate", "reference", "allowed")}
    at = numbers["first"] + np.arange(len(sides["candidate"]))
    shown = {side: plots.drawable(values) for side, values in sides.items()}
    candidate, reference = numbers["names"]
    style = {
        "fmt": "o",
        "capsize": 4,
        "color": plots.COLOURS[1],
        "label": f"reference {reference}, and what is allowed",
    }
    ax.errorbar(at, shown["reference"], yerr=np.nan_to_num(shown["allowed"]), **style)
    ax.plot(
        at, shown["candidate"], linestyle="none", marker="x", color=plots.COLOURS[0], label=f"candidate {candidate}"
    )
    k = numbers["differs"] - numbers["first"]
    ring = {"marker": "o", "markersize": 16, "markerfacecolor": "none", "markeredgecolor": "black"}
    ax.plot(at[[k]], shown["candidate"][[k]], linestyle="none", **ring)
    for side in ("candidate", "reference"):
        for position in np.flatnonzero(np.isnan(shown[side])):
            text = f"{sides[side][position]:g}"
            ax.text(at[position], 0.98, text, transform=ax.get_xaxis_transform(), ha="center", va="top")
    ax.set(xlabel="position in the result, flattened", xlim=(at[0] - 0.6, at[-1] + 0.6))
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    ax.set_title(numbers["headline"], fontsize=10, parse_math=False)
    legend = ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)  # a file may be called a$b.py
    return figure


def data_url(numbers):
    """The picture as a PNG in a data URL."""
    drawn = BytesIO()
    with plots.any_characters():
        draw(numbers).savefig(drawn, format="png", dpi=72)
    return f"data:image/png;base64,{base64.b64encode(drawn.getvalue()).decode()}"
