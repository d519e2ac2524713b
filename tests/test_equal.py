"""The lesson on equality: its numbers again, in fractions and from both backends, and the judge's verdicts."""

import re
from fractions import Fraction
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest

import scratch
import torchref

pytest.importorskip("mdit_py_plugins", reason="mdit-py-plugins is not installed")
pytest.importorskip("nbformat", reason="nbformat is not installed")

from parity.border.backend import Backend, Stranger, load
from parity.judge import paper, referee
from parity.judge.compare import Check, Mismatch
from parity.judge.rounding import PRECISIONS, SLACK, bounded
from parity.mistakes import MISTAKES
from parity.site import course, figures, notebooks, words

TEXT = " ".join((course.COURSE / "equal.md").read_text(encoding="utf-8").split())
UNIT = Fraction(1, 2**53)
# The examples of the text.
SUM = ([[0.1, 0.2]], [[1.0, 1.0]], [0.0])
HALVES = ([[0.5, -1.5]], [[3.0, 0.25]], [0.5])
NEURON = ([[0.1, 0.4]], [[0.3, 0.7]], [0.1])
ON_THE_LINE = ([[0.1, 0.4]], [[1.0, 1.0]], [-0.5])


def says(text):
    """Fail if this is not in the lesson."""
    assert text in TEXT


def scientific(number):
    """A number as the formulas have it."""
    mantissa, exponent = f"{float(number):.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def shown(numbers):
    """Numbers in a row, with a minus sign as in print."""
    *most, last = (f"{float(number):g}".replace("-", "\N{MINUS SIGN}") for number in numbers)
    return f"{', '.join(most)} and {last}"


def terms(x, weight, bias):
    """The terms of a neuron's sum, without rounding."""
    return [Fraction(a) * Fraction(b) for a, b in zip(x[0], weight[0], strict=True)] + [Fraction(*bias)]


def right(x, weight, bias):
    """The referee's value and bound."""
    return referee.linear(*map(bounded, map(np.array, (x, weight, bias))))


def verdict(name, *given):
    """The judge's verdict on one example."""
    check = Check(load("scratch"), load("torchref"), "float64")
    with check.evidence.example():
        check(name, *map(np.array, given))
    [word] = check.evidence.verdicts
    return word


def test_what_is_stored():
    """The sum as both backends give it, one tenth as a fraction, and what is too large or too small."""
    for backend in (scratch, torchref):
        says(f"It answers {backend.linear(*map(backend.tensor, SUM)).item()!r}.")
    over, under = (0.1).as_integer_ratio()
    says(rf"0.1 \approx \frac{{{over}}}{{2^{{{under.bit_length() - 1}}}}}")
    assert Fraction(0.1) > Fraction(1, 10)
    assert Fraction(0.2) > Fraction(2, 10)
    assert Fraction(0.3) < Fraction(3, 10)
    says("for 0.1 and 0.2 is a little too large, what is stored for 0.3 is a little too small")
    total, ulp = Fraction(0.1) + Fraction(0.2), Fraction(float(np.spacing(0.3)))
    assert abs(total - Fraction(0.1 + 0.2)) == ulp / 2
    says("the sum lies half-way between two floats")
    integers = [Fraction(float(number)) / ulp for number in (0.3, 0.1 + 0.2)]
    assert [integer % 2 for integer in integers] == [1, 0]
    says("takes the one whose integer is even")
    assert [0.1 + 0.2, len(repr(0.1 + 0.2)) - 2] == [np.nextafter(0.3, 1), 17]
    says("The sum is the next float after the one for 0.3, so 0.3 will not do for it, and it takes 17 digits.")


def test_floats_and_orders():
    """The unit roundoff, and the gap of two orders in both backends."""
    assert Fraction(float(np.spacing(1.0))) / 2 == UNIT
    assert TEXT.count(rf"u = 2^{{-53}} \approx {scientific(UNIT)}") == 2
    for backend in (scratch, torchref):
        a, b, c = (backend.tensor([value]) for value in (0.1, 0.2, 0.3))
        left, other = (((a + b) + c).item(), (a + (b + c)).item())
        says(f"The gap is {(left - other) / np.spacing(other):g} ulp.")


def test_the_certificate():
    """The terms as multiples of one power of two, and that no order rounds them, in either format."""
    says("x = (0.5, -1.5)$, $w = (3, 0.25)$, $b = 0.5$")
    exact = terms(*HALVES)
    says(f"The three terms of the sum are {shown(exact)}.")
    unit = Fraction(1, max(term.denominator for term in exact))
    says(rf"In units of $\tfrac{unit.numerator}{unit.denominator}$ they are {shown(term / unit for term in exact)};")
    total = sum(map(abs, exact)) / unit
    says(f"they add up to {total}.")
    says(f"an integer of at most {total} units")
    says("to less than $2^{53}$ times that power ($2^{24}$ in float32")
    assert [PRECISIONS[dtype].digits for dtype in ("float64", "float32")] == [53, 24]
    assert not right(*HALVES).error.any()
    for backend in (scratch, torchref):
        assert Fraction(backend.linear(*map(backend.tensor, HALVES)).item()) == sum(exact)


