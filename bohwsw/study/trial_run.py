"""The trials of one run: stored, counted, and told of."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from bohwsw.execution.failure_rate import FailureRate, FailureRateError
from bohwsw.strategies.outcome import Outcome, TrialState
from bohwsw.study.storage import TrialStateError

__all__ = ["FailureRateError", "Progress", "TrialRun"]

Progress = Callable[[int, int, TrialState], None]
"""Called with how many trials have ended, how many are wanted, and the state of the last."""


class TrialRun:
    """The trials of one run.

    Args:
        store: stores what came of a trial, by its number; gives what that means for the goals.
        max_trials: how many are wanted.
        tolerated: see `FailureRate`.
        progress: called after each.
    """

    def __init__(
        self,
        store: Callable[[int, Outcome], Outcome],
        max_trials: int,
        tolerated: float,
        progress: Progress | None,
    ) -> None:
        self.failure_rate = FailureRate(tolerated)
        self._store = store
        self._max_trials = max_trials
        self._progress = progress

    def finish(self, number: int, outcome: Outcome, _seconds: float) -> None:
        """Pass the outcome of a trial on.

        Raises:
            FailureRateError: too many have failed.
        """
        with suppress(TrialStateError):  # it took so long that somebody else has done it
            outcome = self._store(number, outcome)
        try:
            self.failure_rate.count(number, outcome)
        finally:
            if self._progress is not None:
                self._progress(self.failure_rate.done, self._max_trials, outcome.state)
