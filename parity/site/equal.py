"""The numbers of the page about equality: both backends compute them, and the judge gives its verdicts on them."""

import inspect
from decimal import Decimal
from functools import partial
from types import SimpleNamespace

import numpy as np

import scratch
import torchref
from parity.border.backend import Backend, Stranger, load
from parity.judge import paper
from parity.judge.compare import Check, Mismatch, spacing
from parity.judge.rounding import SLACK, bounded, magnitude
from parity.mistakes import MISTAKES
from parity.site.mathml import to_mathml

UNIT = 2.0**-53
# A neuron with two inputs, and points whose coordinates have one decimal.
WEIGHT, BIAS = [[0.3, 0.7]], [0.1]
POINTS = np.random.default_rng(0).integers(1, 10, (100, 2)) / 10
HALVES = ([[0.5, -1.5]], [[3.0, 0.25]], [0.5])
TINY = 1e-14
DIAGONAL = ([[1.0, 1.0]], [[0.0, 0.0]])
ON_THE_LINE = ([[0.1, 0.4]], [[1.0, 1.0]], [-0.5])

formula = partial(to_mathml, where="equal.py")


def numbers():
    """Everything that the page shows."""
    shown = neuron()
    return {
        "stored": stored(),
        "tenth": formula(tenth()),
        "spacings": [(name, *ulp_of(value)) for name, value in SIZES.items()],
        "unit": scientific(UNIT),
        "orders": orders(0.1, 0.2, 0.3),
        "neuron": shown,
        "bound": derivation(shown["x"]),
        "halves": halves(),
        "tie": tie(),
        "paper": on_paper(),
        "wrong": difference(),
        "mistakes": len(MISTAKES),
    }


def judged(name, x, weight, bias, candidate=None):
    """The check of one example, by default of scratch against torchref."""
    check = Check(candidate or load("scratch"), load("torchref"), "float64")
    with check.evidence.example():
        check(name, *map(np.array, (x, weight, bias)))
    return check


def verdict(check):
    """The word for its only example."""
    [word] = check.evidence.verdicts
    return word


def stored():
    """What stands in memory for three decimal fractions, and for the sum of two, which both backends compute."""
    sums = {float(result.item()) for result in judged("linear", [[0.1, 0.2]], [[1.0, 1.0]], [0.0]).results}
    [total] = sums
    named = {"0.1": 0.1, "0.2": 0.2, "0.3": 0.3, "0.1 + 0.2": total}
    return {"digits": {name: str(Decimal(value)) for name, value in named.items()}, "sum": repr(total)}


def tenth():
    """The float nearest to one tenth as a fraction."""
    over, under = (0.1).as_integer_ratio()
    return rf"0.1 \approx \frac{{{over}}}{{2^{{{under.bit_length() - 1}}}}}"


SIZES = {"0.3": 0.3, "1": 1.0, "1000": 1000.0, "10<sup>16</sup>": 1e16}


def ulp_of(value):
    """The distance to the next float, as a power of two and as a decimal."""
    ulp = spacing(value, "float64")
    return f"2<sup>{signed(int(np.log2(ulp)))}</sup>", scientific(ulp)


def orders(*terms):
    """Two orders of a sum of three numbers, the same in both backends, and the gap in ulp."""
    results = set()
    for backend in (scratch, torchref):
        a, b, c = (backend.tensor([term]) for term in terms)
        results.add((((a + b) + c).item(), (a + (b + c)).item()))
    [(left, right)] = results
    return {"left": repr(left), "right": repr(right), "ulp": f"{abs(left - right) / spacing(left, 'float64'):.3g}"}


def neuron():
    """The neuron at all points: how often the backends differ, and the point where they use most of the bound."""
    check = judged("linear", POINTS, WEIGHT, BIAS)
    theirs, ours = (np.ravel(result) for result in check.results)
    expected = check.expected["result"][:, 0]
    gaps = abs(ours - theirs)
    at = int(np.argmax(gaps / expected.error))
    sides = {"scratch": ours[at], "torchref": theirs[at]}
    wide = check.precision.wide
    off = {name: float(magnitude(wide(value) - expected.value[at])) for name, value in sides.items()}
    return {
        "points": len(POINTS),
        "differ": int(np.count_nonzero(gaps)),
        "x": POINTS[at].tolist(),
        "point": listed(POINTS[at]),
        "weight": WEIGHT[0],
        "bias": BIAS[0],
        "sides": {name: (repr(float(value)), scientific(off[name])) for name, value in sides.items()},
        "gap": scientific(gaps[at]),
        "referee": f"{exactly(expected.value[at]):.21f}",
        "allowed": scientific(expected.error[at]),
        "twice": scientific(2 * expected.error[at]),
        "verdict": verdict(check),
        "ulp": f"{check.evidence.ulp:.3g}",
        "share": f"{check.evidence.share:.0%}",
    }


def exactly(value):
    """A number of the referee's format as a decimal: the nearest float and what is left."""
    nearest = float(value)
    return Decimal(nearest) + Decimal(float(value - nearest))


