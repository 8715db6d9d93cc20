"""What an evaluator returns or raises becomes an outcome, whatever it is."""

from __future__ import annotations

import math

import pytest

from bohwsw.errors import SpecError
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.evaluator import Infeasible, evaluate, outcome_of


def test_numbers_and_pairs() -> None:
    assert outcome_of(2) == Outcome(TrialState.COMPLETED, 2.0)
    assert outcome_of((2.0, 0.5)) == Outcome(
        TrialState.COMPLETED, 2.0, deviation={"objective": 0.5}
    )
    found = outcome_of({"edp": (3.0, None), "area": 1, "objective": [5, 0.25]})
    assert found.values == {"objective": 5.0, "edp": 3.0, "area": 1.0}
    assert found.deviations == {"objective": 0.25}
    infeasible = Outcome(TrialState.INFEASIBLE, reason="too large")
    assert outcome_of(infeasible) is infeasible


@pytest.mark.parametrize("result", [{"edp": (1, 2, 3)}, {}, "fast", None, {"edp": math.nan}])
def test_what_is_no_result(result: object) -> None:
    with pytest.raises(SpecError):
        outcome_of(result)
    assert evaluate(lambda _: result, {}).state is TrialState.FAILED


def test_what_an_evaluator_raises() -> None:
    def evaluator(parameters: dict[str, float]) -> float:
        if parameters["x"] < 0:
            raise Infeasible("x >= 0: -1 < 0")
        return 1.0 / parameters["x"]

    assert evaluate(evaluator, {"x": 2}).objective == 0.5
    assert evaluate(evaluator, {"x": -1}) == Outcome(TrialState.INFEASIBLE, reason="x >= 0: -1 < 0")
    broken = evaluate(evaluator, {"x": 0})
    assert broken.state is TrialState.FAILED
    assert broken.reason == "ZeroDivisionError: float division by zero"


def test_an_evaluator_cannot_change_the_point() -> None:
    parameters = {"x": 1}
    evaluate(lambda p: p.pop("x"), parameters)
    assert parameters == {"x": 1}
