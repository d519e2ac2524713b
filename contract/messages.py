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


def expect_dictionary(name, value):
    """What a state is read from."""
    if not isinstance(value, dict):
        raise invalid(name, shown(value), "a dictionary")


def key_faults(given, needed, known=None):
    """The keys that are missing, and those that are unknown."""
    known = needed if known is None else known
    missing = [f"{key} is missing" for key in needed if key not in given]
    return missing + [f"{label(key)} is unknown" for key in given if key not in known]