def derivation(x):
    """The formulas of the bound, and its numbers at one point."""
    terms = [abs(a * b) for a, b in zip(x, WEIGHT[0], strict=True)] + [abs(BIAS[0])]
    bound = 3 * UNIT / (1 - 3 * UNIT) * sum(terms)
    added = " + ".join(f"{term:.2g}" for term in terms)
    return {
        "rounded": formula(r"\operatorname{fl}(a + b) = (a + b)(1 + \delta)"),
        "unit": formula(rf"\left| \delta \right| \le u = 2^{{-53}} \approx {latex(UNIT)}"),
        "computed": formula(r"\tilde z = (s \, (1 + \delta_3) + b)(1 + \delta_4)"),
        "products": formula(r"s = w_1 x_1 (1 + \delta_1) + w_2 x_2 (1 + \delta_2)"),
        "bounded": formula(r"\left| \tilde z - z \right| \le B"),
        "terms": formula(
            r"B = \gamma_3 \left( \left| w_1 x_1 \right| + \left| w_2 x_2 \right| + \left| b \right| \right)"
        ),
        "gamma": formula(r"\gamma_n = \frac{n u}{1 - n u} \approx n u"),
        "numbers": formula(rf"B \approx 3 u \, ({added})"),
        "value": formula(rf"\approx {latex(bound)}"),
        "slack": f"{SLACK**2 - 1:.1%}",
    }


def halves():
    """A sum without rounding: its terms as multiples of one power of two, and what both backends give."""
    [x], [weight], bias = HALVES
    check = judged("linear", *HALVES)
    unit = 2.0 ** (bounded(np.array(x)).grid + bounded(np.array(weight)).grid)
    terms = [a * b for a, b in zip(x, weight, strict=True)] + bias
    multiples = [int(term / unit) for term in terms]
    [result] = {float(side.item()) for side in check.results}
    return {
        "x": listed(x),
        "weight": listed(weight),
        "bias": bias[0],
        "terms": listed(terms),
        "unit": f"1/{round(1 / unit)}",
        "multiples": listed(multiples),
        "total": sum(map(abs, multiples)),
        "result": result,
        "verdict": verdict(check),
    }


def tie():
    """A point on the line: two orders of its sum, its bound, and the verdicts on its sum and on its sign."""
    [[first, second]], _, [bias] = ON_THE_LINE
    check = judged("linear", *ON_THE_LINE)
    expected = check.expected["result"]
    sums = ((first + second) + bias, first + (second + bias))
    return {
        "point": listed((first, second)),
        "terms": (first, second, -bias),
        "sums": [f"{value:.3g}" for value in sums],
        "signs": [f"{np.sign(value):+.0f}".replace("+0", "0") for value in sums],
        "z": scientific(float(expected.value.item())),
        "bound": scientific(float(expected.error.item())),
        "verdict": verdict(judged("predict", *ON_THE_LINE)),
        "verdict_of_z": verdict(check),
    }


def squared_error_by_norm(pred, target):
    """Half of the squared length, with a root and its square."""
    return 0.5 * np.linalg.norm(pred - target) ** 2


def on_paper():
    """A right formula that rounds more than the referee's: its result, and what the judge says of it."""
    homework = Stranger("homework.py", SimpleNamespace(squared_error=squared_error_by_norm))
    check = Check(homework, load("torchref"), "float64")
    pred, target = map(np.array, DIAGONAL)
    with check.evidence.example():
        paper.examine(lambda check: check("squared_error", pred, target), check, (), {"check": check})
    [ours] = {float(backend.squared_error(*map(backend.tensor, DIAGONAL))) for backend in (scratch, torchref)}
    return {
        "code": inspect.getsource(squared_error_by_norm).splitlines()[-1].strip().removeprefix("return "),
        "point": listed(pred[0]),
        "theirs": repr(float(squared_error_by_norm(pred, target))),
        "ours": repr(ours),
        "verdict": verdict(check),
        "most": f"{paper.LOST:.0f}",
        "tiny": scientific(TINY),
        "lost": scientific(2 / (1 + np.exp(-2 * TINY)) - 1),
    }


def difference():
    """What the check says of a known mistake."""
    mistake = MISTAKES["bias_as_a_threshold"]
    try:
        judged("linear", POINTS[:1], WEIGHT, BIAS, Backend(mistake.name, mistake))
    except Mismatch as mismatch:
        return {"says": str(mismatch), "mistake": mistake.explanation}
    raise AssertionError(f"{mistake.name} gives the same numbers")


def scientific(value):
    """A number as HTML with a power of ten."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa}&nbsp;×&nbsp;10<sup>{signed(int(exponent))}</sup>" if value and int(exponent) else f"{value:.3g}"


def latex(value):
    """The same in LaTeX."""
    mantissa, exponent = f"{value:.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"


def listed(values):
    """Numbers in a row."""
    return ", ".join(signed(value) for value in values)


def signed(number):
    """A number with a minus sign as in print."""
    return f"{number:g}".replace("-", "−")
