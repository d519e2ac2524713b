"""Figures, checked by their content."""

import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from PIL import Image

import scratch
import torchref
from parity import plots
from parity.files import atomic_write

X, Y = scratch.load_data("toy")


def drawn_line(ax):
    """The end points of the line on the axes."""
    (line,) = ax.lines
    return line.get_xydata()


def notes(ax):
    """What is written on the axes."""
    return [text.get_text() for text in ax.texts]


def tints(ax):
    """The different colours of the regions, the transparent one left out."""
    pixels = ax.images[0].get_array().reshape(-1, 4)
    return {to_hex(pixel) for pixel in np.unique(pixels, axis=0) if pixel[3] > 0}


def tint_at(ax, x1, x2):
    """The colour of the region in which a point lies."""
    image = ax.images[0]
    left, right, bottom, top = image.get_extent()
    rows, columns, _ = image.get_array().shape
    row, column = (x2 - bottom) / (top - bottom) * rows, (x1 - left) / (right - left) * columns
    return to_hex(image.get_array()[int(row), int(column)])


# The points


@pytest.mark.parametrize(
    ("y", "legend"),
    [
        ([-1, 1, -1, 1, -1, 1, -1, 1], ["-1", "+1"]),
        ([0, 1, 0, 1, 0, 1, 0, 1], ["0", "1"]),
        ([0.0, 2.5, 0.0, 2.5, 0.0, 2.5, 0.0, 2.5], ["0", "2.5"]),
        ([0, 1, 2, 0, 1, 2, 0, 1], ["0", "1", "2"]),
        ([-1, 0, 1, -1, 0, 1, -1, 0], ["-1", "0", "+1"]),
        ([-1.0, -0.0, 1, -1, -0.0, 1, -1, -0.0], ["-1", "0", "+1"]),
    ],
)
def test_labels_have_colour_marker_and_name(y, legend):
    """Any two labels and any few classes are told apart by colour and by marker, and named."""
    ax = plots.plot_points(X, np.array(y))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == legend
    assert len({to_hex(group.get_facecolor()[0]) for group in ax.collections}) == len(legend)
    assert len({group.get_paths()[0].vertices.tobytes() for group in ax.collections}) == len(legend)


def test_points_lie_where_they_are():
    """Each group holds the points of its label."""
    ax = plots.plot_points(X, Y)
    negative, positive = ax.collections
    assert (negative.get_offsets() == X[Y[:, 0] == -1]).all()
    assert (positive.get_offsets() == X[Y[:, 0] == 1]).all()


def test_axes_are_named_and_scaled_alike():
    """x1, x2, at right angles; but a strip is stretched."""
    ax = plots.plot_points(X, Y)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_1$", "$x_2$")
    assert ax.get_aspect() == 1
    assert plots.plot_points(X * [1000, 1], Y).get_aspect() == "auto"


@pytest.mark.parametrize("x", [[[1.0, 2.0]] * 8, [[float(i), 2.0] for i in range(8)], [[1e200, -1e17]] * 8])
def test_points_without_extent(x):
    """All points in one place, or in one row, still get room."""
    ax = plots.plot_points(np.array(x), Y)
    assert np.ptp(ax.get_xlim()) > 0.1
    assert np.ptp(ax.get_ylim()) > 0.1


@pytest.mark.parametrize("size", [1e-300, 1e250])
def test_points_of_any_size(size, tmp_path):
    """From the smallest to the largest that is accepted, there is a picture."""
    plots.check_points("own.csv", X * size / 6, Y, "--plot")
    plots.save(plots.plot_points(X * size / 6, Y).figure, tmp_path / "points.png")


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((8, 3)), Y, "own.csv: got 3 inputs, expected 2 for --plot"),
        (X * [1, 1e308], Y, "own.csv: got an input of size 1.5e+308, expected at most 1e+250 for --plot"),
        (X * -1e300, Y, "own.csv: got an input of size 6e+300, expected at most 1e+250 for --plot"),
        (X, np.arange(8).reshape(8, 1) / 10, "own.csv: got 8 classes, expected at most 7 for --plot"),
        (X, np.array([0, 7] * 4), "own.csv: got 8 classes, expected at most 7 for --plot"),
    ],
)
def test_points_that_cannot_be_drawn(x, y, message):
    """One line says why, of tensors too."""
    for convert in (np.asarray, torch.tensor):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            plots.check_points("own.csv", convert(x), convert(y), "--plot")


