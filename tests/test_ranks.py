"""Several processes that train one net, started by torchrun: one batch, its parts and the ranks give the same."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import torchref
from parity.cli import main
from parity.commands import ranks
from parity.judge import referee
from parity.judge.compare import Check
from parity.judge.domain import Domain
from parity.properties import test_training as training

ROOT = Path(__file__).parents[1]
FIT = ("train", "fit", "--backend", "torchref")
TOO_MANY = "torchrun: got 2 processes, expected at most 1, the number of samples in a batch"
ENDED = "parity train: another process of the training has ended, or torchrun was stopped; all processes end"
# Trains every run of a file and writes the weights of the first process, which all have.
TOGETHER = """
import os, pickle, sys
import torchref
from torch import distributed
from torchref.modules import Shared

distributed.init_process_group("gloo")
weights = []
for run, optimizer, accumulate in pickle.load(open(sys.argv[1], "rb")):
    net = torchref.MLP(run.sizes, run.activation, run.output)
    net.load_state_dict(run.weights)
    torchref.fit(Shared(net), run.x, run.y, loss=run.loss, optimizer=optimizer, lr=0.1, epochs=len(run.orders),
                 orders=run.orders, batch_size=run.batch_size, accumulate=accumulate)
    weights.append({name: value.numpy() for name, value in net.state_dict().items()})
pickle.dump(weights, open(f"{sys.argv[2]}.{distributed.get_rank()}", "wb"))
distributed.destroy_process_group()
os._exit(0)  # gloo's threads may abort the end of the interpreter
"""

# One rank kills itself in its sixth step, or when the others wait for it at the start.
DYING = """
import os, pathlib, signal, sys, time
from torch import distributed
from torchref.modules import Shared
from parity.cli import main

victim, moment, folder, *options = sys.argv[1:]
rank, forward, start, steps = os.environ["RANK"], Shared.forward, distributed.init_process_group, []

def dying(self, x):
    steps.append(x)
    if len(steps) == 6:
        os.kill(os.getpid(), signal.SIGKILL)
    return forward(self, x)

def starting(*args, **options):
    pathlib.Path(folder, rank).touch()
    while rank == victim:
        time.sleep(0.5)
        if len(list(pathlib.Path(folder).glob("[0-9]"))) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
    start(*args, **options)

if moment == "start":
    distributed.init_process_group = starting
elif rank == victim:
    Shared.forward = dying
sys.exit(main(options))
"""


def torchrun(processes, *command, **options):
    """Start this number of processes, with a free port for their store."""
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes))
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    started = [*launcher, *map(str, command)]
    pipe = subprocess.PIPE
    return subprocess.Popen(started, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True, **options)


def finished(process):
    """Its exit code, its output, and the lines of this project among the errors, which are torchrun's otherwise."""
    try:
        out, err = process.communicate(timeout=100)
    finally:
        process.terminate()  # torchrun ends its processes
    assert "parity/" not in err  # no traceback of ours
    assert "forcefully exiting" not in err  # torchrun kills after 30 seconds what has not ended by itself
    return process.returncode, out, [line for line in err.splitlines() if line.startswith("parity train:")]


def drawn(count):
    """Runs of the properties, which Hypothesis draws, with an optimizer and a number of parts."""
    found = []
    options = {"max_examples": count, "deadline": None, "database": None, "phases": [Phase.generate]}

    @seed(0)
    @settings(**options, suppress_health_check=list(HealthCheck))
    @given(training.runs(), st.sampled_from(training.OPTIMIZERS), st.integers(1, 3))
    def draw(run, optimizer, accumulate):
        found.append((run, optimizer, min(accumulate, run.batch_size)))

    draw()
    return found


