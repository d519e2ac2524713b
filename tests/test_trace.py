"""``parity trace``: correct code agrees, a mistake is found at its first step and quantity."""

import re
from pathlib import Path

import pytest

from parity import plots
from parity.cli import main
from scratch.losses import LOSSES

SMALL = ("--hidden", "3", "--epochs", "3")
WRONG_SIGMOID = "def sigmoid_backward(z, grad_output):\n    return grad_output * z * (1 - z)\n"
# It has no state, and cannot be saved or loaded.
OWN_SGD = """
class SGD:
    def __init__(self, params, lr):
        self.params, self.lr = list(params), lr
    def zero_grad(self):
        for p in self.params:
            p.grad = None
    def step(self):
        for p in self.params:
            p.data = p.data - p.data.dtype.type(self.lr) * p.grad
"""


def small(options):
    """Few epochs, and a small network for the network rule."""
    return SMALL[2:] if "--rule" in options else SMALL


def against_scratch(options):
    """Use the reference that needs no PyTorch, unless the options name one."""
    return () if "--reference" in options else ("--reference", "scratch")


@pytest.fixture
def trace(capsys):
    """Run the command; exit code, lines of standard output, lines of standard error."""

    def run(*args):
        code = main(["trace", *map(str, args)])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    return run


@pytest.mark.parametrize("reference", ["scratch", "torchref"])
@pytest.mark.parametrize(
    "options",
    [
        ("--data", "xor", "--batch-size", "3", "--set", "momentum=0.5", "nesterov=True"),
        ("--data", "xor", "--loss", "binary_cross_entropy_with_logits", "--optimizer", "Adam"),
        ("--data", "xor", "--loss", "binary_cross_entropy", "--optimizer", "RMSprop", "--dtype", "float32"),
        ("--data", "blobs", "--loss", "cross_entropy", "--activation", "relu", "--resync", "--optimizer", "AdamW"),
        ("--rule", "perceptron"),
        ("--rule", "gradient", "--activation", "sigmoid", "--lr", "0.01"),
    ],
)
def test_right_backends_agree(trace, reference, options):
    """In every step, with a row for each."""
    code, out, err = trace("scratch", "--reference", reference, *small(options), *options)
    assert (code, err) == (0, []), out
    assert out[-1].startswith("the two agree in all")


def test_many_steps_are_thinned(trace):
    """The first ten, the last, and some between."""
    code, out, _ = trace("scratch", "--reference", "scratch", "--data", "and", "--hidden", "--epochs", "100")
    steps = [int(line.split()[0]) for line in out[2:-1]]
    assert code == 0
    assert steps[:10] == list(range(1, 11))
    assert steps[-1] == 100
    assert len(steps) <= 31
    assert out[-1] == "the two agree in all 100 steps, and all weights are equal bit for bit"