def test_tensors_are_drawn():
    """A tensor is as good as an array, and so is one that requires a gradient."""
    x, y = torchref.load_data("toy")
    net = torchref.ToyNet(seed=1)
    ax = plots.plot_line(x, y, net.fc1.weight, net.fc1.bias)
    weight, bias = (np.array(p.tolist()) for p in net.parameters())
    assert drawn_line(ax) @ weight[0] + bias == pytest.approx(0, abs=1e-12)


def test_x_of_three_columns():
    """Three inputs cannot be drawn; the message names the shape."""
    with pytest.raises(ValueError, match=r"^x: got shape \(8, 3\), expected \(N, 2\)[^\n]*$"):
        plots.plot_points(np.ones((8, 3)), Y)


def test_y_of_another_length():
    """One label for each point."""
    with pytest.raises(ValueError, match=r"^y: got shape \(7, 1\), expected \(8, 1\)[^\n]*$"):
        plots.plot_points(X, Y[:7])


def test_too_many_labels():
    """If y is a measured number instead of a class, no palette fits."""
    with pytest.raises(ValueError, match=r"^y: got 8 different labels, expected at most 7$"):
        plots.plot_points(X, np.arange(8) / 10)


# The regions


def test_regions_of_two_classes_linear():
    """For labels -1 and +1 the sign of the score decides."""
    ax = plots.plot_decision(X, Y, lambda points: 2.5 - points[:, :1])
    assert tint_at(ax, 0, 0) != tint_at(ax, 5, 0)
    assert tint_at(ax, 2.4, 1) == tint_at(ax, 0, 0)
    assert len(tints(ax)) == 2


def test_regions_of_labels_0_and_1_nonlinear():
    """For labels 0 and 1 what lies above one half."""
    x, y = scratch.load_data("circles")
    ax = plots.plot_decision(x, (y + 1) / 2, lambda points: np.exp(-(points**2).sum(axis=1, keepdims=True)))
    assert tint_at(ax, 0, 0) == tint_at(ax, 0.5, 0.5) != tint_at(ax, 0.7, 0.7)


def test_regions_are_those_of_the_points():
    """A region has the colour of its class, lightened."""
    ax = plots.plot_decision(X, Y, lambda points: 2.5 - points[:, :1])
    assert tint_at(ax, 5, 0) == to_hex(ax.collections[0].get_facecolor()[0])
    assert tint_at(ax, 0, 0) == to_hex(ax.collections[1].get_facecolor()[0])


def test_regions_of_three_classes():
    """The greatest of three scores wins; a class without points keeps its colour."""
    x, y = scratch.load_data("blobs")
    corners = np.array([(-2, -1), (2, -1), (0, 2)])
    some = y != 1
    ax = plots.plot_decision(x[some], y[some], lambda p: -((p[:, None] - corners) ** 2).sum(axis=-1))
    assert [tint_at(ax, *corner) for corner in corners] == [colour.lower() for colour in plots.COLOURS[:3]]


@pytest.mark.parametrize("backend", [scratch, torchref])
def test_regions_of_a_net(backend):
    """A net of either backend is a predict callable."""
    x, y = backend.load_data("blobs")
    assert plots.plot_decision(x, y, backend.MLP([2, 4, 3], seed=0)).images


def borders(ax):
    """The points of the lines between the regions."""
    return np.concatenate(
        [path.vertices for lines in ax.collections if isinstance(lines, ContourSet) for path in lines.get_paths()]
    )


def test_the_border_of_two_classes_is_drawn_where_the_score_is_midway():
    """On a circle here, more exactly than the pixels show."""
    x, y = scratch.load_data("circles")
    ax = plots.plot_decision(x, (y + 1) / 2, lambda points: np.exp(-(points**2).sum(axis=1, keepdims=True)))
    assert np.hypot(*borders(ax).T) == pytest.approx(np.log(2) ** 0.5, abs=1e-4)


def test_the_borders_of_three_classes_are_drawn_where_two_scores_are_equal():
    """And greater than the third."""
    x, y = scratch.load_data("blobs")
    corners = np.array([(-2, -1), (2, -1), (0, 2)])
    ax = plots.plot_decision(x, y, lambda p: -((p[:, None] - corners) ** 2).sum(axis=-1))
    distances = np.sort(np.linalg.norm(borders(ax)[:, None] - corners, axis=-1), axis=1)
    assert distances[:, 1] - distances[:, 0] == pytest.approx(0, abs=0.02)


