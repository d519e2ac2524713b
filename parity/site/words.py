"""The words of the evidence: where each is explained, and the links that lead there."""

import html
import re
from typing import NamedTuple

PAGE = "equal.html"


class Word(NamedTuple):
    """A word as the search names it, the forms in which the evidence has it, and what else it is searched by."""

    name: str
    forms: str
    topics: str


# By the place on the page that explains the word.
WORDS = {
    "ulp": Word("ulp", r"ulp", "unit in the last place, float, spacing, worst gap"),
    "exact": Word("exact, bit for bit", r"exact|bit for bit", "certificate, integers, halves, without rounding"),
    "rounding": Word("rounding", r"rounding", "within the bound, rounding error, half an ulp"),
    "bound": Word("rounding bound, of the bound", r"rounding bound|of the bound", "tolerance, share, gap"),
    "referee": Word("referee", r"referee", "third implementation, wider format, mpmath, which side is off"),
    "ties": Word("ties", r"ties", "tie, sign, zero"),
    "ill-conditioned": Word("ill-conditioned", r"ill-conditioned", "cancellation, proves nothing"),
    "equal-on-paper": Word(
        "equal on paper", r"equal on paper", "another formula, more rounding, lost digits, times the bound"
    ),
    "holds": Word("holds", r"holds?", "cases and laws that hold"),
    "different": Word("DIFFERENT", r"DIFFERENT|DIFFERS", "difference, mistake, mismatch"),
    "accepts-bad-input": Word(
        "accepts bad input", r"accepts (?:bad|invalid) input", "invalid input, ValueError, rejected"
    ),
}
# The longer of two forms that begin at one place; no part of a longer word or of the name of a file.
FORMS = re.compile(
    r"(?<![\w-])(?:{})(?![\w-]|\.\w)".format(
        "|".join(f"(?P<{place.replace('-', '_')}>{word.forms})" for place, word in reversed(WORDS.items()))
    )
)


def linked(text):
    """Evidence as HTML, in which every word leads to its explanation.

    >>> linked("exact < 3")
    '<a href="equal.html#exact">exact</a> &lt; 3'
    """
    return FORMS.sub(link, html.escape(text))


def link(found):
    """One word with its link."""
    return f'<a href="{PAGE}#{found.lastgroup.replace("_", "-")}">{found[0]}</a>'


def entries():
    """The words for the search index."""
    return [
        {"name": word.name, "about": "what does equal mean?", "text": word.topics, "url": f"{PAGE}#{place}"}
        for place, word in WORDS.items()
    ]