@pytest.mark.parametrize(
    ("mistake", "options", "found"),
    [
        ("factor_2_missing", (), "step 1, in the gradients: gradient of the prediction (mse_loss_backward of"),
        ("half_the_squared_error", (), "step 1, in the loss: loss (mse_loss of"),
        (
            "lr_inside_the_momentum_buffer",
            ("--set", "momentum=0.5"),
            "step 1, in the optimizer state: fc1.weight (sgd_update of",
        ),
        (
            "classical_for_nesterov",
            ("--set", "momentum=0.5", "nesterov=True"),
            "step 1, in the weights: fc1.weight (sgd_update of",
        ),
        ("bias_correction_one_step_late", ("--optimizer", "Adam", "--resync"), "in the weights: fc1.weight (adam_"),
        ("bias_never_updated", ("--rule", "perceptron"), "in the weights: fc1.bias (perceptron_step of"),
        ("zero_counts_as_positive", ("--rule", "perceptron"), "the two agree"),
        ("zero_grad_forgotten", (), "step 2, in the gradients: gradient of fc1.weight (train_step of"),
        (
            "zero_grad_forgotten",
            ("--reference", "torchref", "--resync"),
            "step 2, in the gradients: gradient of fc1.weight (train_step of",
        ),
        (
            "backward_through_updated_weights",
            ("--reference", "torchref"),
            "step 1, in the gradients: gradient of fc1.weight (train_step of",
        ),
        ("loss_after_the_update", (), "step 1, in the loss: loss (train_step of"),
        ("hidden_activation_missing", (), "step 1, in the loss: loss (train_step of"),
        (
            "one_counter_for_all",
            ("--optimizer", "Adam", "--resync"),
            "step 1, in the optimizer state: fc1.bias (train_step with Adam of",
        ),
        (
            "bias_correction_without_t_in_Adam",
            ("--optimizer", "Adam"),
            "step 2, in the weights: fc1.weight (train_step with Adam of",
        ),
        ("one_counter_for_all", (), "the two agree"),
    ],
)
def test_a_mistake_is_found_at_its_first_quantity(trace, mistake, options, found):
    """The last line says step, quantity, parameter and function."""
    code, out, err = trace(f"parity.mistakes:{mistake}", *against_scratch(options), *small(options), *options)
    assert found in out[-1], out
    assert (code, err) == (0 if "agree" in found else 1, [])


def test_a_partial_homework(trace, tmp_path):
    """Missing functions come from the reference; both numbers, the gap and the referee's value are printed."""
    file = tmp_path / "homework.py"
    file.write_text(WRONG_SIGMOID)
    code, out, _ = trace(file, "--data", "xor", "--activation", "sigmoid", *SMALL)
    assert code == 1
    assert re.fullmatch(r"traced, of \S*homework.py: sigmoid_backward; the rest is torchref's", out[0])
    assert "step 1, gradients: gradient of z of fc1[0, 0] differs" in out
    assert {"torchref", "gap", "referee"} <= {line.split()[0] for line in out[-7:-1]}
    assert "first at step 1, in the gradients: gradient of z of fc1 (sigmoid_backward of" in out[-1]


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        ("from scratch import SGD", ("--set", "momentum=0.5")),
        ("from scratch import SGD", ("--set", "momentum=0.5", "--resync", "--reference", "torchref")),
        (OWN_SGD, ()),
        (OWN_SGD, ("--resync", "--dtype", "float32")),
    ],
)
def test_a_homework_of_classes(trace, tmp_path, optimizer, options):
    """Its net is trained by its own train_step with its own optimizer, which need not be one that can be saved."""
    file = tmp_path / "homework.py"
    file.write_text(f"from scratch import MLP, train_step\n{optimizer}\n")
    run = (*against_scratch(options), "--data", "moons", "--batch-size", "64", *SMALL)
    code, out, err = trace(file, *run, *options)
    assert (code, err) == (0, []), out
    rest = "torchref" if "torchref" in options else "scratch"
    assert out[0] == f"traced, of homework.py: MLP, SGD, train_step; the rest is {rest}'s"
    assert out[-1].startswith("the two agree in all")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise RuntimeError('later')", "train_step raised RuntimeError in homework.py, line 5: later"),
        ("x += 1", "train_step changed its argument x in homework.py, expected a new array"),
        ("__import__('os')._exit(3)", "train_step ended its process (exit code 3) in homework.py"),
        ("return None", "step 2, loss: loss is NoneType, expected an array of numbers"),
        ("SGD.state_dict = lambda self: {}", "after train_step with SGD of homework.py: KeyError: 'state'"),
        ("MLP.state_dict = lambda self: {}", "step 2, weights: fc1.weight is NoneType, expected an array of numbers"),
    ],
)
def test_classes_that_cannot_go_on(trace, tmp_path, body, message):
    """The output names the failure and the step."""
    file = tmp_path / "homework.py"
    file.write_text(f"""from scratch import MLP, SGD
import scratch
def train_step(model, x, y, loss, optimizer):
    if optimizer.param_groups[0].setdefault("steps", 0):
        {body}
    optimizer.param_groups[0]["steps"] += 1
    return scratch.train_step(model, x, y, loss, optimizer)
""")
    code, out, err = trace(file, "--reference", "scratch", *SMALL, "--plot", tmp_path / "trace.png")
    assert (code, err) == (1, [])
    assert out[-3:-1] == ["homework.py cannot continue after step 2", message]
    assert "differs from scratch first at step 2, in the" in out[-1]