def test_one_class_everywhere_has_no_border():
    """Nor has a net that has gone out of range."""
    for score in (3.0, np.nan, np.inf):
        ax = plots.plot_decision(X, Y, lambda points, score=score: np.full((len(points), 1), score))
        assert not any(isinstance(lines, ContourSet) for lines in ax.collections)


def test_predict_of_another_shape():
    """A predict without the second axis gives an error."""
    with pytest.raises(ValueError, match=r"^predict: got shape \(160000,\) for 160000 points, expected \(M, 1\) or"):
        plots.plot_decision(X, Y, lambda points: points[:, 0])


def test_labels_that_are_no_class_of_predict():
    """Two scores are of the classes 0 and 1; a label -1 is neither."""
    with pytest.raises(ValueError, match=r"^y: got the label -1, expected classes 0 to 1 to fit the scores$"):
        plots.plot_decision(X, Y, lambda points: points)


# The line


@pytest.mark.parametrize(
    ("weight", "bias"),
    [([-2.0, 0.5], 5.0), ([-1.0, 0.0], 2.9), ([0.0, 4.0], -1.0), ([1e-9, 1e-9], -4e-9), ([3e200, 1e200], -9e200)],
    ids=["oblique", "vertical", "horizontal", "tiny", "huge"],
)
def test_line(weight, bias):
    """Its ends satisfy w.x + b = 0, lie on the edge of the window or beyond, and the sides are those of the sign."""
    ax = plots.plot_line(X, Y, np.array([weight]), np.array([bias]))
    ends = drawn_line(ax)
    scale = np.abs(weight).max()
    assert ends @ np.divide(weight, scale) + bias / scale == pytest.approx(0, abs=1e-9)
    spans = [np.ptp(ax.get_xlim()), np.ptp(ax.get_ylim())]
    assert np.isclose(np.ptp(ends, axis=0), spans).any()
    assert notes(ax) == []
    for point in [(0.5, -1.0), (5.5, 1.0)]:
        expected = plots.COLOURS[int(np.dot(weight, point) + bias > 0)].lower()
        assert tint_at(ax, *point) == expected


def test_line_outside_the_window():
    """It is not drawn, but noted; all points lie on one side."""
    ax = plots.plot_line(X, Y, np.array([[1.0, 1.0]]), np.array([50.0]))
    assert len(ax.lines) == 0
    assert notes(ax) == ["the line lies outside this window"]
    assert len(tints(ax)) == 1


@pytest.mark.parametrize(("bias", "regions"), [(0.0, 0), (1.0, 1)])
def test_zero_weights(bias, regions):
    """There is no line; without a bias no side either."""
    ax = plots.plot_line(X, Y, np.zeros((1, 2)), np.array([bias]))
    assert len(ax.lines) == 0
    assert notes(ax) == ["no line: all weights are 0"]
    assert len(tints(ax)) == regions


@pytest.mark.parametrize("weight", [[np.nan, 1.0], [np.inf, 1.0], [np.inf, np.inf]])
def test_weights_that_are_not_finite(weight):
    """The weights of a diverged run give a note, not a crash; there are no sides."""
    ax = plots.plot_line(X, Y, np.array([weight]), np.array([0.0]))
    assert notes(ax) == ["no line: the weights are not finite"]
    assert tints(ax) == set()


def test_line_needs_one_neuron_and_two_labels():
    """Other shapes and numbers of labels are rejected in one line."""
    with pytest.raises(ValueError, match=r"^weight, bias: got shapes \(2,\), \(1,\), expected \(1, 2\), \(1,\)$"):
        plots.plot_line(X, Y, np.zeros(2), np.zeros(1))
    with pytest.raises(ValueError, match=r"^y: got 3 different labels, expected two[^\n]*$"):
        plots.plot_line(X, np.array([0, 1, 2, 0, 1, 2, 0, 1]), np.zeros((1, 2)), np.zeros(1))


# What is wrong


def rings(ax):
    """The points around which there is a ring."""
    [drawn] = [group for group in ax.collections if group.get_label() == "wrong"] or [None]
    return [] if drawn is None else drawn.get_offsets().tolist()


