"""The deck's own programs, retyped in plain PyTorch, give the same weights as both backends."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

import scratch
import torchref
from parity.judge import referee
from parity.judge.rounding import bounded, magnitude

BACKENDS = [scratch, torchref]
DTYPES = ["float64", "float32"]
each_backend = pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.__name__)
each_dtype = pytest.mark.parametrize("dtype", DTYPES)

# The deck's eight points and their classes, typed from its table.
POINTS = [[2, 1], [6, 0.5], [2.5, -1], [5, 0], [0, 0], [4, -1], [1, 0.5], [3, 1.5]]
CLASSES = [[1], [-1], [1], [-1], [1], [-1], [1], [-1]]
ORDER = [3, 0, 6, 1, 7, 4, 2, 5]
START = ([[0.25, -0.5]], [0.125])


def deck(dtype):
    """The deck's data as plain PyTorch tensors."""
    return [torch.tensor(values, dtype=getattr(torch, dtype)) for values in (POINTS, CLASSES)]


def arrays(backend, dtype, *values):
    """These numbers as the backend's arrays."""
    return [backend.tensor(np.asarray(value), dtype) for value in values]


def same(array, tensor):
    """The same bits, with one dtype and shape."""
    array, tensor = np.asarray(array), tensor.detach().numpy()
    assert array.dtype == tensor.dtype
    assert array.shape == tensor.shape
    assert array.tobytes() == tensor.tobytes(), f"{array} is not {tensor}"


def deck_perceptron(x, y):
    """The deck's program: W = 0, a bias input of 1; correct each wrong sample until none is left."""
    points = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    w = torch.zeros(3, dtype=x.dtype)
    epochs, wrong = 0, True
    while wrong:
        wrong, epochs = False, epochs + 1
        for i in ORDER:
            delta = (y[i, 0] - torch.sign(torch.sum(w * points[i]))) / 2
            if delta != 0:
                w = w + delta * points[i]
                wrong = True
    return w[None, :2], w[2:], epochs


class DeckNet(nn.Module):
    """The deck's net and its training: MSE of all samples, SGD."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 1)

    def forward(self, x):
        return self.fc1(x)

    def learn(self, x, y, epochs=40, lr=0.05):
        criterion = nn.MSELoss()
        optimizer = torch.optim.SGD(self.parameters(), lr=lr)
        for _ in range(epochs):
            optimizer.zero_grad()
            criterion(self(x), y).backward()
            optimizer.step()


def deck_fit(dtype, epochs=40):
    """The final weights of the deck's network, from fixed initial ones."""
    net = DeckNet().to(getattr(torch, dtype))
    with torch.no_grad():
        net.fc1.weight.copy_(torch.tensor(START[0]))
        net.fc1.bias.copy_(torch.tensor(START[1]))
    net.learn(*deck(dtype), epochs)
    return net.fc1.weight, net.fc1.bias


def toy_net(backend, dtype, start):
    """The backend's net with the weights given."""
    net = backend.ToyNet(dtype=dtype)
    weight, bias = arrays(backend, dtype, *start)
    net.load_state_dict({"fc1.weight": weight, "fc1.bias": bias})
    return net


def scratch_path(dtype):
    """scratch's weights at the start and after each of 40 epochs."""
    net = toy_net(scratch, dtype, START)
    path = [weights(net)]
    for _ in range(40):
        net.fit(*scratch.load_data("toy", dtype=dtype), epochs=1)
        path.append(weights(net))
    return path


def deck_path(dtype):
    """The weights of the deck's net at the start and after each of 40 epochs."""
    return [[parameter.detach().numpy() for parameter in deck_fit(dtype, epochs)] for epochs in range(41)]


def judged_epoch(before, x, y):
    """The referee's weight and bias after one epoch from these."""
    with np.errstate(all="ignore"):
        result = referee.toy_net_fit(*map(bounded, (*before, x, y)), epochs=1)
    return result["weight"], result["bias"]


def length(judged):
    """The largest distance from the referee's weights."""
    return np.linalg.norm(np.concatenate([bound.error.ravel() for bound in judged]))


def weights(net):
    """The net's weight and bias as NumPy arrays."""
    return [np.asarray(value) for value in net.state_dict().values()]


@each_dtype
@each_backend
def test_data(backend, dtype):
    """The file holds the deck's eight points and classes, in its order."""
    for array, tensor in zip(backend.load_data("toy", dtype=dtype), deck(dtype), strict=True):
        same(array, tensor)