SOLUTIONS = Path(__file__).parent / "solutions" / "wrong"


@pytest.mark.parametrize(
    ("candidate", "options", "mistake"),
    [
        (SOLUTIONS / "updated_too_early.py", (), "backward_through_updated_weights"),
        (SOLUTIONS / "relu_without_chain.py", ("--activation", "relu"), "relu_gradient_from_above_left_out"),
        (SOLUTIONS / "momentum_holds_the_rate.py", ("--set", "momentum=0.5"), "lr_inside_the_momentum_buffer"),
        (SOLUTIONS / "perceptron_bias_stays.py", ("--rule", "perceptron"), "bias_never_updated"),
        (
            SOLUTIONS / "gradient_without_slope.py",
            ("--rule", "gradient", "--activation", "sigmoid"),
            "derivative_forgotten",
        ),
        ("parity.mistakes:hidden_derivative_forgotten", (), "hidden_derivative_forgotten"),
        ("parity.mistakes:loss_summed", (), "loss_summed"),
    ],
)
def test_the_mistake_is_named(trace, candidate, options, mistake):
    """As in a check: the one that makes the same first difference, before the last line."""
    code, out, _ = trace(candidate, "--reference", "scratch", *small(options), *options)
    assert code == 1
    assert out[-2].startswith(f"  mistake  {mistake}: this is what you get when ")
    assert "; or " not in out[-2]


def test_a_mistake_that_is_not_known_is_not_guessed(trace, tmp_path):
    """Nor is one named where there are no numbers."""
    file = tmp_path / "homework.py"
    file.write_text("import numpy as np\ndef tanh(z):\n    return np.tanh(1.01 * z)\n")
    code, out, _ = trace(file, "--reference", "scratch", *SMALL)
    assert (code, out[-2]) == (1, "  mistake  no known mistake gives these numbers")


@pytest.mark.parametrize("body", ["raise RuntimeError('later')", "return z[:1, :1]", "return None"])
def test_a_candidate_that_cannot_go_on(trace, tmp_path, body):
    """It counts as a difference."""
    file = tmp_path / "homework.py"
    file.write_text(f"def tanh(z):\n    {body}\n")
    code, out, err = trace(file, "--reference", "scratch", *SMALL, "--plot", tmp_path / "trace.png")
    assert (code, err) == (1, [])
    assert "first at step 1, in the activation: activation of fc1 (tanh of" in out[-1]


def test_a_run_out_of_range_stops(trace):
    """The output says at which step, and shows the steps before."""
    code, out, _ = trace("scratch", "--reference", "scratch", "--lr", "1e200")
    assert code == 0
    assert any(line.startswith("the loss became inf and inf at step 2") for line in out)
    assert "from step 2 the bound exceeds the weights themselves, so the comparison proves nothing" in out