def test_wrong_points_of_a_line_are_ringed():
    """Those on the other side and those on the line itself; the title counts them, the legend names them."""
    ax = plots.plot_line(X, Y, np.array([[-1.0, 0.0]]), np.array([2.0]))
    assert rings(ax) == [[2.5, -1.0], [2.0, 1.0]] or rings(ax) == [[2.0, 1.0], [2.5, -1.0]]
    assert ax.get_title() == "2 of 8 points are wrong"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["-1", "+1", "wrong"]
    ax = plots.plot_line(X, Y, np.array([[-1.0, 0.0]]), np.array([2.5]))
    assert rings(ax) == [[2.5, -1.0]]
    assert ax.get_title() == "1 of 8 points is wrong"


def test_where_every_point_is_right_nothing_is_ringed():
    """And the title says so."""
    ax = plots.plot_line(X, Y, np.array([[-1.0, 0.0]]), np.array([2.75]))
    assert (rings(ax), ax.get_title()) == ([], "every point is right")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["-1", "+1"]


@pytest.mark.parametrize("weight", [[0.0, 0.0], [np.nan, 1.0]])
def test_without_sides_every_point_is_wrong(weight):
    """As the accuracy counts it."""
    ax = plots.plot_line(X, Y, np.array([weight]), np.zeros(1))
    assert rings(ax) == X.tolist()
    assert ax.get_title() == "8 of 8 points are wrong"


def test_wrong_points_of_a_net_are_ringed():
    """For scores of three classes and for labels 0 and 1."""
    x, y = scratch.load_data("blobs")
    corners = np.array([(2, -1), (-2, -1), (0, 2)])  # the first two interchanged
    ax = plots.plot_decision(x, y, lambda p: -((p[:, None] - corners) ** 2).sum(axis=-1))
    assert len(rings(ax)) > 50
    assert ax.get_title() == f"{len(rings(ax))} of {len(x)} points are wrong"
    ax = plots.plot_decision(X, (Y + 1) / 2, lambda points: 0.5 * (points[:, :1] < 2.2))
    assert rings(ax) == X[Y[:, 0] > 0].tolist()


# The losses


def test_losses_are_logarithmic_where_positive():
    """Epochs count from 1; the scale is logarithmic, and numbers it cannot show leave a gap."""
    ax = plots.plot_losses([1.0, 0.1, 0.0, 0.001])
    assert ax.get_yscale() == "log"
    assert drawn_line(ax).tolist() == [[1, 1.0], [2, 0.1], [3, 0.0], [4, 0.001]]
    assert plots.plot_losses([0.0, 0.0]).get_yscale() == "linear"


@pytest.mark.parametrize("factor", [1, 1.0001, 1.1, 1.6, 2, 2.4, 3, 4.9, 5.1, 9, 20, 70, 101, 1e4, 1e40])
@pytest.mark.parametrize("least", [1e-12, 0.11, 0.21, 0.51, 1, 7e5])
def test_the_loss_axis_has_two_numbers(least, factor):
    """Whatever the range, and no number appears twice."""
    axis = plots.plot_losses([least, least * factor]).yaxis
    low, high = axis.get_view_interval()
    shown = axis.get_major_formatter().format_ticks([at for at in axis.get_majorticklocs() if low <= at <= high])
    assert len(set(shown) - {""}) == len(shown) >= 2


@pytest.mark.parametrize("losses", [[], [0.5], [3.9, 3.1, 3.2], [1.0, 1e200, 1e308, np.inf, np.nan]])
def test_losses_of_any_run_can_be_written(losses, tmp_path):
    """None, one, a narrow range, a divergence: all within finite axes."""
    ax = plots.plot_losses(losses)
    plots.save(ax.figure, tmp_path / "losses.png")
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()


