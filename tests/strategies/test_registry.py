"""Strategies by name."""

import inspect
import subprocess
import sys

import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import STRATEGIES, RandomStrategy, Strategy, strategy, strategy_class

SPACE = Space([Integer("a", 1, 3)])


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_name_builds_a_strategy(name):
    assert isinstance(strategy(name, SPACE, 3), Strategy)


@pytest.mark.parametrize("name", STRATEGIES)
def test_options_that_are_no_numbers_are_refused_by_name(name):
    given = inspect.signature(strategy_class(name).__init__).parameters.values()
    numbers = [p.name for p in given if type(p.default) in (int, float)]
    for option in numbers:
        with pytest.raises(SpecError, match=option):
            strategy(name, SPACE, **{option: "many"})


def test_nearest_names():
    with pytest.raises(SpecError) as error:
        strategy("baysian", SPACE)
    assert error.value.nearest == "bayesian"
    with pytest.raises(SpecError) as error:
        strategy("bayesian", SPACE, n_init=3)
    assert error.value.nearest == "n_initial"


def test_torch_loads_only_when_a_model_is_needed():
    code = (
        "import sys, bohwsw.space, bohwsw.acquisition, bohwsw.strategies as s\n"
        "from bohwsw.space import Integer, Space\n"
        "s.strategy('random', Space([Integer('a', 1, 9)])).ask(2)\n"
        "assert 'torch' not in sys.modules and 'numba' not in sys.modules\n"
        "s.BayesianStrategy\n"
        "assert 'torch' in sys.modules and 'botorch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_strategy_of_ones_own_is_named_by_its_place():
    assert isinstance(strategy("bohwsw.strategies.random:RandomStrategy", SPACE), RandomStrategy)
    with pytest.raises(SpecError, match="cannot be imported"):
        strategy("no_such_package.module:Mine", SPACE)
    with pytest.raises(SpecError, match="cannot be imported"):
        strategy("bohwsw.strategies.random:Mine", SPACE)
    with pytest.raises(SpecError, match="not a strategy"):
        strategy("bohwsw.space:Space", SPACE)
    with pytest.raises(SpecError, match="unknown strategy"):
        strategy(3, SPACE)
