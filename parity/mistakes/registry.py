"""The registry of mistakes, and how a mistake becomes a backend."""

import ast
import builtins
import functools
import inspect
import re
import sys
from collections import deque
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

import scratch
from contract import border
from contract.names import FILES
from scratch import arrays
from scratch.perceptron import perceptron_step


class Mistake(SimpleNamespace):
    """A backend with one wrong name: ``name``, ``replaced``, ``explanation``, ``met``, and all names of ``scratch``.

    ``place`` is the name, or the method of a class, that is wrong, and ``wrong`` the function in its place. A family
    has one free ``parameter``, whose ``value`` is one of the ``usual`` ones or fits a candidate's numbers.
    """

    @functools.cached_property
    def everywhere(self):
        """The backend in which all that calls the wrong name calls it."""
        return Everywhere(self)

    def member(self, value):
        """The same mistake with another value of its free parameter."""
        return built(self.name, self.place, self.pattern, self.refuses, self.parameter, self.usual, value)


MISTAKES: dict[str, Mistake] = {}


def mistake(replaced, refuses=True, **family):
    """Register the decorated function as the wrong form of a name, or of a class's method: ``mistake("ToyNet.fit")``.

    It rejects the same input as the correct one, so that only its numbers are wrong. One further option makes it a
    family: ``mistake("relu", slope=(0.01, 0.2))`` names its free parameter, and the usual values.
    """

    def register(wrong):
        return add(wrong.__name__, replaced, wrong, refuses, **family)

    return register


def in_class(method, *names):
    """Register mistakes of an update rule also for the optimizer that applies it."""
    for name in names:
        rule = MISTAKES[name]
        add(f"{name}_in_{method.partition('.')[0]}", method, getattr(rule, rule.replaced))


def add(name, replaced, wrong, refuses=True, **family):
    """Register a mistake, of a family the member with the first of the usual values."""
    explained(wrong)
    if getattr(scratch, replaced.partition(".")[0], None) is None:  # a forgotten name fails in a row of its own
        return None
    [(parameter, usual)] = family.items() or [("", (None,))]
    MISTAKES[name] = built(name, replaced, wrong, refuses, parameter, usual, usual[0])
    return MISTAKES[name]


def built(name, place, pattern, refuses, parameter, usual, value):
    """The mistake in which ``pattern``, with this value of its parameter, replaces the name or the method."""
    wrong = functools.partial(pattern, **{parameter: value}) if parameter else pattern
    owner, _, method = place.partition(".")
    right = getattr(scratch, owner)
    replacement: Any = wrong
    if method:
        stands_alone = isinstance(inspect.getattr_static(right, method), staticmethod)
        # A subclass with the same name, because a network prints it.
        replacement = type(owner, (right,), {method: staticmethod(wrong) if stands_alone else wrong})
    elif refuses and owner not in CHANGING:
        replacement = refusing(right, wrong)
    names = {public: getattr(scratch, public) for public in scratch.__all__} | {owner: replacement}
    explanation, met = explained(pattern)
    explanation = explanation.replace(f"{{{parameter}}}", shown(value) + origin(value), 1)
    explanation = explanation.replace(f"{{{parameter}}}", shown(value))
    return Mistake(
        **names,
        name=name,
        replaced=owner,
        explanation=explanation,
        met=met,
        place=place,
        wrong=wrong,
        pattern=pattern,
        refuses=refuses,
        parameter=parameter,
        usual=usual,
        value=value,
    )


def shown(value):
    """The value of a free parameter in a sentence.

    >>> shown(1e-07), shown(250.0), shown(2.0**-52)
    ('1e-7', '250', '2.22045e-16')
    """
    return re.sub("e([+-])0", r"e\1", f"{value:.6g}") if isinstance(value, float) else str(value)


def origin(value):
    """Where such a value comes from, if it is not an author's own."""
    return "".join(f" (the eps of {dtype})" for dtype in ("float64", "float32") if value == np.finfo(dtype).eps)


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

    @functools.wraps(wrong)  # of a partial too, which has no name
    def checked(*args, **options):
        right(*args, **options)
        return wrong(*args, **options)

    return checked


def rewired(function, **names):
    """The same function with other meanings of these names: public ones, or those of the contract."""
    return border.bordered(border.rewired(inspect.unwrap(function), **names), arrays)


