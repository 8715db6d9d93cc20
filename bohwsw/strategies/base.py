"""Ask and tell: what every strategy does alike.

A suggestion is a function of the seed, the options, the tells so far in their order and the points
that are pending. No random stream is kept from one call to the next, so a run is resumed by
telling a new strategy what happened: the next suggestion is then the one that the old strategy
would have made.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import BohwswError, SpecError
from bohwsw.space import Point, Space

Rows = npt.NDArray[np.int32]

SMALL_SPACE = 4096
"""Up to this many valid points, all of them are listed, so exhaustion is noticed exactly."""

LISTABLE_SPACE = 1_000_000
MAX_ROUNDS = 8


class SpaceExhaustedError(BohwswError):
    """Every valid point of the space has been suggested or told already."""


class TrialState(StrEnum):
    """How an evaluation ended."""

    COMPLETED = "completed"
    """It gave an objective."""
    INFEASIBLE = "infeasible"
    """It worked, and the answer is that the point breaks a constraint: something to learn from."""
    FAILED = "failed"
    """The evaluator broke (exception, time-out, NaN): says nothing about the point."""
    ABANDONED = "abandoned"
    """It was given up."""


@dataclass(frozen=True)
class Outcome:
    """What came of evaluating a point.

    Attributes:
        state: how it ended.
        objective: the value to be minimised; finite, and given if and only if ``COMPLETED``.
        reason: why it is not feasible, why it failed; for people.
    """

    state: TrialState
    objective: float | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        state = _state(self.state)
        object.__setattr__(self, "state", state)
        if state is not TrialState.COMPLETED:
            if self.objective is not None:
                raise SpecError(
                    "only a completed trial has an objective",
                    key_path="objective",
                    got=self.objective,
                    expected=f"none with state {state.value}",
                )
            return
        value = self.objective.item() if isinstance(self.objective, np.generic) else self.objective
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SpecError(
                "a completed trial needs an objective", key_path="objective", got=self.objective
            )
        if not math.isfinite(value):
            raise SpecError(
                "the objective is not finite",
                key_path="objective",
                got=value,
                expected="a number; report a broken evaluation as failed",
            )
        object.__setattr__(self, "objective", float(value))


@dataclass(frozen=True)
class Told:
    """One point of the history with its outcome."""

    point: Point
    outcome: Outcome


class Strategy(ABC):
    """Suggests points and learns from their outcomes; minimises.

    Args:
        space: where to search.
        seed: a whole number, not negative; same seed and history, same suggestions.

    Raises:
        SpecError: the seed is not one.
    """

    def __init__(self, space: Space, seed: int = 0) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise SpecError("not a seed", got=seed, expected="a whole number, not negative")
        self.space = space
        self.seed = int(seed)
        self._history: list[Told] = []
        self._told_rows: list[Rows] = []
        self._pending: dict[bytes, Rows] = {}
        self._taken: set[bytes] = set()
        self._all_rows: Rows | None = None
        self._listed = False

    # -- the contract --------------------------------------------------------------------------

    def ask(self, n: int = 1) -> list[Point]:
        """Suggest points that were neither told nor suggested before.

        Args:
            n: how many; they count as pending until they are told.

        Returns:
            ``n`` valid points; fewer if the space has no more.

        Raises:
            SpaceExhaustedError: the space has none left at all.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 1:
            raise SpecError("not a number of points", key_path="n", got=n, expected="at least 1")
        points: list[Point] = []
        for _ in range(n):
            entropy = [self.seed, len(self._history), len(self._pending)]
            try:
                row = self._suggest(np.random.default_rng(entropy))
            except SpaceExhaustedError:
                if points:
                    break
                raise
            self._reserve(row)
            points.append(self.space.point(row))
        return points

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point, whether it was asked for here or not.

        Args:
            point: a valid point of the space.
            outcome: how its evaluation ended.

        Raises:
            SpecError: the point is not in the space; says why.
        """
        if not isinstance(outcome, Outcome):
            raise SpecError("not an outcome", got=outcome, expected="an Outcome")
        row = self._valid_row(point)
        self._pending.pop(row.tobytes(), None)
        self._taken.add(row.tobytes())
        self._history.append(Told(self.space.point(row), outcome))
        self._told_rows.append(row)

    def reserve(self, point: Mapping[str, Any]) -> None:
        """Count a point as pending that was not asked for here.

        It was chosen by hand, or asked for before a restart and is still being evaluated.

        Raises:
            SpecError: the point is not in the space; says why.
        """
        self._reserve(self._valid_row(point))

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
        """The completed trial with the lowest objective, the first of them if several."""
        order = self._completed_order()
        return self._history[order[0]] if order else None

    # -- for subclasses ------------------------------------------------------------------------

    @abstractmethod
    def _suggest(self, rng: np.random.Generator) -> Rows:
        """One row of codes that is not taken.

        Args:
            rng: the only source of chance; derived from seed, tells and pending points.

        Raises:
            SpaceExhaustedError: there is none.
        """

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
        everything = self._everything()
        if everything is None:
            rows = self._free(self.space.sample_rows(n, rng))
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

    def _completed_order(self) -> list[int]:
        """Indices of completed trials in the history, best first; ties in the order of tells."""
        values = [
            (told.outcome.objective, index)
            for index, told in enumerate(self._history)
            if told.outcome.objective is not None
        ]
        return [index for _, index in sorted(values)]

    def _rows_in_state(self, *states: TrialState) -> Rows:
        """Told rows ``[n, d]`` in any of some states, in the order of the tells."""
        rows = [
            row
            for row, told in zip(self._told_rows, self._history, strict=True)
            if told.outcome.state in states
        ]
        return np.array(rows, dtype=np.int32).reshape(-1, len(self.space.names))

    def _pending_rows(self) -> Rows:
        """Pending rows ``[n, d]`` in an order that does not depend on when they were asked for."""
        rows = [self._pending[key] for key in sorted(self._pending)]
        return np.array(rows, dtype=np.int32).reshape(-1, len(self.space.names))

    # -- inside --------------------------------------------------------------------------------

    def _everything(self) -> Rows | None:
        """All rows of a small space, listed once."""
        if not self._listed:
            self._listed = True
            self._all_rows = self.space.all_rows(SMALL_SPACE)
        return self._all_rows

    def _reserve(self, row: Rows) -> None:
        self._taken.add(row.tobytes())
        self._pending[row.tobytes()] = row

    def _valid_row(self, point: Mapping[str, Any]) -> Rows:
        row = self.space.row(point)
        violations = self.space.violations(point)
        if violations:
            raise SpecError(
                "the point is not in the space",
                got=dict(point),
                expected="; ".join(str(violation) for violation in violations),
            )
        return row


def _state(state: object) -> TrialState:
    try:
        return TrialState(state)  # type: ignore[arg-type]
    except ValueError:
        raise SpecError(
            "unknown trial state",
            got=state,
            expected="one of " + ", ".join(s.value for s in TrialState),
        ) from None
