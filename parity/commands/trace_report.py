"""The output and the figure of ``parity trace``."""

from itertools import pairwise

import numpy as np

from parity import plots
from parity.border import backend
from parity.commands import train
from parity.commands.trace_run import Side, activations

FIRST_ROWS, MORE_ROWS = 10, 20


def print_table(names, outcome):
    """Print the first steps, some evenly spaced ones, the one at which the two first differ, and the last."""
    rows, total = outcome.rows, len(outcome.rows)
    shown = set(range(min(total, FIRST_ROWS)))
    shown |= {int(i) for i in np.linspace(FIRST_ROWS, total - 1, MORE_ROWS).round() if FIRST_ROWS <= i < total}
    shown |= {outcome.difference[0] - 1} if outcome.difference else set()
    names = [f"loss {name.rsplit('/', 1)[-1].rsplit(':', 1)[-1]}"[:25] for name in names]
    wide = [max(14, len(name)) for name in names]
    print(
        f"{'step':>6} {'epoch':>6}  {names[0]:>{wide[0]}}  {names[1]:>{wide[1]}}  {'gap, ulp':>10}  {'of bound 2B':>14}"
    )
    for at in sorted(shown & set(range(total))):
        r = rows[at]
        share = "no bound" if not np.isfinite(r.allowed) else "exact: no" if r.share == np.inf else percent(r.share)
        print(
            f"{r.step:>6} {r.epoch:>6}  {r.losses[0]:>{wide[0]}.8g}  {r.losses[1]:>{wide[1]}.8g}  "
            f"{r.ulp:>10.3g}  {share:>14}"
        )


def percent(share):
    """A share in readable form: 3.1%, 250 times."""
    if np.isnan(share):
        return "no number"
    return f"{100 * share:.2g}%" if share < 1 else f"{share:.3g} times"


def verdict(names, outcome, known):
    """Print the conclusion, with the known mistakes that make the first difference, and return the exit code."""
    rows = outcome.rows
    if outcome.stopped:
        print(outcome.stopped)
    if outcome.difference:
        step, kind, what, message, looked = outcome.difference
        print(message)
        if known:
            print(f"  mistake  {known}")
        print(
            f"{names[0]} differs from {names[1]} first at step {step}, in the {kind}: {what}; order compared: {looked}"
        )
        return 1
    telling = next((at for at, r in enumerate(rows) if not r.tells), len(rows))
    if telling < len(rows):
        print(f"from step {telling + 1} the bound exceeds the weights themselves, so the comparison proves nothing")
    if not telling:
        print("the comparison proves nothing")
        return 2
    worst = max(rows[:telling], key=lambda r: r.share)
    steps = f"all {len(rows)} steps" if telling == len(rows) else f"the first {telling} of {len(rows)} steps"
    gap = (
        f"the largest gap is {percent(worst.share)} of what is allowed"
        if worst.gap
        else "and all weights are equal bit for bit"
    )
    print(f"the two agree in {steps}, {gap}")
    return 0


def plot(args, sides, outcome, x, y):
    """Draw both losses, both decision boundaries, and the gap with its bound."""
    figure, (losses, plane, gaps) = plots.new_figure(columns=3)
    names = [side.name for side in reversed(sides)]
    styles = [{"color": plots.COLOURS[5], "lw": 4, "ms": 14}, {"color": "black", "lw": 1.3, "ms": 8, "ls": "--"}]
    rows = outcome.rows
    steps = [r.step for r in rows]
    marker = "." if len(rows) < 50 else None
    for side, (name, style) in enumerate(zip(names, styles, strict=True)):
        values = plots.drawable([r.losses[1 - side] for r in rows])
        losses.plot(steps, values, label=name, marker=marker, **style)
    losses.set(xlabel="step", ylabel="loss")
    draw_boundaries(args, sides, outcome, x, y, plane, styles)
    title = draw_gaps(rows, steps, gaps)
    for ax in (losses, gaps):
        ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    # Above the axes, no curve crosses the legend.
    place = {"frameon": False, "loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 2}
    losses.legend(**place)
    gaps.legend(**place, title=title)
    plots.set_title(figure, title_of(args, names[::-1]))
    plots.save(figure, args.plot)


def title_of(args, names):
    """The title: data, both sides, rule or optimizer, learning rate."""
    how = [args.optimizer if args.rule == "net" else args.rule] + [f"lr {args.lr:g}"] * (args.rule != "perceptron")
    return ", ".join([train.shown(args.data), " against ".join(map(train.shown, names)), *how])


def draw_gaps(rows, steps, ax):
    """Draw the gap of each step and the allowed gap on a logarithmic scale; return a note on what it cannot show."""
    allowed = plots.drawable([r.allowed for r in rows])
    gap = plots.drawable([r.gap or np.nan for r in rows])
    marker = "_" if np.isfinite(allowed).sum() < 2 else None
    ax.plot(steps, allowed, color=plots.COLOURS[0], label="allowed, 2B", marker=marker)
    ax.plot(steps, gap, color=plots.COLOURS[1], label="gap", marker=".", ls="-" if np.isfinite(gap).all() else "")
    if (np.nan_to_num(allowed) > 0).any() or np.isfinite(gap).any():
        plots.log_scale(ax)
    ax.set(xlabel="step", ylabel="gap of the weight nearest to its bound")
    if not rows:
        return "no step was completed"
    if any(np.isnan(r.gap) for r in rows):
        return "a gap is nan"
    return None if any(r.gap for r in rows) else "all gaps are zero"


def draw_boundaries(args, sides, outcome, x, y, ax, styles):
    """Draw the regions of the reference, and the boundary of each side."""
    calls, weights = (Side(sides[1]), Side(*sides)), outcome.weights[::-1]
    scores = [lambda points, c=c, w=w: score(args, c, w, points) for c, w in zip(calls, weights, strict=True)]
    plots.plot_decision(x, y, scores[0], ax=ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    grid = np.meshgrid(np.linspace(left, right, 300), np.linspace(bottom, top, 300))
    points = np.stack(grid, axis=-1).reshape(-1, 2)
    for side_score, style in zip(scores, styles, strict=True):
        try:
            lines = margins(side_score(points), np.unique(y))
        except (Exception, backend.Stopped):
            continue  # a candidate that could not continue has no boundary
        for margin in lines:
            if margin.min() < 0 < margin.max():
                dashes = {"linestyles": style.get("ls", "-"), "linewidths": style["lw"], "colors": style["color"]}
                ax.contour(*grid, margin.reshape(grid[0].shape), [0], **dashes)


def score(args, call, weights, points):
    """The scores of points, such that the nearest label or the highest score wins."""
    points = points.astype(args.dtype)
    for layer, g in activations(args, weights):
        points = call("linear", points, weights[f"{layer}.weight"], weights[f"{layer}.bias"])
        points = call(g, points) if args.rule == "net" else points
    # A logit of 0 lies between the labels 0 and 1.
    return points + 0.5 if args.rule == "net" and args.loss.endswith("logits") else points


def margins(scores, labels):
    """Functions that are 0 on the boundaries."""
    if scores.shape[1] == 1:
        return [scores[:, 0] - (a + b) / 2 for a, b in pairwise(labels)]
    return [scores[:, k] - np.delete(scores, k, axis=1).max(axis=1) for k in range(scores.shape[1])]
