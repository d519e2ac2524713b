"""Text in reports: that of strangers, so that it can be shown, sent and written anywhere, and that of mistakes."""

from types import SimpleNamespace


def printable(value):
    r"""The value with all text in it, at whatever depth, escaped as ``repr`` does it; lines remain lines.

    What a terminal would obey (escape sequences, marks that turn the direction round) or no file takes (halves of a
    surrogate pair) becomes what one can read.

    >>> print(printable("a\x1b[2Jb\udcff"))
    a\x1b[2Jb\udcff
    """
    if isinstance(value, str):
        return value if value.isprintable() else "".join(map(escaped, value))
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(printable, value))
    if isinstance(value, list | tuple):
        return type(value)(map(printable, value))
    if isinstance(value, SimpleNamespace):
        return SimpleNamespace(**printable(vars(value)))
    return value


def escaped(letter):
    """A letter, or how ``repr`` writes it."""
    return letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1]


def sentence(mistake):
    """What it is and where it is met."""
    return f"this is what you get when {mistake['explanation']} {mistake['met']}"


def named(mistakes):
    """Their names and sentences."""
    return "; or ".join(f"{mistake['name']}: {sentence(mistake)}" for mistake in mistakes)
