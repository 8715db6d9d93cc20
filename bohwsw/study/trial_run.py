"""Counts what became of the trials of a run, and ends it when the evaluator must be broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from bohwsw.errors import BohwswError, SpecError
from bohwsw.strategies.outcome import Outcome, TrialState
from bohwsw.study.storage import TrialStateError

FEW = 5
"""With fewer trials nothing is said about the share of failures."""

Progress = Callable[[int, int, TrialState], None]
"""Called with how many trials have ended, how many are wanted, and the state of the last."""


class FailureRateError(BohwswError):
    """So many trials failed that the evaluator must be broken."""


class Recipient(Protocol):
    """Who is told how a trial ended."""

    def finish_trial(self, trial_index: int, result: Outcome) -> TrialState:
        """Store it."""


class TrialRun:
    """The trials of one run.

    Args:
        recipient: who stores them.
        max_trials: how many are wanted.
        tolerated: the share of failures, from 0 to 1, above which the run ends.
        progress: called after each.

    Raises:
        SpecError: the share is not one.
    """

    def __init__(
        self, recipient: Recipient, max_trials: int, tolerated: float, progress: Progress | None
    ) -> None:
        if not isinstance(tolerated, int | float) or not 0.0 <= tolerated <= 1.0:
            raise SpecError(
                "not a share of trials",
                key_path="tolerated_trial_failure_rate",
                got=tolerated,
                expected="0 to 1",
            )
        self._recipient = recipient
        self._max_trials = max_trials
        self._tolerated = tolerated
        self._progress = progress
        self._states: list[TrialState] = []

    def finish(self, number: int, outcome: Outcome, _seconds: float) -> None:
        """Pass the outcome of a trial on.

        Raises:
            FailureRateError: too many have failed.
        """
        try:
            state = self._recipient.finish_trial(number, outcome)
        except TrialStateError:  # it took so long that somebody else has done it
            state = outcome.state
        self._states.append(state)
        done, failed = len(self._states), self._states.count(TrialState.FAILED)
        if self._progress is not None:
            self._progress(done, self._max_trials, state)
        if done >= FEW and failed > self._tolerated * done:
            raise FailureRateError(
                f"{failed} of {done} trials have failed, the last one: {outcome.reason}"
            )
