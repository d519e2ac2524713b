"""Text in reports: escaped text of candidates, and sentences about known mistakes."""

from types import SimpleNamespace


def printable(value):
    r"""The value with all text in it, at any depth, escaped as ``repr`` does; line breaks are kept.

    Terminal control (escape sequences, marks that change the text direction) and text that cannot be encoded (halves of
    a surrogate pair) become readable.

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
    """A character, or its escape as in ``repr``."""
    return letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1]


def sentence(mistake):
    """The explanation of a mistake and where it is found."""
    return f"this is what you get when {mistake['explanation']} {mistake['met']}"


def named(mistakes):
    """The names and explanations of mistakes."""
    return "; or ".join(f"{mistake['name']}: {sentence(mistake)}" for mistake in mistakes)
