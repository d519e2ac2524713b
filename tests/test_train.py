"""``parity train`` as its user meets it: what it prints, what it writes, and its exit codes."""

import os
import re
import sys
from importlib import import_module

import numpy as np
import pytest
from PIL import Image

import scratch
from contract import memory
from parity import plots
from parity.commands import train
from scratch.losses import LOSSES
from scratch.optimizers import OPTIMIZERS

BACKENDS = ("scratch", "torchref")
RULES = ("perceptron", "gradient", "fit")


def table(lines):
    """The printed names and values."""
    return {line[:19].rstrip(): line[20:] for line in lines if line[19:20] == " " and "  " in line[:20]}


def numbers(text):
    """The numbers of a printed value."""
    return [float(number) for number in text.split(", ")]


# What it does


@pytest.mark.parametrize("backend", BACKENDS)
def test_perceptron(parity, backend):
    """It settles on the deck's points, and says how."""
    code, out, err = parity("perceptron", "--backend", backend, "--data", "toy")
    assert (code, err) == (0, [])
    assert list(table(out)) == ["epochs", "updates", "order", "weight", "bias", "accuracy"]
    assert out[-1] == f"every point is right after {table(out)['epochs']} epochs"
    assert table(out)["accuracy"] == "8 of 8 (100.0%)"


def test_perceptron_says_its_order(parity):
    """It is not that of train_perceptron alone, which takes the points as they stand: other epochs, other updates."""
    assert table(parity("perceptron", "--seed", 7)[1])["order"] == "shuffled before each epoch, --seed 7"
    assert "order" not in table(parity("gradient")[1])


def test_perceptron_is_the_backend_s(parity):
    """Weights 0, and the orders of NumPy's generator with that seed."""
    x, y = scratch.load_data("toy")
    rng = np.random.default_rng(5)
    orders = [rng.permutation(8) for _ in range(1000)]
    expected = scratch.train_perceptron(scratch.tensor([[0, 0]]), scratch.tensor([0]), x, y, orders=orders)
    printed = table(parity("perceptron", "--seed", 5)[1])
    assert numbers(printed["weight"]) == expected.weight.tolist()[0]
    assert numbers(printed["bias"]) == expected.bias.tolist()
    assert (int(printed["epochs"]), int(printed["updates"])) == (expected.epochs, expected.updates)


@pytest.mark.parametrize("backend", BACKENDS)
def test_perceptron_that_does_not_settle(parity, backend):
    """On what no line separates it ends, says so, and that is no error."""
    code, out, _ = parity("perceptron", "--backend", backend, "--data", "xor", "--epochs", 20)
    assert code == 0
    assert out[-1] == "did not settle within 20 epochs: no line separates these classes, or more epochs are needed"


def test_a_point_on_the_line_is_not_right(parity, csv):
    """It has neither class."""
    path = csv("x1,x2,y\n1,0,-1\n0,0,1\n")
    out = parity("perceptron", "--data", path, "--epochs", 1, "--seed", 0)[1]
    assert table(out)["accuracy"] == "1 of 2 (50.0%)"
    assert out[-1].startswith("did not settle within 1 epoch")


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradient(parity, backend):
    """It prints the loss reached, and whether all points are right."""
    code, out, err = parity("gradient", "--backend", backend, "--data", "and", "--lr", 0.1)
    assert (code, err) == (0, [])
    assert list(table(out)) == ["epochs", "squared error", "weight", "bias", "accuracy"]
    assert out[-1] == "every point is right after 40 epochs"


def test_gradient_that_settles(parity):
    """With a tolerance it stops when the loss changes no more."""
    _, out, _ = parity("gradient", "--epochs", 500, "--tolerance", 0.001)
    assert int(table(out)["epochs"]) < 500
    assert out[-1] == f"the loss settled after {table(out)['epochs']} epochs; 2 of 8 points are wrong"


