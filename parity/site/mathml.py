"""Convert formulas of docstrings to MathML."""

import re

from latex2mathml.commands import MATRICES
from latex2mathml.converter import convert
from pylatexenc.latexwalker import LatexWalker


def to_mathml(latex, where, display="block"):
    r"""LaTeX as MathML; ``where`` is the location in the error for a formula that does not convert.

    >>> to_mathml(r"\eta", "here")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow><mi>&#x003B7;</mi></mrow></math>'
    """
    latex = " ".join(latex.split())
    try:
        LatexWalker(latex, tolerant_parsing=False).get_latex_nodes()  # the converter would close open groups silently
        converted = convert(spaced(latex), display=display)
    except Exception as error:
        message = " ".join(f"{type(error).__name__} {error}".split())
        raise ValueError(f"{where}: the formula {latex} does not convert: {message}") from None
    # The converter copies or drops unknown macros.
    unknown = [name for name in re.findall(r"\\begin{(.*?)}", latex) if f"\\{name}" not in MATRICES]
    if unknown or re.search(r"\\|[$&]<|<mi />", converted):
        message = f"the environment {unknown[0]}" if unknown else "a command or a sign in it"
        raise ValueError(f"{where}: the formula {latex} does not convert: {message} is not known")
    return converted


def spaced(latex):
    r"""Add the thin spaces that TeX sets around a function's name.

    >>> print(spaced(r"y \log p + (1 - y) \log(1 - p)"))
    y \, \log \, p + (1 - y) \, \log(1 - p)
    """
    names = r"\\(?:exp|log|tanh)\b"
    latex = re.sub(rf"(?<=[\w)}}]) (?={names})", r" \, ", latex)
    return re.sub(rf"({names}(?:\^\w)?) ", r"\1 \, ", latex)
