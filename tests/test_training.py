"""Batches, steps and whole trainings of both backends, against plain PyTorch and against each other."""

import inspect
import io
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

import scratch
import scratch.training
import torchref
import torchref.training
from contract import memory

BACKENDS = pytest.mark.parametrize("backend", [scratch, torchref], ids=["scratch", "torchref"])


def exactly(line):
    """A pattern for this line and nothing else."""
    return f"^{re.escape(line)}$"


def problem(backend, sizes=(2, 3, 1), n=10, dtype="float64", classes=0):
    """A net, the same in both backends, and samples."""
    rng = np.random.default_rng(0)
    start = {
        f"fc{number}.{name}": rng.standard_normal(shape)
        for number, (d, k) in enumerate(itertools.pairwise(sizes), start=1)
        for name, shape in (("weight", (k, d)), ("bias", (k,)))
    }
    net = backend.MLP(sizes, dtype=dtype)
    net.load_state_dict(start)
    x = backend.tensor(rng.standard_normal((n, sizes[0])), dtype=dtype)
    if classes:
        y = rng.integers(0, classes, n)
        return net, x, torch.tensor(y) if backend is torchref else y
    return net, x, backend.tensor(rng.uniform(0, 1, (n, sizes[-1])), dtype=dtype)


def weights(net):
    """All parameters in one array."""
    return np.concatenate([np.asarray(p.data).ravel() for p in net.parameters()])


def test_both_trees_read_alike_but_for_backward():
    """Line for line, fit and train_step and all that they use; the imports name their own package."""
    ours, theirs = (inspect.getsource(module) for module in (scratch.training, torchref.training))
    for backend in (scratch, torchref):
        for name in ("minibatches", "train_step", "fit"):
            assert inspect.getsource(getattr(scratch, name)) == inspect.getsource(getattr(backend, name))
    _, ours = ours.split("\n__all__")
    _, theirs = theirs.split("\n__all__")
    backward = [inspect.getsource(module.training.backward) for module in (scratch, torchref)]
    assert backward[0] != backward[1]
    assert ours.replace(backward[0], "") == theirs.replace(backward[1], "")


@BACKENDS
@pytest.mark.parametrize("batch_size", [1, 3, 4, 5, 9, 10, None])
def test_batches_are_those_of_dataloader(backend, batch_size):
    """The last one is smaller; nothing is dropped."""
    x, y = np.arange(20.0).reshape(10, 2), np.arange(10)
    order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    ours = list(backend.minibatches(backend.tensor(x), y if backend is scratch else torch.tensor(y), batch_size, order))
    loader = DataLoader(TensorDataset(torch.tensor(x), torch.tensor(y)), batch_size=batch_size or 10, sampler=order)
    for (x_batch, y_batch), (x_wanted, y_wanted) in zip(ours, loader, strict=True):
        assert x_batch.tolist() == x_wanted.tolist()
        assert y_batch.tolist() == y_wanted.tolist()


@BACKENDS
def test_batches_take_lists_and_keep_whole_numbers(backend):
    """As the functions do: no order is 0 to N-1, class indices stay class indices, and numbers become float64."""
    ((x, y),) = backend.minibatches([[1, 2], [3, 4]], [0, 1])
    assert x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert y.tolist() == [0, 1]
    assert backend.cross_entropy(x, y) > 0
    ((_, y),) = backend.minibatches([[1, 2]], [[0.1]])
    assert y.tolist() == [[0.1]]