# Axes and files


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.plot_points(X, Y, ax=ax),
        lambda ax: plots.plot_decision(X, Y, lambda points: points[:, :1], ax=ax),
        lambda ax: plots.plot_line(X, Y, np.ones((1, 2)), np.zeros(1), ax=ax),
        lambda ax: plots.plot_losses([1.0, 0.5], ax=ax),
    ],
)
def test_axes_are_taken_and_returned(draw):
    """Every function draws in the axes given, and makes some of its own if none are."""
    ax = Figure().subplots()
    assert draw(ax) is ax
    assert draw(None) is not ax


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_save(suffix, start, tmp_path):
    """The suffix says the format, in small letters or capitals."""
    for name in (f"a.{suffix}", f"B.{suffix.upper()}"):
        plots.save(plots.plot_points(X, Y).figure, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("picture.jpg", "got the suffix '.jpg', expected .png or .svg or .pdf"),
        ("picture", "got the suffix '', expected .png or .svg or .pdf"),
        ("missing/picture.png", "got a directory that does not exist"),
        ("folder.png", "got a directory, expected a file name"),
    ],
)
def test_save_refuses(name, message, tmp_path):
    """An unknown suffix or a place that cannot hold the file is refused in one line, and nothing is left behind."""
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(ValueError, match=message) as error:
        plots.save(plots.plot_points(X, Y).figure, tmp_path / name)
    assert "\n" not in str(error.value)
    assert [file.name for file in tmp_path.iterdir()] == ["folder.png"]


