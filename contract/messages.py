"""Values as they stand in a message: one line, not too long."""


def shown(value):
    """The beginning of the value's repr."""
    try:
        return " ".join(printable(repr(value)).split())[:60]
    except Exception:  # its own __repr__ fails; an int may be too long for one
        return f"<{type(value).__name__}>"


def printable(text):
    """The beginning of a text without control characters and line breaks."""
    return "".join(c if c.isprintable() else " " for c in text[:500])


def label(key):
    """A key as it is, if it is a word."""
    is_word = isinstance(key, str) and key.isprintable()
    return key[:60] if is_word else shown(key)


def shape(value):
    """A shape as a tuple, whichever library has made it."""
    return tuple(value.shape)


def expect_no(faults, name):
    """Raise one error that names all faults at once."""
    if faults:
        raise ValueError(f"{name}: {'; '.join(faults)}")


def invalid(name, got, expected):
    """The error about an argument, always in this order."""
    return ValueError(f"{name}: got {got}, expected {expected}")