@BACKENDS
def test_bad_samples_are_one_line(backend):
    """At the call, not when the first batch is asked for."""
    x, y = backend.tensor(np.ones((4, 2))), backend.tensor(np.ones((4, 1)))
    for arguments, line in [
        ((x, y[:3]), "y: got shape (3, 1), expected (4, K), or (4,) to fit x (4, 2)"),
        ((x[0], y), "x: got shape (2,), expected (N, D)"),
        ((x[:0], y[:0]), "x: got shape (0, 2), which is empty, expected at least one number"),
        ((x, y, 0), "batch_size: got 0, expected an integer from 1 to 4, the number of samples"),
        ((x, y, 5), "batch_size: got 5, expected an integer from 1 to 4, the number of samples"),
        ((x, y, 2.0), "batch_size: got 2.0, expected an integer from 1 to 4, the number of samples"),
        ((x, y, 2, [0, 1, 2]), "order: got [0, 1, 2], expected a permutation of 0..3"),
        ((x, y, 2, [0, 1, 1, 2]), "order: got [0, 1, 1, 2], expected a permutation of 0..3"),
    ]:
        with pytest.raises(ValueError, match=exactly(line)):
            backend.minibatches(*arguments)


def plain_torch(loss, optimizer, epochs, batch_size, sizes, classes=0, activation=torch.sigmoid):
    """The training as a user of PyTorch writes it: the weights and the losses."""
    net, x, y = problem(torchref, sizes, classes=classes)
    model = torch.nn.Sequential(*[torch.nn.Linear(d, k, dtype=x.dtype) for d, k in itertools.pairwise(sizes)])
    model.load_state_dict(dict(zip(model.state_dict(), net.state_dict().values(), strict=True)))
    optimizer, losses = optimizer(model.parameters()), []
    for _ in range(epochs):
        for x_batch, y_batch in DataLoader(TensorDataset(x, y), batch_size=batch_size):
            pred = x_batch
            for number, layer in enumerate(model):
                pred = layer(pred if number == 0 else activation(pred))
            value = loss(pred, y_batch)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            losses.append(value.item())
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()]), losses


RUNS = [
    ("mse_loss", torch.nn.MSELoss(), "SGD", {"lr": 0.1, "momentum": 0.9}, 0),
    ("mse_loss", torch.nn.MSELoss(), "Adagrad", {"lr": 0.1}, 0),
    ("binary_cross_entropy_with_logits", torch.nn.BCEWithLogitsLoss(), "Adam", {"lr": 0.05}, 0),
    ("binary_cross_entropy_with_logits", torch.nn.BCEWithLogitsLoss(), "RMSprop", {"lr": 0.01}, 0),
    ("cross_entropy", torch.nn.CrossEntropyLoss(), "AdamW", {"lr": 0.05}, 3),
]


@BACKENDS
@pytest.mark.parametrize(("loss", "torch_loss", "name", "options", "classes"), RUNS)
def test_fit_is_the_training_loop_of_torch(backend, loss, torch_loss, name, options, classes):
    """The same weights and losses after 20 epochs of batches of 4, 4 and 2, within rounding."""
    sizes = (2, 3, 3, classes or 1)
    net, x, y = problem(backend, sizes, classes=classes)
    optimizer = getattr(backend, name)(net.parameters(), **options)
    history = backend.fit(net, x, y, loss=loss, optimizer=optimizer, epochs=20, batch_size=4)
    make = lambda params: getattr(torch.optim, name)(params, **options)  # noqa: E731
    wanted, losses = plain_torch(torch_loss, make, 20, 4, sizes, classes)
    assert len(history.losses) == 60
    assert history.epochs == 20
    # 60 steps of rounding at 1e-16 and its growth; Adam divides by a root that is never near 0 here.
    assert np.abs(weights(net) - wanted).max() < 1e-12
    assert np.abs(np.array(history.losses) - losses).max() < 1e-12


