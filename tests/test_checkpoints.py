"""A training in a file: what is written, what is refused, and what a full disk or a kill at any moment leaves."""

import io
import json
import os
import pickle
import random
import resource
import signal
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch

import scratch
import torchref
from contract import checkpoints, files
from contract.files import atomic_write
from scratch.optimizers import OPTIMIZERS

BACKENDS = pytest.mark.parametrize("backend", [scratch, torchref], ids=["scratch", "torchref"])
SIZES = [2, 4, 1]


def made(backend, kind="Adam", sizes=SIZES, dtype="float64", activation="tanh", **options):
    """A net and its optimizer, always the same."""
    net = backend.MLP(sizes, activation, dtype=dtype)
    net.load_state_dict(scratch.MLP(sizes, activation, seed=0).state_dict())
    return net, getattr(backend, kind)(net.parameters(), **options)


def trained(backend, net, optimizer, epochs=3, **options):
    """The history after some epochs on the moons in an order that a generator draws."""
    x, y = backend.load_data("moons", str(net.fc1.weight.dtype).removeprefix("torch."))
    options = {"orders": np.random.default_rng(0), "batch_size": 30} | options
    return backend.fit(net, x, y, optimizer=optimizer, epochs=epochs, **options)


@pytest.fixture
def file(tmp_path):
    """A training of Adam after three epochs."""
    path = tmp_path / "run.safetensors"
    net, optimizer = made(scratch)
    scratch.save_training(path, net, optimizer, trained(scratch, net, optimizer))
    return path


def weights(net):
    """All weights as bytes."""
    return [np.asarray(p.data).tobytes() for p in net.parameters()]


def state(net, optimizer):
    """All that a training changes."""
    return weights(net), repr(optimizer.state_dict())


# What is written


def test_anybody_can_read_it(file):
    """The arrays by name, and the rest as text, with nothing but the library."""
    arrays = safetensors.numpy.load_file(file)
    parameters = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    entries = [f"optimizer.{name}.{key}" for name in parameters for key in ("step", "exp_avg", "exp_avg_sq")]
    assert sorted(arrays) == sorted([*(f"model.{name}" for name in parameters), *entries, "history.losses"])
    assert arrays["optimizer.fc1.bias.step"] == 12
    with safetensors.safe_open(file, "np") as opened:
        header = json.loads(opened.metadata()["neuron-parity"])
    assert (header["version"], header["optimizer"]) == (1, "Adam")
    assert (header["epochs"], header["steps"], header["samples"], header["converged"]) == (3, 12, 100, False)
    assert header["generator"]["bit_generator"] == "PCG64"
    assert [*header] == sorted(header)
    [group] = header["groups"]
    assert group == {
        "params": parameters,
        "lr": 0.001,
        "betas": [0.9, 0.999],
        "eps": 1e-8,
        "weight_decay": 0.0,
        "amsgrad": False,
    }


def test_it_has_the_mode_of_any_file(tmp_path, file):
    """New files that of the umask, as open() makes them; private ones stay private; a link stays a link."""
    (tmp_path / "other").touch()
    assert file.stat().st_mode == (tmp_path / "other").stat().st_mode
    file.chmod(0o600)
    link = tmp_path / "link.safetensors"
    link.symlink_to(file)
    scratch.save_training(link, *made(scratch))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert link.is_symlink()
    assert scratch.load_training(file, *made(scratch)).epochs == 0


@BACKENDS
def test_groups_keep_their_options(tmp_path, backend):
    """A rate for each group; of a parameter that has no gradient yet there is no state."""
    file = tmp_path / "run.safetensors"

    def grouped():
        net, _ = made(backend)
        groups = [
            {"params": [net.fc1.weight], "lr": 0.1},
            {"params": [net.fc2.bias, net.fc1.bias], "betas": (0.5, 0.6)},
        ]
        return net, backend.AdamW(groups, lr=0.01)

    net, optimizer = grouped()
    backend.save_training(file, net, optimizer, trained(backend, net, optimizer))
    other, again = grouped()
    for group in again.param_groups:
        group["lr"] = 7.0
    history = backend.load_training(file, other, again)
    before = file.read_bytes()
    backend.save_training(file, other, again, history)
    assert file.read_bytes() == before
    assert weights(other) == weights(net)
    assert [(group["lr"], group["betas"]) for group in again.param_groups] == [(0.1, (0.9, 0.999)), (0.01, (0.5, 0.6))]
    trained(backend, net, optimizer, 2)
    trained(backend, other, again, 2)
    assert weights(other) == weights(net)


