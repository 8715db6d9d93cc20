"""Outcomes: the four states and what belongs to each."""

from contextlib import suppress

import numpy as np
import pytest

from bohwsw.errors import BohwswError, SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import (
    InfeasibleBudgetError,
    Outcome,
    SpaceExhaustedError,
    TrialState,
    strategy,
)


def test_states_come_from_their_names():
    assert Outcome("completed", 1).objective == 1.0
    assert type(Outcome(TrialState.COMPLETED, np.float64(2)).objective) is float
    assert Outcome("infeasible", reason="area").state is TrialState.INFEASIBLE


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -np.inf])
def test_what_is_not_finite_is_refused_by_name(value):
    with pytest.raises(SpecError, match="the value is not finite") as error:
        Outcome(TrialState.COMPLETED, value)
    assert error.value.key_path == "objective"


@pytest.mark.parametrize(
    ("state", "objective"),
    [
        ("completed", None),
        ("completed", "3"),
        ("completed", True),
        ("infeasible", 3.0),
        ("failed", float("nan")),
        ("done", 3.0),
        (None, None),
    ],
)
def test_what_does_not_belong_together_is_refused(state, objective):
    with pytest.raises(SpecError):
        Outcome(state, objective)


def test_exhaustion_is_one_of_our_errors():
    assert issubclass(SpaceExhaustedError, BohwswError)


SPACE = Space([Integer("a", 0, 20), Integer("b", 0, 20)])


def test_what_is_no_point_is_refused():
    with pytest.raises(SpecError, match="not a point"):
        strategy("random", SPACE).tell(None, Outcome("completed", 1.0))


def told(n=14):
    chosen = strategy("random", SPACE, 0, objectives=["edp"])
    for k, point in enumerate(SPACE.sample(n, np.random.default_rng(0))):
        area, edp = float(point["a"]), float(np.exp(0.2 * point["b"]))
        broken = k % 3 == 2
        metrics = {"area": area} if broken else {"area": area, "edp": edp}
        chosen.tell(point, Outcome("infeasible" if broken else "completed", metrics=metrics))
    return chosen


def test_what_was_measured_is_predicted_elsewhere():
    chosen = told()
    assert chosen.predict([]) == []
    low, high = chosen.predict([{"a": 2, "b": 2}, {"a": 18, "b": 18}])
    assert list(low) == ["area", "edp"]
    assert low["area"][0] == pytest.approx(2.0, abs=2.0)
    assert high["area"][0] == pytest.approx(18.0, abs=2.0)
    assert 0.0 < low["edp"][0] < high["edp"][0]
    assert min(low["edp"][1], high["area"][1]) > 0.0
    with pytest.raises(SpecError, match="unknown"):
        chosen.predict([{"a": 2, "c": 2}])


def test_a_prediction_needs_two_trials():
    chosen = strategy("random", SPACE, 0)
    chosen.tell({"a": 1, "b": 1}, Outcome("completed", 1.0))
    with pytest.raises(BohwswError, match="two trials"):
        chosen.predict([{"a": 2, "b": 2}])


def test_a_search_ends_before_it_wastes_more_than_allowed():
    space = Space([Integer("x", 1, 100)])

    def outcome(point):
        return Outcome("completed" if point["x"] % 3 else "infeasible", point["x"] % 3 or None)

    plain, frugal = (strategy("random", space, 1, max_infeasible=n) for n in (None, 5))
    for search in (plain, frugal):
        with suppress(InfeasibleBudgetError):
            for _ in range(60):
                (point,) = search.ask()
                search.tell(point, outcome(point))
    states = [told.outcome.state for told in frugal.history]
    assert [told.point for told in plain.history[: len(states)]] == [
        told.point for told in frugal.history
    ]
    assert states.count("infeasible") == 5
    assert states[-1] == "infeasible"
    with pytest.raises(InfeasibleBudgetError, match="5 trials were infeasible, 0 are pending"):
        frugal.ask()


def test_pending_points_may_all_be_infeasible():
    search = strategy("random", Space([Integer("x", 1, 100)]), max_infeasible=3)
    first = search.ask(9)
    assert len(first) == 3
    with pytest.raises(InfeasibleBudgetError, match="3 are pending"):
        search.ask()
    search.tell(first[0], Outcome("completed", 1.0))
    search.tell(first[1], Outcome("failed"))
    assert len(search.ask(9)) == 2
    with pytest.raises(SpecError, match="max_infeasible"):
        strategy("random", Space([Integer("x", 1, 100)]), max_infeasible=0)
