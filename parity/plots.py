"""Figures of points, decision regions and training runs.

Every function draws in ``ax``, or in a new figure, and returns the Axes. x is (N, 2), y is (N, 1) or (N,),
both arrays of either backend. matplotlib is imported only when something is drawn.
"""

import warnings
from contextlib import contextmanager
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np

from parity.files import atomic_write, check_path

PICTURES = (".png", ".svg", ".pdf")
# The colours of Okabe and Ito, which colour-blind readers can distinguish; the markers carry the same information.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
MARKERS = ("s", "o", "^", "D", "v", "P", "X")
GRID = 400
# For larger numbers the margin of an axis would overflow, and nothing would be drawn.
LARGEST = 1e250
FARTHEST = 1e120  # on an axis of hyperparameters, whose ticks lie beyond it
MOST_FRAMES = 60
HOLD_SECONDS = 2


def plot_points(x, y, *, ax=None):
    """Draw the points, with a colour and a marker for each label."""
    x, y = _points(x, y)
    return _scatter(_axes(ax), x, y, _known_labels(y))


def plot_decision(x, y, predict, *, ax=None):
    """Draw the points on the decision regions of ``predict``.

    ``predict`` takes points (M, 2) and returns (M, K) scores, where the index of the largest score is the class, or
    (M, 1), where the nearest label wins: for labels -1 and +1 the sign, for 0 and 1 the threshold 1/2. A
    point whose score is nan belongs to no class. Wrong points are ringed, and the title counts
    them.
    """
    ax, grid, scores, labels = _regions(x, y, predict, ax)
    _draw_borders(ax, grid, scores if scores.shape[1] > 1 else -abs(scores - labels))
    return ax


def _regions(x, y, predict, ax):
    """Draw the points on the regions; return the Axes and the values needed to draw the boundaries."""
    x, y = _points(x, y)
    (left, bottom), (right, top) = _window(x)
    grid = np.meshgrid(np.linspace(left, right, GRID), np.linspace(bottom, top, GRID))
    scores = array(predict(np.stack(grid, axis=-1).reshape(-1, 2)))
    if scores.ndim != 2 or len(scores) != GRID**2 or scores.shape[1] == 0:
        raise ValueError(f"predict: got shape {scores.shape} for {GRID**2} points, expected (M, 1) or (M, K)")
    labels = _known_labels(y) if scores.shape[1] == 1 else _class_labels(y, scores.shape[1])
    wrong = winners(array(predict(x)), labels) != np.searchsorted(labels, y)
    image = _tints()[winners(scores, labels)].reshape(GRID, GRID, 4)
    ax = _axes(ax)
    ax.imshow(image, extent=(left, right, bottom, top), origin="lower", interpolation="nearest")
    _scatter(ax, x, y, labels, wrong).set_title(how_many_are_wrong(wrong.sum(), len(wrong)))
    return ax, grid, scores, labels


def plot_line(x, y, weight, bias, *, ax=None):
    """Draw the points, the line w1 x1 + w2 x2 + b = 0 of one neuron, weight (1, 2) and bias (1,), and its two sides.

    The side with a positive sum belongs to the larger label. If there is no line to draw, a note says why.
    Points on the other side or on the line are ringed, and the title counts them.
    """
    (x, y), weight, bias = _points(x, y), array(weight), array(bias)
    if weight.shape != (1, 2) or bias.shape != (1,):
        raise ValueError(f"weight, bias: got shapes {weight.shape}, {bias.shape}, expected (1, 2), (1,)")
    if len(np.unique(y)) != 2:
        raise ValueError(f"y: got {len(np.unique(y))} different labels, expected two, one for each side of the line")

    def side(points):
        if not np.isfinite([*weight[0], *bias]).all():
            return np.full((len(points), 1), np.nan)
        with np.errstate(all="ignore"):
            z = points @ weight.T + bias
        return np.select([z < 0, z > 0], [y.min(), y.max()], np.nan)

    ax, *_ = _regions(x, y, side, ax)
    _draw_line(ax, *weight[0], *bias)
    return ax


def plot_losses(losses, *, ax=None):
    """Draw the loss of each epoch, on a logarithmic scale if any is positive."""
    losses = np.asarray(losses, dtype=float)
    shown = drawable(losses)
    ax = _axes(ax)
    ax.plot(np.arange(1, len(shown) + 1), shown, color=COLOURS[1], marker="." if len(shown) < 50 else None)
    if (shown > 0).any():
        log_scale(ax)
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    ax.set(xlabel="epoch", ylabel="loss")
    return ax