@pytest.mark.parametrize("activation", ["identity", "sigmoid", "tanh", "relu", "softmax"])
@pytest.mark.parametrize("output", ["identity", "sigmoid", "tanh", "relu", "softmax"])
def test_a_net_is_its_functions_to_the_last_bit(activation, output):
    """What an MLP does inside without checks is what the public functions do."""
    net, x, y = problem(scratch, (2, 4, 3))
    net.activations = [activation, output]
    x = np.concatenate([x * 30, np.zeros((1, 2))])
    y = np.zeros((len(x), 3))
    g, g_backward = getattr(scratch, activation), getattr(scratch, f"{activation}_backward")
    h, h_backward = getattr(scratch, output), getattr(scratch, f"{output}_backward")
    z1 = scratch.linear(x, net.fc1.weight.data, net.fc1.bias.data)
    z2 = scratch.linear(g(z1), net.fc2.weight.data, net.fc2.bias.data)
    assert (net(x) == h(z2)).all()
    grad_input = net.backward(scratch.mse_loss_backward(h(z2), y))
    grad2 = h_backward(z2, scratch.mse_loss_backward(h(z2), y))
    grad1 = g_backward(z1, grad2 @ net.fc2.weight.data)
    assert (net.fc2.weight.grad == grad2.T @ g(z1)).all()
    assert (net.fc1.weight.grad == grad1.T @ x).all()
    assert (grad_input == grad1 @ net.fc1.weight.data).all()
    assert net.backward(scratch.mse_loss_backward(h(z2), y), input_grad=False) is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_float64_samples_leave_float32_weights_float32(dtype):
    """The gradient has its parameter's dtype, as in PyTorch."""
    results = []
    for backend in (scratch, torchref):
        net, x, y = problem(backend, dtype=dtype)
        x, y = backend.tensor(x.tolist()), backend.tensor(y.tolist())
        backend.fit(net, x, y, epochs=3, lr=0.1, optimizer="Adam")
        assert weights(net).dtype == dtype
        results.append(weights(net))
    assert np.abs(results[0] - results[1]).max() < 100 * np.finfo(dtype).eps


@BACKENDS
def test_train_step_returns_the_loss_before_the_update_and_forgets_old_gradients(backend):
    """Two steps from the same weights give the same loss and the same gradients."""
    net, x, y = problem(backend)
    optimizer = backend.SGD(net.parameters(), lr=0.0)
    first = backend.train_step(net, x, y, "mse_loss", optimizer)
    gradient = np.asarray(net.fc1.weight.grad).copy()
    assert backend.train_step(net, x, y, "mse_loss", optimizer) == first
    assert isinstance(first, float)
    assert first == pytest.approx(np.mean((np.array(net(x).tolist()) - np.asarray(y)) ** 2), rel=1e-14)
    assert (np.asarray(net.fc1.weight.grad) == gradient).all()


@BACKENDS
def test_toynet_and_linear_are_trained_too(backend):
    """As ToyNet.fit does it: one batch of all samples, MSE, SGD."""
    x, y = backend.load_data("toy")
    net, other = backend.ToyNet(seed=0), backend.ToyNet(seed=0)
    losses = net.fit(x, y)
    assert backend.fit(other, x, y).losses == losses
    assert (weights(net) == weights(other)).all()
    assert backend.fit(backend.Linear(2, 1, seed=0), x, y).losses[-1] < 1


@BACKENDS
def test_history_keeps_what_is_asked_for(backend):
    """Of each step by the parameter's name, as copies; the rest stays empty."""
    net, x, y = problem(backend)
    options = {"optimizer": "Adam", "lr": 0.1, "epochs": 2, "batch_size": 4}
    steps = []
    history = backend.fit(
        net,
        x,
        y,
        record=("weights", "gradients", "state"),
        on_step=lambda step, model, loss: steps.append((step, weights(model), loss)),
        **options,
    )
    assert [(step, loss) for step, _, loss in steps] == list(enumerate(history.losses, start=1))
    assert len(history.weights) == len(history.gradients) == len(history.state) == 6
    for (_, after, _), kept in zip(steps, history.weights, strict=True):
        assert list(kept) == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
        assert (np.concatenate([np.asarray(array).ravel() for array in kept.values()]) == after).all()
    assert [int(state["fc1.bias"]["step"]) for state in history.state] == [1, 2, 3, 4, 5, 6]
    # Adam's first mean gradient is a tenth of the first gradient.
    mean, gradient = history.state[0]["fc1.weight"]["exp_avg"], history.gradients[0]["fc1.weight"]
    assert np.allclose(np.asarray(mean), 0.1 * np.asarray(gradient), rtol=1e-15, atol=0)
    bare = backend.fit(problem(backend)[0], x, y, **options)
    assert bare.losses == history.losses
    assert (bare.weights, bare.gradients, bare.state) == ([], [], [])


