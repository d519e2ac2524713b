"""Values in messages: one line, not too long."""


def shown(value):
    """The beginning of the value's repr."""
    try:
        return cut(" ".join(printable(repr(value)).split()))
    except Exception:  # __repr__ fails, or an int is too long to print
        return f"<{type(value).__name__}>"


def cut(text):
    """The beginning of a text; three dots say that it goes on."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def printable(text):
    """The beginning of a text without control characters and line breaks."""
    return "".join(c if c.isprintable() else " " for c in text[:500])


def label(key):
    """A key unchanged, if it is printable text."""
    is_word = isinstance(key, str) and key.isprintable()
    return cut(key) if is_word else shown(key)


def shape(value):
    """A shape as a tuple, for an array of either library."""
    return tuple(value.shape)


def expect_no(faults, name):
    """Raise one error that names all faults at once."""
    if faults:
        raise ValueError(f"{name}: {'; '.join(faults)}")


def invalid(name, got, expected):
    """The error about an argument: ``NAME: got VALUE, expected WHAT``."""
    return ValueError(f"{name}: got {got}, expected {expected}")


def expect_dictionary(name, value):
    """Check for a dictionary."""
    if not isinstance(value, dict):
        raise invalid(name, shown(value), "a dictionary")


def key_faults(given, needed, known=None):
    """The keys that are missing, and those that are unknown."""
    known = needed if known is None else known
    missing = [f"{key} is missing" for key in needed if key not in given]
    return missing + [f"{label(key)} is unknown" for key in given if key not in known]