@pytest.mark.parametrize("activation", train.ACTIVATIONS)
def test_gradient_with_an_activation(parity, activation):
    """Any activation of one output trains, ReLU too where it does not start at its kink."""
    start = table(parity("gradient", "--seed", 4, "--epochs", 0)[1])
    code, out, err = parity("gradient", "--activation", activation, "--seed", 4, "--epochs", 3)
    assert (code, err) == (0, [])
    assert table(out)["epochs"] == "3"
    assert table(out)["weight"] != start["weight"]


def test_sigmoid_with_labels_0_and_1(parity, csv):
    """What a sigmoid can reach are 0 and 1; one half is the border."""
    path = csv("x1,x2,y\n0,0,0\n0,1,0\n1,0,0\n1,1,1\n")
    _, out, err = parity("gradient", "--data", path, "--activation", "sigmoid", "--lr", 2, "--epochs", 300)
    assert (out[-1], err) == ("every point is right after 300 epochs", [])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("epochs", [0, 1, 40])
def test_fit_is_toy_net_s(parity, backend, epochs):
    """From weights 0 it does what ToyNet.fit does."""
    module = import_module(backend)
    net = module.ToyNet()
    net.load_state_dict({"fc1.weight": np.zeros((1, 2)), "fc1.bias": np.zeros(1)})
    net.fit(*module.load_data("toy"), epochs=epochs)
    _, out, _ = parity("fit", "--backend", backend, "--epochs", epochs)
    assert numbers(table(out)["weight"]) == net.fc1.weight.tolist()[0]
    assert numbers(table(out)["bias"]) == net.fc1.bias.tolist()