@BACKENDS
def test_learning_rate_may_be_a_function_of_the_epoch(backend):
    """It counts from 0 as LambdaLR does, and is set in every group, of an optimizer by name and of one made."""
    net, x, y = problem(backend)
    backend.fit(net, x, y, lr=lambda epoch: 0.1 / (epoch + 1), epochs=3, batch_size=5)
    other, *_ = problem(backend)
    groups = [{"params": [p], "lr": 7.0} for p in other.parameters()]
    optimizer = backend.SGD(groups)
    backend.fit(other, x, y, optimizer=optimizer, lr=lambda epoch: 0.1 / (epoch + 1), epochs=3, batch_size=5)
    assert {group["lr"] for group in optimizer.param_groups} == {0.1 / 3}
    third, *_ = problem(backend)
    optimizer = backend.SGD(third.parameters(), lr=0.1)
    for epoch in range(3):
        optimizer.param_groups[0]["lr"] = 0.1 / (epoch + 1)
        for x_batch, y_batch in backend.minibatches(x, y, 5):
            backend.train_step(third, x_batch, y_batch, "mse_loss", optimizer)
    assert (weights(net) == weights(other)).all()
    assert (weights(net) == weights(third)).all()


@BACKENDS
def test_an_optimizer_that_is_made_keeps_its_rate_and_goes_on(backend):
    """Two calls of fit are one longer one."""
    net, x, y = problem(backend)
    optimizer = backend.SGD(net.parameters(), lr=0.01, momentum=0.9)
    losses = [value for _ in range(2) for value in backend.fit(net, x, y, optimizer=optimizer, epochs=5).losses]
    other, *_ = problem(backend)
    optimizer = backend.SGD(other.parameters(), lr=0.01, momentum=0.9)
    assert backend.fit(other, x, y, optimizer=optimizer, epochs=10).losses == losses


@BACKENDS
def test_training_ends_where_the_loss_settles_or_the_orders_do(backend):
    """The epoch's loss is the mean of its steps'; at tolerance 0 it must not change at all."""
    net, x, y = problem(backend)
    history = backend.fit(net, x, y, lr=0.1, epochs=1000, tolerance=1e-4, batch_size=4)
    means = np.array(history.losses).reshape(-1, 3).mean(axis=1)
    assert history.converged
    assert history.epochs == len(means) < 1000
    assert (np.abs(np.diff(means))[:-1] > 1e-4).all()
    assert np.abs(np.diff(means))[-1] <= 1e-4
    history = backend.fit(net, x, y, lr=0.0, epochs=10)
    assert (history.converged, history.epochs) == (True, 2)
    history = backend.fit(net, x, y, epochs=10, orders=[range(10), np.arange(10)[::-1], iter(range(10))])
    assert (history.converged, history.epochs, len(history.losses)) == (False, 3, 3)
    history = backend.fit(net, x, y, epochs=0)
    assert (history.converged, history.epochs, history.losses) == (False, 0, [])


@BACKENDS
def test_a_state_dict_is_a_copy(backend):
    """Of each layer's weights too: what was read before a step stays as it was."""
    net, x, y = problem(backend)
    before = {name: value.tolist() for name, value in net.state_dict().items()}
    read = net.state_dict()
    backend.fit(net, x, y, epochs=1)
    assert {name: value.tolist() for name, value in read.items()} == before
    assert {name: value.tolist() for name, value in net.state_dict().items()} != before


