"""The formula of a function, from its docstring, as one line of text."""

import inspect
import re
from importlib import import_module

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db


def formula(name):
    """What the contract says that ``name`` computes, or an empty line."""
    thing = getattr(import_module("scratch"), name, None)
    # An optimizer's formula is that of its update rule.
    docstring = inspect.getdoc(getattr(thing, "update", thing)) or ""
    found = re.findall(r"\.\. math::(.*?)(?:\n\n|\Z)", docstring, re.DOTALL)
    return readable(r", \qquad ".join(" ".join(latex.split()) for latex in found))


def readable(latex):
    r"""Text for a terminal.

    >>> readable(r"w \leftarrow w - \eta \frac{\partial L}{\partial w}")
    'w ← w - η ∂ L/∂ w'
    """
    latex = re.sub(r"\\(?:operatorname|text|texttt)\{((?:[^{}]|\\_)*)\}", r" \1", latex).replace(r"\tfrac", r"\frac")
    text = LatexNodes2Text(math_mode="text", keep_braced_groups=True, keep_braced_groups_minlen=2, latex_context=SPECS)
    return re.sub(r"\s+", " ", text.latex_to_text(f"${latex}$").replace(" ,", ",")).strip()


def fraction(node, l2tobj):
    """Numerator / denominator, in brackets if they are sums or products."""
    parts = [l2tobj.nodelist_to_text([part]).strip().removeprefix("{").removesuffix("}") for part in node.nodeargs]
    return " " + "/".join(f"({part})" if re.search(r"[ /]", part.replace("∂ ", "")) else part for part in parts)


SPECS = get_default_latex_context_db()
SPECS.add_context_category(
    "fractions",
    macros=[MacroTextSpec("frac", fraction), MacroTextSpec("qquad", "   ")],
    prepend=True,
)
