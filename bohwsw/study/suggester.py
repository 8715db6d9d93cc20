"""The strategy of a stored study: told what happened anywhere, it suggests what nobody else has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bohwsw.errors import BohwswError
from bohwsw.space import Space
from bohwsw.strategies import Strategy
from bohwsw.study.experiment import Experiment
from bohwsw.study.storage import ClaimedError, StoredStudy
from bohwsw.study.stored_trial import StoredTrial

MAX_CLAIMS = 100
"""How often others may be faster before a suggestion is given up."""


class Suggester:
    """Suggests the next points of a study that others may work on, too.

    A suggestion follows from the seed, the trials that ended, in their order, and those that run;
    all of these are in the database, so a new process goes on where another one was.

    Args:
        experiment: what the study is about, goals included.
        study: its trials.
    """

    def __init__(self, experiment: Experiment, study: StoredStudy) -> None:
        self._experiment = experiment
        self._study = study
        self._forget()

    def next(
        self, worker: str, fixed: Mapping[str, Any] | None = None, watched: bool = False
    ) -> StoredTrial:
        """A new trial, at a point that nobody else was given.

        Args:
            worker: in whose name the point is taken.
            fixed: values that the point must have.
            watched: whether the worker will say that it lives.

        Raises:
            SpaceExhaustedError: there is no such point left.
            SpecError: a fixed value is not one.
        """
        for _ in range(MAX_CLAIMS):
            strategy = self._up_to_date()
            (point,) = (self._narrowed(strategy, fixed) if fixed else strategy).ask()
            parameters = self._experiment.search_space.parameters(point)
            source = self._experiment.strategy
            try:
                trial = self._study.add(parameters, source=source, worker=worker, watched=watched)
            except ClaimedError:
                continue
            except BohwswError:
                self._forget()  # the strategy believes that the point is pending
                raise
            return trial
        raise BohwswError(f"other workers were faster {MAX_CLAIMS} times: ask again")

    def _forget(self) -> None:
        """Build the strategy again when it is next needed."""
        self._strategy: Strategy | None = None
        self._finish_order = 0

    def _up_to_date(self) -> Strategy:
        """The strategy, told what has happened since."""
        if self._strategy is None:
            self._strategy = self._experiment.new_strategy()
        space, goals = self._experiment.search_space, self._experiment.goals
        for trial in self._study.news(self._finish_order):
            if trial.outcome is not None and trial.finish_order is not None:
                self._strategy.tell(space.known_point(trial.parameters), goals.told(trial.outcome))
                self._finish_order = trial.finish_order
            else:
                self._strategy.reserve(space.known_point(trial.parameters))
        return self._strategy

    def _narrowed(self, whole: Strategy, fixed: Mapping[str, Any]) -> Strategy:
        """A strategy on the part of the space that has some values, told what fits."""
        part = self._experiment.search_space.fixed(fixed)
        narrow = self._experiment.new_strategy(part)
        for told in whole.history:
            if _fits(part, told.point):
                narrow.tell(told.point, told.outcome)
        for point in whole.pending:
            if _fits(part, point):
                narrow.reserve(point)
        return narrow


def _fits(space: Space, point: Mapping[str, Any]) -> bool:
    return not space.violations(point)
