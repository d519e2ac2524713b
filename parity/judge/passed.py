"""What candidates have answered in the properties that they passed, for the candidates after them.

What a judge asks and concludes follows from the answers of the candidate alone: the seed gives the examples, and the
examples give the results of the reference and of the referee. A candidate that gives, byte for byte, the answers of
one that has passed has passed too: no example is drawn and nothing is computed again. At its first other answer it is
judged as any other, and what it has answered so far is not asked again.
"""

from typing import Any, NamedTuple

from parity.border.process import Exchange

MOST_BYTES = 2**27
MOST_VARIANTS = 32  # of the answers in one property


class Passed(NamedTuple):
    """A property that a candidate has passed: what was said, what was known of the candidate, and the evidence."""

    conversation: list[Exchange]
    signatures: dict[str, Any]
    after: tuple
    evidence: dict[str, Any]

    @property
    def size(self):
        """Bytes of the conversation."""
        return sum(len(each.request) + len(each.answer) for each in self.conversation)


class Record:
    """The properties passed against one reference, up to a number of bytes: those used least recently are forgotten."""

    def __init__(self, most=MOST_BYTES):
        self.most = most
        self.size = 0
        self.reference = None
        self.passed: dict[tuple, list[Passed]] = {}

    def begin(self, reference):
        """Start with this fingerprint of the reference; what was passed against another one is forgotten."""
        if reference is None or reference != self.reference:
            self.passed.clear()
            self.size = 0
        self.reference = reference

    def repeated(self, name, check):
        """Whether the candidate passes the property of this name by the answers of one before, and how."""
        candidate, key = check.candidate, (name, state(check))
        variants = self.passed.get(key, ())
        known = [each for each in variants if each.signatures.items() <= candidate.signatures.items()]
        number = candidate.process.repeat([each.conversation for each in known])
        if number is None:
            candidate.listen()
            return None
        self.passed[key] = self.passed.pop(key)
        restore(check, known[number].after)
        return known[number].evidence

    def keep(self, name, before, check):
        """Keep what was said in a property that the candidate has passed; forget what was not used for long."""
        candidate = check.candidate
        conversation = candidate.process.said
        if conversation is None or self.reference is None:
            return
        signatures = {name: candidate.signatures[name] for name in candidate.consulted}
        variants = self.passed[name, before] = self.passed.pop((name, before), [])
        variants.append(Passed(conversation, signatures, state(check), check.evidence.as_dict()))
        self.size += variants[-1].size
        if len(variants) > MOST_VARIANTS:
            self.size -= variants.pop(0).size
        while self.size > self.most:
            self.size -= sum(each.size for each in self.passed.pop(next(iter(self.passed))))


def state(check):
    """What a property depends on besides the answers and the signatures: what earlier ones have found out."""
    candidate = check.candidate
    return tuple(sorted(candidate.floats_only)), candidate.keeps, tuple(sorted(check.abilities.items()))


def restore(check, after):
    """Set this state."""
    floats_only, check.candidate.keeps, abilities = after
    check.candidate.floats_only, check.abilities = set(floats_only), dict(abilities)
