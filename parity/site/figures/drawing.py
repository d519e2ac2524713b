"""What the figures are drawn with: axes, lines, surfaces, and how a figure is saved."""

import itertools
import re
from base64 import b64encode
from fractions import Fraction
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np

import scratch
import torchref
from parity import plots
from parity.plots import COLOURS

BACKENDS = (scratch, torchref)


# If both give the same, one curve is visible under the other.
STYLES: tuple[dict, ...] = (
    {"color": COLOURS[5], "linewidth": 4, "label": "scratch"},
    {"color": "black", "linewidth": 1, "linestyle": "--", "label": "torchref"},
)


CENTRED = {"ha": "center", "va": "center"}


TENTH = re.compile(r"(\.\d)\d+")


def grid(rows, columns, width=3.3, height=3.1):
    """An empty figure and its Axes in one list."""
    figure = plots._matplotlib("figure").Figure(figsize=(width * columns, height * rows), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())


def place(number):
    """The distance from the float 0.3, in ulp."""
    return float((Fraction(number) - Fraction(0.3)) / Fraction(float(np.spacing(0.3))))


def line_in(ax, w1, w2, b, **style):
    """The line w1 x1 + w2 x2 + b = 0, clipped by the axes."""
    if w1 or w2:
        nearest = -b * np.array([w1, w2]) / (w1 * w1 + w2 * w2)
        ax.axline(nearest, nearest + np.array([-w2, w1]), **style)


def lines_of_both(ax, weight, bias):
    """The line of one neuron, with the weights as each backend has them, one on top of the other."""
    for backend, style in zip(BACKENDS, STYLES, strict=True):
        line_in(ax, *plots.array(backend.tensor(weight))[0], *plots.array(backend.tensor(bias)), zorder=2.5, **style)


def legend_in(empty, ax):
    """Draw the legend of one Axes in the last, empty one."""
    empty.set_axis_off()
    empty.legend(*ax.get_legend_handles_labels(), loc="center", frameon=False)


def surface(ax, loss, left, right, bottom, top):
    """Contour lines of a function of two numbers."""
    across, up = np.linspace(left, right, 61), np.linspace(bottom, top, 61)
    heights = np.array([[loss(a, b) for a in across] for b in up])
    levels = heights.min() + np.ptp(heights) * np.geomspace(2e-3, 1, 12)
    ax.contour(across, up, heights, levels=levels, cmap="viridis", linewidths=0.8)


def follow(ax, paths, first, second):
    """The paths of both backends, one on top of the other."""
    for path, style in zip(paths, STYLES, strict=True):
        ax.plot(*path.T, marker="o", markersize=3 if style["linewidth"] == 1 else 6, **style)
    ax.set(xlabel=first, ylabel=second)
    ax.legend()


def start(sizes):
    """Initial weights for both backends."""
    rng = np.random.default_rng(3)
    shapes = {}
    for layer, (inputs, outputs) in enumerate(itertools.pairwise(sizes), start=1):
        shapes[f"fc{layer}.weight"] = rng.uniform(-1, 1, (outputs, inputs))
        shapes[f"fc{layer}.bias"] = rng.uniform(-1, 1, outputs)
    return shapes


def save(figure, path):
    """As SVG; the same figure gives the same file. A tenth of a point is as fine as a reader can see."""
    from matplotlib import rc_context

    drawn = StringIO()
    with rc_context({"svg.hashsalt": "parity"}):
        figure.savefig(drawn, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    without = re.sub(r"\n\s+|<!--.*?-->", "\n", drawn.getvalue().replace("xlink:href", "href"))
    # Nothing refers to a group, and a letter in a path needs no line of its own.
    without = re.sub(r'<g id=".*?"', "<g", without)
    shorter = re.sub(
        r' [dxy]=".*?"|translate\(.*?\)',
        lambda found: TENTH.sub(r"\1", found[0]).replace(" \n", ""),
        without,
        flags=re.DOTALL,
    )
    names = {name: f"i{number}" for number, name in enumerate(dict.fromkeys(re.findall(r'id="(.*?)"', shorter)))}
    shorter = re.sub(r'(id="|href="#|url\(#)([\w-]+)', lambda found: found[1] + names[found[2]], shorter)
    Path(path).write_text(shorter, encoding="utf-8")


def as_png(figure):
    """As a small picture in 64 colours, in the letters of a notebook."""
    from PIL import Image

    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", dpi=72)
    Image.open(drawn).convert("RGB").quantize(64).save(small, "PNG", optimize=True)
    return b64encode(small.getvalue()).decode()
