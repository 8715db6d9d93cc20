"""Objectives and outcome constraints."""

import numpy as np
import pytest

from bohwsw.acquisition import non_dominated
from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.explanation import explain
from bohwsw.strategies.goals import Goals


def test_violation_is_how_far_a_constraint_is_broken():
    goals = Goals.of(["objective"], ["area_mm2 <= 12", "2 * rate >= floor_rate", "a < 3"])
    outcome = Outcome(
        "completed", 1.0, metrics={"area_mm2": 15, "rate": 4, "floor_rate": 5, "a": 3}
    )
    assert goals.violations(outcome) == (3.0, -3.0, 0.0)


def test_an_infeasible_trial_need_not_say_everything():
    goals = Goals.of(["objective"], ["area <= 12", "power <= 3"])
    assert goals.violations(Outcome("infeasible", metrics={"area": 13})) == (1.0, None)


def test_a_completed_trial_must():
    goals = Goals.of(["objective"], ["area_mm2 <= 12"])
    with pytest.raises(SpecError, match="area_mm2") as error:
        goals.violations(Outcome("completed", 1.0, metrics={"area_mm": 13}))
    assert error.value.nearest == "area_mm"


@pytest.mark.parametrize(
    "text", ["area", "area == 3", "1 <= area <= 2", "3 <= 4", "a <= 1 or b <= 2", 3, "area <="]
)
def test_what_is_no_outcome_constraint_is_refused(text):
    with pytest.raises(SpecError):
        Goals.of(["objective"], [text])


@pytest.mark.parametrize("objectives", [[], ["a", "a"], "a", [1]])
def test_what_is_no_list_of_objectives_is_refused(objectives):
    with pytest.raises(SpecError):
        Goals.of(objectives, [])


def test_non_dominated_keeps_the_first_of_equals():
    values = np.array([[1.0, 3.0], [2.0, 2.0], [2.0, 2.0], [3.0, 3.0], [3.0, 1.0], [1.0, 4.0]])
    assert non_dominated(values).tolist() == [True, True, False, False, True, False]


def test_best_and_front_look_at_feasible_trials_only():
    chosen = strategy(
        "random",
        Space([Integer("a", 0, 9)]),
        objectives=("energy", "area"),
        outcome_constraints=["area <= 5"],
    )
    for a, energy, area in [(0, 1.0, 6.0), (1, 2.0, 5.0), (2, 3.0, 1.0), (3, 4.0, 4.0)]:
        chosen.tell({"a": a}, Outcome("completed", metrics={"energy": energy, "area": area}))
    assert chosen.best.point == {"a": 1}
    assert [told.point["a"] for told in chosen.pareto_front] == [1, 2]


def test_a_minus_before_a_name_is_a_minus():
    chosen = strategy(
        "bayesian",
        Space([Integer("my x", 0, 20)]),
        objectives=("-val.acc", "train/loss"),
        outcome_constraints=["val.acc <= 7", "train/loss + val.acc <= 100"],
        n_initial=2,
    )
    for x in range(9):
        values = {"val.acc": x, "train/loss": 5.0}
        chosen.tell({"my x": x}, Outcome("completed", metrics=values))
    assert chosen.best.point == {"my x": 7}
    assert [told.point for told in chosen.pareto_front] == [{"my x": 7}]
    (point,) = chosen.ask()
    assert set(explain(chosen, point).objectives) == {"-val.acc", "train/loss"}
    with pytest.raises(SpecError, match="measured value"):
        chosen.tell({"my x": 9}, Outcome("completed", metrics={"acc": 1, "train/loss": 5.0}))


def test_deviations_follow_the_sign():
    goals = Goals.of(["-acc"], [])
    outcome = Outcome("completed", metrics={"acc": 3.0}, deviation={"acc": 0.5})
    assert goals.measured(outcome) == [(-3.0, 0.5)]
    assert Goals.of(["-acc"], []).vector(Outcome("completed", metrics={"-acc": 3.0})) == [3.0]


def test_a_quotient_or_a_name_as_it_is_measured():
    goals = Goals.of(["objective"], ["train/loss <= 3"])
    assert goals.violations(Outcome("completed", 1.0, metrics={"train/loss": 5})) == (2.0,)
    assert goals.violations(Outcome("completed", 1.0, metrics={"train": 8, "loss": 2})) == (1.0,)
    with pytest.raises(SpecError) as error:
        goals.violations(Outcome("completed", 1.0, metrics={"train/los": 5}))
    assert (error.value.got, error.value.nearest) == ("train/loss", "train/los")


@pytest.mark.parametrize("text", ["min(area, kind == 'x') <= 12", "area <= 12 + ('a' == 'b')"])
def test_measured_values_are_numbers(text):
    with pytest.raises(SpecError, match="text"):
        Goals.of(["objective"], [text])


def test_the_example_of_an_error_is_an_outcome_constraint():
    with pytest.raises(SpecError) as error:
        Goals.of(["objective"], ["area <= 12mm2"])
    assert error.value.expected == "for example 'area_mm2 <= 12'"
