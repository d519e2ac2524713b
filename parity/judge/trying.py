"""What a candidate is found to refuse: each function is called once with each option, before its properties run."""

import inspect
import re

import numpy as np

import scratch
from parity.border.backend import ArgumentMutated, Raised
from parity.judge.domain import DEPTHS, NAMES, NOBODYS, OPTIONAL, ROWS, Domain, declared

X, Y, CLASSES = np.array([[0.5]]), np.array([[0.25]]), np.array([0])
W, B = np.array([[0.5]]), np.array([0.0])
SAMPLE = {"x": [0.5, 0.25], "y": [0.25], "weight": [[0.5, -0.5]], "bias": [0.0], "lr": 0.5}
REFUSALS = ("ValueError", "NotImplementedError", "AssertionError")  # by a constructor, of a number of layers


def domain_of(check, names):
    """The domain of a property about these functions: what is declared, less what is refused."""
    candidate, domain = check.candidate, Domain(declared(check.candidate))
    if candidate.ours:
        return domain
    if not any(takes(candidate, name, "activation") for name in names):
        domain.names["activation"] = NAMES["activation"]  # is no option here
    elif not candidate.defines("leaky_relu"):
        domain.names["activation"] = tuple(name for name in domain.names["activation"] if name not in OPTIONAL)
    trial = Trial(check, domain)
    if "MLP" in names and not domain.layers:
        domain.layers = trial.depths()
    for function, option in OPTIONS:
        if function in names and takes(candidate, function, option):
            known = [name for name in domain.names[option] if trial.knows(function, option, name)]
            domain.names[option] = tuple(known or domain.names[option])
    samples = [name for name in names if name in ROWS and name not in domain.of_rows and candidate.defines(name)]
    domain.of_rows |= set(filter(trial.wants_rows, samples))
    candidate.fresh()
    return domain


def takes(candidate, function, option):
    """Whether a candidate's function has an option; the loss of ``train_step`` is given by its position."""
    parameters = candidate.signature(function) or ()
    by_position = (function, option) == ("train_step", "loss") and len(parameters) > 3
    return by_position or any(key == option for key, *_ in parameters)


class Trial:
    """Calls of a candidate with one option each; every result is known for the rest of the check."""

    def __init__(self, check, domain):
        self.backend, self.known, self.domain = check.candidate, check.abilities, domain

    def once(self, what, attempt):
        """The answer of an attempt, or what is known of it."""
        if what not in self.known:
            self.known[what] = attempt()
        return self.known[what]

    def knows(self, function, option, name):
        """Whether a function knows this name: it does not if it refuses the name as one that nobody has."""

        def attempt():
            refused = self.refusal(OPTIONS[function, option], name)
            unknown = refused and self.refusal(OPTIONS[function, option], NOBODYS)
            return refused is None or (refused[0] != "NotImplementedError" and refused != unknown)

        return self.once(f"{function} with {option} {name}", attempt)

    def refusal(self, call, name):
        """The kind of the error for a name, its message without the name, and its line; None if there is none."""
        try:
            call(self, name)
        except Raised as error:
            return error.kind, re.sub(rf"\b{name}\b", "", str(error)), error.place
        except ArgumentMutated:
            pass
        return None

    def depths(self):
        """The least and the largest number of hidden layers that MLP accepts; None if it refuses none, or all."""
        accepted = [
            depth for depth in DEPTHS if self.once(f"MLP with {depth} hidden layers", lambda d=depth: self.has(d))
        ]
        return (min(accepted), max(accepted)) if 0 < len(accepted) < len(DEPTHS) else None

    def has(self, depth):
        """Whether the constructor of a net accepts this many hidden layers."""
        try:
            self.backend.MLP([1] * (depth + 2))
        except Raised as error:
            return error.kind not in REFUSALS
        return True

    def wants_rows(self, name):
        """Whether a function raises an error for one sample, and none for the same numbers as a row."""
        parameters = inspect.signature(getattr(scratch, name)).parameters.values()
        sample = [np.array(SAMPLE.get(p.name, SAMPLE["x"])) for p in parameters if p.default is p.empty]
        rows = [arg[None] if place in ROWS[name] else arg for place, arg in enumerate(sample)]
        return self.once(f"{name} of rows only", lambda: self.raises(name, sample) and not self.raises(name, rows))

    def raises(self, name, args):
        """Whether a function raises an error."""
        try:
            getattr(self.backend, name)(*(arg if arg.ndim else float(arg) for arg in args))
        except Raised:
            return True
        except ArgumentMutated:
            pass
        return False

    def net(self, **options):
        """A net that can be trained."""
        if self.backend.defines("MLP"):
            options = {"activation": self.domain.names["activation"][0]} | options
            return self.backend.MLP([1] * (self.domain.depth(1, 1)[0] + 2), **options)
        return self.backend.Linear(1, 1)

    def train_step(self, loss):
        """One step with this loss."""
        net = self.net()
        optimizer = self.backend.SGD(net.kept.parameters(), lr=0.5)
        self.backend.train_step(net, X, target(loss), loss, optimizer)

    def fit(self, **options):
        """One epoch."""
        loss = options.get("loss", self.domain.names["loss"][0])
        self.backend.fit(self.net(), X, target(loss), **{"loss": loss, "epochs": 1, **options})


def target(loss):
    """A target that fits the loss."""
    return CLASSES if loss == "cross_entropy" else Y


OPTIONS = {
    ("neuron", "activation"): lambda trial, name: trial.backend.neuron(X, W, B, activation=name),
    ("neuron_gradients", "activation"): lambda trial, name: trial.backend.neuron_gradients(W, B, X, Y, activation=name),
    ("gradient_step", "activation"): lambda trial, name: trial.backend.gradient_step(W, B, X, Y, 0.5, activation=name),
    ("gradient_epoch", "activation"): lambda trial, name: trial.backend.gradient_epoch(
        W, B, X, Y, 0.5, activation=name
    ),
    ("train_gradient", "activation"): lambda trial, name: trial.backend.train_gradient(
        W, B, X, Y, lr=0.5, epochs=1, activation=name
    ),
    ("MLP", "activation"): lambda trial, name: trial.net(activation=name)(X),
    ("MLP", "output"): lambda trial, name: trial.net(output=name)(X),
    ("train_step", "loss"): lambda trial, name: trial.train_step(name),
    ("fit", "loss"): lambda trial, name: trial.fit(loss=name),
    ("fit", "optimizer"): lambda trial, name: trial.fit(optimizer=name),
}
