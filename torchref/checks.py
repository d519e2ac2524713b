"""What every function asks of its arguments; each error is one line: what, got, expected.

Not part of the contract: these names are not exported by the package.
"""

import math
import numbers
import operator
import warnings

import torch

FLOATS = {torch.float64, torch.float32}
WHOLE = {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}


def as_tensor(name, value):
    """The named value as a tensor; Python's numbers become float64 and not PyTorch's float32."""
    if isinstance(value, torch.Tensor):
        return value
    try:
        return torch.tensor(value, dtype=None if hasattr(value, "dtype") else torch.float64)
    except (TypeError, ValueError, RuntimeError):
        kind = getattr(value, "dtype", type(value).__name__)
        raise ValueError(f"{name}: got an array of {kind}, expected numbers in float64 or float32") from None


def floats(**arrays):
    """The named arrays as float arrays of one dtype: integers become floats, float64 wins over float32."""
    values = [as_tensor(name, value) for name, value in arrays.items()]
    dtypes = {value.dtype for value in values}
    if len(dtypes) == 1 and dtypes <= FLOATS:
        return values
    for name, value in zip(arrays, values, strict=True):
        if value.dtype not in FLOATS | WHOLE:
            raise ValueError(f"{name}: got an array of {value.dtype}, expected numbers in float64 or float32")
    widest = torch.float32 if dtypes & FLOATS == {torch.float32} else torch.float64
    return [value.to(widest) for value in values]


def neuron_shapes(x, weight, bias):
    """x (N, D) or (D,), weight (K, D), bias (K,)."""
    if weight.ndim != 2:
        raise ValueError(f"weight: got shape {shape(weight)}, expected (K, D)")
    if bias.shape != weight.shape[:1]:
        raise ValueError(f"bias: got shape {shape(bias)}, expected {(weight.shape[0],)} to fit weight {shape(weight)}")
    if x.ndim not in (1, 2) or x.shape[-1] != weight.shape[1]:
        wanted = f"(N, {weight.shape[1]}) or ({weight.shape[1]},)"
        raise ValueError(f"x: got shape {shape(x)}, expected {wanted} to fit weight {shape(weight)}")
    not_empty("x", x)


def sample_shapes(x, y, weight, bias):
    """One sample: x (D,), y (K,)."""
    neuron_shapes(x, weight, bias)
    if x.ndim != 1:
        raise ValueError(f"x: got shape {shape(x)}, expected one sample of shape ({weight.shape[1]},)")
    if y.shape != bias.shape:
        raise ValueError(f"y: got shape {shape(y)}, expected {shape(bias)} to fit bias {shape(bias)}")


def batch_shapes(x, y, weight, bias):
    """All samples: x (N, D), y (N, K)."""
    neuron_shapes(x, weight, bias)
    if x.ndim != 2:
        raise ValueError(f"x: got shape {shape(x)}, expected (N, {weight.shape[1]})")
    if y.shape != (len(x), len(bias)):
        wanted = (len(x), len(bias))
        raise ValueError(f"y: got shape {shape(y)}, expected {wanted} to fit x {shape(x)} and bias {shape(bias)}")


def same_shape(pred_name, pred, target_name, target):
    """Equal shapes: a prediction (N, 1) against a target (N,) would broadcast to (N, N)."""
    if pred.shape != target.shape:
        raise ValueError(
            f"{target_name}: got shape {shape(target)}, expected {shape(pred)} as {pred_name} has; nothing is broadcast"
        )


def not_empty(name, value):
    """At least one number."""
    if 0 in value.shape:
        raise ValueError(f"{name}: got shape {shape(value)}, which holds no numbers; expected at least one sample")


def signs(name, y):
    """Labels -1 or +1, which is what a sign can be compared with."""
    if not (abs(y) == 1).all():
        wrong = y[abs(y) != 1].ravel()[0]
        raise ValueError(f"{name}: got the label {float(wrong):g}, expected only -1 and +1")


def between_0_and_1(name, value):
    """Probabilities."""
    if not ((value >= 0) & (value <= 1)).all():
        wrong = value[~((value >= 0) & (value <= 1))].ravel()[0]
        raise ValueError(f"{name}: got the value {float(wrong):g}, expected only numbers from 0 to 1")


def class_indices(name, target, pred):
    """One class index for each row of pred (N, K), as an integer array."""
    target = target if isinstance(target, torch.Tensor) else torch.tensor(target)
    if pred.ndim != 2:
        raise ValueError(f"pred: got shape {shape(pred)}, expected (N, K), a score for each class")
    if target.shape != pred.shape[:1]:
        raise ValueError(f"{name}: got shape {shape(target)}, expected ({len(pred)},) to fit pred {shape(pred)}")
    if target.dtype not in WHOLE:
        raise ValueError(f"{name}: got an array of {target.dtype}, expected whole numbers, the class indices")
    if not ((target >= 0) & (target < pred.shape[1])).all():
        wrong = target[(target < 0) | (target >= pred.shape[1])][0]
        raise ValueError(f"{name}: got the class {wrong}, expected 0 to {pred.shape[1] - 1} to fit pred {shape(pred)}")
    return target.long()


def not_negative(name, value):
    """A finite number from 0 on, as a Python float."""
    if not (isinstance(value, numbers.Real) and 0 <= value < math.inf):
        raise ValueError(f"{name}: got {value!r}, expected a finite number from 0 on")
    return float(value)


def count(name, value):
    """A whole number from 0 on."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name}: got {value!r}, expected a whole number from 0 on")


def choice(name, value, options):
    """One of the named options; the nearest is suggested."""
    if not isinstance(value, str) or value not in options:
        from difflib import get_close_matches

        nearest = get_close_matches(str(value), options, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(options)}{hint}")


def layer_sizes(name, sizes):
    """At least two counts from 1 on: inputs and outputs."""
    if len(sizes) < 2 or not all(isinstance(size, numbers.Integral) and size > 0 for size in sizes):
        raise ValueError(f"{name}: got {list(sizes)}, expected at least two whole numbers from 1 on")


def state_fits(state_dict, parameters):
    """The keys and shapes of the parameters; all that is wrong is named at once."""
    missing = [f"{name} is missing" for name in parameters if name not in state_dict]
    extra = [f"{name} is unknown" for name in state_dict if name not in parameters]
    shapes = [
        f"{name} has shape {shape(state_dict[name])}, expected {shape(parameter)}"
        for name, parameter in parameters.items()
        if name in state_dict and shape(state_dict[name]) != shape(parameter)
    ]
    if missing + extra + shapes:
        raise ValueError("state_dict: " + "; ".join(missing + extra + shapes))


def epoch_orders(orders, epochs, n):
    """The order of the samples in each epoch: as given, one permutation of range(n) an epoch, or 0..n-1."""
    if orders is None:
        for _ in range(epochs):
            yield list(range(n))
        return
    # range first: zip then asks no epoch too many of a generator.
    for epoch, order in zip(range(epochs), orders, strict=False):
        try:
            order = [operator.index(i) for i in order]
            permuted = sorted(order) == list(range(n))
        except TypeError:
            permuted = False
        if not permuted:
            raise ValueError(f"orders[{epoch}]: got {order!r:.60}, expected a permutation of 0..{n - 1}")
        yield order


def finite_loss(loss, epoch):
    """Whether training may go on; says in one line where it went out of range."""
    if math.isfinite(loss):
        return True
    warnings.warn(f"the loss became {float(loss)} in epoch {epoch}; training stopped", stacklevel=3)
    return False


def shape(value):
    """A shape as a person writes it."""
    return tuple(value.shape)