def judged(run, optimizer, lr, processes, accumulate, monkeypatch):
    """The weights after the run, each with its bound for so many processes and parts.

    The factor and the mean over the ranks, a part's share, and its product round a gradient once each; what earlier
    parts have added up passes the mean of the ranks again with each part, where it is added up once for each rank.
    """
    roundings = 0 if processes == accumulate == 1 else 4 + (accumulate - 1) * (processes + 1)
    forward, backward = referee.LOSSES[run.loss]

    def coarser(pred, target):
        grad = backward(pred, target)
        return grad.loosened(roundings, grad.reach()) if roundings else grad

    check = Check(SimpleNamespace(name="ranks", ours=True), SimpleNamespace(name="torchref"), "float64")
    check.domain = Domain()
    with monkeypatch.context() as patch:
        patch.setitem(referee.LOSSES, run.loss, (forward, coarser))
        *_, last = training.judged(check, run, optimizer, lambda _: lr)
    return last["weights"]


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_the_ranks_train_as_one_process(processes, tmp_path, monkeypatch):
    """Any net, loss, optimizer and batch, the last one smaller or without a sample for a rank, in parts or whole.

    The weights of all ranks are the same bits, and within the bound of those of one process.
    """
    runs = drawn(60)
    # As names of no class of ours, of which another test may have imported a second one.
    plain = [(SimpleNamespace(**run._asdict()), *options) for run, *options in runs]
    (tmp_path / "runs").write_bytes(pickle.dumps(plain))
    (tmp_path / "together.py").write_text(TOGETHER, encoding="utf-8")
    code, _, lines = finished(torchrun(processes, tmp_path / "together.py", tmp_path / "runs", tmp_path / "weights"))
    assert (code, lines) == (0, [])
    by_rank = [pickle.loads((tmp_path / f"weights.{rank}").read_bytes()) for rank in range(processes)]
    told = uneven = without = 0
    for (run, optimizer, accumulate), *found in zip(runs, *by_rank, strict=True):
        expected = judged(run, optimizer, 0.1, processes, accumulate, monkeypatch)
        alone = torchref.MLP(run.sizes, run.activation, run.output)
        alone.load_state_dict(run.weights)
        options = {"epochs": len(run.orders), "orders": run.orders, "batch_size": run.batch_size}
        torchref.fit(alone, run.x, run.y, loss=run.loss, optimizer=optimizer, lr=0.1, **options)
        for name, bound in expected.items():
            for weights in found[1:]:
                assert np.array_equal(weights[name], found[0][name])
            assert not np.any(np.abs(found[0][name] - bound.value.astype(float)) > bound.error), (name, run)
            assert not np.any(np.abs(found[0][name] - alone.state_dict()[name].numpy()) > 2 * bound.error), (name, run)
        told += all(np.max(bound.error) < 1e-6 for bound in expected.values())
        last = len(run.x) % run.batch_size
        uneven += last > 0
        without += 0 < last < processes
    assert told > 30  # the bounds of the others say little
    assert uneven > 10
    assert without > 5 or processes == 1


# A few in every run, all of them in make test-all.
SLOW = pytest.mark.slow


@pytest.mark.parametrize("processes", [2, pytest.param(3, marks=SLOW)])
def test_the_command_trains_in_processes(processes, tmp_path, capsys, monkeypatch):
    """One report, one file; the weights are those of one process within the bound of the run."""
    command = (*FIT, "--data", "moons", "--hidden", "4", "--epochs", "3", "--batch-size", "33", "--accumulate", "2")
    together, alone = tmp_path / "together.npz", tmp_path / "alone.npz"
    code, out, lines = finished(torchrun(processes, "-m", "parity", *command, "--save", together))
    assert (code, lines) == (0, [])
    assert main([*command[:-2], "--save", str(alone)]) == 0
    ours, theirs = capsys.readouterr().out.splitlines(), out.splitlines()
    assert [line.split()[0] for line in ours] == [line.split()[0] for line in theirs]
    assert ours[2:-1] == theirs[2:-1]
    together, alone = np.load(together), np.load(alone)
    for name, bound in judged(run_of_the_command(), "SGD", 0.05, processes, 2, monkeypatch).items():
        assert np.max(np.abs(together[name] - alone[name]) / (2 * bound.error)) <= 1
        assert np.max(bound.error) < 1e-10


