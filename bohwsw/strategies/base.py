"""Ask and tell: what every strategy does alike.

A suggestion is a function of the seed, the options, the tells so far in their order and the points
that are pending. No random stream is kept from one call to the next, so a run is resumed by
telling a new strategy what happened: the next suggestion is then the one that the old strategy
would have made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Self
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition import non_dominated
from bohwsw.arrays import Values
from bohwsw.checks import MOST_TRIALS, whole_number, whole_option
from bohwsw.errors import BohwswError, SpecError
from bohwsw.space import Point, Space
from bohwsw.strategies.goals import Goals
from bohwsw.strategies.outcome import OBJECTIVE, Outcome, Told, TrialState

Rows = npt.NDArray[np.int32]

SMALL_SPACE = 4096
"""Up to this many valid points, all of them are listed, so exhaustion is noticed exactly."""

LISTABLE_SPACE = 1_000_000
MAX_ROUNDS = 8

POOL_ROWS = 4096
"""Random valid rows are drawn in blocks of so many, of which each suggestion sees a random part:
where constraints tie many parameters, drawing costs more than a model's answer on the rows."""

POOL_TRIALS = 16
"""After this many trials the next block is drawn."""

Block = tuple[tuple[int, ...], Rows]
NO_BLOCK: Block = ((), np.zeros((0, 0), np.int32))
_LAST_BLOCK: WeakKeyDictionary[Space, Block] = WeakKeyDictionary()
"""For a strategy that begins again on the same space."""


class SpaceExhaustedError(BohwswError):
    """Every valid point of the space has been suggested or told already."""


class InfeasibleBudgetError(SpaceExhaustedError):
    """As many evaluations as allowed were infeasible; loops end as where the space has no more."""


