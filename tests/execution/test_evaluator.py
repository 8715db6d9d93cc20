"""What an evaluator returns or raises becomes an outcome, whatever it is."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from bohwsw.errors import SpecError
from bohwsw.execution.evaluator import Infeasible, evaluate, outcome_of, require_ordinary
from bohwsw.strategies import Outcome, TrialState


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


@pytest.mark.parametrize(
    "three",
    [
        np.array(3.0),
        np.array([3]),
        np.float32(3),
        np.longdouble(3),
        torch.tensor(3.0, requires_grad=True),
        torch.tensor([3]),
        Decimal(3),
        Fraction(3),
    ],
)
def test_numbers_of_any_kind_are_measured_values(three: Any) -> None:
    found = outcome_of({"loss": three, "energy": (three, three)})
    assert found.values == {"loss": 3.0, "energy": 3.0}
    assert found.deviations == {"energy": 3.0}
    assert {type(value) for value in found.values.values()} == {float}
    assert outcome_of(three).objective == 3.0


@pytest.mark.parametrize(
    "value",
    [
        *("3", b"3", True, np.True_, torch.tensor(True), 3j, object(), {"a": 1}),
        *(np.array([1.0, 2.0]), [1, 2, 3], ("1", None), (1.0, "a"), (1.0, np.array([1.0, 2.0]))),
        *(Decimal("NaN"), Decimal("sNaN"), Decimal("1e999"), Fraction(10**400)),
    ],
)
def test_what_is_no_number_is_a_failure_that_names_the_value(value: Any) -> None:
    with pytest.raises(SpecError, match="loss"):
        outcome_of({"loss": value})
    assert "loss" in str(evaluate(lambda _: {"loss": value}, {}).reason)


def test_a_standard_error_that_is_not_known() -> None:
    for unknown in (None, math.nan, np.array(math.nan)):
        assert outcome_of({"edp": (3.0, unknown)}) == outcome_of({"edp": 3.0})


async def coroutine(point: dict[str, float]) -> float:
    return 1.0


class Asynchronous:
    async def __call__(self, point: dict[str, float]) -> float:
        return 1.0


def generator(point: dict[str, float]) -> Iterator[float]:
    yield 1.0


@pytest.mark.parametrize(
    ("evaluator", "named"),
    [
        (coroutine, "coroutine"),
        (partial(coroutine), "coroutine"),
        (Asynchronous(), "coroutine"),
        (generator, "generator"),
        (3, "not an evaluator"),
    ],
)
def test_what_gives_no_values_is_refused_before_a_trial_is_spent(
    evaluator: Any, named: str
) -> None:
    with pytest.raises(SpecError, match=named):
        require_ordinary(evaluator)


@pytest.mark.filterwarnings("error")  # a coroutine that nobody awaits
def test_a_coroutine_that_comes_as_a_result_is_named() -> None:
    reason = evaluate(lambda point: coroutine(point), {}).reason
    assert reason is not None
    assert "coroutine" in reason
    assert "asyncio.run" in reason
    require_ordinary(lambda point: coroutine(point))  # nobody can know


def test_errors_without_a_text() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def evaluator(_: dict[str, float]) -> float:
        raise Mute

    assert evaluate(evaluator, {}).reason == "Mute"
    assert evaluate(lambda _: sys.exit(3), {}).reason == "SystemExit: 3"
