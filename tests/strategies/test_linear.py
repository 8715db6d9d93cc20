"""The co-design paper's recipe."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import LinearStrategy, Outcome, RandomStrategy, TrialState
from bohwsw.testing import StrategyConformance


class TestLinear(StrategyConformance):
    name = "linear"
    options = {"n_initial": 3, "pool": 16}  # noqa: RUF012


def slope(point, limit=None):
    """Linear, as the model is, with a hidden border if there is a limit."""
    if limit is not None and point["a"] + point["b"] < limit:
        return Outcome(TrialState.INFEASIBLE)
    return Outcome(TrialState.COMPLETED, 3.0 * point["a"] + point["b"] - 0.2 * point["c"])


def run(chosen, n, limit=None):
    for _ in range(n):
        (point,) = chosen.ask()
        chosen.tell(point, slope(point, limit))
    return chosen


def space():
    return Space([Integer(name, 0, 30) for name in "abc"])


def test_a_linear_function_is_followed_down():
    ours = [run(LinearStrategy(space(), seed), 25).best.outcome.objective for seed in range(5)]
    drawn = [run(RandomStrategy(space(), seed), 25).best.outcome.objective for seed in range(5)]
    assert np.median(ours) < 0.5 * np.median(drawn)


def test_a_hidden_border_is_learned():
    wasted = []
    for seed in range(2):
        late = run(LinearStrategy(space(), seed), 40, limit=25).history[20:]
        wasted.append(sum(told.outcome.state is TrialState.INFEASIBLE for told in late))
    # The bound points across the border every time; random points are beyond it in a third.
    assert np.mean(wasted) < 10


def test_a_broken_outcome_constraint_is_infeasible():
    chosen = LinearStrategy(space(), 0, outcome_constraints=["area <= 20"])
    for _ in range(40):
        (point,) = chosen.ask()
        area = {"area": 60.0 - point["a"] - point["b"]}
        chosen.tell(point, Outcome(TrialState.COMPLETED, float(point["a"]), metrics=area))
    late = [told.is_feasible for told in chosen.history[20:]]
    assert sum(late) >= 10


@pytest.mark.parametrize("options", [{"pool": 0}, {"n_initial": 0}, {"kappa": -1.0}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(SpecError, match="out of its range"):
        LinearStrategy(space(), 0, **options)


def test_several_objectives_are_refused():
    with pytest.raises(SpecError, match="one objective only"):
        LinearStrategy(space(), 0, objectives=["energy", "area"])