@BACKENDS
@pytest.mark.parametrize("generator", [np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64])
def test_every_generator_goes_on(tmp_path, backend, generator):
    """Its state is integers, or arrays of integers."""
    file = tmp_path / "run.safetensors"
    net, optimizer = made(backend)
    history = trained(backend, net, optimizer, orders=np.random.Generator(generator(1)))
    backend.save_training(file, net, optimizer, history)
    other, again = made(backend)
    history = backend.load_training(file, other, again)
    trained(backend, net, optimizer, 6, orders=np.random.Generator(generator(1)))
    trained(backend, other, again, 6, orders=np.random.Generator(generator(2)), history=history)
    whole, once = made(backend)
    losses = trained(backend, whole, once, 6, orders=np.random.Generator(generator(1))).losses
    assert history.losses == losses
    assert weights(other) == weights(whole) != weights(net)


# What PyTorch's users have


def test_weights_of_anybody_load(tmp_path):
    """A file of model.state_dict(): the optimizer stays as it is, and the training begins."""
    file = tmp_path / "model.safetensors"
    source = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Linear(4, 1)).double()
    names = dict(zip(("0", "1"), ("fc1", "fc2"), strict=True))
    tensors = {f"{names[key[0]]}{key[1:]}": value for key, value in source.state_dict().items()}
    safetensors.torch.save_file(tensors, file, {"format": "pt"})
    for backend in (scratch, torchref):
        net, optimizer = made(backend)
        before = repr(optimizer.state_dict())
        history = backend.load_training(file, net, optimizer)
        assert weights(net) == [value.numpy().tobytes() for value in source.state_dict().values()]
        assert (history.epochs, history.losses) == (0, [])
        assert repr(optimizer.state_dict()) == before


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_training_of_plain_pytorch_goes_on_in_either(tmp_path, kind):
    """torch.optim's own optimizer is saved, and its state_dict loads in either, from memory too."""
    file = tmp_path / "run.safetensors"
    net, _ = made(torchref)
    options = {"lr": 0.05} | ({"momentum": 0.9} if kind in ("SGD", "RMSprop") else {})
    optimizer = getattr(torch.optim, kind)(net.parameters(), **options)
    history = trained(torchref, net, optimizer)
    torchref.save_training(file, net, optimizer, history)
    written = file.read_bytes()
    saved, start = optimizer.state_dict(), torchref.MLP(SIZES, "tanh")
    start.load_state_dict(net.state_dict())
    trained(torchref, net, optimizer, 6, history=history)
    ends = [weights(net)]
    for backend in (scratch, torchref):
        other, again = made(backend, kind)
        history = backend.load_training(file, other, again)
        backend.save_training(file, other, again, history)
        assert file.read_bytes() == written
        trained(backend, other, again, 6, history=history)
        ends.append(weights(other))
        other, again = made(backend, kind)
        other.load_state_dict(start.state_dict())
        again.load_state_dict(saved)
        backend.save_training(file, other, again, None)
        assert safetensors.numpy.load_file(file).keys() == safetensors.numpy.load(written).keys()
        file.write_bytes(written)
    own = torchref.MLP(SIZES, "tanh")
    plain = getattr(torch.optim, kind)(own.parameters(), lr=9.0)
    history = torchref.load_training(file, own, plain)
    trained(torchref, own, plain, 6, history=history)
    ends.append(weights(own))
    ours, theirs, *others = (np.concatenate([np.frombuffer(part) for part in end]) for end in ends)
    assert np.abs(theirs - ours).max() < 1e-12
    assert all((other == ours).all() for other in others)


def test_what_a_module_saves_beside_its_parameters_is_kept(tmp_path):
    """The running means of a normalization, a counter among them."""
    file = tmp_path / "run.safetensors"

    def model():
        net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 1))
        return net, torch.optim.SGD(net.parameters(), lr=0.1)

    net, optimizer = model()
    net(torch.randn(8, 2))
    torchref.save_training(file, net, optimizer)
    other, again = model()
    torchref.load_training(file, other, again)
    for key, value in net.state_dict().items():
        assert (other.state_dict()[key] == value).all()
    assert other[1].num_batches_tracked == 1


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int32, torch.float16, torch.bfloat16, torch.int16])
def test_what_a_module_has_may_be_of_any_dtype(tmp_path, dtype):
    """What is written is read again, masks among it."""
    file = tmp_path / "run.safetensors"

    def model():
        net = torch.nn.Linear(2, 1)
        net.register_buffer("mask", torch.zeros(3, dtype=dtype))
        return net, torch.optim.SGD(net.parameters(), lr=0.1)

    net, optimizer = model()
    net.mask += torch.tensor([1, 0, 1], dtype=dtype)
    torchref.save_training(file, net, optimizer)
    other, again = model()
    torchref.load_training(file, other, again)
    assert other.mask.dtype == dtype
    assert (other.mask == net.mask).all()