def test_set_collects(trace):
    """Several --set options are combined, here momentum and an option that needs it."""
    run = ("scratch", "--reference", "scratch", *SMALL)
    together = trace(*run, "--set", "momentum=0.5", "nesterov=True")
    assert trace(*run, "--set", "momentum=0.5", "--set", "nesterov=True") == together
    assert trace(*run, "--set", "momentum=0.5") != together


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--loss", "mse_los"), "did you mean 'mse_loss'?"),
        (("--loss", "mse"), "did you mean 'mse_loss'?"),
        (("--optimizer", "sgd"), "did you mean 'SGD'?"),
        (("--optimizer", "Adan"), "did you mean 'Adam'?"),
        (("--activation", "tanhh"), "did you mean 'tanh'?"),
        (("--rule", "nett"), "did you mean 'net'?"),
        (("--set", "momentun=1"), "did you mean 'momentum'?"),
        (("--set", "momentum"), "expected NAME=VALUE"),
        (("--set", "momentum={[]: 1}"), "expected NAME=VALUE"),
        (("--set", "momentum=0.9", "momentum=0.5"), "--set: got momentum twice, expected once"),
        (("--set", "momentum=0.9", "--set", "momentum=0.9"), "--set: got momentum twice, expected once"),
        (("--lr", "0.1", "--set", "lr=0.1"), "--set: got lr twice, expected once"),
        (("--set", "lr=-1"), "parity trace: --set: lr: got -1, expected a finite non-negative number"),
        (("--set", f"eps={10**400}", "--optimizer", "Adam"), "--set: eps: got 1000000"),
        (
            ("--set", "nesterov=True"),
            "parity trace: --set: Nesterov momentum requires a momentum and zero dampening",
        ),
        (("--hidden", "3", "0"), "--hidden: got 0, expected integers from 1 to 1000000"),
        (("--hidden", "1000001"), "--hidden: got 1000001, expected integers from 1 to 1000000"),
        (("--hidden", "1000000", "1000000"), "parity trace: not enough memory"),
        (("--hidden", "--activation", "relu"), "--activation: got a network without hidden layers"),
        (("--activation", ""), "--activation: got ''"),
        (("--output", ""), "--output: got ''"),
        (("--plot", ""), "got the suffix ''"),
        (("--loss", "binary_cross_entropy", "--output", "tanh"), "--output: got 'tanh', expected sigmoid or softmax"),
        (("--batch-size", "0"), "--batch-size: got 0"),
        (("--batch-size", "9"), "expected an integer from 1 to 8"),
        (("--epochs", "0"), "--epochs: got 0"),
        (("--lr", "-1"), "--lr: got -1.0"),
        (("--data", "blobs"), "--loss cross_entropy accepts class indices"),
        (("--rule", "gradient", "--activation", "softmax"), "expected one of identity, sigmoid, tanh, relu"),
        (("--data", "nowhere.csv"), "nowhere.csv"),
        (("--plot", "trace.txt"), "got the suffix '.txt'"),
    ],
)
def test_bad_input_is_one_line(trace, options, message):
    """What and where, exit code 2."""
    code, out, err = trace("scratch", "--reference", "scratch", *options)
    assert code == 2
    assert len(err) == 1
    assert message in err[0]
    assert out == []


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        (rule, options)
        for rule in ("perceptron", "gradient")
        for options in (
            ("--hidden", "8"),
            ("--output", "identity"),
            ("--loss", "mse_loss"),
            ("--optimizer", "SGD"),
            ("--set", "momentum=0.9"),
            ("--batch-size", "8"),
            ("--activation", "relu"),
            ("--lr", "0.1"),
        )
        if rule == "perceptron" or options[0] not in ("--activation", "--lr")
    ],
)
def test_options_that_the_rule_has_no_use_for(trace, rule, options):
    """They are rejected, even with their default value."""
    message = f"parity trace: {options[0]}: got it with --rule {rule}, expected a rule that uses it"
    assert trace("scratch", "--rule", rule, *options) == (2, [], [message])