def plot_sweep(name, values, losses, *, ceiling=np.inf, log_values=False, ax=None):
    """Plot the final loss of each run over a hyperparameter, with runs that diverged or exceed the ceiling on top."""
    values, losses = np.asarray(values, dtype=float), np.asarray(losses, dtype=float)
    shown = np.isfinite(losses) & (losses <= min(ceiling, LARGEST))
    ax = _axes(ax)
    ax.plot(values, np.where(shown, losses, np.nan), color=COLOURS[1], marker="o")
    if not shown.all():
        top = np.full((~shown).sum(), 0.97)
        style = {"color": COLOURS[0], "marker": "^", "linestyle": "none", "label": "diverged, or far above"}
        ax.plot(values[~shown], top, transform=ax.get_xaxis_transform(), **style)
        ax.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
    if log_values:
        ax.set_xscale("log")
    elif (values == values.round()).all():
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    if (losses[shown] > 0).any():
        log_scale(ax)
    ax.set(xlabel=name, ylabel="final loss")
    return ax


def plot_map(names, values, losses, *, ceiling=np.inf, log_values=(False, False), ax=None):
    """Plot the final loss over two hyperparameters; those that diverged or exceed the ceiling are grey.

    ``losses`` has a row for each value of the first, which is drawn upwards, and a column for each of the second.
    """
    losses = np.asarray(losses, dtype=float)
    shown = np.isfinite(losses) & (losses <= min(ceiling, LARGEST))
    ax = _axes(ax)
    edges = [_edges(of_one, log) for of_one, log in zip(values, log_values, strict=True)]
    colors = _matplotlib("colors")
    kept = losses[shown]
    norm = colors.LogNorm if kept.size and kept.min() > 0 else colors.Normalize
    mesh = ax.pcolormesh(*edges[::-1], np.ma.masked_where(~shown, losses), norm=norm(), rasterized=True)
    if not shown.all():
        ax.set_facecolor("0.9")
    for log, set_scale in zip(log_values, (ax.set_yscale, ax.set_xscale), strict=True):
        set_scale("log" if log else "linear")
    if kept.size:
        ax.figure.colorbar(mesh, ax=ax, label="final loss")
        best = np.unravel_index(np.argmin(np.where(shown, losses, np.inf)), losses.shape)
        y, x = (min(of_one[i], FARTHEST) for of_one, i in zip(values, best, strict=True))
        ax.plot(x, y, marker="*", color="white", markeredgecolor="black", markersize=14, linestyle="none")
    marks = ["grey: diverged, or far above"] * (not shown.all()) + ["star: the least"] * bool(kept.size)
    ax.set(xlabel=names[1], ylabel=names[0], title="; ".join(marks))
    return ax


def _edges(values, log):
    """The borders of the cells around these values, halfway between neighbours, as far as they can be drawn."""
    most = np.log(FARTHEST) if log else FARTHEST
    values = np.clip(np.log(values) if log else np.asarray(values, dtype=float), -most, most)
    between = (values[1:] + values[:-1]) / 2
    edges = np.concatenate([[2 * values[0] - between[0]], between, [2 * values[-1] - between[-1]]])
    edges = np.clip(edges, -most, most)
    return np.exp(edges) if log else edges


def animate(frames, x, y, path, *, title="", on_frame=None):
    """Write a GIF of the moving line: frames are (epoch, weight, bias, loss), where the loss may be None.

    ``on_frame(done, total)`` is called after each frame.
    """
    check_path(path, (".gif",))
    if not frames:
        raise ValueError("frames: got none, expected at least one")
    shown = np.unique(np.linspace(0, len(frames) - 1, MOST_FRAMES).round().astype(int)).tolist()
    # Few epochs are shown slowly, many in about six seconds.
    writer = _matplotlib("animation").PillowWriter(fps=max(2, len(shown) / 6))
    shown += shown[-1:] * round(HOLD_SECONDS * writer.fps)
    ax = _axes(None)
    _fit_figure(ax.figure, x, y)
    set_title(ax.figure, title)
    with atomic_write(path) as temporary, any_characters(), writer.saving(ax.figure, temporary, dpi=100):
        drawn = None
        for done, i in enumerate(shown, start=1):
            if i != drawn:
                ax.clear()
                epoch, weight, bias, loss = frames[i]
                plot_line(x, y, weight, bias, ax=ax)
                ax.set_title(_caption(epoch, loss, ax.get_title()))
            drawn = i
            writer.grab_frame()
            ax.figure.set_layout_engine("none")  # keep the axes where the first frame has put them
            if on_frame:
                on_frame(done, len(shown))


