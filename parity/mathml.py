"""A formula of a docstring, for a page."""

from latex2mathml.converter import convert


def to_mathml(latex, where):
    r"""LaTeX as MathML; ``where`` is said of a formula that does not convert.

    >>> to_mathml(r"\eta", "here")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow><mi>&#x003B7;</mi></mrow></math>'
    """
    latex = " ".join(latex.split())
    try:
        converted = convert(latex, display="block")
    except Exception as error:
        told = f"{type(error).__name__} {error}".strip()
        raise ValueError(f"{where}: the formula {latex} does not convert: {told}") from None
    # What the converter does not know it writes as it stands.
    if "\\" in converted:
        raise ValueError(f"{where}: the formula {latex} does not convert: a command in it is not known")
    return converted