@pytest.mark.parametrize("labels", ["-1 0 1", "-1 0.5 0", "1 2"])
@pytest.mark.parametrize(
    ("trace_options", "train_options"),
    [
        (f"--rule {rule} {options}", f"{'fit' if rule == 'net' else rule} {options}")
        for rule, options in (
            ("perceptron", ""),
            ("gradient", ""),
            ("gradient", "--activation sigmoid"),
            *(("net", f"--loss {loss}") for loss in LOSSES),
        )
    ],
)
def test_labels_are_those_of_train(trace, capsys, tmp_path, labels, trace_options, train_options):
    """Labels that parity train rejects are rejected with the same message, and never converted."""
    file = tmp_path / "own.csv"
    file.write_text("x,y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels.split())))
    assert main(["train", *train_options.split(), "--data", str(file)]) == 2
    expected = capsys.readouterr().err.replace("parity train", "parity trace").splitlines()
    assert trace("scratch", *trace_options.split(), "--data", file) == (2, [], expected)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_labels_0_and_1_are_traced_like_minus_1_and_1(trace, tmp_path, loss):
    """Every number is the same."""
    traced = []
    for low in (0, -1):
        file = tmp_path / "own.csv"
        file.write_text(f"x1,x2,y\n1,2,{low}\n3,1,1\n2,2,{low}\n")
        traced.append(trace("scratch", "--reference", "scratch", "--data", file, "--loss", loss))
    assert traced[0] == traced[1]


def test_a_reference_that_fails(trace, tmp_path):
    """One line that names it and the place, whatever its message looks like; the data are not blamed."""
    file = tmp_path / "reference.py"
    file.write_text("from scratch import *\ndef tanh(z):\n    raise RuntimeError('one\\ntwo')\n")
    code, _, err = trace("scratch", "--reference", file)
    assert code == 2
    assert err == [f"parity trace: --reference {file}: tanh raised RuntimeError in reference.py, line 3: one two"]


def test_more_than_two_inputs_cannot_be_drawn(trace, tmp_path):
    """Rejected before anything runs."""
    file = tmp_path / "own.csv"
    file.write_text("x1,x2,x3,y\n1,2,3,1\n3,2,1,-1\n")
    code, out, err = trace("scratch", "--data", file, "--plot", tmp_path / "trace.png")
    assert (code, out) == (2, [])
    assert err == [f"parity trace: {file}: got 3 inputs, expected 2 for --plot"]


def test_a_candidate_without_any_of_the_functions(trace, tmp_path):
    """Nothing could be traced."""
    file = tmp_path / "homework.py"
    file.write_text("def relu(z):\n    return z\n")
    code, _, err = trace(file, "--reference", "scratch")
    assert code == 2
    assert "defines no name that this run calls, expected some of linear, tanh" in err[0]
    assert err[0].endswith(", or all of MLP, SGD, train_step")


@pytest.mark.parametrize(
    "options",
    [
        ("--data", "xor", "--loss", "binary_cross_entropy_with_logits", "--optimizer", "Adam"),
        ("--data", "blobs", "--loss", "cross_entropy", "--optimizer", "Adam"),
        ("--rule", "perceptron"),
    ],
)
@pytest.mark.parametrize("candidate", ["scratch", "parity.mistakes:no_bias_correction"])
def test_plot(trace, tmp_path, options, candidate):
    """The figure is written, whatever the run."""
    file = tmp_path / "trace.png"
    _, out, _ = trace(candidate, "--reference", "scratch", *options, *small(options), "--plot", file)
    assert f"wrote {file}" in out
    assert file.stat().st_size > 10_000


@pytest.fixture
def drawn(trace, monkeypatch, tmp_path):
    """Run the command with --plot; the Axes of the losses and of the gaps."""

    def run(*options):
        figures = []
        monkeypatch.setattr(plots, "save", lambda figure, path: figures.append(figure))
        said = trace(*options, "--reference", "scratch", "--plot", tmp_path / "trace.png")
        assert len(figures) == 1, said
        losses, _, gaps = figures[0].axes
        return losses, gaps

    return run


def test_one_step_is_a_point(drawn):
    """A line of one point would be invisible."""
    losses, gaps = drawn("scratch", "--epochs", "1")
    for line in (*losses.lines, gaps.lines[0]):
        assert line.get_marker() != "None"
        assert len(line.get_xdata()) == 1


@pytest.mark.parametrize(
    ("options", "title"),
    [
        (("--data", "xor", "--optimizer", "Adam"), "xor, scratch against scratch, Adam, lr 0.05"),
        (("--rule", "gradient", "--lr", "0.01"), "toy, scratch against scratch, gradient, lr 0.01"),
        (("--rule", "perceptron"), "toy, scratch against scratch, perceptron"),
    ],
)
def test_the_title_says_what_is_traced(drawn, options, title):
    """Data, both sides, optimizer or rule, learning rate."""
    losses, _ = drawn("scratch", *options, *small(options))
    assert losses.figure.get_suptitle() == title


def test_legends_lie_above_the_axes(drawn):
    """Under the perceptron the losses fill the axes."""
    for ax in drawn("scratch", "--rule", "perceptron", "--epochs", "3"):
        ax.figure.canvas.draw()
        assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("return scratch.sgd_update(w, *a, **o)", "all gaps are zero"),
        ("w, s = scratch.sgd_update(w, *a, **o); return w * (1 + 4e-16), s", ""),
        ("w, s = scratch.sgd_update(w, *a, **o); w.flat[0] *= float('nan'); return w, s", "a gap is nan"),
        ("w, s = scratch.sgd_update(w, *a, **o); w = w * 1.1; w.flat[0] *= float('nan'); return w, s", "a gap is nan"),
        ("raise RuntimeError", "no step was completed"),
    ],
)
def test_the_legend_says_what_the_scale_cannot_show(drawn, tmp_path, body, title):
    """No gap, a gap that is nan also where others are none or finite, and no step."""
    file = tmp_path / "homework.py"
    file.write_text(f"import scratch\ndef sgd_update(w, *a, **o):\n    {body}\n")
    _, gaps = drawn(file, "--epochs", "2")
    assert gaps.get_legend().get_title().get_text().startswith(title)
    assert bool(gaps.get_legend().get_title().get_text()) == bool(title)


