"""Evolution in a space that shrinks."""

import pytest
from product_problem import product_space

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Space
from bohwsw.strategies import Outcome
from bohwsw.strategies.published.shrinking_evolution import ShrinkingEvolutionStrategy
from bohwsw.testing import StrategyConformance

SPACE = Space([Categorical(f"layer_{k}", ["a", "b", "c", "d"]) for k in range(6)])


class TestShrinking(StrategyConformance):
    name = "shrinking_evolution"
    options = {"population": 4, "budget": 8}  # noqa: RUF012


def test_the_last_layers_lose_values_first_and_never_those_of_the_best():
    search = ShrinkingEvolutionStrategy(SPACE, 0, population=8, budget=120, start=0.15)
    seen = []
    for _ in range(126):
        (point,) = search.ask()
        seen.append(point)
        cost = sum("abcd".index(value) for value in point.values())
        search.tell(point, Outcome("completed", cost + 1.0))
    assert len({p["layer_5"] for p in seen[:18]}) == 4
    half = seen[36:52]  # after the first stage
    assert len({p["layer_5"] for p in half}) == 2
    assert len({p["layer_0"] for p in half}) > 2
    lost = search._lost()
    assert {column: len(codes) for column, codes in lost.items()} == dict.fromkeys(range(6), 2)
    assert not any(SPACE.row(search.best.point)[column] in codes for column, codes in lost.items())
    assert search.best.outcome.objective == 1.0


def test_options_out_of_range_are_refused():
    for options in ({"budget": 0}, {"start": 1.0}, {"kept": 0.0}):
        with pytest.raises(SpecError, match="out of its range"):
            ShrinkingEvolutionStrategy(product_space(), 0, **options)