def run_of_the_command():
    """Of the command above: the weights are drawn, then the orders, from one generator."""
    rng, weights = np.random.default_rng(0), {}
    for layer, (d, k) in (("fc1", (2, 4)), ("fc2", (4, 1))):
        weights[f"{layer}.weight"] = rng.uniform(-(d**-0.5), d**-0.5, (k, d))
        weights[f"{layer}.bias"] = rng.uniform(-(d**-0.5), d**-0.5, k)
    x, y = (np.asarray(array) for array in torchref.load_data("moons"))
    orders = [rng.permutation(len(x)) for _ in range(3)]
    return training.Run([2, 4, 1], "tanh", "identity", weights, x, y, "mse_loss", 33, orders)


def test_a_process_of_several_skips_the_end_of_the_interpreter(monkeypatch):
    """With its exit code; a command without a launcher does not."""
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    assert (ranks.end(2), ended) == (2, [])
    for name in ranks.GIVEN:
        monkeypatch.setenv(name, "1")
    ranks.end(2)
    assert ended == [2]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("fit",), "--backend: got scratch with torchrun, expected torchref"),
        pytest.param(("perceptron",), "torchrun: got parity train perceptron, expected parity train fit", marks=SLOW),
        pytest.param((*FIT[1:], "--batch-size", "1"), TOO_MANY, marks=SLOW),
        pytest.param(
            (*FIT[1:], "--sweep", "lr=0.1:1:3"), "--sweep: got it with torchrun, expected one training", marks=SLOW
        ),
    ],
)
def test_what_processes_cannot_train_is_one_line(options, line):
    """From one of them, whichever it is."""
    code, out, lines = finished(torchrun(2, "-m", "parity", "train", *options))
    assert (code, out, lines) == (1, "", [f"parity train: {line}"])  # torchrun's own exit code, after 2 of ours


@pytest.mark.parametrize(
    ("victim", "moment"),
    [(0, "step"), pytest.param(2, "step", marks=SLOW), (0, "start"), pytest.param(2, "start", marks=SLOW)],
)
def test_a_rank_that_dies_ends_all_with_one_line(victim, moment, tmp_path):
    """Whichever of the ranks it is, also the one that speaks; while the others train, and while they wait for it."""
    (tmp_path / "dying.py").write_text(DYING, encoding="utf-8")
    options = (*FIT, "--data", "moons", "--hidden", "4", "--epochs", "9999999")
    process = torchrun(3, tmp_path / "dying.py", victim, moment, tmp_path, *options)
    assert finished(process) == (1, "", [ENDED])


@pytest.mark.slow
def test_the_run_goes_on_from_its_checkpoint(tmp_path):
    """After a rank has died, two processes go on from the last epoch: the very file of an undisturbed run."""
    (tmp_path / "dying.py").write_text(DYING, encoding="utf-8")
    train = (*FIT, "--data", "moons", "--hidden", "4", "--optimizer", "Adam", "--batch-size", "33", "--epochs", "3")
    undisturbed, file = (tmp_path / f"{name}.safetensors" for name in ("undisturbed", "run"))
    assert finished(torchrun(2, "-m", "parity", *train, "--save", undisturbed))[0] == 0
    saving = (*train, "--every", "1", "--save", file)
    assert finished(torchrun(2, tmp_path / "dying.py", 1, "step", tmp_path, *saving)) == (1, "", [ENDED])
    assert file.read_bytes() != undisturbed.read_bytes()
    code, _, lines = finished(torchrun(2, "-m", "parity", *saving, "--resume", file))
    assert (code, lines) == (0, [])
    assert file.read_bytes() == undisturbed.read_bytes()