@BACKENDS
@pytest.mark.parametrize(
    ("train", "options"),
    [
        ("train_perceptron", {"max_epochs": 3}),
        ("train_gradient", {"epochs": 3, "lr": 0.1}),
    ],
)
def test_a_generator_draws_the_orders_of_one_neuron(backend, train, options):
    """As the permutations would that it draws."""
    x, y = backend.load_data("toy_flipped")
    start = backend.tensor([[0.5, -0.25]]), backend.tensor([0.0])
    rng = np.random.default_rng(1)
    given = getattr(backend, train)(*start, x, y, orders=[rng.permutation(len(x)) for _ in range(3)], **options)
    drawn = getattr(backend, train)(*start, x, y, orders=np.random.default_rng(1), **options)
    plain = getattr(backend, train)(*start, x, y, **options)
    assert drawn.weight.tolist() == given.weight.tolist() != plain.weight.tolist()
    assert drawn.epochs == given.epochs == 3


@BACKENDS
def test_a_loss_out_of_range_stops_the_run_and_says_where(backend):
    """One warning, one line, from where fit is called; the history is kept."""
    net, x, y = problem(backend, (2, 1))
    with pytest.warns(UserWarning, match="the loss became") as caught:
        history = backend.fit(net, x, y, lr=1e30, epochs=1000, batch_size=5)
    (warning,) = caught
    step = len(history.losses)
    assert str(warning.message) == (
        f"the loss became {history.losses[-1]} at step {step}, in epoch {history.epochs}; training stopped"
    )
    assert warning.filename == __file__
    assert np.isfinite(history.losses[:-1]).all()
    assert not np.isfinite(history.losses[-1])
    assert history.epochs == (step + 1) // 2
    assert not history.converged


@BACKENDS
def test_bad_arguments_of_fit_are_one_line(backend):
    """What, what was got, what was expected; before anything is trained."""
    net, x, y = problem(backend)
    before = weights(net)
    stranger = backend.SGD(problem(backend)[0].parameters())
    for options, line in [
        ({"loss": "mse"}, "loss: got 'mse', expected one of"),
        (
            {"optimizer": "Adem"},
            "optimizer: got 'Adem', expected one of SGD, Adagrad, RMSprop, Adam, AdamW; did you mean",
        ),
        ({"optimizer": 3}, "optimizer: got 3, expected one of"),
        ({"optimizer": stranger}, "optimizer: got one made over other parameters, expected the model's own"),
        ({"lr": -0.1}, "lr: got -0.1, expected a finite non-negative number"),
        ({"lr": lambda epoch: float("nan")}, "lr: got nan, expected a finite non-negative number"),
        ({"epochs": 1.5}, "epochs: got 1.5, expected a non-negative integer"),
        ({"batch_size": 11}, "batch_size: got 11, expected an integer from 1 to 10"),
        ({"tolerance": -1}, "tolerance: got -1, expected a finite non-negative number"),
        ({"orders": [[0, 0]]}, "orders[0]: got [0, 0], expected a permutation of 0..9"),
        ({"record": ("weigths",)}, "record: got 'weigths', expected one of weights, gradients, state; did you mean"),
        ({"loss": "cross_entropy"}, "target: got shape (10, 1), expected (10,) to fit pred (10, 1)"),
    ]:
        with pytest.raises(ValueError, match=f"^{re.escape(line)}") as error:
            backend.fit(net, x, y, **options)
        assert "\n" not in str(error.value)
    for x_bad, y_bad, line in [
        (x[:, :1], y, "x: got shape (10, 1), expected (N, 2)"),
        (x, y[:, 0], "target: got shape (10,), expected (10, 1) to fit pred (10, 1); nothing is broadcast"),
        (x, y[:3], "y: got shape (3, 1), expected (10, K), or (10,) to fit x (10, 2)"),
    ]:
        with pytest.raises(ValueError, match=f"^{re.escape(line)}"):
            backend.fit(net, x_bad, y_bad)
    with pytest.raises(ValueError, match=r"^target: got the value 2, expected only numbers from 0 to 1$"):
        backend.fit(net, x, y * 0 + 2, loss="binary_cross_entropy_with_logits")
    assert (weights(net) == before).all()


