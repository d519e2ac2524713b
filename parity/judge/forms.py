"""The form of a whole net, as its file declares it in ``NET``: what it computes, and how its arrays are laid out.

The judge computes with the contract's arrays, x (N, D), y (N, K) or class indices, weight (K, D) and bias (K,), and
converts them here, so that a net keeps its own.
"""

import ast
import inspect
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import scratch
from contract.arguments import choice, is_integer
from contract.messages import cut, shown
from parity.judge import referee

ACTIVATIONS = tuple(referee.ACTIVATIONS)
WEIGHTS = ("(K, D)", "(D, K)", "(K, 1+D)", "(K, D+1)", "(1+D, K)", "(D+1, K)")
BIASES = ("(K,)", "(K, 1)", "(1, K)", "none")
INPUTS = ("(N, D)", "(D, N)", "(D,)", "(D, 1)", "(1, D)")
TARGETS = ("(N, K)", "(K, N)", "(N,)", "(N, 1)", "(K,)", "(K, 1)", "(1, K)", "()")
# What may be declared: the choices, and what it is. ``parity template net`` writes a line for each.
OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "activation": (ACTIVATIONS, "activation of the hidden layers"),
    "output": (ACTIVATIONS, "activation of the last layer"),
    "loss": (tuple(referee.LOSSES), "what step returns, and whose gradient it follows"),
    "reduction": (
        ("mean", "sum", "batchmean"),
        "of the loss; batchmean is the sum divided by the N samples",
    ),
    "l2": ((), "adds l2 / 2 times the sum of all squared weights, without the biases, to the loss"),
    "optimizer": (tuple(referee.UPDATES), 'rule of the step; its options may follow as lines, such as "momentum": 0.9'),
    "weights": (WEIGHTS, "shape of the weights of D inputs and K neurons; the 1 is a bias inside them"),
    "bias": (BIASES, "shape of the bias, if it is not inside the weights"),
    "x": (INPUTS, "shape of the inputs: N samples, or one"),
    "y": (TARGETS, "shape of the targets; of cross_entropy K is one-hot, without it they are class numbers"),
    "hidden_layers": ((), "number of hidden layers, if the net can have no other"),
    "sizes": ((), "numbers of inputs, hidden neurons and outputs, such as [2, 8, 1], if it can have no others"),
}


class Form(NamedTuple):
    """What a net declares; every default is PyTorch's convention."""

    activation: str = "sigmoid"
    output: str = "identity"
    loss: str = "mse_loss"
    reduction: str = "mean"
    l2: float = 0.0
    optimizer: str = "SGD"
    weights: str = "(K, D)"
    bias: str = "(K,)"
    x: str = "(N, D)"
    y: str = "(N, K)"
    hidden_layers: int | None = None
    sizes: tuple[int, ...] | None = None
    options: tuple[tuple[str, Any], ...] = ()  # of the optimizer

    def __str__(self):
        further = "".join(f", {name} {value}" for name, value in (("l2", self.l2), *self.options) if value)
        return f"{self.activation}, {self.output}, {self.loss} ({self.reduction}), {self.optimizer}{further}"

    @property
    def one_sample(self):
        """Whether a step takes one sample."""
        return "N" not in self.x

    @property
    def one_output(self):
        """Whether the net has one output, because its targets have no axis for more."""
        return self.loss != "cross_entropy" and "K" not in self.y

    @property
    def inside(self):
        """Whether the biases are a row or a column of the weights."""
        return "1" in self.weights

    @property
    def has_bias(self):
        """Whether there are biases."""
        return self.inside or self.bias != "none"

    @property
    def last(self):
        """The activation of the last layer as the contract has it: a softmax of cross_entropy is inside the loss."""
        return "identity" if self.loss == "cross_entropy" else self.output

    def activations(self, layers):
        """The activation of each layer."""
        return [self.activation] * (layers - 1) + [self.last]

    def factor(self, n, k):
        """The declared loss of N samples and K outputs as a multiple of the contract's."""
        return self.scale(n, k) / (self.elements(n, k) if self.loss == "squared_error" else 1)

    def scale(self, n, k):
        """The same as a multiple of the mean."""
        return self.elements(n, k) / {"sum": 1, "batchmean": n, "mean": self.elements(n, k)}[self.reduction]

    def elements(self, n, k):
        """The number of terms of the loss."""
        return n if self.loss == "cross_entropy" else n * k

    @property
    def names(self):
        """The contract's functions and classes that a step of this net is made of."""
        activations = dict.fromkeys([self.activation, self.last])
        backward = [f"{name}_backward" for name in (*activations, self.loss)]
        classes = ["MLP", "train_step"] + [self.optimizer] * bool(self.options)
        return ["linear", *activations, self.loss, *backward, self.update, *classes]

    @property
    def update(self):
        """The name of the optimizer's rule."""
        return referee.UPDATES[self.optimizer].__name__


def declared(side):
    """The form that a candidate declares; a ValueError of one line says what is wrong with it."""
    try:
        return read(side)
    except ValueError as error:
        raise ValueError(f"{side.name}: {error}") from None


def read(side):
    """The form, checked."""
    text = side.ask("text", "NET") if side.defines("NET") else "nothing"
    try:
        given = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        given = None
    if not isinstance(given, dict):
        wanted = "a dictionary such as {'activation': 'tanh', 'loss': 'mse_loss'}; parity template net writes one"
        raise ValueError(f"NET: got {cut(text)}, expected {wanted}")
    given = {"reduction": "sum"} | given if given.get("loss") == "squared_error" else given
    optimizer = given.get("optimizer", "SGD")
    for name, (choices, _) in OPTIONS.items():
        if choices and name in given:
            choice(f"NET: {name}", given[name], choices)
    rest = {key: value for key, value in given.items() if key not in OPTIONS}
    check_options(optimizer, rest)
    options: dict[str, Any] = {name: given[name] for name in OPTIONS if name in given}
    form = Form(**options, options=tuple(rest.items()))
    check_numbers(form)
    check_together(form)
    return form._replace(sizes=tuple(form.sizes) if form.sizes else None)