@pytest.mark.parametrize("rule", ["gradient", "fit"])
def test_drawn_weights(parity, rule):
    """A seed draws the initial weights within 1/sqrt(2), as PyTorch does; another seed others."""
    first, again, other = (
        numbers(table(parity(rule, "--seed", seed, "--epochs", 0)[1])["weight"]) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert 0 < max(map(abs, first + other)) <= 0.5**0.5


@pytest.mark.parametrize("data", ["toy", "and", "xor", "moons"])
@pytest.mark.parametrize("rule", [*RULES, "gradient --seed 3", "fit --seed 3"])
def test_backends_print_the_same(parity, rule, data):
    """Same epochs, updates, sentences; weights that differ by no more than rounding."""
    printed = [parity(*rule.split(), "--backend", backend, "--data", data, "--epochs", 10)[1] for backend in BACKENDS]
    ours, theirs = map(table, printed)
    assert printed[0][-1] == printed[1][-1]
    assert list(ours) == list(theirs)
    for name in set(ours) - {"accuracy", "order"}:
        assert numbers(ours[name]) == pytest.approx(numbers(theirs[name]), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_no_epochs(parity, rule, tmp_path):
    """--epochs 0 leaves the weights at 0, and even that can be drawn."""
    files = ["--plot", tmp_path / "a.png", "--animate", tmp_path / "a.gif", "--save", tmp_path / "a.npz"]
    code, out, err = parity(rule, "--epochs", 0, *files)
    assert (code, err) == (0, [])
    assert table(out)["weight"] == "0.0, 0.0"
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("rule", ["perceptron", "gradient"])
def test_three_inputs(parity, csv, rule):
    """What cannot be drawn can be learnt."""
    code, out, _ = parity(rule, "--data", csv("a,b,c,y\n0,0,1,-1\n0,1,0,-1\n1,0,1,1\n"))
    assert code == 0
    assert len(numbers(table(out)["weight"])) == 3


# Nets


XOR = "--data xor --hidden 8 --activation tanh --loss binary_cross_entropy_with_logits --optimizer Adam --lr 0.05"
NETS = [
    f"{XOR} --epochs 500 --batch-size 4",
    "--data xor --hidden 8 --loss mse_loss --optimizer Adam --lr 0.05 --epochs 200",
    "--data xor --hidden 8 --loss squared_error --optimizer AdamW --lr 0.05 --epochs 200 --batch-size 3",
    "--data blobs --hidden 8 --loss cross_entropy --optimizer Adam --lr 0.05 --batch-size 32",
    "--data blobs --loss cross_entropy --lr 0.5",
    "--data moons --hidden 16 16 --loss binary_cross_entropy --optimizer Adam --lr 0.02 --epochs 100 --batch-size 32",
    "--data circles --hidden 8 --activation relu --loss cross_entropy --optimizer RMSprop --lr 0.02 --epochs 60",
    "--data toy --loss binary_cross_entropy_with_logits --lr 0.5 --epochs 100",
]


@pytest.mark.parametrize("args", NETS)
def test_nets_get_every_point_right_in_both_backends(parity, args, tmp_path):
    """Both print the same up to rounding, and draw the regions."""
    printed = []
    for backend in BACKENDS:
        path = tmp_path / f"{backend}.png"
        code, out, err = parity("fit", "--backend", backend, *args.split(), "--plot", path)
        assert (code, err, out.pop()) == (0, [], f"wrote {path}")
        assert out[-1].startswith("every point is right after ")
        assert path.exists()
        printed.append(table(out))
    ours, theirs = printed
    assert ours.keys() == theirs.keys()
    for name in set(ours) - {"accuracy"}:
        assert numbers(ours[name]) == pytest.approx(numbers(theirs[name]), rel=1e-6, abs=1e-9)


def test_a_net_prints_its_sizes(parity):
    """In place of weights; a single neuron prints its weights under any loss of one output."""
    sizes = table(parity("fit", "--data", "blobs", "--loss", "cross_entropy", "--hidden", 5, 4)[1])
    assert list(sizes) == ["epochs", "loss", "sizes", "accuracy"]
    assert sizes["sizes"] == "2, 5, 4, 3"
    assert "weight" in table(parity("fit", "--loss", "binary_cross_entropy")[1])


def test_a_net_that_is_not_done_says_what_may_help(parity):
    """More epochs, more neurons or another learning rate."""
    out = parity("fit", "--data", "xor", "--hidden", 2, "--epochs", 1)[1]
    assert out[-1].endswith(" points is wrong after 1 epoch: more epochs, more neurons or another --lr are needed")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_fit_is_the_backend_s(parity, tmp_path, optimizer):
    """One generator draws the weights layer by layer, then the orders."""
    x, y = scratch.load_data("moons")
    rng, sizes = np.random.default_rng(3), [2, 4, 1]
    net = scratch.MLP(sizes, "relu")
    state = {}
    for name, value in net.state_dict().items():
        bound = sizes[int(name[2]) - 1] ** -0.5
        state[name] = rng.uniform(-bound, bound, value.shape)
    net.load_state_dict(state)
    orders = [rng.permutation(len(x)) for _ in range(2)]
    scratch.fit(net, x, y, optimizer=optimizer, lr=0.01, epochs=2, batch_size=30, orders=orders)
    args = f"--data moons --hidden 4 --activation relu --optimizer {optimizer} --lr 0.01 --epochs 2 --batch-size 30"
    parity("fit", *args.split(), "--seed", 3, "--save", tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as saved:
        assert {name: value.tolist() for name, value in saved.items()} == {
            name: value.tolist() for name, value in net.state_dict().items()
        }


@pytest.mark.parametrize("loss", LOSSES)
def test_labels_0_and_1_are_learnt_like_minus_1_and_1(parity, csv, tmp_path, loss):
    """Each loss finds them, and the border lies midway."""
    path = csv("x1,x2,y\n0,0,0\n0,1,0\n2,0,1\n2,1,1\n")
    plot = tmp_path / "a.png"
    out = parity("fit", "--data", path, "--loss", loss, "--lr", 0.1, "--epochs", 200, "--plot", plot)[1]
    assert table(out)["accuracy"] == "4 of 4 (100.0%)"


@pytest.mark.parametrize("loss", ["mse_loss", "binary_cross_entropy"])
def test_the_line_of_labels_0_and_1_is_where_the_prediction_changes(parity, csv, monkeypatch, tmp_path, loss):
    """The line drawn separates what the accuracy counts as right."""
    drawn = []
    monkeypatch.setattr(plots, "plot_line", lambda x, y, weight, bias, ax: drawn.append((x, y, weight, bias)))
    path = csv("x1,x2,y\n0,0,0\n0,1,0\n2,0,1\n2,1,1\n")
    parity("fit", "--data", path, "--loss", loss, "--lr", 0.1, "--epochs", 200, "--plot", tmp_path / "a.png")
    ((x, y, weight, bias),) = drawn
    assert ((x @ weight.T + bias > 0) == (y == 1)).all()


def test_fit_settles_with_a_tolerance(parity):
    """It stops when the loss of an epoch changes by no more."""
    out = parity("fit", "--epochs", 500, "--tolerance", 0.001)[1]
    assert int(table(out)["epochs"]) < 500
    assert out[-1].startswith(f"the loss settled after {table(out)['epochs']} epochs; ")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_net_whose_loss_becomes_nan_says_at_which_step(parity, backend, tmp_path):
    """One line on stderr; the losses until then are drawn."""
    path = tmp_path / "a.png"
    args = "--data blobs --loss cross_entropy --hidden 8 --lr 1e308 --batch-size 7"
    code, out, err = parity("fit", "--backend", backend, *args.split(), "--plot", path)
    assert (code, err) == (2, ["parity train: the loss became nan at step 2, in epoch 1; training stopped"])
    assert "diverged: the loss became nan in epoch 1; try a smaller --lr" in out
    assert path.exists()


# Sweeps


@pytest.mark.parametrize("backend", BACKENDS)
def test_sweep_shows_the_final_loss_of_each_run(parity, backend, tmp_path):
    """As a single run of that learning rate prints it; what diverged has the loss inf."""
    path = tmp_path / "sweep.png"
    args = ["fit", "--backend", backend, "--epochs", 200]
    code, out, err = parity(*args, "--sweep", "lr=0.01:10:4", "--plot", path)
    assert (code, err) == (0, [])
    rows = [line.split() for line in out[1:5]]
    assert [row[0] for row in rows] == ["0.01", "0.1", "1", "10"]
    assert float(rows[0][1]) == pytest.approx(float(table(parity(*args, "--lr", 0.01)[1])["loss"]), rel=1e-5)
    assert rows[3][1:3] == ["inf", "diverged"]
    assert out[5:] == [f"the least loss is {rows[0][1]}, at lr 0.01", f"wrote {path}"]
    assert path.exists()


@pytest.mark.parametrize(
    ("span", "values"),
    [
        ("hidden=1:4:4", ["1", "2", "3", "4"]),
        ("hidden=1:3:9", ["1", "2", "3"]),
        ("epochs=1:9:3", ["1", "5", "9"]),
        ("batch-size=1:8:3", ["1", "4", "8"]),
    ],
)
def test_sweep_of_whole_numbers(parity, span, values):
    """They are evenly spaced and rounded, each once."""
    fixed = [f"--{name}=2" for name in ("hidden", "epochs") if not span.startswith(name)]
    out = parity("fit", *fixed, "--sweep", span)[1]
    assert [line.split()[0] for line in out[1:-1]] == values


@pytest.mark.parametrize("backend", BACKENDS)
def test_sweep_over_two(parity, backend, tmp_path):
    """All at once, each as its own run; the ten least losses in a table, all of them in a map."""
    path = tmp_path / "map.png"
    args = [
        "fit",
        "--backend",
        backend,
        "--epochs",
        50,
        "--data",
        "moons",
        "--hidden",
        3,
        "--seed",
        1,
        "--batch-size",
        30,
    ]
    code, out, err = parity(*args, "--sweep", "lr=0.01:1e4:4,momentum=0:0.8:5", "--plot", path)
    assert (code, err) == (0, [])
    assert re.fullmatch(r"20 runs, [1-9]\d* of them diverged; those with the least loss:", out[0])
    assert out[1].split() == ["lr", "momentum", "loss", "accuracy"]
    rows = [line.split() for line in out[2:12]]
    assert [float(row[2]) for row in rows] == sorted(float(row[2]) for row in rows)
    assert out[12:] == [f"the least loss is {rows[0][2]}, at lr {rows[0][0]}, momentum {rows[0][1]}", f"wrote {path}"]
    plain = [row for row in rows if row[1] == "0"]
    assert plain
    for lr, _, loss, right, *_ in (row for row in plain if row[2] != "inf"):
        alone = table(parity(*args, "--lr", lr)[1])
        assert float(loss) == pytest.approx(float(alone["loss"]), rel=1e-5)
        assert alone["accuracy"].startswith(f"{right} of 100")


def test_sweep_whose_nets_do_not_fit_into_memory(parity, monkeypatch):
    """Is refused when the first of them is made."""
    made, mlp = [], scratch.MLP
    monkeypatch.setattr(scratch, "MLP", lambda *args: made.append(args) or mlp(*args))
    monkeypatch.setattr(memory, "LITTLE", 0)
    monkeypatch.setattr(memory, "free_memory", lambda: 10**6)
    code, out, [message] = parity("fit", "--hidden", 1000, "--sweep", "lr=0.1:1:40, momentum=0:0.5:2")
    assert (code, out, len(made)) == (2, [], 1)
    assert message.startswith("parity train: batch_size: got 8 for 1001 neurons of 80 nets, which need 0.01")


def test_sweep_of_momentum(parity):
    """Alone, with an optimizer that has it."""
    code, out, err = parity("fit", "--sweep", "momentum=0:0.9:4", "--optimizer", "RMSprop", "--lr", 0.01)
    assert (code, err, [line.split()[0] for line in out[1:5]]) == (0, [], ["0", "0.3", "0.6", "0.9"])


def test_sweep_in_which_every_run_diverges_says_so(parity, tmp_path):
    """No least loss is named, and there is a picture all the same."""
    code, out, err = parity("fit", "--epochs", 500, "--sweep", "lr=5:10:2", "--plot", tmp_path / "a.svg")
    assert (code, err) == (2, [])
    assert out[3:] == ["every run diverged", f"wrote {tmp_path / 'a.svg'}"]


# Divergence and warnings


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rule", ["gradient", "fit"])
def test_divergence(parity, rule, backend, tmp_path):
    """A learning rate far too large is named as the cause, in words and by the exit code; no Python warning shows."""
    path = tmp_path / "loss.png"
    code, out, err = parity(rule, "--backend", backend, "--lr", 5, "--epochs", 2000, "--plot", path)
    epochs = table(out)["epochs"]
    assert code == 2
    assert f"diverged: the loss became inf in epoch {epochs}; try a smaller --lr" in out
    at = f"at step {epochs}, in" if rule == "fit" else "in"
    assert err == [f"parity train: the loss became inf {at} epoch {epochs}; training stopped"]
    assert path.exists()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rule", ["gradient", "fit"])
def test_divergence_in_the_last_step(parity, rule, backend, tmp_path):
    """The loss before it was finite, that after it is not; the files are written all the same."""
    files = ["--plot", tmp_path / "a.png", "--save", tmp_path / "a.npz"]
    code, out, _ = parity(rule, "--backend", backend, "--lr", 1e300, "--epochs", 1, *files)
    assert code == 2
    assert out[-3].startswith("diverged: the loss became ")
    assert out[-3].endswith(" in epoch 1; try a smaller --lr")
    assert len(list(tmp_path.iterdir())) == 2
    if rule == "gradient":  # which has made the step already, and no class of anything
        assert (table(out)["weight"], table(out)["accuracy"]) == ("nan, nan", "0 of 8 (0.0%)")


def test_no_bar_without_a_terminal(parity):
    """stderr stays empty where it is no terminal."""
    assert parity("perceptron", "--data", "xor", "--epochs", 50)[2] == []


def test_bar_on_a_terminal(parity, monkeypatch):
    """On a terminal a bar stands on stderr, not on stdout, where the result is."""
    plain = parity("perceptron")[1]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    code, out, err = parity("perceptron")
    assert (code, out) == (0, plain)
    assert any("epochs" in line for line in err)


@pytest.mark.parametrize(("rule", "note"), [("perceptron", "5 corrected"), ("gradient", "loss 3.623")])
def test_the_bar_shows_the_loss(parity, monkeypatch, rule, note):
    """Beside it stands the loss of the epoch, or the corrections where there is no loss."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    err = parity(rule, "--epochs", 1)[2]
    assert any("epochs" in line and note in line for line in err)


@pytest.mark.parametrize("notebook", [True, False])
def test_a_notebook_shows_no_bar(parity, monkeypatch, notebook):
    """Even where its stderr says that it is a terminal."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    if notebook:
        shell = type("ZMQInteractiveShell", (), {})()
        monkeypatch.setattr("builtins.get_ipython", lambda: shell, raising=False)
    assert bool(parity("perceptron")[2]) is not notebook


def test_the_animation_shows_a_bar(parity, monkeypatch, tmp_path):
    """As the training does: it takes longer."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    err = parity("perceptron", "--epochs", 1, "--animate", tmp_path / "a.gif")[2]
    assert any("frames" in line and "100%" in line for line in err)


# Files


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rule", RULES)
def test_save(parity, tmp_path, rule, backend):
    """The weights are kept under their names, exactly, and load into a net of either backend."""
    path = tmp_path / "net.npz"
    _, out, _ = parity(rule, "--backend", backend, "--save", path)
    with np.load(path) as state:
        arrays = dict(state)
    assert arrays["fc1.weight"].tolist() == [numbers(table(out)["weight"])]
    assert arrays["fc1.bias"].tolist() == numbers(table(out)["bias"])
    for module in map(import_module, BACKENDS):
        net = module.ToyNet()
        net.load_state_dict(arrays)
        assert net.fc1.weight.tolist() == arrays["fc1.weight"].tolist()
    assert list(tmp_path.iterdir()) == [path]


def test_animation_has_a_frame_for_each_epoch(parity, tmp_path):
    """And one for the start."""
    _, out, _ = parity("perceptron", "--animate", tmp_path / "line.gif")
    with Image.open(tmp_path / "line.gif") as image:
        assert image.n_frames == int(table(out)["epochs"]) + 1


@pytest.mark.parametrize(
    ("args", "title", "sentence"),
    [
        ("perceptron --data toy", "toy, scratch, perceptron", "after 9 epochs: every point is right"),
        (
            "gradient --data toy_flipped --lr 0.01 --epochs 100 --backend torchref",
            "toy_flipped, torchref, gradient, lr 0.01",
            "after 100 epochs: 1 of 8 points is wrong",
        ),
        (
            "fit --data xor --hidden 2 --optimizer Adam --lr 0.5 --epochs 0",
            "xor, scratch, Adam, lr 0.5",
            "after 0 epochs: 1 of 4 points is wrong",
        ),
        ("fit --sweep lr=0.1:1:2 --epochs 1", "toy, scratch, SGD", ""),
        ("fit --sweep epochs=1:2:2 --lr 0.2", "toy, scratch, SGD, lr 0.2", ""),
        ("fit --sweep momentum=0:0.5:2 --lr 0.2", "toy, scratch, SGD, lr 0.2", ""),
        (
            "fit --sweep lr=0.1:1:2,momentum=0:0.5:2",
            "toy, scratch, SGD",
            "grey: diverged, or far above; star: the least",
        ),
    ],
)
def test_titles(parity, monkeypatch, tmp_path, args, title, sentence):
    """Data, backend and learning rate, and how many of the points that one sees are wrong: as many as are printed."""
    figures = []
    monkeypatch.setattr(plots, "save", lambda figure, path: figures.append(figure))
    _, out, _ = parity(*args.split(), "--plot", tmp_path / "a.png")
    [figure] = figures
    assert figure.get_suptitle() == title
    assert figure.axes[0].get_title() == sentence
    wrong = re.search(r"(\d+) of (\d+)", sentence)
    right = wrong and f"{int(wrong[2]) - int(wrong[1])} of {wrong[2]}"
    assert not right or table(out)["accuracy"].startswith(right)


def test_the_animation_counts_what_it_shows(parity, monkeypatch, tmp_path):
    """Not the corrections that were made during the pass."""
    titles = []
    caption = plots._caption
    monkeypatch.setattr(plots, "_caption", lambda *args: titles.append(caption(*args)) or titles[-1])
    parity("perceptron", "--animate", tmp_path / "a.gif")
    assert titles[0] == "epoch 0: 8 of 8 points are wrong"
    assert titles[-2:] == ["epoch 8: every point is right", "epoch 9: every point is right"]


def test_a_file_of_any_name_has_a_title(parity, csv, tmp_path):
    """What looks like a formula, has no character in any font, or goes on for long: there is a picture, and no word."""
    content = csv("x1,x2,y\n0,1,-1\n1,0,1\n").read_bytes()
    for name in ("$a$ $x_1$", "数据", "line\nbreak", "x" * 200, "\udcff"):
        # As this locale reads the bytes of such a name.
        path = tmp_path / os.fsdecode(f"{name}.csv".encode(errors="surrogateescape"))
        path.write_bytes(content)
        files = ["--plot", tmp_path / "a.png", "--animate", tmp_path / "a.gif"]
        code, _, err = parity("perceptron", "--data", path, "--epochs", 1, *files)
        assert (code, err) == (0, [])


@pytest.mark.parametrize(("option", "suffix"), [("--plot", "png"), ("--animate", "gif"), ("--save", "npz")])
def test_files_that_cannot_be_written(parity, tmp_path, option, suffix):
    """An impossible path is refused in one line before the training; nothing is printed or left."""
    (tmp_path / f"folder.{suffix}").mkdir()
    for path in (f"missing/a.{suffix}", "a.xyz", "a", f"folder.{suffix}"):
        code, out, err = parity("fit", option, tmp_path / path)
        assert (code, out, len(err)) == (2, [], 1)
        assert err[0].startswith(f"parity train: {tmp_path / path}: got ")
    assert [file.name for file in tmp_path.iterdir()] == [f"folder.{suffix}"]


@pytest.mark.parametrize(("option", "suffix"), [("--plot", "png"), ("--animate", "gif"), ("--save", "npz")])
def test_failed_writing_keeps_the_old_file(parity, tmp_path, monkeypatch, option, suffix):
    """Where the system refuses at the end, one line says so and the old file is whole."""
    path = tmp_path / f"old.{suffix}"
    path.write_bytes(b"old")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", refuse)
    code, _, err = parity("perceptron", option, path)
    assert (code, err) == (2, [f"parity train: {path}: cannot be written: Permission denied"])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("option", ["--plot", "--animate"])
def test_three_inputs_cannot_be_drawn(parity, csv, tmp_path, option):
    """It is said before the training."""
    path = csv("a,b,c,y\n0,0,1,-1\n1,0,1,1\n")
    suffix = {"--plot": "svg", "--animate": "gif"}[option]
    code, out, err = parity("perceptron", "--data", path, option, tmp_path / f"a.{suffix}")
    assert (code, out, err) == (2, [], [f"parity train: {path}: got 3 inputs, expected 2 for {option}"])
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_drawn_is_refused_before_the_training(parity, csv, tmp_path):
    """Nine classes, or inputs beyond any axis: one line, and nothing is printed; without a picture both are learnt."""
    rows = "".join(f"{i},1,{i}\n" for i in range(9))
    nine = (f"x1,x2,class\n{rows}", "got 9 classes, expected at most 7 for --plot")
    huge = ("x1,x2,class\n1e308,1,0\n-1e308,2,1\n", "got an input of size 1e+308, expected at most 1e+250 for --plot")
    for content, message in (nine, huge):
        path = csv(content)
        args = ["fit", "--data", path, "--loss", "cross_entropy", "--epochs", 1]
        assert parity(*args, "--plot", tmp_path / "a.png") == (2, [], [f"parity train: {path}: {message}"])
        assert list(tmp_path.iterdir()) == [path]
        assert parity(*args)[1] != []


def test_matplotlib_is_missed_before_the_training(parity, monkeypatch, tmp_path):
    """Without matplotlib one line says how to get it; training without pictures goes on."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, out, err = parity("fit", "--plot", tmp_path / "a.png")
    assert (code, out) == (2, [])
    assert err == ["parity train: matplotlib is not installed: pip install 'neuron-parity[plot]'"]
    assert parity("fit")[0] == 0
