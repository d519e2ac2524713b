"""``parity train`` and options, libraries and data that it cannot use: one line each, before the training."""

import subprocess
import sys

import pytest

from parity import cli
from parity.commands import train
from scratch.losses import LOSSES

BACKENDS = ("scratch", "torchref")
RULES = ("perceptron", "gradient", "fit")


# Options


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("fit --epochs -1", "--epochs: got -1, expected a non-negative integer"),
        ("fit --lr -0.1", "--lr: got -0.1, expected a finite non-negative number"),
        ("fit --lr nan", "--lr: got nan, expected a finite non-negative number"),
        ("gradient --lr inf", "--lr: got inf, expected a finite non-negative number"),
        ("gradient --tolerance nan", "--tolerance: got nan, expected a finite non-negative number"),
        ("perceptron --seed -1", "--seed: got -1, expected a non-negative integer"),
        ("fit --seed -1", "--seed: got -1, expected a non-negative integer"),
        (
            "fit --backend skratch",
            "--backend: got 'skratch', expected one of scratch, torchref; did you mean 'scratch'?",
        ),
        (
            "gradient --activation sigmoit",
            "--activation: got 'sigmoit', expected one of identity, sigmoid, tanh, relu, leaky_relu; "
            "did you mean 'sigmoid'?",
        ),
        (
            "fit --data circle",
            "data: got 'circle', expected one of and, blobs, circles, moons, toy, toy_flipped, xor; "
            "did you mean 'circles'?",
        ),
        ("gradient --data blobs", "blobs: got class indices, expected labels -1 and +1, which one neuron can separate"),
        (
            "fit --data blobs",
            "blobs: got class indices, expected labels -1 and +1, or 0 and 1, for mse_loss; "
            "--loss cross_entropy accepts class indices",
        ),
        ("fit --hidden 4 0", "--hidden: got 0, expected integers from 1 to 1000000"),
        ("fit --hidden 4 1000001", "--hidden: got 1000001, expected integers from 1 to 1000000"),
        (
            "fit --activation relu",
            "--activation: got a network without hidden layers, expected --hidden as well",
        ),
        (
            "fit --activation tahn",
            "--activation: got 'tahn', expected one of identity, sigmoid, tanh, relu, leaky_relu, softmax; "
            "did you mean 'tanh'?",
        ),
        (
            "fit --loss crossentropy",
            "--loss: got 'crossentropy', expected one of squared_error, mse_loss, binary_cross_entropy, "
            "binary_cross_entropy_with_logits, cross_entropy; did you mean 'cross_entropy'?",
        ),
        (
            "fit --optimizer adam",
            "--optimizer: got 'adam', expected one of SGD, Adagrad, RMSprop, Adam, AdamW; did you mean 'Adam'?",
        ),
        ("fit --batch-size 0", "--batch-size: got 0, expected an integer from 1 to 8, the number of samples"),
        ("fit --batch-size 9", "--batch-size: got 9, expected an integer from 1 to 8, the number of samples"),
        ("fit --accumulate 0", "--accumulate: got 0, expected a positive integer"),
        (
            "fit --batch-size 3 --accumulate 4",
            "--accumulate: got 4, expected an integer from 1 to 3, the number of samples in a batch",
        ),
        (
            "fit --accumulate 2 --sweep lr=0.1:1:3",
            "--sweep: got --accumulate as well, expected one of them: the networks compute whole batches",
        ),
        (
            "fit --sweep batch-size=4:12:3",
            "--sweep batch-size: got 12, expected an integer from 1 to 8, the number of samples",
        ),
        ("fit --sweep=", "--sweep: got '', expected one of lr, momentum, hidden, epochs, batch-size"),
        (
            "fit --sweep lr=0.1:1:3 --lr 0.05",
            "--lr: got it with --sweep lr, which sets it in each run, expected one of them",
        ),
        (
            "fit --sweep hidden=1:3:2 --hidden 5",
            "--hidden: got it with --sweep hidden, which sets it in each run, expected one of them",
        ),
        (
            "fit --sweep batch-size=1:3:2 --batch-size 5",
            "--batch-size: got it with --sweep batch-size, which sets it in each run, expected one of them",
        ),
        ("fit --sweep hidden=0.2:4:3", "--sweep: got 'hidden=0.2:4:3', expected integers from 1 to 1000000"),
        ("fit --sweep hidden=1:1e14:2", "--sweep: got 'hidden=1:1e14:2', expected integers from 1 to 1000000"),
        (
            "fit --sweep lr=1:2:1000000000000",
            "--sweep: got 'lr=1:2:1000000000000', expected 0 < FROM < TO and 2 to 1000 RUNS",
        ),
        (
            "fit --sweep batchsize=1:4:4",
            "--sweep: got 'batchsize', expected one of lr, momentum, hidden, epochs, batch-size; "
            "did you mean 'batch-size'?",
        ),
        ("fit --sweep lr", "--sweep: got 'lr', expected NAME=FROM:TO:RUNS such as lr=0.001:1:20"),
        ("fit --sweep lr=1:2:x", "--sweep: got 'lr=1:2:x', expected NAME=FROM:TO:RUNS such as lr=0.001:1:20"),
        ("fit --sweep lr=0:1:4", "--sweep: got 'lr=0:1:4', expected 0 < FROM < TO and 2 to 1000 RUNS"),
        ("fit --sweep lr=1:2:1", "--sweep: got 'lr=1:2:1', expected 0 < FROM < TO and 2 to 1000 RUNS"),
        ("fit --sweep momentum=-1:1:4", "--sweep: got 'momentum=-1:1:4', expected 0 <= FROM < TO and 2 to 1000 RUNS"),
        (
            "fit --sweep momentum=0:0.9:4 --optimizer Adam",
            "--sweep: got momentum with Adam, expected --optimizer SGD or RMSprop",
        ),
        ("fit --sweep lr=1:2:2,lr=1:2:2", "--sweep: got lr, lr, expected one of them, or lr and momentum together"),
        (
            "fit --sweep lr=1:2:2,epochs=1:2:2",
            "--sweep: got lr, epochs, expected one of them, or lr and momentum together",
        ),
        ("fit --sweep lr=1:2:100,momentum=0:0.9:20", "--sweep: got 2000 runs, expected at most 1000 in all"),
        ("fit --sweep lr=1:2:2,", "--sweep: got '', expected one of lr, momentum, hidden, epochs, batch-size"),
        ("fit --sweep lr=1:2:2,momentum", "--sweep: got 'momentum', expected NAME=FROM:TO:RUNS such as lr=0.001:1:20"),
        (
            "fit --sweep lr=1:2:2 --save a.npz",
            "--sweep: got --animate or --save as well, expected neither: there are many networks",
        ),
        (
            "fit --hidden 2 --animate a.gif",
            "--animate: got a network of several neurons, expected a single neuron, whose line is drawn",
        ),
    ],
)
def test_options_are_checked(parity, args, message):
    """One line that says what was got and what was expected, exit code 2, also with no epochs to run."""
    for more in ([], ["--epochs", 0] if "--epochs" not in args else []):
        assert parity(*args.split(), *more) == (2, [], [f"parity train: {message}"])