def check_options(optimizer, options):
    """Only names of the table, and options of the optimizer with valid values."""
    known = [name for name in inspect.signature(referee.UPDATES[optimizer]).parameters if name != "lr"][3:]
    for name in options:
        choice("NET", name, (*OPTIONS, *known))
    try:
        getattr(scratch, referee.UPDATES[optimizer].__name__)(np.zeros(1), np.zeros(1), None, lr=0.1, **options)
    except (ValueError, TypeError) as error:
        raise ValueError(f"NET: {error}") from None


def check_numbers(form):
    """The options that are numbers."""
    if not isinstance(form.l2, int | float) or isinstance(form.l2, bool) or not 0 <= form.l2 < np.inf:
        raise ValueError(f"NET: l2: got {shown(form.l2)}, expected a non-negative number")
    if form.hidden_layers is not None and not (is_integer(form.hidden_layers) and 0 <= form.hidden_layers <= 8):
        raise ValueError(f"NET: hidden_layers: got {shown(form.hidden_layers)}, expected a number from 0 to 8")
    if form.sizes is None:
        return
    if not isinstance(form.sizes, list | tuple) or len(form.sizes) < 2:
        raise ValueError(f"NET: sizes: got {shown(form.sizes)}, expected the number of inputs, ..., of outputs")
    if not all(is_integer(size) and 0 < size <= 10_000 for size in form.sizes):
        raise ValueError(f"NET: sizes: got {shown(form.sizes)}, expected integers from 1 to 10000")


def check_together(form):
    """What does not go with the loss, the optimizer or the sizes."""
    outputs = {
        "binary_cross_entropy": ("sigmoid", "softmax"),
        "binary_cross_entropy_with_logits": ("identity",),
        "cross_entropy": ("identity", "softmax"),
    }.get(form.loss)
    if outputs and form.output not in outputs:
        raise ValueError(f"NET: output: got {form.output!r}, expected {' or '.join(outputs)} for {form.loss}")
    if form.l2 and form.optimizer == "AdamW":
        raise ValueError("NET: l2: got it with AdamW, expected weight_decay, which is decoupled there")
    if form.one_sample != ("N" not in form.y):
        fitting = [y for y in TARGETS if form.one_sample == ("N" not in y)]
        raise ValueError(f"NET: y: got {form.y}, expected one of {', '.join(fitting)} for x {form.x}")
    if form.sizes and form.one_output and form.sizes[-1] != 1:
        raise ValueError(f"NET: y: got {form.y}, expected one with K for {form.sizes[-1]} outputs")
    if form.sizes and form.hidden_layers not in (None, len(form.sizes) - 2):
        raise ValueError(f"NET: hidden_layers: got {form.hidden_layers}, expected {len(form.sizes) - 2}, as sizes say")


# the arrays


def shapes(form, sizes):
    """The shapes of the net's own arrays, layer by layer."""
    zeros = {name: np.zeros(shape) for name, shape in contract_shapes(sizes).items()}
    return [array.shape for array in to_net(form, zeros)]


def contract_shapes(sizes):
    """The shapes of the contract's weights, by their names."""
    layers = enumerate(pairwise(sizes), start=1)
    return {f"fc{i}.{kind}": s for i, (d, k) in layers for kind, s in (("weight", (k, d)), ("bias", (k,)))}


def to_net(form, weights):
    """The contract's weights as the net's own arrays: of each layer the weights, then the biases."""
    values, arrays = list(weights.values()), []
    for weight, bias in zip(values[::2], values[1::2], strict=True):
        parts = [bias[:, None], weight] if "1+D" in form.weights else [weight, bias[:, None]]
        weight = np.hstack(parts) if form.inside else weight
        arrays.append(weight.T if form.weights.endswith("K)") else weight)
        if not form.inside and form.has_bias:
            arrays.append({"(K,)": bias, "(K, 1)": bias[:, None], "(1, K)": bias[None]}[form.bias])
    return arrays


def from_net(form, arrays, sizes):
    """The net's own arrays as the contract's weights; biases that it does not have are 0."""
    arrays, weights = list(arrays), dict[str, np.ndarray]()
    for i, (_, k) in enumerate(pairwise(sizes), start=1):
        weight = arrays.pop(0)
        weight = weight.T if form.weights.endswith("K)") else weight
        if form.inside:
            bias = weight[:, 0] if "1+D" in form.weights else weight[:, -1]
            weight = weight[:, 1:] if "1+D" in form.weights else weight[:, :-1]
        else:
            bias = arrays.pop(0).reshape(k) if form.has_bias else np.zeros(k, weight.dtype)
        weights |= {f"fc{i}.weight": weight, f"fc{i}.bias": bias}
    return weights


def inputs(form, x):
    """x (N, D) as the net takes it."""
    return x[0] if form.x == "(D,)" else x.T if form.x in ("(D, N)", "(D, 1)") else x


def targets(form, y, outputs, dtype):
    """y (N, K) or class indices (N,) as the net takes it."""
    if "K" not in form.y:
        column = y.reshape(-1, 1)
        return column if form.y == "(N, 1)" else column[:, 0] if form.y == "(N,)" else column.reshape(())
    y = np.eye(outputs, dtype=dtype)[y] if y.ndim == 1 else y
    return y[0] if form.y == "(K,)" else y.T if form.y in ("(K, N)", "(K, 1)") else y