@contextmanager
def any_characters():
    """Suppress warnings about characters that no font has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def set_title(figure, text):
    """Set the title of the whole figure without interpreting it: a file may be called $1.csv."""
    text = "".join(c if c.isprintable() else "?" for c in text)
    figure.suptitle(text, fontsize="medium", parse_math=False)


def save(figure, path):
    """Write the figure, as png, svg or pdf by the suffix of the path."""
    check_path(path, PICTURES)
    drawn = BytesIO()  # on a full disk the PDF backend of matplotlib fails with another error
    with any_characters():
        figure.savefig(drawn, format=Path(path).suffix[1:].lower(), dpi=150, bbox_inches="tight")
    with atomic_write(path) as temporary:
        temporary.write_bytes(drawn.getvalue())


def new_figure(columns=1):
    """An empty figure and its Axes, side by side."""
    figure = _matplotlib("figure").Figure(figsize=(1.6 + 4.8 * columns, 4.2), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _matplotlib(module):
    try:
        return import_module(f"matplotlib.{module}")
    except ModuleNotFoundError:
        raise ImportError("matplotlib is not installed: pip install 'neuron-parity[plot]'") from None


def _axes(ax):
    """The Axes given, or those of a new figure."""
    return new_figure()[1][0] if ax is None else ax


def _fit_figure(figure, x, y):
    """Make the figure no higher than the window of the points needs."""
    low, high = _window(_points(x, y)[0])
    width, height = high - low
    if not _is_strip(high - low):
        figure.set_figheight(min(6, 1.1 + 5 * height / width))


def array(value):
    """An array of either backend as a NumPy array; a tensor in a graph is detached first."""
    return np.asarray(value.detach() if hasattr(value, "detach") else value)


def drawable(values):
    """The numbers that an axis can show, and nan for the others."""
    return np.where(abs(np.asarray(values, dtype=float)) < LARGEST, values, np.nan)


def check_points(name, x, y, wanted_for):
    """Reject data that cannot be drawn, before the work that the figure is to show."""
    if x.shape[1] != 2:
        raise ValueError(f"{name}: got {x.shape[1]} inputs, expected 2 for {wanted_for}")
    classes = len(np.unique(array(y))) if y.ndim == 2 else int(y.max()) + 1
    if classes > len(COLOURS):
        raise ValueError(f"{name}: got {classes} classes, expected at most {len(COLOURS)} for {wanted_for}")
    size = float(abs(x).max())
    if size > LARGEST:
        raise ValueError(f"{name}: got an input of size {size:g}, expected at most {LARGEST:g} for {wanted_for}")


def _points(x, y):
    """x as (N, 2) and y as (N,)."""
    x, y = array(x), array(y)
    if x.ndim != 2 or x.shape[1] != 2 or not len(x):
        raise ValueError(f"x: got shape {x.shape}, expected (N, 2), because only points in the plane can be drawn")
    if y.shape not in [(len(x),), (len(x), 1)]:
        raise ValueError(f"y: got shape {y.shape}, expected {(len(x), 1)} or {(len(x),)} to fit x {x.shape}")
    return x, y.ravel()


def _known_labels(y):
    """The different labels, in order."""
    labels = np.unique(y)
    if len(labels) > len(COLOURS):
        raise ValueError(f"y: got {len(labels)} different labels, expected at most {len(COLOURS)}")
    return labels


def _class_labels(y, count):
    """The classes 0 to count-1, of which y holds some."""
    labels = np.arange(count)
    if count > len(COLOURS):
        raise ValueError(f"predict: got scores of {count} classes, expected at most {len(COLOURS)}")
    if not np.isin(y, labels).all():
        wrong = y[~np.isin(y, labels)][0]
        raise ValueError(f"y: got the label {wrong:g}, expected classes 0 to {count - 1} to fit the scores")
    return labels


def winners(scores, labels):
    """The position in labels of each row's class, -1 for none."""
    winners = abs(scores - labels).argmin(axis=1) if scores.shape[1] == 1 else scores.argmax(axis=1)
    return np.where(np.isfinite(scores).all(axis=1), winners, -1)


