"""Strategies are kept, so that drawing is fast: the examples are those of strategies that are built anew."""

import functools
import importlib.util

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from parity.judge import strategies


@pytest.fixture(scope="module")
def built_anew():
    """The strategies, of which none is kept."""
    spec = importlib.util.spec_from_file_location("built_anew", strategies.__file__)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(functools, "lru_cache", lambda size: lambda function: function)
        patch.setattr(functools, "cache", lambda function: function)
        spec.loader.exec_module(module)
    return module


def drawn(module, name):
    """Examples of each scope, as text."""
    found = []

    @settings(
        max_examples=20,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(getattr(module, name)())
    def note(example):
        found.append([(getattr(array, "form", ""), array.tolist()) for array in example])

    for scope in (module.USUAL, *module.SCOPES, module.CLOSE):
        with module.within(scope):
            note()
    return found


@pytest.mark.parametrize("name", ["pairs", "problems", "classified", "probabilities", "scores"])
def test_kept_strategies_draw_the_same(built_anew, name):
    """In every scope, also after they have drawn in another one."""
    strategy = getattr(strategies, name)
    assert strategy() is strategy()
    assert getattr(built_anew, name)() is not getattr(built_anew, name)()
    anew = drawn(built_anew, name)
    assert len({str(example) for example in anew}) > len(anew) / 2
    assert drawn(strategies, name) == anew
