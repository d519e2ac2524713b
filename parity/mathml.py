"""A formula of a docstring, for a page."""

from latex2mathml.converter import convert
from pylatexenc.latexwalker import LatexWalker


def to_mathml(latex, where):
    r"""LaTeX as MathML; ``where`` is said of a formula that does not convert.

    >>> to_mathml(r"\eta", "here")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow><mi>&#x003B7;</mi></mrow></math>'
    """
    latex = " ".join(latex.split())
    try:
        LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()  # the converter closes what is left open
        converted = convert(latex, display="block")
    except Exception as error:
        told = " ".join(f"{type(error).__name__} {error}".split())
        raise ValueError(f"{where}: the formula {latex} does not convert: {told}") from None
    # What the converter does not know it writes as it stands.
    if "\\" in converted:
        raise ValueError(f"{where}: the formula {latex} does not convert: a command in it is not known")
    return converted