def how_many_are_wrong(wrong, total):
    """The number of wrong points in words."""
    return f"{wrong} of {total} points {'is' if wrong == 1 else 'are'} wrong" if wrong else "every point is right"


def _tints():
    """A light colour for each class, and at the end, which is position -1, a transparent one."""
    to_rgba = _matplotlib("colors").to_rgba
    return np.array([*(to_rgba(colour, alpha=0.18) for colour in COLOURS), (1, 1, 1, 0)])


def _window(x):
    """The lower left and the upper right corner of what is shown: the points and a margin."""
    low, high = x.min(axis=0), x.max(axis=0)
    # Coinciding points get a margin of 1, or more if the numbers are too large for 1 to matter.
    span = np.where(high > low, high - low, np.maximum(1, 1e-6 * abs(low)))
    margin = 0.15 * (span if _is_strip(span) else span.max())
    return low - margin, high + margin


def _is_strip(span):
    """Whether equal scales would compress the figure to a strip."""
    return span.max() > 4 * span.min()


def _scatter(ax, x, y, labels, wrong=False):
    """Draw the points, a ring around those that are wrong, and set up the Axes for them."""
    signed = "+g" if labels.min() < 0 else "g"
    for label, colour, marker in zip(labels, COLOURS, MARKERS, strict=False):
        chosen = x[y == label]
        style = {"color": colour, "marker": marker, "edgecolors": "white", "linewidths": 0.8}
        ax.scatter(*chosen.T, s=55, label=f"{label:{signed}}" if label else "0", zorder=3, **style)
    if np.any(wrong):
        ring = {"facecolors": "none", "edgecolors": "black", "linewidths": 1.4}
        ax.scatter(*x[wrong].T, s=170, label="wrong", zorder=4, **ring)
    low, high = _window(x)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="$x_1$", ylabel="$x_2$")
    ax.set_aspect("auto" if _is_strip(high - low) else "equal")
    ax.legend(title="label", loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, alignment="left")
    return ax


def _draw_borders(ax, grid, ratings):
    """Draw the boundaries between classes; the largest rating wins."""
    for number in range(1, ratings.shape[1]):
        with np.errstate(invalid="ignore"):
            margin = ratings[:, number] - np.delete(ratings, number, axis=1).max(axis=1)
        if (margin < 0).any() and (margin > 0).any():
            margin = np.where(np.isfinite(margin), margin, np.nan).reshape(GRID, GRID)
            ax.contour(*grid, margin, levels=[0], colors="black", linewidths=1.2, zorder=2)


def _draw_line(ax, w1, w2, b):
    """Draw the line w1 x1 + w2 x2 + b = 0, or say why there is none."""
    x1, x2 = np.array(ax.get_xlim()), np.array(ax.get_ylim())
    if not np.isfinite([w1, w2, b]).all():
        return _note(ax, "no line: the weights are not finite")
    if w1 == w2 == 0:
        return _note(ax, "no line: all weights are 0")
    corners = w1 * x1 + w2 * x2[:, None] + b
    if (corners > 0).all() or (corners < 0).all():
        return _note(ax, "the line lies outside this window")
    # Divide by the larger weight in this window: a vertical line has w2 = 0, a horizontal one w1 = 0.
    if abs(w2) * np.ptp(x2) > abs(w1) * np.ptp(x1):
        x2 = -(w1 * x1 + b) / w2
    else:
        x1 = -(w2 * x2 + b) / w1
    ax.plot(x1, x2, color="black", linewidth=1.8, zorder=2)


def log_scale(ax):
    """Set a logarithmic y axis with at least two readable labels, even if it covers less than two powers of ten."""
    ax.set_yscale("log", nonpositive="mask")
    low, high = ax.get_ylim()
    ticker = _matplotlib("ticker")
    if high < 100 * low:
        # Within a factor of 5 there may be none of these labels.
        few = high < 5 * low
        ax.yaxis.set_major_locator(ticker.MaxNLocator(6) if few else ticker.LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(ticker.ScalarFormatter() if few else "{x:g}")
        ax.yaxis.set_minor_formatter("")


def _note(ax, text):
    """A line of text in the upper margin, where no point lies."""
    ax.text(0.5, 0.975, text, transform=ax.transAxes, ha="center", va="top", style="italic")


def _caption(epoch, loss, sentence):
    """The title of a frame."""
    return f"epoch {epoch}: {sentence}" + (f", loss {loss:.4g}" if loss is not None else "")
