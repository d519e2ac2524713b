"""Kinds of array arguments, with their shapes in letters.

``Float[K, D]`` is an array of floats with K rows and D columns. A letter stands for the
same size everywhere in one signature. A leading ``...`` stands for nothing or N: one
sample or N samples. ``Shape`` is any shape, ``Batch`` any shape with at least one
number in it; each is the same everywhere in a signature, so nothing is broadcast.
"""

import numpy as np

from contract.messages import invalid, printable, shape, shown

FLOATS = (np.dtype("float64"), np.dtype("float32"))


class Axis:
    """A size by its letter, or a whole shape by its name."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


N, D, K = Axis("N"), Axis("D"), Axis("K")
Shape, Batch = Axis("Shape"), Axis("Batch")
WHOLE = (Shape, Batch, ...)  # comes first, for any number of axes


class Array:
    """A kind of array: ``Float`` is a kind, ``Float[K, D]`` one with a shape."""

    def __init__(self, name, check=None, numbers="float", axes=(Shape,)):
        self.name, self.check, self.numbers, self.axes = name, check, numbers, axes

    def __getitem__(self, axes):
        axes = axes if isinstance(axes, tuple) else (axes,)
        return Array(self.name, self.check, self.numbers, axes)

    def __repr__(self):
        axes = ", ".join("..." if axis is ... else repr(axis) for axis in self.axes)
        return f"{self.name}[{axes}]"

    def fit(self, name, value, bound):
        """Compare the shape with letters bound by earlier arrays; bind the rest."""
        got = shape(value)
        whole = self.axes[0] if self.axes and self.axes[0] in WHOLE else None
        tail = self.axes[whole is not None :]
        ahead = len(got) - len(tail)
        sizes = dict(zip(tail, got[max(ahead, 0) :], strict=False))
        if whole is None:
            fits = ahead == 0
        else:
            fits = ahead >= 0 and (whole is not ... or ahead <= 1)
            sizes[whole] = got[:ahead] if ahead > 0 else ()
        unlike = [a for a, size in sizes.items() if size != bound.get(a, (size,))[0]]
        if unlike or not fits:
            raise invalid(name, f"shape {got}", self.wanted(bound))
        for axis, size in sizes.items():
            bound.setdefault(axis, (size, name, got))
        if 0 in got and (whole in (Batch, ...) or N in tail or tail == (D,)):
            raise invalid(name, f"shape {got}, which is empty", "at least one number")

    def wanted(self, bound):
        """The expected shape in words, with known sizes and the arrays it must fit."""
        known = [axis for axis in self.axes if axis in bound]
        parts = [self.axes]
        if self.axes and self.axes[0] is ... and ... not in bound:
            parts = [(N, *self.axes[1:]), self.axes[1:]]
        text = " or ".join(written(axes, bound) for axes in parts)
        owners = {bound[axis][1]: bound[axis][2] for axis in known}
        fitting = " and ".join(f"{name} {got}" for name, got in owners.items())
        text += f" to fit {fitting}" if fitting else ""
        return text + "; nothing is broadcast" * (self.axes[:1] in ((Shape,), (Batch,)))


def written(axes, bound):
    """Axes as a shape, in numbers where they are known."""
    sizes: list = []
    for axis in axes:
        size = bound[axis][0] if axis in bound else "..." if axis in WHOLE else axis
        sizes += size if isinstance(size, tuple) else [size]
    return f"({', '.join(map(str, sizes))}{',' * (len(sizes) == 1)})"


def signs(name, y):
    """Labels -1 or +1, which can be compared with a sign."""
    if not (abs(y) == 1).all():
        wrong = y[abs(y) != 1].ravel()[0]
        raise invalid(name, f"the label {wrong.item():g}", "only -1 and +1")


def probabilities(name, value):
    """Numbers from 0 to 1."""
    if not ((value >= 0) & (value <= 1)).all():
        wrong = value[~((value >= 0) & (value <= 1))].ravel()[0]
        raise invalid(name, f"the value {wrong.item():g}", "only numbers from 0 to 1")


Float = Array("Float")
Sign = Array("Sign", signs)
Probability = Array("Probability", probabilities)
# Indices of the columns of ``pred``.
Classes = Array("Classes", numbers="classes")
# One for each sample; integers are not converted.
Targets = Array("Targets", numbers="any")


def read(name, value):
    """The value as a NumPy array of any dtype."""
    if isinstance(value, np.ma.MaskedArray):
        raise invalid(name, "a masked array", "numbers without a mask")
    try:
        return np.asarray(value)
    except ValueError:
        raise irregular(name, value) from None
    except Exception as error:  # raised by the value itself, whose methods NumPy calls
        got = f"{shown(value)}, which NumPy cannot read ({printable(str(error))})"
        raise invalid(name, got, "numbers in a regular shape") from None


def irregular(name, value):
    """The error about nested lists that do not form an array."""
    return invalid(name, shown(value), "numbers in a regular shape")


def read_numbers(name, value):
    """The value as a NumPy array of numbers."""
    array = read(name, value)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype not in FLOATS and array.dtype.kind not in "biu":
        got = f"an array of {array.dtype}"
        raise invalid(name, got, "numbers in float64 or float32")
    return array


def expect_called(kept):
    """Check that a forward pass has kept what backward needs."""
    if kept is None:
        raise invalid("backward", "no input", "a forward pass before it")


def expect_shape(name, got, wanted, owner):
    """Check that the shape equals that of another array."""
    if got != wanted:
        raise invalid(name, f"shape {got}", f"{wanted}, that of the {owner}")


def expect_like(name, array, parameter):
    """Check that shape and dtype equal those of a parameter."""
    expect_shape(name, array.shape, parameter.shape, "parameter")
    if array.dtype != parameter.dtype:
        got, wanted = array.dtype, parameter.dtype
        raise invalid(name, f"an array of {got}", f"{wanted}, that of the parameter")


def expect_classes(name, target, classes, dtype, pred):
    """Check for integers below K; ``classes`` are the 64-bit integers, or None."""
    if classes is None:
        raise invalid(name, f"an array of {dtype}", "integers, the class indices")
    outside = (classes < 0) | (classes >= pred.shape[1])
    if outside.any():
        wrong = target.tolist()[outside.tolist().index(True)]
        most = f"0 to {pred.shape[1] - 1} to fit pred {shape(pred)}"
        raise invalid(name, f"the class {wrong}", most)


def expect_samples(name, y, x):
    """Check that there are as many targets as samples."""
    if len(y.shape) not in (1, 2) or len(y) != len(x):
        wanted = f"({len(x)}, K), or ({len(x)},) to fit x {shape(x)}"
        raise invalid(name, f"shape {shape(y)}", wanted)
