"""The registry of mistakes, and how a mistake becomes a backend."""

import functools
import inspect
from types import SimpleNamespace

import scratch
from contract import border
from scratch import arrays


class Mistake(SimpleNamespace):
    """A backend with one wrong name: ``name``, ``replaced``, ``explanation``, ``met``, and all names of ``scratch``."""


MISTAKES: dict[str, Mistake] = {}


def mistake(replaced, refuses=True):
    """Register the decorated function as the wrong form of a name, or of a class's method: ``mistake("ToyNet.fit")``.

    It rejects the same input as the correct one, so that only its numbers are wrong.
    """

    def register(wrong):
        return add(wrong.__name__, replaced, wrong, refuses)

    return register


def in_class(method, *names):
    """Register mistakes of an update rule also for the optimizer that applies it."""
    for name in names:
        rule = MISTAKES[name]
        add(f"{name}_in_{method.partition('.')[0]}", method, getattr(rule, rule.replaced))


def add(name, replaced, wrong, refuses=True):
    """Register a mistake."""
    explanation, met = explained(wrong)
    owner, _, method = replaced.partition(".")
    right = getattr(scratch, owner, None)
    if right is None:  # a forgotten name fails in a row of its own
        return None
    if method:
        stands_alone = isinstance(inspect.getattr_static(right, method), staticmethod)
        # A subclass with the same name, because a network prints it.
        replacement = type(owner, (right,), {method: staticmethod(wrong) if stands_alone else wrong})
    else:
        replacement = refusing(right, wrong) if refuses and owner not in CHANGING else wrong
    names = {public: getattr(scratch, public) for public in scratch.__all__} | {owner: replacement}
    MISTAKES[name] = Mistake(**names, name=name, replaced=owner, explanation=explanation, met=met)
    return MISTAKES[name]


def explained(wrong):
    """The two parts of a mistake's docstring."""
    explanation, _, rest = (inspect.getdoc(wrong) or "").partition("\n\n")
    met = " ".join(rest.split())
    if not explanation or "\n" in explanation or not met.startswith(("Met in ", "Met where ")):
        expected = 'one line that ends "this is what you get when ...", a blank line, and "Met in" or "Met where ..."'
        raise ValueError(f"{wrong.__name__}: got the docstring {wrong.__doc__!r:.60}, expected {expected}")
    return explanation, met


# Functions that may not be called twice, because they change the network or call callbacks.
CHANGING = ("train_perceptron", "train_gradient", "train_step", "fit", "fit_stack")


def refusing(right, wrong):
    """The wrong function, called after the correct one has accepted the arguments."""

    @functools.wraps(wrong)
    def checked(*args, **options):
        right(*args, **options)
        return wrong(*args, **options)

    return checked


def rewired(function, **names):
    """The same function with other meanings of these names: public ones, or those of the contract."""
    return border.bordered(border.rewired(inspect.unwrap(function), **names), arrays)