@BACKENDS
@pytest.mark.parametrize("free", [10**6, 2 * 10**6])
def test_more_memory_than_there_is_is_refused_before_the_work(backend, free, monkeypatch):
    """Weights, gradients and state, sums and outputs; what fits is trained."""
    net, x, y = problem(backend, (2, 1000, 1), 60)
    numbers = 4 * (2 * 1000 + 1000 + 1000 + 1) + 2 * 1001 * 60
    assert 10**6 < 8 * numbers < 2 * 10**6
    monkeypatch.setattr(memory, "LITTLE", 0)
    monkeypatch.setattr(memory, "free_memory", lambda: free)
    before = weights(net).copy()
    got = "batch_size: got 60 for 1001 neurons, which need 0.00109 GB, expected at most the 0.001 GB that are free"
    for train in (
        lambda: backend.fit(net, x, y, epochs=1),
        lambda: backend.fit_stack([net], x, y, epochs=1),
    ):
        if free > 8 * numbers:
            train()
        else:
            with pytest.raises(ValueError, match=exactly(got)):
                train()
    assert (weights(net) == before).all() == (free < 8 * numbers)
    backend.fit(net, x, y, epochs=1, batch_size=10)  # fewer samples at a time need less
    many = [problem(backend, (2, 10, 1), 60)[0] for _ in range(1000)]
    if free == 10**6:
        with pytest.raises(ValueError, match=r"for 11 neurons of 1000 nets"):
            backend.fit_stack(many, x, y, epochs=1)


def test_free_memory_is_what_the_system_says(monkeypatch):
    """In bytes; without an answer nothing is refused."""
    assert memory.free_memory() > 10**6
    assert math.isfinite(memory.free_memory()) == Path("/proc/meminfo").exists()
    monkeypatch.setattr("builtins.open", lambda *_, **__: io.StringIO("MemTotal: 9 kB\nMemAvailable:   1234 kB\n"))
    assert memory.free_memory() == 1234 * 1024
    monkeypatch.setattr("builtins.open", lambda *_, **__: io.StringIO("MemTotal: 9 kB\n"))
    assert memory.free_memory() == math.inf


@BACKENDS
def test_a_batch_in_parts_is_computed_part_by_part(backend):
    """So that only one of them needs memory at a time, as ``torch.chunk`` cuts it."""
    seen = []

    class Counting(backend.MLP):
        def forward(self, x):
            seen.append(len(x))
            return super().forward(x)

    x, y = backend.load_data("moons")
    backend.fit(Counting([2, 1], seed=0), x, y, epochs=1, batch_size=60, accumulate=2)
    assert seen == [30] * 2 + [20] * 2


@BACKENDS
def test_more_parts_than_samples_are_refused(backend):
    """By the name of the argument."""
    x, y = backend.load_data("moons")
    with pytest.raises(ValueError, match=r"^accumulate: got 4, expected an integer from 1 to 3"):
        backend.fit(backend.MLP([2, 1], seed=0), x, y, batch_size=3, accumulate=4)


@BACKENDS
def test_it_goes_on_to_the_last_epoch_and_no_further(backend):
    """Also with the samples in their own order."""
    x, y = backend.load_data("moons")
    whole, stopped = (backend.MLP([2, 1], seed=0) for _ in range(2))
    backend.fit(whole, x, y, epochs=5, batch_size=30)
    history = backend.fit(stopped, x, y, epochs=3, batch_size=30)
    assert backend.fit(stopped, x, y, epochs=5, batch_size=30, history=history).epochs == 5
    np.testing.assert_array_equal(np.asarray(stopped.fc1.weight.data), np.asarray(whole.fc1.weight.data))
