"""The time of a candidate. The first call of a kind may compile, so it has time of its own, as an import has."""

import copy
import time
from contextlib import contextmanager
from typing import Any

import numpy as np

CALL = 3  # a call that takes a third of the time limit of a property is stopped
SLOW = 3  # imports and first calls may be slow: they have the time of three properties


class Clock:
    """Measures what a candidate uses of its time limit in one property."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.called: set = set()  # kinds of calls in this process
        self.late: set = set()  # functions whose first call was stopped: they get no more time than others
        self.begin()

    def begin(self):
        """Start a new property."""
        self.used = self.compiling = 0.0

    def copy(self):
        """The same clock, which from now on runs by itself."""
        other = copy.copy(self)
        other.called, other.late = set(self.called), set(self.late)
        return other

    def is_first(self, kind):
        """Whether this is the first call of this kind in this process."""
        return kind is not None and kind not in self.called and kind[0] not in self.late

    def allowed(self, kind=None):
        """The number of seconds for the next answer."""
        if self.is_first(kind):
            return SLOW * self.seconds - self.compiling
        return min(self.seconds - self.used, self.seconds / CALL)

    @contextmanager
    def measure(self, kind=None):
        """Count the time of an answer."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.add(time.monotonic() - started, kind)

    def add(self, seconds, kind=None):
        """Count this many seconds."""
        if self.is_first(kind):
            self.compiling += seconds
        else:
            self.used += seconds
        self.called.add(kind)

    def stopped(self, kind, allowed):
        """A sentence about an answer that took more than allowed; the function gets no more time of its own."""
        if kind is not None:
            self.late.add(kind[0])
        if allowed < self.seconds / CALL:
            return f"used up the {self.seconds:g} s that a property may take (--time-limit)"
        return f"took too long: more than {allowed:.2g} s (--time-limit {self.seconds:g})"


def kind_of(request) -> Any:
    """What a compiler distinguishes: the function and the dtypes and axes of its arrays; None if nothing is called."""
    if request[0] != "call":
        return None
    target, args, options, *_ = request[1:]
    name = target if isinstance(target, str) else target.type
    return name, tuple(map(form, args)), tuple((key, form(value)) for key, value in options.items())


def form(value):
    """The dtype and the number of axes of an array, and its storage form; of other values the type."""
    if isinstance(value, dict) and value.keys() == {"numbers", "form"}:
        return form(value["numbers"]), value["form"]
    return (value.dtype.str, value.ndim) if isinstance(value, np.ndarray) else type(value).__name__