def test_a_gap_that_is_nan_is_in_the_table(trace, tmp_path):
    """Even if other weights differ by an allowed gap."""
    file = tmp_path / "homework.py"
    body = "w, s = scratch.sgd_update(w, *a, **o); w = w * (1 + 2e-16); w.flat[0] *= float('nan'); return w, s"
    file.write_text(f"import scratch\ndef sgd_update(w, *a, **o):\n    {body}\n")
    _, out, _ = trace(file, "--reference", "scratch", "--epochs", "1")
    assert out[2].split()[-3:] == ["nan", "no", "number"]


def test_what_cannot_be_drawn_is_refused_before_the_run(trace, tmp_path):
    """Nine classes; inputs that the precision cannot hold."""
    file = tmp_path / "own.csv"
    file.write_text("x1,x2,class\n" + "".join(f"{i},1,{i}\n" for i in range(9)))
    options = ("scratch", "--data", file, "--loss", "cross_entropy", "--plot", tmp_path / "trace.png")
    message = f"parity trace: {file}: got 9 classes, expected at most 7 for --plot"
    assert trace(*options) == (2, [], [message])
    file.write_text("x1,x2,class\n1e39,1,0\n1,1,1\n")
    message = f"parity trace: {file}: got an input of size inf, expected at most 1e+250 for --plot"
    assert trace(*options, "--dtype", "float32") == (2, [], [message])


@pytest.mark.parametrize(
    ("mistake", "rule", "order"),
    [
        ("factor_2_missing", "net", "z, activation, loss, gradients, optimizer state, weights"),
        ("loss_after_the_update", "net", "loss, gradients, optimizer state, weights"),
        ("one_counter_for_all", "net --optimizer Adam", "loss, gradients, optimizer state, weights"),
        ("bias_never_updated", "perceptron", "z, activation, loss, weights"),
    ],
)
def test_the_order_is_that_in_which_was_looked(trace, mistake, rule, order):
    """A candidate's own network has no visible z; the perceptron has no gradients."""
    options = ("--reference", "scratch", "--rule", *rule.split(), "--epochs", "2")
    _, out, _ = trace(f"parity.mistakes:{mistake}", *options)
    assert out[-1].endswith(f"; order compared: {order}")
