"""Counts of states, the first reason at once, and the end of a run that only fails."""

from __future__ import annotations

import warnings

import pytest

from bohwsw.errors import SpecError
from bohwsw.execution.failure_rate import FailedTrialWarning, FailureRate, FailureRateError
from bohwsw.strategies import Outcome, TrialState

COMPLETED = Outcome(TrialState.COMPLETED, 1.0)
INFEASIBLE = Outcome(TrialState.INFEASIBLE, reason="area")


def failed(reason: str) -> Outcome:
    return Outcome(TrialState.FAILED, reason=reason)


def test_the_first_failure_is_told_at_once_and_the_others_are_counted() -> None:
    failure_rate = FailureRate()
    failure_rate.count(0, COMPLETED)
    with pytest.warns(FailedTrialWarning, match="trial 1 failed: no licence"):
        failure_rate.count(1, failed("no licence"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number in range(2, 90):
            failure_rate.count(number, failed("again"))
        failure_rate.count(90, INFEASIBLE)
    assert failure_rate.done == 91
    assert failure_rate.states == {"completed": 1, "infeasible": 1, "failed": 89, "abandoned": 0}


@pytest.mark.filterwarnings("ignore::bohwsw.execution.failure_rate.FailedTrialWarning")
def test_a_run_that_only_fails_ends_with_the_first_reason() -> None:
    failure_rate = FailureRate()
    for number in range(4):
        failure_rate.count(number, failed(f"reason {number}"))
    with pytest.raises(
        FailureRateError, match="5 of 5 trials have failed, the first one: reason 0"
    ):
        failure_rate.count(4, failed("reason 4"))
    patient = FailureRate(1.0)
    for number in range(100):
        patient.count(number, failed("all"))
    strict = FailureRate(0.5)
    for number, outcome in enumerate([COMPLETED, COMPLETED, failed("a"), failed("b")]):
        strict.count(number, outcome)
    with pytest.raises(FailureRateError, match=r"3 of 5.*: a"):
        strict.count(4, failed("c"))


@pytest.mark.parametrize("share", [-0.1, 1.1, "a", None])
def test_what_is_no_share(share: object) -> None:
    with pytest.raises(SpecError, match="tolerated_trial_failure_rate"):
        FailureRate(share)  # type: ignore[arg-type]
