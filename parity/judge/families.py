"""Which members of a family of mistakes give a candidate's numbers: one with a usual value, or the value is found."""

from functools import partial

import numpy as np

from parity.judge.standin import fits


def fitting_members(mistake, replay, dtype, examples):
    """The members of a family, or the mistake itself, that give the candidate's numbers, in a list."""
    fitting = partial(fits, replay, dtype, examples)
    members = map(mistake.member, mistake.usual) if mistake.parameter else [mistake]
    if usual := [*filter(fitting, members)]:
        return usual
    numbers = [value for value in mistake.usual if isinstance(value, float)]
    for example, found in [pair for pair in examples if pair[1]][:MOST_SOLVED] if numbers else ():
        for value in solutions(mistake, partial(replay, example=example), found, sorted(numbers)):
            for digits in range(1, 7):
                member = mistake.member(float(f"{value:.{digits}g}"))
                if fitting(member):
                    return [member]
    return []


MOST_SOLVED = 3


def solutions(mistake, replay, found, grid):
    """The values of the free parameter, between usual ones, at which a stand-in gives the candidate's number."""
    if found.value is None:
        return

    def off(value):
        differs, seen = replay(mistake.member(value))
        given = differs.value if differs and differs.place == found.place else seen.get(found.place, [None])[0]
        if given is None or np.shape(given) != np.shape(found.value):
            return np.full(np.shape(found.value), np.nan)
        return np.asarray(given, float) - found.value

    grid = [grid[0] / 100, *grid, grid[-1] * 100]
    with np.errstate(all="ignore"):
        values = np.array([off(value) for value in grid]).reshape(len(grid), -1)
        spread = np.nanmax(values, axis=0, initial=-np.inf) - np.nanmin(values, axis=0, initial=np.inf)
        at = int(np.argmax(np.where(np.isfinite(spread), spread, -1)))
        for i in np.flatnonzero(values[:-1, at] * values[1:, at] < 0):
            low, high = np.log(grid[i]), np.log(grid[i + 1])
            for _ in range(50):
                middle = (low + high) / 2
                same_side = np.ravel(off(float(np.exp(middle))))[at] * values[i, at] > 0
                low, high = (middle, high) if same_side else (low, middle)
            yield float(np.exp((low + high) / 2))