def test_failure_leaves_the_old_file(tmp_path):
    """A file is written completely or not at all: the old file is kept."""
    path = tmp_path / "old.txt"
    path.write_text("old")

    def fail():
        with atomic_write(path) as temporary:
            temporary.write_text("half of the n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk(tmp_path):
    """A system error becomes one line that names the intended file, not the temporary one."""
    with (
        pytest.raises(ValueError, match=r"new\.txt: cannot be written: No space left on device$"),
        atomic_write(tmp_path / "new.txt"),
    ):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def frames_of(path):
    """How long each frame of a GIF is shown, in ms."""
    with Image.open(path) as image:
        durations = []
        for i in range(image.n_frames):
            image.seek(i)
            durations.append(image.info["duration"])
    return durations


def line_frames(count):
    """A line that turns."""
    angles = np.linspace(0, 3, count)
    return [(i, np.array([[np.cos(a), np.sin(a)]]), np.array([-1.0]), None) for i, a in enumerate(angles)]


def test_animation(tmp_path):
    """One frame per epoch, the last shown longer."""
    plots.animate(line_frames(5), X, Y, tmp_path / "line.gif")
    *durations, last = frames_of(tmp_path / "line.gif")
    assert len(durations) == 4
    assert set(durations) == {500}
    assert last == 2500


def test_animation_of_many_epochs_is_thinned(tmp_path, monkeypatch):
    """A long training makes no endless GIF: the first and the last epoch stay."""
    monkeypatch.setattr(plots, "MOST_FRAMES", 4)
    titles = []
    caption = plots._caption
    monkeypatch.setattr(plots, "_caption", lambda *args: titles.append(caption(*args)) or titles[-1])
    plots.animate(line_frames(301), X, Y, tmp_path / "line.gif")
    assert len(frames_of(tmp_path / "line.gif")) == 4
    assert titles[0] == "epoch 0: 6 of 8 points are wrong"
    assert titles[-1] == "epoch 300: 4 of 8 points are wrong"


def test_animation_says_how_far_it_is(tmp_path):
    """After each frame, those included for which the last is held."""
    said = []
    plots.animate(line_frames(3), X, Y, tmp_path / "line.gif", on_frame=lambda *numbers: said.append(numbers))
    assert said == [(i, 7) for i in range(1, 8)]


@pytest.mark.parametrize(
    ("loss", "title"), [(None, "epoch 7: every point is right"), (0.25, "epoch 7: every point is right, loss 0.25")]
)
def test_caption(loss, title):
    """The title says the epoch, what is wrong in the picture, and the loss."""
    assert plots._caption(7, loss, "every point is right") == title


def test_animation_refuses(tmp_path):
    """No frames, another suffix: one line; a frame that cannot be drawn leaves nothing behind."""
    with pytest.raises(ValueError, match=r"^frames: got none, expected at least one$"):
        plots.animate([], X, Y, tmp_path / "line.gif")
    with pytest.raises(ValueError, match=r"got the suffix '\.png', expected \.gif$"):
        plots.animate(line_frames(2), X, Y, tmp_path / "line.png")
    with pytest.raises(ValueError, match=r"^weight, bias: got shapes"):
        plots.animate([*line_frames(1), (1, np.zeros(2), np.zeros(1), None)], X, Y, tmp_path / "line.gif")
    assert list(tmp_path.iterdir()) == []


# Sweeps


def test_sweep_marks_what_diverged_at_the_top():
    """Or lies above the ceiling; the others are joined where they are."""
    losses = [1.0, 0.5, np.inf, np.nan, 11.0, 0.2]
    ax = plots.plot_sweep("lr", [1, 2, 4, 8, 16, 32], losses, ceiling=10, log_values=True)
    shown, marked = ax.lines
    assert shown.get_ydata() == pytest.approx([1, 0.5, np.nan, np.nan, np.nan, 0.2], nan_ok=True)
    assert marked.get_xdata().tolist() == [4, 8, 16]
    assert (ax.get_xscale(), ax.get_yscale(), ax.get_xlabel()) == ("log", "log", "lr")


def test_sweep_of_whole_numbers_has_whole_ticks():
    """There is no run of 1.5 epochs."""
    for values in ([1, 2], [1, 2, 3]):
        ticks = plots.plot_sweep("epochs", values, values).xaxis.get_majorticklocs()
        assert (ticks == ticks.round()).all()
    ticks = plots.plot_sweep("tolerance", [0.1, 0.2], [1, 2]).xaxis.get_majorticklocs()
    assert len(ticks) > 2


def test_map_of_two_hyperparameters():
    """A cell around each pair of values, grey where the run diverged or lies above the ceiling; a star at the least."""
    losses = [[1.0, 0.5, np.inf], [0.25, 11.0, np.nan]]
    values = [0.1, 1.0], [0.0, 0.5, 1.0]
    ax = plots.plot_map(("lr", "momentum"), values, losses, ceiling=10, log_values=(True, False))
    mesh, [star] = ax.collections[0], ax.lines
    shown = mesh.get_array()
    assert shown.mask.tolist() == [[False, False, True], [False, True, True]]
    assert shown[~shown.mask].tolist() == [1.0, 0.5, 0.25]
    assert (star.get_xdata().tolist(), star.get_ydata().tolist()) == ([0.0], [1.0])
    corners = mesh.get_coordinates()
    assert corners[0, :, 0].tolist() == pytest.approx([-0.25, 0.25, 0.75, 1.25])
    assert corners[:, 0, 1].tolist() == pytest.approx([0.1 / 10**0.5, 0.1 * 10**0.5, 10**0.5])
    assert (ax.get_xlabel(), ax.get_xscale(), ax.get_ylabel(), ax.get_yscale()) == ("momentum", "linear", "lr", "log")
    assert ax.get_title() == "grey: diverged, or far above; star: the least"


def test_map_of_huge_ranges(tmp_path):
    """Is drawn as far as it can be."""
    ax = plots.plot_map(
        ("lr", "momentum"), ([1e-300, 1.0, 1e300], [0.0, 1e308]), np.ones((3, 2)), log_values=(True, False)
    )
    plots.save(ax.figure, tmp_path / "a.png")
    assert (tmp_path / "a.png").exists()


def test_map_in_which_all_diverged_or_none_did():
    """Nothing but grey, without a star; and the reverse, also with a loss of 0."""
    ax = plots.plot_map(("lr", "momentum"), ([1, 2], [1, 2]), np.full((2, 2), np.nan))
    assert (ax.lines[:], ax.get_title()) == ([], "grey: diverged, or far above")
    ax = plots.plot_map(("lr", "momentum"), ([1, 2], [1, 2]), [[0.0, 1.0], [2.0, 3.0]])
    assert (len(ax.lines), ax.get_title()) == (1, "star: the least")


def test_sweep_in_which_all_diverged():
    """Only marks, on plain axes."""
    ax = plots.plot_sweep("epochs", [1, 2], [np.inf, np.nan])
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")
    assert ax.lines[1].get_xdata().tolist() == [1, 2]


# matplotlib


def python(code):
    """Run Python code in a new process."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_import_leaves_matplotlib_out():
    """Importing the plots imports no matplotlib; drawing imports no pyplot."""
    done = python("import sys; from parity import plots; assert 'matplotlib' not in sys.modules")
    assert done.returncode == 0, done.stderr
    draw = "plots.plot_points([[0, 0], [1, 1]], [0, 1])"
    done = python(f"import sys; from parity import plots; {draw}; assert 'matplotlib.pyplot' not in sys.modules")
    assert done.returncode == 0, done.stderr


def test_missing_matplotlib(monkeypatch):
    """Where matplotlib is not installed one line says how to get it."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"^matplotlib is not installed: pip install 'neuron-parity\[plot\]'$"):
        plots.plot_points(X, Y)