def test_tied_weights_stay_tied(tmp_path):
    """They are one tensor in the module, and two in the file."""
    file = tmp_path / "run.safetensors"

    def model():
        net = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh(), torch.nn.Linear(3, 3))
        net[2].weight = net[0].weight
        return net, torch.optim.Adam(net.parameters())

    net, optimizer = model()
    net(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    torchref.save_training(file, net, optimizer)
    other, again = model()
    torchref.load_training(file, other, again)
    assert other[2].weight is other[0].weight
    assert (other[0].weight == net[0].weight).all()
    assert (again.state[other[0].weight]["exp_avg"] == optimizer.state[net[0].weight]["exp_avg"]).all()


# What is refused


def forged(file, **changes):
    """The same file with another header."""
    with safetensors.safe_open(file, "np") as opened:
        header = json.loads(opened.metadata()["neuron-parity"])
    header = {key: value for key, value in (header | changes).items() if value is not None}
    safetensors.numpy.save_file(safetensors.numpy.load_file(file), file, {"neuron-parity": json.dumps(header)})


def with_option(file, **options):
    """The same file with other options of the optimizer."""
    with safetensors.safe_open(file, "np") as opened:
        [group] = json.loads(opened.metadata()["neuron-parity"])["groups"]
    forged(file, groups=[group | options])


def without(file, *names, **arrays):
    """The same file with other arrays."""
    with safetensors.safe_open(file, "np") as opened:
        metadata = opened.metadata()
    kept = {name: value for name, value in safetensors.numpy.load_file(file).items() if name not in names}
    safetensors.numpy.save_file(
        kept | {name.replace("__", "."): value for name, value in arrays.items()}, file, metadata
    )


def npz():
    """The bytes of what NumPy saves."""
    np.savez(written := io.BytesIO(), a=1)
    return written.getvalue()


class Spy:
    """Its pickle runs a program."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


CUT = "{bytes} bytes that are cut, or of another kind (Error while deserializing header: {why})"
WHOLE = "a whole safetensors file"
REFUSED = [
    (
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        f"got {CUT}, expected {WHOLE}",
        "incomplete metadata, file not fully covered",
    ),
    (lambda file: file.write_bytes(file.read_bytes()[:100]), f"got {CUT}, expected {WHOLE}", "invalid header length"),
    (lambda file: file.write_bytes(b""), f"got {CUT}, expected {WHOLE}", "header too small"),
    (lambda file: file.write_bytes(b"\x89PNG\r\n\x1a\n" * 9), f"got {CUT}, expected {WHOLE}", "header too large"),
    (lambda file: file.write_bytes(npz()), f"got {CUT}, expected {WHOLE}", "header too large"),
    (lambda file: file.write_bytes(pickle.dumps(Spy())), f"got {CUT}, expected {WHOLE}", "header too large"),
    (lambda file: torch.save({"a": torch.ones(2)}, file), f"got {CUT}, expected {WHOLE}", "header too large"),
    (lambda file: file.unlink(), "no such file, expected a safetensors file", ""),
    (
        lambda file: forged(file, version=2),
        "got version 2 of the format, expected 1 or less: a newer neuron-parity has written it",
        "",
    ),
    (lambda file: forged(file, optimizer="SGD"), "got the state of 'SGD', expected that of Adam", ""),
    (
        lambda file: forged(file, activations=["relu", "identity"]),
        "got a net with ['relu', 'identity'], expected ['tanh', 'identity']",
        "",
    ),
    (lambda file: without(file, model__fc1__bias=np.ones(5)), "model.fc1.bias has shape (5,), expected (4,)", ""),
    (
        lambda file: without(file, model__fc1__bias=np.ones(4, "float32")),
        "model.fc1.bias is float32, expected float64",
        "",
    ),
    (
        lambda file: without(file, model__fc1__bias=np.ones(4, "float16")),
        "model.fc1.bias is float16, expected float64",
        "",
    ),
    (lambda file: without(file, "model.fc1.bias"), "fc1.bias is missing", ""),
    (lambda file: without(file, model__fc3__bias=np.ones(1)), "fc3.bias is unknown", ""),
    (
        lambda file: with_option(file, maximize=True),
        "state_dict: param_groups[0]: maximize is True, expected False in Adam",
        "",
    ),
    (lambda file: with_option(file, lr=-1), "lr: got -1, expected a finite non-negative number", ""),
    (lambda file: without(file, "optimizer.fc1.bias.exp_avg"), "state_dict: state[1]: exp_avg is missing", ""),
    (
        lambda file: without(file, optimizer__fc1__bias__exp_avg=np.ones(9)),
        "optimizer.fc1.bias.exp_avg has shape (9,), expected (4,)",
        "",
    ),
    (lambda file: without(file, optimizer__fc9__bias__exp_avg=np.ones(9)), "optimizer.fc9.bias.exp_avg is unknown", ""),
    (lambda file: without(file, history__losses=np.ones(9)), "history.losses has shape (9,), expected (12,)", ""),
    (lambda file: without(file, "history.losses"), "history.losses is missing", ""),
]
HEADERS: list[dict] = [
    {"version": "1"},
    {"version": -1},
    {"version": None},
    {"epochs": None},
    {"samples": -3},
    {"converged": 0},
    {"groups": None},
    {"groups": [3]},
    {"steps": "x"},
    {"generator": 5},
]


def message(call):
    """The one line that a call raises."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


@BACKENDS
@pytest.mark.parametrize(("change", "line", "why"), REFUSED, ids=[f"{line[:40]} {why}" for _, line, why in REFUSED])
def test_a_file_that_does_not_fit_is_one_line(backend, change, line, why, file, monkeypatch):
    """What was found and what was expected; net and optimizer stay as they are, and no pickle runs."""
    monkeypatch.chdir(file.parent)
    change(file)
    size = file.stat().st_size if file.exists() else 0
    net, optimizer = made(backend)
    trained(backend, net, optimizer, 1)
    before = state(net, optimizer)
    said = message(lambda: backend.load_training(file, net, optimizer))
    assert said == f"{file}: {line.format(bytes=size, why=why)}"
    assert state(net, optimizer) == before
    assert not (file.parent / "executed").exists()


@BACKENDS
@pytest.mark.parametrize("changes", HEADERS, ids=repr)
def test_a_header_that_is_none_is_one_line(backend, changes, file):
    """It was written by nobody, or by somebody else."""
    forged(file, **changes)
    net, optimizer = made(backend)
    before = state(net, optimizer)
    said = message(lambda: backend.load_training(file, net, optimizer))
    text = "version" in changes  # what it says otherwise is not known
    assert said.startswith(f"{file}: got " + ("'{\"" if text else "{'"))
    assert said.endswith(", expected the metadata of a training")
    assert state(net, optimizer) == before


@BACKENDS
def test_a_header_of_brackets_is_one_line(backend, file):
    """More than Python's parser can go down."""
    safetensors.numpy.save_file({}, file, {checkpoints.KEY: "[" * 100_000})
    said = message(lambda: backend.load_training(file, *made(backend)))
    assert said.startswith(f"{file}: got '[[[")
    assert said.endswith(", expected the metadata of a training")


@BACKENDS
def test_another_net_another_dtype_another_optimizer(backend, file):
    """The first faults, and how many more there are."""
    shapes = [("fc1.weight", (4, 2), (5, 2)), ("fc1.bias", (4,), (5,)), ("fc2.weight", (1, 4), (1, 5))]
    of_shapes = "; ".join(f"model.{name} has shape {got}, expected {wanted}" for name, got, wanted in shapes)
    of_dtypes = "; ".join(f"model.{name} is float64, expected float32" for name, *_ in shapes)
    for options, line in [
        ({"sizes": [2, 5, 1]}, of_shapes),
        ({"sizes": [2, 4, 4, 4, 1]}, "fc3.weight is missing; fc3.bias is missing; fc4.weight is missing; and 1 more"),
        ({"sizes": [2, 1]}, "fc2.bias is unknown; fc2.weight is unknown"),
        ({"dtype": "float32"}, f"{of_dtypes}; and 1 more"),
        ({"kind": "AdamW"}, "got the state of 'Adam', expected that of AdamW"),
        ({"activation": "relu"}, "got a net with ['tanh', 'identity'], expected ['relu', 'identity']"),
    ]:  # fmt: skip
        assert (
            message(lambda options=options: backend.load_training(file, *made(backend, **options))) == f"{file}: {line}"
        )
    net, _ = made(backend)
    other = backend.Adam([net.fc1.weight, net.fc2.weight])
    said = message(lambda: backend.load_training(file, net, other))
    assert said.startswith(f"{file}: got the groups [['fc1.weight', 'fc1.bias',")
    assert said.endswith(", expected [['fc1.weight', 'fc2.weight']]")
    own = type("Own", (backend.Adam,), {})(net.parameters())
    assert message(lambda: backend.load_training(file, net, own)).startswith(
        "optimizer: got 'Own', expected one of SGD"
    )


@BACKENDS
def test_what_cannot_be_saved_is_one_line(backend, tmp_path):
    """Another's parameters, an unknown optimizer, an option that only PyTorch has; nothing is written."""
    file = tmp_path / "run.safetensors"
    net, optimizer = made(backend)
    stranger = made(backend)[1]
    for training, line in [
        ((net, stranger), "optimizer: got one made over other parameters, expected the model's own"),
        ((net, 3), "optimizer: got 3, expected an optimizer such as SGD"),
        ((net, optimizer, [1.0]), "history: got [1.0], expected one that fit returned"),
    ]:
        assert message(lambda training=training: backend.save_training(file, *training)) == line
    trained(backend, net, optimizer, 1)
    optimizer.state[net.fc1.weight]["exp_avg"] = optimizer.state[net.fc1.bias]["exp_avg"]
    line = "optimizer: fc1.weight: exp_avg has shape (4,), expected (4, 2)"
    assert message(lambda: backend.save_training(file, net, optimizer)) == line
    optimizer.param_groups[0]["lr"] = -1
    assert message(lambda: backend.save_training(file, net, optimizer)).startswith("lr: got -1, expected ")
    if backend is torchref:
        for plain, line in [
            (torch.optim.Adamax(net.parameters()), "optimizer: got 'Adamax', expected one of SGD, "),
            (
                torch.optim.Adam(net.parameters(), maximize=True),
                "optimizer: group: maximize is True, expected False in Adam",
            ),
        ]:
            assert message(lambda plain=plain: backend.save_training(file, net, plain)).startswith(line)
    assert not list(tmp_path.iterdir())


@BACKENDS
def test_a_history_of_other_batches_is_one_line(backend, file):
    """It says where it is, which is no place in batches of this size, nor of other orders."""
    net, optimizer = made(backend)
    history = backend.load_training(file, net, optimizer)
    for options, line in [
        (
            {"batch_size": 20},
            "history: got 12 steps, and 100 samples of epoch 3, expected batches of 20 of 100 samples",
        ),
        ({"orders": np.random.Generator(np.random.MT19937(0))}, "orders: got Generator(MT19937) at"),
        ({"history": {}}, "history: got {}, expected one that fit returned"),
    ]:
        assert message(lambda o=options: trained(backend, net, optimizer, 5, **{"history": history, **o})).startswith(
            line
        )
    strange = np.random.Generator(np.random.MT19937(0))
    assert ", expected its generator (" in message(
        lambda: trained(backend, net, optimizer, 5, history=history, orders=strange)
    )
    history.generator = None
    line = "orders: got a generator, expected the orders of the epochs before"
    assert message(lambda: trained(backend, net, optimizer, 5, history=history)) == line


@BACKENDS
def test_without_the_library_it_says_what_to_install(backend, tmp_path, monkeypatch):
    """It is optional, as PyTorch is."""

    def absent(name):
        raise ModuleNotFoundError(name, name="safetensors")

    monkeypatch.setattr(checkpoints, "import_module", absent)
    line = "safetensors is missing: pip install 'neuron-parity[safetensors]'"
    assert message(lambda: backend.save_training(tmp_path / "a.safetensors", *made(backend))) == line
    assert message(lambda: backend.load_training(tmp_path / "a.safetensors", *made(backend))) == line


# A full disk, and a kill


@contextmanager
def disk_of(size):
    """No file may be larger: what a program meets on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@BACKENDS
@pytest.mark.parametrize("size", [0, 1000])
def test_a_full_disk_leaves_the_file_before(backend, size, file):
    """One line, the old file, and nothing beside it."""
    before = file.read_bytes()
    net, optimizer = made(backend)
    history = trained(backend, net, optimizer, 5)
    with disk_of(size):
        said = message(lambda: backend.save_training(file, net, optimizer, history))
    assert said.startswith(f"{file}: cannot be written: ")
    assert "File too large" in said
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    """That is not there, or is itself a folder."""
    for path, reason in [
        (tmp_path / "no" / "a.safetensors", "No such file or directory"),
        (tmp_path, "Is a directory"),
    ]:
        said = message(lambda path=path: scratch.save_training(path, *made(scratch)))
        assert said == f"{path}: cannot be written: {reason}"


@BACKENDS
def test_a_file_that_cannot_be_read_is_one_line(backend, file, monkeypatch):
    """With what the system says."""

    def failing(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(safetensors, "safe_open", failing)
    said = message(lambda: backend.load_training(file, *made(backend)))
    assert said == f"{file}: cannot be read: Input/output error"


def test_a_file_that_may_not_be_written_is_one_line(file, monkeypatch):
    """It is not replaced, although its folder would allow it."""
    before = file.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)
    said = message(lambda: scratch.save_training(file, *made(scratch)))
    assert said == f"{file}: cannot be written: it is read-only"
    assert file.read_bytes() == before


def test_a_file_system_that_cannot_flush_folders(file, monkeypatch):
    """The file is written as elsewhere."""
    flush = files.flush

    def only_files(path):
        if Path(path).is_dir():
            raise OSError(22, "Invalid argument")
        flush(path)

    monkeypatch.setattr(files, "flush", only_files)
    scratch.save_training(file, *made(scratch))
    assert scratch.load_training(file, *made(scratch)).epochs == 0


@BACKENDS
def test_activations_of_its_own_are_not_in_the_file(backend, tmp_path):
    """Only a list of names is."""
    file = tmp_path / "run.safetensors"
    net, optimizer = made(backend)
    net.activations = np.tanh
    backend.save_training(file, net, optimizer)
    with safetensors.safe_open(file, "np") as opened:
        assert json.loads(opened.metadata()["neuron-parity"])["activations"] is None


def test_what_a_killed_program_left_is_removed(file):
    """At the next writing of the same file; what belongs to others stays."""
    with atomic_write(file) as temporary:
        assert temporary.parent.parent == file.parent  # on the same disk
        left = temporary.parent.with_name(f"{temporary.parent.name}x")
        temporary.write_bytes(file.read_bytes())
    left.mkdir()
    (left / "run.safetensors").write_bytes(b"half")
    left.with_name(f"{left.name}y").touch()  # this is not a folder, and stays
    other = file.parent / ".parity-12345678-abc"
    other.mkdir()
    scratch.save_training(file, *made(scratch))
    assert sorted(path.name for path in file.parent.iterdir()) == sorted([other.name, f"{left.name}y", file.name])


EPOCHS = 15
OPTIONS = ("--data", "moons", "--hidden", "150", "150", "--optimizer", "Adam", "--batch-size", "30", "--epochs", EPOCHS)
# A process that has imported everything, and a copy of it for each training.
PROGRAM = """
import os, sys
from importlib import import_module
from parity import cli

import_module(sys.argv[1])
for line in sys.stdin:
    if not (child := os.fork()):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(cli.main(line.split()))
    print(child, flush=True)
    sys.stdin.readline()
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


class Trainings:
    """Trainings in the background that are saved after each epoch."""

    def __init__(self, backend):
        command = [sys.executable, "-c", PROGRAM, backend]
        self.backend = backend
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},  # two that wait for each other take minutes on a busy machine
        )

    def arguments(self, file, *more):
        """Those of ``parity``."""
        options = ["--backend", self.backend, *OPTIONS, "--save", file, "--every", 1, *more]
        return ["train", "fit", *map(str, options)]

    def start(self, file, *more):
        """The process of a training."""
        print(*self.arguments(file, *more), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def wait(self):
        """Wait until the training ends."""
        print(file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "ended\n"

    def close(self):
        """End the process that waits for more."""
        self.process.communicate()


@pytest.fixture
def trainings():
    """Start them in this backend."""
    started = []
    yield lambda backend: started.append(Trainings(backend)) or started[0]
    for process in started:
        process.close()


def epochs_of(files):
    """The epochs of the files that are kept."""
    return [int(path.stem.partition("-")[2]) for path in files if "-" in path.stem]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["scratch", "torchref"])
def test_twenty_kills_at_random_moments_lose_no_bit(backend, trainings, tmp_path):
    """Whatever was being written: every file is whole, and the training goes on to the bits of an undisturbed one."""
    module, rng, seen, writing = import_module(backend), random.Random(backend), [], 0
    whole, file, background = tmp_path / "whole.safetensors", tmp_path / "run.safetensors", trainings(backend)
    background.start(whole)
    begun = time.monotonic()
    background.wait()
    lasts = time.monotonic() - begun
    for _ in range(20):
        for path in tmp_path.glob("run*"):
            path.unlink()
        training, epoch = background.start(file, "--keep", 2), rng.randrange(1, EPOCHS)
        while max(epochs_of(tmp_path.glob("run*")), default=0) < epoch:
            time.sleep(0.001)
        time.sleep(lasts / EPOCHS * rng.random())
        os.kill(training, signal.SIGKILL)
        background.wait()
        writing += any(tmp_path.glob(".parity-*"))
        net = module.MLP([2, 150, 150, 1], "tanh")
        files = {
            module.load_training(path, net, module.Adam(net.parameters())).epochs for path in tmp_path.glob("run*")
        }
        seen.append(max(files))
        background.start(file, "--resume", file)
        background.wait()
        assert file.read_bytes() == whole.read_bytes()
    print(f"killed in epochs {seen}, {writing} times while a file was being written")
    assert len(set(seen)) > 5


# The command


def fit(parity, *more):
    """``parity train fit`` of a small net."""
    options = ["--data", "moons", "--hidden", 4, "--optimizer", "Adam", "--lr", 0.05, "--batch-size", 30]
    return parity("fit", *options, *more)


@pytest.mark.parametrize(
    ("first", "second"), [("scratch", "torchref"), ("torchref", "scratch"), ("scratch", "scratch")]
)
def test_a_command_goes_on_where_another_stopped(parity, tmp_path, first, second):
    """With the other backend as well; what it prints is what the whole training prints."""
    half, end, whole = (tmp_path / f"{name}.safetensors" for name in ("half", "end", "whole"))
    assert fit(parity, "--backend", first, "--epochs", 5, "--save", half)[0] == 0
    code, out, err = fit(parity, "--backend", second, "--epochs", 12, "--resume", half, "--save", end)
    assert (code, err, out[-1]) == (0, [], f"wrote {end}")
    _, wanted, _ = fit(parity, "--backend", second, "--epochs", 12, "--save", whole)
    assert [line[:30] for line in out[:-1]] == [line[:30] for line in wanted[:-1]]
    if first == second:
        assert end.read_bytes() == whole.read_bytes()
    again = fit(parity, "--epochs", 12, "--resume", end)[1]
    assert [line[:30] for line in again] == [line[:30] for line in wanted[:-1]]


def test_the_last_files_are_kept(parity, tmp_path):
    """By epoch, the newest under the name that was asked for too; of another training nothing is removed."""
    file = tmp_path / "run.safetensors"
    for other in ("run-99.safetensors", "run-1.npz", "xrun-1.safetensors"):
        (tmp_path / other).touch()
    fit(parity, "--epochs", 9, "--save", file, "--every", 2, "--keep", 3)
    kept = {"run-6.safetensors", "run-8.safetensors", "run-9.safetensors", "run.safetensors"}
    others = {"run-99.safetensors", "run-1.npz", "xrun-1.safetensors"}
    assert {path.name for path in tmp_path.iterdir()} == kept | others
    assert file.read_bytes() == (tmp_path / "run-9.safetensors").read_bytes()
    net, optimizer = made(scratch)
    assert scratch.load_training(tmp_path / "run-8.safetensors", net, optimizer).epochs == 8
    fit(parity, "--epochs", 10, "--resume", file, "--save", file, "--every", 5, "--keep", 1)
    assert {path.name for path in tmp_path.iterdir()} == {"run-10.safetensors", "run.safetensors"} | others


@pytest.mark.parametrize("target", ["real/run.safetensors", "{}/real/run.safetensors"])
def test_a_link_is_followed(parity, tmp_path, target):
    """The kept files are no links, which would all be the newest."""
    (tmp_path / "real").mkdir()
    file = tmp_path / "run.safetensors"
    file.symlink_to(target.format(tmp_path))
    fit(parity, "--epochs", 6, "--save", file, "--every", 2, "--keep", 5)
    fit(parity, "--epochs", 8, "--resume", file, "--save", file, "--every", 2, "--keep", 5)
    assert file.is_symlink()
    for epoch in (2, 4, 6, 8):
        kept = tmp_path / f"run-{epoch}.safetensors"
        assert not kept.is_symlink()
        assert scratch.load_training(kept, made(scratch)[0]).epochs == epoch


def test_trainings_with_numbers_are_not_removed(parity, tmp_path):
    """Of other trainings, even if their numbers could be those of epochs."""
    others = [tmp_path / f"run-{seed}.safetensors" for seed in (1, 2, 3)]
    for seed, other in enumerate(others, 1):
        fit(parity, "--seed", seed, "--epochs", seed, "--save", other)
    fit(parity, "--epochs", 8, "--save", tmp_path / "run.safetensors", "--every", 4, "--keep", 1)
    names = {"run.safetensors", "run-8.safetensors", *(other.name for other in others)}
    assert {path.name for path in tmp_path.iterdir()} == names


@pytest.mark.parametrize("rate", [["--lr", 1e150], ["--lr", 1e60, "--batch-size", 4, "--seed", 0]])
def test_saving_does_not_change_where_it_stops(parity, tmp_path, rate):
    """A loss out of range ends the training, saved or not."""
    code, out, err = parity("fit", *rate, "--epochs", 12)
    saving = parity("fit", *rate, "--epochs", 12, "--every", 1, "--save", tmp_path / "run.safetensors")
    assert (saving[0], saving[2]) == (code, err)
    assert saving[1][: len(out) - 1] == out[:-1]


@pytest.mark.parametrize("name", ["w.NPZ", "w.npz"])
def test_the_suffix_may_be_large(parity, tmp_path, name):
    """NumPy appends its own to another."""
    code, out, _ = parity("fit", "--epochs", 1, "--save", tmp_path / name)
    assert (code, out[-1]) == (0, f"wrote {tmp_path / name}")
    assert np.load(tmp_path / name)["fc1.weight"].shape == (1, 2)


def test_what_is_missing_is_said_before_the_training(parity, tmp_path, monkeypatch):
    """The library, or the name of the file to go on with."""
    code, out, err = parity("fit", "--epochs", 1, "--resume", "")
    assert (code, out, len(err)) == (2, [], 1)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    code, out, err = parity("fit", "--epochs", 1, "--save", tmp_path / "run.safetensors")
    assert (code, out, len(err)) == (2, [], 1)
    assert "safetensors is missing" in err[0]


def test_very_many_epochs_need_no_memory(parity, tmp_path):
    """The training may settle long before."""
    options = ["--epochs", 10**12, "--tolerance", 100]
    assert parity("fit", *options)[0] == 0
    assert parity("fit", *options, "--every", 1, "--save", tmp_path / "run.safetensors")[0] == 0


def test_a_training_out_of_range_leaves_the_file_before(parity, tmp_path):
    """The last one whose loss was a number."""
    file = tmp_path / "run.safetensors"
    code, out, _ = parity("fit", "--lr", 1e150, "--epochs", 9, "--save", file, "--every", 1)
    assert (code, out[-1]) == (2, f"{file} is not written: the loss became inf")
    assert np.isfinite(scratch.load_training(file, scratch.MLP([2, 1])).losses).all()


def test_another_rate_may_be_given(parity, tmp_path):
    """An option that is given counts; else the file's does."""
    file = tmp_path / "run.safetensors"
    options = ["--data", "moons", "--hidden", 4, "--epochs"]
    parity("fit", *options, 2, "--lr", 0.5, "--save", file)
    for more, rate in ((["--lr", 0.25], 0.25), ([], 0.5)):
        parity("fit", *options, 3, "--resume", file, "--save", tmp_path / "end.safetensors", *more)
        net, optimizer = made(scratch, "SGD")
        scratch.load_training(tmp_path / "end.safetensors", net, optimizer)
        assert optimizer.param_groups[0]["lr"] == rate


WITHOUT = "got it without a whole training, expected --save FILE.safetensors as well"


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["--every", 0], "--every: got 0, expected a positive integer"),
        (["--keep", -1], "--keep: got -1, expected a positive integer"),
        (["--every", 2], f"--every: {WITHOUT}"),
        (["--every", 2, "--save", "a.npz"], f"--every: {WITHOUT}"),
        (["--keep", 2, "--save", "a.safetensors"], "--keep: got it without --every, expected --every N as well"),
        (
            ["--resume", "run.safetensors", "--seed", 1],
            "--seed: got it with --resume, which has weights and generator, expected one of them",
        ),
        (
            ["--resume", "run.safetensors", "--sweep", "momentum=0:1:2"],
            "--sweep: got --resume as well, expected one of them: there are many networks",
        ),
        (["--resume", "none.safetensors"], "none.safetensors: no such file, expected a safetensors file"),
        (["--save", "a.pt"], "a.pt: got the suffix '.pt', expected .npz or .safetensors"),
    ],
)
def test_options_are_checked(parity, more, line, file, monkeypatch):
    """One line, exit code 2, before any training."""
    monkeypatch.chdir(file.parent)
    more = [*more, "--optimizer", "SGD"] if "--sweep" in more else more
    code, out, err = parity("fit", "--data", "moons", *more)
    assert (code, out, err) == (2, [], [f"parity train: {line}"])


def test_files_of_other_trainings_are_one_line(parity, file):
    """Another net, another optimizer, other batches."""
    for more, line in [
        (["--hidden", 5], "model.fc1.weight has shape (4, 2), expected (5, 2); "),
        (["--hidden", 4, "--optimizer", "SGD"], "got the state of 'Adam', expected that of SGD"),
        (
            ["--hidden", 4, "--optimizer", "Adam", "--batch-size", 20],
            "history: got 12 steps, and 100 samples of epoch 3",
        ),
    ]:
        code, out, err = parity("fit", "--data", "moons", "--resume", file, *more)
        assert (code, out, len(err)) == (2, [], 1)
        assert err[0].startswith(f"parity train: {file}: {line}")


@pytest.mark.parametrize("rule", ["perceptron", "gradient"])
def test_other_rules_have_no_training_to_save(parity, rule, tmp_path):
    """They have weights."""
    file = tmp_path / "run.safetensors"
    assert parity(rule, "--save", file) == (
        2,
        [],
        [f"parity train: {file}: got the suffix '.safetensors', expected .npz"],
    )