def test_the_bound():
    """Its numbers at one point; the share of three roundings is below gamma; the point is one of the hundred."""
    says("$w = (0.3, 0.7)$ and $b = 0.1$. At the point $x = (0.1, 0.4)$")
    exact = terms(*NEURON)
    says(f"3 u \\, ({' + '.join(f'{float(term):g}' for term in exact)})")
    gamma = 3 * UNIT / (1 - 3 * UNIT)
    assert (1 + UNIT) ** 3 - 1 == 3 * UNIT + 3 * UNIT**2 + UNIT**3 < gamma
    assert (1 + UNIT) ** 3 * (1 - 3 * UNIT) < 1
    bound = gamma * sum(map(abs, exact))
    says(rf"\approx {scientific(bound)} $$")
    [[error]] = right(*NEURON).error
    assert bound <= error <= bound * Fraction(SLACK) ** 3
    says(f"makes it {SLACK**2 - 1:.1%} wider")
    says(f"here ${scientific(2 * error)}$.")
    points = np.random.default_rng(0).integers(1, 10, (100, 2)) / 10
    assert NEURON[0][0] in points.tolist()
    for backend in (scratch, torchref):
        assert abs(Fraction(backend.linear(*map(backend.tensor, NEURON)).item()) - sum(exact)) <= error


def test_the_tie():
    """Two orders with two signs, both within the bound; the bound is larger than the result."""
    says("the point $(0.1, 0.4)$, the weights 1 and 1, and the bias \N{MINUS SIGN}0.5")
    z = right(*ON_THE_LINE)
    says(f"within its own bound (with the {SLACK**2 - 1:.1%}, ${scientific(z.error.item())}$) of zero")
    assert z.error > abs(z.value) > 0
    assert (0.1 + 0.4) - 0.5 == 0 < 0.1 + (0.4 - 0.5) <= z.error


def test_the_verdicts():
    """Each word is what the judge says of the example beside it."""
    says(f"the verdict is **{verdict('linear', *HALVES)}**: both must be equal")
    says(f"the verdict is **{verdict('linear', *NEURON)}**. Nobody")
    says(f"counted under **{verdict('predict', *ON_THE_LINE)}**")
    says(f"counted as **{verdict('linear', *ON_THE_LINE)}**")


def test_equal_on_paper():
    """The root and its square: what it gives, how much may be lost, and the verdict."""
    pred, target = np.array([1.0, 1.0]), np.array([0.0, 0.0])
    homework = SimpleNamespace(squared_error=lambda pred, target: 0.5 * np.linalg.norm(pred - target) ** 2)
    assert homework.squared_error(pred, target) != 1
    assert all(float(side.squared_error(*map(side.tensor, (pred, target)))) == 1 for side in (scratch, torchref))
    check = Check(Stranger("homework.py", homework), load("torchref"), "float64")
    with check.evidence.example():
        paper.examine(lambda check: check("squared_error", pred, target), check, (), {"check": check})
    [word] = check.evidence.verdicts
    says(f"the example counts as **{word}**")
    assert paper.LOST == 2**5.5
    says(f"within {paper.LOST:.0f} times this bound: that is $2^{{5.5}}$")
    says(f"Of `scratch` and `torchref` the verdict is {verdict('squared_error', pred, target)}, and both give 1.")


def test_a_difference():
    """The known mistake is called wrong, and its explanation is that of the text."""
    mistake = MISTAKES["bias_as_a_threshold"]
    check = Check(Backend("threshold", mistake), load("torchref"), "float64")
    with pytest.raises(Mismatch, match="wrong: threshold"):
        check("linear", *map(np.array, NEURON))
    says(f'Backend("threshold", MISTAKES["{mistake.name}"])')
    says(f"known mistake. {mistake.explanation[0].upper()}{mistake.explanation[1:]}")


def test_the_numbers_of_the_solutions():
    """Three results, the units of two sums, and a bound that is larger than its sum."""
    products = 0.3 * 0.1, 0.7 * 0.4, 0.1
    assert len({(a + b) + c for a, b, c in permutations(products)}) == 3
    says("There are three, one for each term that may come last.")
    says(rf"its unit is $\tfrac14$, and $1 + 2 + 12 = {(Fraction(0.25) + Fraction(0.5) + 3) / Fraction(1, 4)}$")
    assert Fraction(0.1).denominator == 2**55
    says("multiple of $2^{-55}$ and of nothing larger, so 0.5 alone is $2^{54}$ units")
    assert Fraction(0.5) / Fraction(1, 2**55) == 2**54
    says(f"about {float(2 * UNIT / (1 - 2 * UNIT) * (2 * 10**16 + 1)):.2f}: this sum is ill-conditioned")


@pytest.fixture(scope="module")
def lesson():
    """The lesson, with the output of its cells."""
    [lesson] = [lesson for lesson in course.lessons() if lesson.file == "equal"]
    return lesson


PLACES = [*words.WORDS, "stored", "order", "columns", "proof"]


def test_every_place_is_in_the_notebook_too(lesson):
    """Once, before its heading or at the beginning of its paragraph."""
    drawn = {draw.__name__: "A" for draw in figures.FIGURES["equal"]}
    source = "\n\n".join(cell.source for cell in notebooks.notebook(lesson, drawn).cells)
    found = re.findall(r'^(?:<div id="(.*?)"></div>(?=\n\n## )|<span id="(.*?)"></span>(?=\w))', source, re.MULTILINE)
    assert sorted(map("".join, found)) == sorted(PLACES)