def test_epochs_beyond_all_bounds_are_the_sweep_s_fault(parity):
    """It is what was typed."""
    message = "parity train: --sweep: got 'epochs=1:1e30:3', expected integers from 1 to 1000000"
    assert parity("fit", "--sweep", "epochs=1:1e30:3") == (2, [], [message])


def test_a_sweep_over_hidden_has_an_activation(parity):
    """It is that of the layer that each run has."""
    assert parity("fit", "--sweep", "hidden=1:2:2", "--activation", "relu", "--epochs", 1)[0] == 0


@pytest.mark.parametrize(
    "args", ["perceptron --lr 1", "gradient --batch-size 1", "perceptron --activation tanh", "perceptrom", ""]
)
def test_options_of_another_rule(parity, args):
    """An option that does not apply to the rule is refused, in one line."""
    code, out, err = parity(*args.split())
    assert (code, out) == (2, [])
    assert len(err) == 1
    assert err[0].startswith("parity")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("train fit --lr 0.1 --lr 0.2", "parity train fit: argument --lr: got twice, expected once"),
        ("train fit --hidden 2 --hid 2", "parity train fit: argument --hidden: got twice, expected once"),
        ("trace --resync --resync", "parity trace: argument --resync: got twice, expected once"),
        ("check --only sign --only linear", "parity check: argument --only: got twice, expected once"),
        ("template -o a.py --output b.py", "parity template: argument -o/--output: got twice, expected once"),
        ("page --force --force", "parity page: argument --force: got twice, expected once"),
    ],
)
def test_an_option_given_twice(capsys, args, message):
    """No command drops the first in silence."""
    with pytest.raises(SystemExit, match="2"):
        cli.main(args.split())
    assert capsys.readouterr() == ("", f"{message}\n")


