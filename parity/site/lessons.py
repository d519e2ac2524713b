"""What the lessons show: numbers that both backends compute while the page is built, and the data of the pictures."""

from parity.site import equality
from scratch import load_data

PICTURED = ("toy", "toy_flipped", "xor", "moons")


def data():
    """The points and classes of the data sets that move."""
    return {name: dict(zip("xy", (values.tolist() for values in load_data(name)), strict=True)) for name in PICTURED}


def backpropagation():
    """The numbers of one forward and one backward pass."""
    return {}


def equal():
    """The numbers of the page about equality."""
    return equality.numbers()
