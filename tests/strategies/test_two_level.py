"""Networks and hardware in two levels."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Space
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.published.two_level import TwoLevelStrategy
from bohwsw.testing import StrategyConformance

SPACE = Space(
    [Categorical("layer", ["a", "b", "c"]), Integer("width", 1, 8), Integer("pes", 1, 8)],
    ["pes + width <= 12"],
)


class TestTwoLevel(StrategyConformance):
    name = "two_level"


class TestWithHardware(StrategyConformance):
    name = "two_level"
    options = {"hardware_draws": 3, "rehearsals": 2}  # noqa: RUF012


def test_hardware_is_drawn_anew_for_the_same_network_so_many_times():
    search = TwoLevelStrategy(SPACE, 3, hardware=["pes"], hardware_draws=2, screened=False)
    networks = []
    for _ in range(9):
        (point,) = search.ask()
        networks.append((point["layer"], point["width"]))
        search.tell(point, Outcome("infeasible"))
    assert networks[0] == networks[1] == networks[2] != networks[3]
    assert networks[3] == networks[4] == networks[5] != networks[6]


def test_what_fits_is_trained_and_ends_the_fast_level():
    search = TwoLevelStrategy(SPACE, 3, hardware=["pes"])
    (point,) = search.ask()
    search.tell(point, Outcome("infeasible"))
    assert not search.policy.logits.any()  # the controller learns of the last draw only
    (again,) = search.ask()
    search.tell(again, Outcome("completed", 1.0))
    assert (again["layer"], again["width"]) == (point["layer"], point["width"])
    others = {(p["layer"], p["width"]) for p in search.ask(6)}
    assert len(others) > 1


@pytest.mark.parametrize(("screened", "least", "most"), [(True, 0, 9), (False, 13, 60)])
def test_limits_are_learned_where_they_are_told(screened, least, most):
    limits = ["cycles <= 10"]
    search = strategy("two_level", SPACE, 1, outcome_constraints=limits, screened=screened)
    over = 0
    for _ in range(60):
        (point,) = search.ask()
        cycles = {"cycles": 3.0 * point["width"] - point["pes"]}
        fits = cycles["cycles"] <= 10
        over += not fits
        error = 1.0 / point["width"] + (point["layer"] != "b")
        value = error if fits else None
        search.tell(point, Outcome("completed" if fits else "infeasible", value, metrics=cycles))
    assert least <= over <= most
    assert np.isfinite(search.best.outcome.objective)


def test_names_that_are_no_parameters_are_refused():
    with pytest.raises(SpecError) as error:
        TwoLevelStrategy(SPACE, hardware=["pe"])
    assert error.value.nearest == "pes"
    with pytest.raises(SpecError, match="hardware_draws"):
        TwoLevelStrategy(SPACE, hardware_draws=-1)
