"""What candidates have answered, and what was concluded, for the candidates after them.

What a judge asks and concludes follows from the answers of the candidate alone: the seed gives the examples, and the
examples give the results of the reference and of the referee. Of a candidate that gives, byte for byte, the answers of
one before, the same is true: no example is drawn, nothing is computed and nothing explained again. At its first other
answer it is judged as any other, and what it has answered so far is not asked again.
"""

import re
import sys
from copy import deepcopy
from typing import Any, NamedTuple

from parity.border.process import Exchange

MOST_BYTES = 2**27
MOST_VARIANTS = 32  # of the answers in one property


class Outcome(NamedTuple):
    """How a property ended: the evidence, and the lesson if the candidate differs."""

    evidence: dict[str, Any]
    lesson: dict[str, Any] | None = None

    def told_of(self, name, other):
        """The same of another candidate: its name in the place of this one's."""
        return Outcome(*renamed(tuple(self), name, other))


class Known(NamedTuple):
    """A property as one candidate went through it: what was said, what was known of the candidate, how it ended."""

    candidate: str
    conversation: list[Exchange]
    signatures: dict[str, Any]
    after: tuple
    outcome: Outcome


class Record:
    """What is known against one reference, up to a number of bytes: what was used least recently is forgotten."""

    def __init__(self, most=MOST_BYTES):
        self.most = most
        self.reference = None
        self.known: dict[tuple, list[Known]] = {}
        self.sizes: dict[tuple, int] = {}

    def begin(self, reference):
        """Start with this fingerprint of the reference; what is known against another one is forgotten."""
        if reference is None or reference != self.reference:
            self.known.clear()
            self.sizes.clear()
        self.reference = reference

    def repeated(self, name, check):
        """How the property of this name ends if the candidate repeats the answers of one before; else None."""
        candidate, key = check.candidate, (name, state(check))
        variants = self.known.get(key, ())
        possible = [each for each in variants if each.signatures.items() <= candidate.signatures.items()]
        number = candidate.process.repeat([each.conversation for each in possible])
        if number is None:
            candidate.listen()
            return None
        self.known[key] = self.known.pop(key)
        restore(check, possible[number].after)
        return possible[number].outcome.told_of(possible[number].candidate, candidate.name)

    def keep(self, name, before, check, outcome):
        """Keep what was said in a property and how it ended; forget what was not used for long."""
        candidate = check.candidate
        conversation = candidate.process.said
        if conversation is None or self.reference is None or not candidate.process.child:
            return
        if not replaceable(candidate.name, check.reference.name, conversation):
            return
        key = name, before
        signatures = {each: candidate.signatures[each] for each in candidate.consulted}
        variants = self.known[key] = self.known.pop(key, [])
        if variants:
            conversation = sharing(conversation, variants[-1].conversation)
        variants.append(Known(candidate.name, conversation, signatures, state(check), deepcopy(outcome)))
        del variants[:-MOST_VARIANTS]
        self.sizes[key] = size(variants)
        while sum(self.sizes.values()) > self.most:
            oldest = next(iter(self.known))
            del self.known[oldest], self.sizes[oldest]


def sharing(conversation, other):
    """A conversation that has its bytes in common with another one, as far as they are equal."""
    both = [
        Exchange(*(old if old == new else new for new, old in zip(each, known, strict=True)))
        for each, known in zip(conversation, other, strict=False)
    ]
    return both + conversation[len(both) :]


def size(variants):
    """Bytes of these conversations."""
    exchanges = [exchange for each in variants for exchange in each.conversation]
    contents = {id(content): content for exchange in exchanges for content in (exchange, *exchange[:2])}
    return sum(map(sys.getsizeof, contents.values()))


def state(check):
    """What a property depends on besides the answers and the signatures: what earlier ones have found out."""
    candidate = check.candidate
    found = tuple(sorted(candidate.floats_only)), candidate.keeps, tuple(sorted(check.abilities.items()))
    return *found, str(candidate.declared()), check.form


def restore(check, after):
    """Set this state."""
    floats_only, check.candidate.keeps, abilities, _, check.form = after
    check.candidate.floats_only, check.abilities = set(floats_only), dict(abilities)


def replaceable(name, reference, conversation):
    """Whether a text of the judge has this name only where it means the candidate."""
    said = any(name.encode() in each.answer for each in conversation)
    return name.endswith(".py") and name != reference and not said


def renamed(value, name, other):
    """A copy of texts, lists and dictionaries with another name in the place of this one."""
    if isinstance(value, str):
        return re.sub(rf"(?<![\w.-]){re.escape(name)}(?!\w)", lambda _: other, value)
    if isinstance(value, dict):
        return {renamed(key, name, other): renamed(item, name, other) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(renamed(item, name, other) for item in value)
    return value