@pytest.mark.parametrize("backend", BACKENDS)
def test_sizes_beyond_the_memory(parity, backend):
    """A net that hardly a memory holds is refused in one line, before any of it is allocated."""
    message = "parity train: sizes: got [2, 1000000, 1000000, 1], expected at most 10000 sizes and 134217728 weights"
    assert parity("fit", "--backend", backend, "--hidden", *[1_000_000] * 2) == (2, [], [message])


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("[...] DefaultCPUAllocator: can't allocate memory")])
def test_memory_that_is_missed_in_the_training(parity, monkeypatch, error):
    """Either library's way to say it is one line; another RuntimeError is a fault of this program and stays one."""

    def fail(*_):
        raise error

    monkeypatch.setattr(train, "run", fail)
    assert parity("fit") == (2, [], ["parity train: not enough memory"])
    error = RuntimeError("something else")
    with pytest.raises(RuntimeError, match="something else"):
        parity("fit")


def test_torch_is_missed(parity, monkeypatch):
    """Without PyTorch torchref says how to get it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchref"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    code, out, err = parity("fit", "--backend", "torchref")
    assert (code, out, err) == (2, [], ["parity train: torchref needs PyTorch: pip install 'neuron-parity[torch]'"])


def test_scratch_needs_no_torch():
    """With the NumPy backend neither PyTorch nor matplotlib is imported."""
    code = """if True:
        import sys
        from parity.commands import train
        from parity.cli import Parser
        parser = Parser()
        train.add_arguments(parser)
        train.run(parser.parse_args(["fit"]))
        assert not {"torch", "matplotlib"} & set(sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Data


ROWS = "".join(f"{i},{i % 3},{-1 if i < 9 else 1}\n" for i in range(15))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "got an empty file, expected a header and a line for each sample"),
        ("x1,x2,y\n", "got a header and no samples, expected a line for each sample"),
        (f"x1,x2,y\n{ROWS}a,1,1\n", "row 17, column x1: got 'a', expected a finite number"),
        (f"x1,x2,y\n{ROWS}1,nan,1\n", "row 17, column x2: got 'nan', expected a finite number"),
        (f"x1,x2,y\n{ROWS}1,1\n", "row 17: got 2 values, expected 3 as the header has"),
        ("x1,x2,y\n1,2,1\n3,4,1\n", "got the label 1 in every row, expected at least two classes"),
        ("x1,x2,y\n1,2,é\n".encode("latin-1"), "expected a CSV file in UTF-8"),
        ("x1,x2,y\n1,2,0\n3,4,1\n", "got the label 0, expected only -1 and +1"),
        ("x1,x2,y\n1,2,-1\n3,4,1\n5,6,2\n", "got the label 2, expected only -1 and +1"),
    ],
    ids=["empty", "header", "text", "nan", "ragged", "one class", "latin-1", "0 and 1", "three labels"],
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_bad_files(parity, csv, tmp_path, backend, content, message):
    """Each is refused in one line that names the file, before anything is written."""
    path = csv(content)
    code, out, err = parity("perceptron", "--backend", backend, "--data", path, "--plot", tmp_path / "a.png")
    assert (code, out, len(err)) == (2, [], 1)
    assert err[0].startswith(f"parity train: {path}")
    assert message in err[0]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["missing.csv", "folder.csv", "folder/inner"])
def test_no_such_file(parity, tmp_path, name):
    """A missing file and a directory are refused alike."""
    (tmp_path / "folder.csv").mkdir()
    code, out, err = parity("fit", "--data", tmp_path / name)
    assert (code, out) == (2, [])
    assert err == [f"parity train: {tmp_path / name}: no such file, expected a CSV file"]


@pytest.mark.parametrize("loss", LOSSES)
def test_fit_refuses_other_labels(parity, csv, loss):
    """Two classes are -1 and +1, or 0 and 1; anything else is no label of any loss."""
    path = csv("x1,x2,y\n1,2,1\n3,4,2\n")
    message = f"parity train: {path}: got the labels 1, 2, expected -1 and +1, or 0 and 1, for {loss}"
    assert parity("fit", "--data", path, "--loss", loss) == (2, [], [message])


def test_fit_takes_any_number_of_inputs(parity, csv):
    """One input and three are learnt, but not drawn."""
    for names in ("x1", "x1,x2,x3"):
        path = csv(f"{names},y\n{names.replace('x', '1')},-1\n{names.replace('x', '-1')},1\n")
        assert parity("fit", "--data", path, "--hidden", 2)[1][-1] == "every point is right after 40 epochs"
        message = f"parity train: {path}: got {len(names.split(','))} inputs, expected 2 for --plot"
        assert parity("fit", "--data", path, "--plot", path.with_suffix(".png")) == (2, [], [message])


def test_labels_0_and_1_without_sigmoid(parity, csv):
    """Other activations would put the border elsewhere than at 0: refused."""
    path = csv("x1,x2,y\n1,2,0\n3,4,1\n")
    assert parity("gradient", "--data", path)[2] == [f"parity train: {path}: got the label 0, expected only -1 and +1"]
