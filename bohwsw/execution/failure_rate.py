"""How many trials of a run ended in which state, and the end of a run in which too many fail."""

from __future__ import annotations

import warnings
from collections import Counter

from bohwsw.errors import BohwswError, BohwswWarning, SpecError
from bohwsw.strategies import Outcome, TrialState

MINIMUM_TRIALS = 5
"""With fewer trials nothing is said about their failure rate."""

TOLERATED_FAILURE_RATE = 0.99
"""Above it a run ends: none of its first trials worked, or hardly any."""


class FailureRateError(BohwswError):
    """So many trials failed that the evaluator must be broken."""


class FailedTrialWarning(BohwswWarning):
    """A trial failed: the first one of a run, or of those that somebody reports."""


def warn_of(number: int, outcome: Outcome) -> None:
    """Say that a trial has failed, and why."""
    warnings.warn(f"trial {number} failed: {outcome.reason}", FailedTrialWarning, stacklevel=2)


class FailureRate:
    """Counts the trials of a run by how they ended.

    Args:
        tolerated: the share of failed trials, from 0 to 1, above which the run ends; never with 1.
    """

    def __init__(self, tolerated: float = TOLERATED_FAILURE_RATE) -> None:
        if not isinstance(tolerated, int | float) or not 0.0 <= tolerated <= 1.0:
            raise SpecError(
                "not a share of trials",
                key_path="tolerated_trial_failure_rate",
                got=tolerated,
                expected="0 to 1",
            )
        self._tolerated = tolerated
        self._states: Counter[TrialState] = Counter()
        self._first_reason: str | None = None

    @property
    def states(self) -> dict[TrialState, int]:
        """How many there are of every state, zeros included."""
        return {state: self._states[state] for state in TrialState}

    @property
    def done(self) -> int:
        """How many there are."""
        return self._states.total()

    def count(self, number: int, outcome: Outcome) -> None:
        """Count a trial; warn of the first that fails. A `FailureRateError` if too many have."""
        self._states[outcome.state] += 1
        if outcome.state is not TrialState.FAILED:
            return
        failed, done = self._states[TrialState.FAILED], self.done
        if failed == 1:
            self._first_reason = outcome.reason
            warn_of(number, outcome)
        if done >= MINIMUM_TRIALS and failed > self._tolerated * done:
            raise FailureRateError(
                f"{failed} of {done} trials have failed, the first one: {self._first_reason}"
            )