class Everywhere:
    """The backend in which all that calls the wrong name calls it: files of ``scratch``, executed again around it."""

    def __init__(self, mistake):
        self.mistake = mistake
        self.files: dict[str, ModuleType] = {}

    def __getattr__(self, name):
        if name not in scratch.__all__:
            raise AttributeError(name)
        file = self.file(file_of(name))
        value = getattr(file, name)
        if name == self.mistake.replaced or file in sys.modules.values():
            value = getattr(self.mistake, name)
        elif inspect.isfunction(value):
            value = border.bordered(value, arrays)
        setattr(self, name, value)
        return value

    def file(self, name):
        """The file of this name; those before the wrong one are as they were."""
        if FILES.index(name) < FILES.index(file_of(self.mistake.replaced)):
            return sys.modules[f"scratch.{name}"]
        if name not in self.files:
            self.files[name] = module = ModuleType(f"scratch.{name}")
            known = {"__builtins__": vars(builtins) | {"__import__": self.importing}, "replaced": self.in_its_place}
            vars(module).update(known)
            exec(compiled(name, self.mistake.replaced), vars(module))
            for spelled in filter(module.__all__.__contains__, SPELLED_OUT.keys() - {self.mistake.replaced}):
                setattr(module, spelled, border.rewired(SPELLED_OUT[spelled], **vars(module)))
        return self.files[name]

    def importing(self, name, *given):
        """What ``import`` finds in such a file."""
        file = name.removeprefix("scratch.")
        return self.file(file) if name != file and file in FILES else __import__(name, *given)

    def in_its_place(self, right):
        """The wrong function, or the class with the wrong method, for the right one."""
        if not inspect.isclass(right):
            return functools.wraps(right)(lambda *args, **options: self.mistake.wrong(*args, **options))
        method = self.mistake.place.partition(".")[2]
        stands_alone = isinstance(inspect.getattr_static(right, method), staticmethod)
        setattr(right, method, staticmethod(self.mistake.wrong) if stands_alone else self.mistake.wrong)
        return right


def epoch_of_steps(weight, bias, x, y):
    """An epoch of the perceptron, by its step."""
    mistakes = 0
    for x_i, y_i in zip(x, y, strict=True):
        before = weight, bias
        weight, bias = perceptron_step(weight, bias, x_i, y_i)
        mistakes += any((old != new).any() for old, new in zip(before, (weight, bias), strict=True))
    return weight, bias, mistakes


# What ``scratch`` computes without calling the function that it repeats.
SPELLED_OUT = {"perceptron_epoch": epoch_of_steps}


@functools.cache
def file_of(name):
    """The file of ``scratch`` that defines a public name."""
    return next(file for file in FILES if name in sys.modules[f"scratch.{file}"].__all__)


@functools.cache
def compiled(file, replaced):
    """A file of ``scratch``, in which the definition of this name is followed by its replacement."""
    path = Path(scratch.__file__).with_name(f"{file}.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for at, node in enumerate(tree.body):
        if getattr(node, "name", None) == replaced:
            tree.body[at + 1 : at + 1] = ast.parse(f"{replaced} = replaced({replaced})").body
            break
    return compile(tree, path, "exec")


@functools.cache
def calls(name):
    """The public names that a function or class of ``scratch`` calls, itself or through others, the nearest first."""
    public = {id(inspect.unwrap(getattr(scratch, each))): each for each in scratch.__all__}
    queue = deque([getattr(scratch, name)])
    found: dict[int, object] = {}
    while queue:
        new = {id(used): used for used in uses(queue.popleft()) if id(used) not in found}
        found |= new
        queue.extend(new.values())
    return [public[each] for each in found if public.get(each, name) != name]


def uses(value):
    """What a function, class or table of ``scratch`` refers to."""
    if isinstance(value, staticmethod):
        return [value.__func__]
    if isinstance(value, dict | tuple):
        return list(value.values() if isinstance(value, dict) else value)
    if not getattr(value, "__module__", "").startswith("scratch"):
        return []
    if inspect.isclass(value):
        return list(vars(value).values())
    function = inspect.unwrap(value)
    if not inspect.isfunction(function):
        return []
    used = *function.__code__.co_names, *SPELLED_OUT.get(function.__name__, function).__code__.co_names
    return list(map(function.__globals__.get, used))
