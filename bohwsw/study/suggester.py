"""The strategy of a stored study: told what happened anywhere, it suggests what nobody else has."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bohwsw.errors import BohwswError
from bohwsw.space import Point, Space
from bohwsw.strategies import Outcome, Strategy
from bohwsw.study.storage import ClaimedError, StoredStudy
from bohwsw.study.trial import Trial

MAX_CLAIMS = 100
"""How often others may be faster before a suggestion is given up."""


@dataclass(frozen=True)
class Plan:
    """How the points of a study are suggested.

    Attributes:
        source: what suggests them, for people.
        new_strategy: a strategy that was told nothing yet, over the whole space (None) or a part.
        stored: a point of the space as trials have it.
        point: the point of the space that a trial has.
        told: what the strategy is told of an outcome.
    """

    source: str
    new_strategy: Callable[[Space | None], Strategy]
    stored: Callable[[Point], Mapping[str, Any]] = dict
    point: Callable[[Mapping[str, Any]], Point] = dict
    told: Callable[[Outcome], Outcome] = lambda outcome: outcome


class Suggester:
    """Suggests the next points of a study that others may work on, too.

    A suggestion follows from the seed, the trials that ended, in their order, and those that run;
    all of these are stored, so a new process goes on where another one was.

    Args:
        ended: called with each trial that has ended, in their order, and once more when the
            strategy has to be built again.
    """

    def __init__(
        self, study: StoredStudy, plan: Plan, ended: Callable[[Trial], None] = lambda _: None
    ) -> None:
        self._study = study
        self._plan = plan
        self._ended = ended
        self._strategy: Strategy | None = None
        self._finish_order = 0

    def next(
        self,
        worker: str,
        part: Space | None = None,
        *,
        watched: bool = False,
        most: int | None = None,
    ) -> Trial:
        """A new trial of a worker, at a point that nobody else was given; see `StoredStudy.add`.

        Args:
            part: of the space, where the point must be.
        """
        began = time.perf_counter()
        for _ in range(MAX_CLAIMS):
            strategy = self.up_to_date()
            (point,) = (strategy if part is None else self._narrowed(strategy, part)).ask()
            seconds = time.perf_counter() - began
            try:
                trial = self._study.add(
                    self._plan.stored(point),
                    source=self._plan.source,
                    worker=worker,
                    watched=watched,
                    most=most,
                )
            except ClaimedError:
                continue
            except BohwswError:
                self._forget()  # the strategy counts the point as pending
                raise
            return replace(trial, proposing_seconds=seconds)
        raise BohwswError(f"other workers were faster {MAX_CLAIMS} times: ask again")

    def up_to_date(self) -> Strategy:
        """The strategy, told what has happened since."""
        if self._strategy is None:
            self._strategy = self._plan.new_strategy(None)
        for trial in self._study.news(self._finish_order):
            point = self._plan.point(trial.point)
            if trial.outcome is not None and trial.finish_order is not None:
                self._strategy.tell(point, self._plan.told(trial.outcome))
                self._finish_order = trial.finish_order
                self._ended(trial)
            else:
                self._strategy.reserve(point)
        return self._strategy

    def _forget(self) -> None:
        """Build the strategy again when it is next needed."""
        self._strategy = None
        self._finish_order = 0

    def _narrowed(self, whole: Strategy, part: Space) -> Strategy:
        """A strategy on a part of the space, told what fits."""
        narrow = self._plan.new_strategy(part)
        for told in whole.history:
            if not part.violations(told.point):
                narrow.tell(told.point, told.outcome)
        for point in whole.pending:
            if not part.violations(point):
                narrow.reserve(point)
        return narrow