@each_dtype
@each_backend
def test_perceptron(backend, dtype):
    """train_perceptron gives the weights of the deck's loop bit for bit, after as many epochs."""
    weight, bias, epochs = deck_perceptron(*deck(dtype))
    x, y = backend.load_data("toy", dtype=dtype)
    result = backend.train_perceptron(*arrays(backend, dtype, [[0, 0]], [0]), x, y, orders=[ORDER] * 1000)
    same(result.weight, weight)
    same(result.bias, bias)
    assert (result.converged, result.epochs) == (True, epochs)


@each_dtype
@each_backend
def test_perceptron_of_the_net(backend, dtype):
    """ToyNet's loop over train_sample_perceptron gives the weights of the deck's loop bit for bit."""
    weight, bias, epochs = deck_perceptron(*deck(dtype))
    x, y = backend.load_data("toy", dtype=dtype)
    net = toy_net(backend, dtype, ([[0, 0]], [0]))
    for _ in range(epochs):
        for i in ORDER:
            net.train_sample_perceptron(x[i], y[i])
    for array, tensor in zip(weights(net), (weight, bias), strict=True):
        same(array, tensor)


@each_dtype
def test_fit_of_torchref(dtype):
    """torchref's ToyNet.fit gives the weights of the deck's 40 epochs bit for bit."""
    net = toy_net(torchref, dtype, START)
    net.fit(*torchref.load_data("toy", dtype=dtype))
    for array, tensor in zip(weights(net), deck_fit(dtype), strict=True):
        same(array, tensor)


@each_dtype
def test_fit_of_scratch(dtype):
    """Each epoch of scratch's ToyNet.fit, and of the deck's, lies within the referee's bound from where it began."""
    x, y = scratch.load_data("toy", dtype=dtype)
    for path in (scratch_path(dtype), deck_path(dtype)):
        for before, after in itertools.pairwise(path):
            for array, bound in zip(after, judged_epoch(before, x, y), strict=True):
                assert array.shape == bound.shape
                assert (magnitude(bound.precision.wide(array) - bound.value) <= bound.error).all()


@each_dtype
def test_fit_of_scratch_does_not_drift(dtype):
    """After 40 epochs scratch's weights and the deck's are no further apart than all bounds of one epoch add up to.

    An epoch multiplies a difference of weights by I - lr H, which makes it no longer; so rounding errors only add up.
    """
    x, y = scratch.load_data("toy", dtype=dtype)
    points = np.hstack([x, np.ones_like(x[:, :1])]).astype(float)
    assert np.linalg.norm(np.eye(3) - 0.05 * 2 / len(x) * points.T @ points, 2) <= 1
    net = toy_net(scratch, dtype, START)
    net.fit(x, y)
    paths = scratch_path(dtype), deck_path(dtype)
    allowed = sum(length(judged_epoch(before, x, y)) for path in paths for before in path[:-1])
    ours, decks = (
        np.concatenate([array.ravel() for array in end]).astype(float) for end in (weights(net), paths[1][-1])
    )
    assert np.linalg.norm(ours - decks) <= allowed
    assert allowed < 1000 * np.finfo(dtype).eps, "a bound that wide shows nothing"


@each_dtype
@each_backend
def test_gradient_by_hand(backend, dtype):
    """Two passes of w += lr (y - z) x, written out in Python, are train_sample_gradient on the net and gradient_epoch.

    The numbers are eighths and the rate is 1/64, so that float64 is exact; float32 rounds, by less than 1e-5.
    """
    lr, (w1, w2), b = 1 / 64, START[0][0], START[1][0]
    x, y = backend.load_data("toy", dtype=dtype)
    net, loose = toy_net(backend, dtype, START), arrays(backend, dtype, *START)
    for _ in range(2):
        loose = backend.gradient_epoch(*loose, x[ORDER], y[ORDER], lr)
        for i in ORDER:
            (x1, x2), z = POINTS[i], w1 * POINTS[i][0] + w2 * POINTS[i][1] + b
            error = CLASSES[i][0] - z
            w1, w2, b = w1 + lr * error * x1, w2 + lr * error * x2, b + lr * error
            net.train_sample_gradient(x[i], y[i], lr)
    tolerance = {"float64": 1e-14, "float32": 1e-5}[dtype]
    for weight, bias in (weights(net), [np.asarray(value) for value in loose]):
        np.testing.assert_allclose([*weight[0], *bias], [w1, w2, b], rtol=0, atol=tolerance)