class Strategy(ABC):
    """Suggests points and learns from their outcomes; minimises.

    Args:
        space: where to search.
        seed: a whole number, not negative; same seed and history, same suggestions.
        objectives: names of measured values to be minimised; ``objective`` is `Outcome.objective`,
            any other one is among `Outcome.metrics`.
        outcome_constraints: conditions on measured values, such as ``area_mm2 <= 12``.
        first: points to suggest before anything else, such as a baseline.
        max_infeasible: evaluations that may be infeasible, for whatever reason; pending ones count
            until they are told. Then nothing more is suggested. None: any number.

    Raises:
        SpecError: the seed is not one, a constraint is no comparison, or a point of ``first`` is
            not in the space.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        objectives: Sequence[str] = (OBJECTIVE,),
        outcome_constraints: Sequence[str] = (),
        first: Sequence[Mapping[str, Any]] = (),
        max_infeasible: int | None = None,
    ) -> None:
        self.space = space
        if max_infeasible is not None:
            max_infeasible = whole_option("max_infeasible", max_infeasible)
        self.max_infeasible = max_infeasible
        self.seed = whole_number("seed", seed, 0, problem="not a seed")
        self.goals = Goals.of(objectives, outcome_constraints)
        self._history: list[Told] = []
        self._told_rows: list[Rows] = []
        self._pending: dict[bytes, Rows] = {}
        self._taken: set[bytes] = set()
        self._queue = [self.require_valid(point) for point in first]
        self._pool = NO_BLOCK

    # -- the contract --------------------------------------------------------------------------

    def ask(self, n: int = 1) -> list[Point]:
        """Suggest ``n`` valid points that were neither told nor suggested before.

        They count as pending until they are told. Fewer if the space has no more.

        Raises:
            SpaceExhaustedError: the space has none left at all; or, `InfeasibleBudgetError`, no
                more infeasible evaluations are allowed.
        """
        n = whole_number("n", n, most=MOST_TRIALS, problem="not a number of points")
        points: list[Point] = []
        for _ in range(n):
            entropy = [self.seed, len(self._history), len(self._pending)]
            try:
                self._require_budget()
                row = next((row for row in self._queue if not self._is_taken(row)), None)
                if row is None:
                    row = self._suggest(np.random.default_rng(entropy))
            except SpaceExhaustedError:
                if points:
                    break
                raise
            self._reserve(row)
            points.append(self.space.point(row))
        return points

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a valid point, whether it was asked for here or not.

        Raises:
            SpecError: the point is not in the space; says why. A completed outcome lacks a
                measured value that the goals speak of.
        """
        if not isinstance(outcome, Outcome):
            raise SpecError("not an outcome", got=outcome, expected="an Outcome")
        row = self.require_valid(point)
        violations = self.goals.violations(outcome)
        self._pending.pop(row.tobytes(), None)
        self._taken.add(row.tobytes())
        self._history.append(Told(self.space.point(row), outcome, violations))
        self._told_rows.append(row)

    def reserve(self, point: Mapping[str, Any]) -> None:
        """Count a point as pending that was chosen by hand, or asked for before a restart.

        Raises:
            SpecError: the point is not in the space; says why.
        """
        self._reserve(self.require_valid(point))

    def fork(self) -> Self:
        """A strategy of this history with nothing pending; only to be asked: models are shared."""
        fork = copy(self)
        fork._pending, fork._taken = {}, {row.tobytes() for row in self._told_rows}
        return fork

    def predict(self, points: Sequence[Mapping[str, Any]]) -> list[dict[str, tuple[float, float]]]:
        """Mean and standard deviation, for each point, of values by name.

        All that at least two trials have measured, infeasible trials included; each by a Gaussian
        process of its own.

        Raises:
            BohwswError: no value was measured twice.
            SpecError: a point is not in the space.
        """
        from bohwsw.strategies.prediction import predicted  # with torch

        if not points:
            return []
        space, outcomes = self.space, [told.outcome for told in self._history]
        new = np.array([space.row(point) for point in points])
        rows = np.array(self._told_rows, dtype=np.int32).reshape(-1, space.n_columns)
        known, wanted = space.encode_rows(rows), space.encode_rows(new)
        return predicted(outcomes, known, wanted, space.encoding_groups, self._basis())

    @property
    def n_taken(self) -> int:
        """How many different points have been told or are pending."""
        return len(self._taken)

    @property
    def history(self) -> tuple[Told, ...]:
        """All tells, in their order."""
        return tuple(self._history)

    @property
    def pending(self) -> tuple[Point, ...]:
        """Points that were suggested or reserved and not told yet."""
        return tuple(self.space.point(row) for row in self._pending.values())

    @property
    def best(self) -> Told | None:
        """The feasible trial with the lowest objective, the first of them if several.

        With several objectives, the one of the Pareto front that is lowest in the first.
        """
        feasible = (told for told in self._history if told.is_feasible and self._is_final(told))
        values = self.goals.vector
        return min(feasible, key=lambda told: tuple(values(told.outcome)), default=None)

    @property
    def pareto_front(self) -> tuple[Told, ...]:
        """Feasible trials that no other one beats in every objective, in the order of the tells."""
        feasible = [told for told in self._history if told.is_feasible and self._is_final(told)]
        if not feasible:
            return ()
        kept = non_dominated(np.array([self.goals.vector(told.outcome) for told in feasible]))
        return tuple(feasible[k] for k in np.flatnonzero(kept))

    def require_valid(self, point: Mapping[str, Any]) -> Rows:
        """The row of codes of a point.

        Raises:
            SpecError: the point is not in the space; says why.
        """
        row = self.space.row(point)
        return row if row.tobytes() in self._pending else self.space.valid_row(point)

    @classmethod
    def supports(cls, space: Space) -> str | None:
        """Why this method cannot search a space; None if it can."""
        return None

    # -- for subclasses ------------------------------------------------------------------------

    @abstractmethod
    def _suggest(self, rng: np.random.Generator) -> Rows:
        """One row of codes that is not taken; ``rng`` is the only source of chance.

        Raises:
            SpaceExhaustedError: there is none.
        """

    def _is_final(self, told: Told) -> bool:
        """Whether a result counts in the end, as those at the target of a fidelity do."""
        return True

    def _basis(self) -> Callable[[Values], Values] | None:
        """Functions ``[n, k]`` of encoded points that predictions have a trend over."""
        return None

    def _is_taken(self, row: Rows) -> bool:
        return row.tobytes() in self._taken

    def _free(self, rows: Rows) -> Rows:
        """Rows ``[n, d]`` without repetitions and without those that are taken, order kept."""
        seen = set(self._taken)
        keep = []
        for index, row in enumerate(rows):
            key = row.tobytes()
            if key not in seen:
                seen.add(key)
                keep.append(index)
        return rows[keep]

    def _fresh_rows(self, n: int, rng: np.random.Generator) -> Rows:
        """Up to ``n`` distinct valid rows that are not taken, at least one, in random order.

        Raises:
            SpaceExhaustedError: there is none.
        """
        everything = self._everything
        if everything is None:
            rows = self._free(self._pool_rows(n, rng))
            for _ in range(MAX_ROUNDS):
                if len(rows):
                    return rows
                rows = self._free(self.space.sample_rows(max(n, 256), rng))[:n]
            everything = self.space.all_rows(LISTABLE_SPACE)
        free = self._free(everything) if everything is not None else np.zeros((0, 0), np.int32)
        if not len(free):
            raise SpaceExhaustedError(
                f"all valid points have been tried: {len(self._history)} told, "
                f"{len(self._pending)} pending, space of {self.space.size()}"
            )
        return free[rng.permutation(len(free))[:n]]

    def _fresh_row(self, rng: np.random.Generator) -> Rows:
        row: Rows = self._fresh_rows(1, rng)[0]
        return row

    def _pool_rows(self, n: int, rng: np.random.Generator) -> Rows:
        """``n`` random valid rows; of a block that seed and number of trials determine."""
        if 2 * n > POOL_ROWS:
            return self.space.sample_rows(n, rng)
        entropy = self.seed, 1, len(self._history) // POOL_TRIALS
        if self._pool[0] != entropy:
            self._pool = _LAST_BLOCK.get(self.space, NO_BLOCK)
        if self._pool[0] != entropy:
            self._pool = entropy, self.space.sample_rows(POOL_ROWS, np.random.default_rng(entropy))
            _LAST_BLOCK[self.space] = self._pool
        return self._pool[1][rng.choice(POOL_ROWS, size=n, replace=False)]

    def _completed_order(self) -> list[int]:
        """Indices of completed trials in the history, best first; ties in the order of tells.

        Feasible ones come first (K. Deb, "An efficient constraint handling method for genetic
        algorithms", 2000); several objectives count by how many trials beat a trial in all.
        """
        indices = [
            index
            for index, told in enumerate(self._history)
            if told.outcome.state is TrialState.COMPLETED
        ]
        if not indices:
            return []
        values = np.array([self.goals.vector(self._history[i].outcome) for i in indices])
        if values.shape[1] > 1:
            rank = (values[:, None, :] <= values[None, :, :]).all(axis=2).sum(axis=0)
        else:
            rank = values[:, 0]
        order = np.lexsort((rank, self._total_violation(indices)))
        return [indices[k] for k in order]

    def _total_violation(self, indices: Sequence[int]) -> Values:
        """How far completed trials are from feasible: 0 if they are, else a sum of ratios."""
        shape = len(indices), len(self.goals.constraints)
        violations = np.array([self._history[i].violations for i in indices], np.float64)
        violations = violations.reshape(shape)
        scale = np.abs(violations).max(axis=0)
        ratios = np.maximum(violations, 0.0) / np.where(scale > 0.0, scale, 1.0)
        return np.asarray(ratios.sum(axis=1))

    def _pending_rows(self) -> Rows:
        """Pending rows ``[n, d]`` in an order that does not depend on when they were asked for."""
        rows = [self._pending[key] for key in sorted(self._pending)]
        return np.array(rows, dtype=np.int32).reshape(-1, self.space.n_columns)

    # -- inside --------------------------------------------------------------------------------

    @cached_property
    def _everything(self) -> Rows | None:
        """All rows of a small space, listed once."""
        return self.space.all_rows(max(SMALL_SPACE, self.space.listed_rows))

    def _require_budget(self) -> None:
        if self.max_infeasible is None:
            return
        ended = (TrialState.COMPLETED, TrialState.INFEASIBLE)
        wasted = sum(t.outcome.state in ended and not t.is_feasible for t in self._history)
        if wasted + len(self._pending) >= self.max_infeasible:
            raise InfeasibleBudgetError(
                f"{wasted} trials were infeasible, {len(self._pending)} are pending: "
                f"max_infeasible is {self.max_infeasible}"
            )

    def _reserve(self, row: Rows) -> None:
        self._taken.add(row.tobytes())
        self._pending[row.tobytes()] = row
