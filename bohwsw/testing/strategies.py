"""What every strategy must do: a test class that the tests of each strategy subclass."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Point, Real, Space
from bohwsw.strategies import (
    Outcome,
    SpaceExhaustedError,
    Strategy,
    TrialState,
    restore,
    snapshot,
    strategy,
)
from bohwsw.testing.black_boxes import completed, every_kind_space, judged, sixteen_points_space

SPACE = every_kind_space()
"""Shared, so that neighbours are looked up once."""

BETTER = {
    "volt": 0.6,
    "order": ("a", "b", "c"),
    "tile": (12, 1),
    "cache": "banked",
    "banks": 1,
    "size": 1,
    "pes": 1,
}


class StrategyConformance:
    """Subclass it and set ``name``, and ``options`` that keep the tests quick.

    Every outcome has the metrics ``energy`` and ``area`` too, for options that set goals.

    Attributes:
        name: as `strategy` takes it: one of `STRATEGIES`, or ``package.module:Class``.
        options: those of every strategy that the tests build.
    """

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Any]] = {}

    def make(self, space: Space | None = None, seed: Any = 0, **options: Any) -> Strategy:
        return strategy(self.name, space or SPACE, seed, **{**self.options, **options})

    def run(
        self, chosen: Strategy, n: int, evaluate: Callable[[Point], Outcome] = judged
    ) -> list[Point]:
        """Ask, evaluate and tell one by one; the points in their order."""
        points: list[Point] = []
        for _ in range(n):
            (point,) = chosen.ask()
            chosen.tell(point, evaluate(point))
            points.append(point)
        return points

    def check_points(self, chosen: Strategy, points: Sequence[Point]) -> None:
        assert not any(chosen.space.violations(point) for point in points)
        assert len({chosen.space.key(point) for point in points}) == len(points)

    def test_suggestions_are_valid_and_none_comes_twice(self) -> None:
        chosen = self.make()
        self.check_points(chosen, self.run(chosen, 14))

    def test_same_seed_same_suggestions(self) -> None:
        first, second = (self.run(self.make(seed=5), 7) for _ in range(2))
        assert first == second
        other = self.make(seed=6)
        assert any(self.run(other, 1) != [point] for point in first)

    def test_a_run_is_resumed_by_telling_again_or_from_a_snapshot(self) -> None:
        first, second, third = self.make(), self.make(every_kind_space()), self.make()
        points = self.run(first, 8)
        first.ask(2)
        for told in first.history:
            second.tell(told.point, told.outcome)
        for point in first.pending:
            second.reserve(point)
        restore(third, json.loads(json.dumps(snapshot(first))))
        assert third.history == second.history == first.history
        assert third.pending == second.pending == first.pending
        more = first.ask(2)
        assert second.ask(2) == third.ask(2) == more
        self.check_points(first, [*points, *first.pending])

    def test_asking_for_several_is_asking_one_by_one(self) -> None:
        one, several = self.make(), self.make()
        for chosen in (one, several):
            self.run(chosen, 7)
        points = several.ask(3)
        assert points == [one.ask()[0] for _ in range(3)]
        self.check_points(several, [*points, *(told.point for told in several.history)])
        assert list(several.pending) == points
        fork = several.fork()
        assert (fork.pending, fork.n_taken, several.n_taken) == ((), 7, 10)
        assert fork.ask(3) == points == list(several.pending)

    def test_tells_may_come_in_any_order(self) -> None:
        chosen = self.make()
        for _ in range(4):
            for point in reversed(chosen.ask(3)):
                chosen.tell(point, judged(point))
        self.check_points(chosen, [told.point for told in chosen.history])
        assert chosen.pending == ()

    @pytest.mark.parametrize(
        "outcome",
        [
            Outcome(TrialState.INFEASIBLE, reason="always"),
            Outcome(TrialState.FAILED, reason="always"),
            Outcome(TrialState.ABANDONED),
            completed(3.0),
        ],
    )
    def test_the_same_outcome_for_ever(self, outcome: Outcome) -> None:
        chosen = self.make()
        self.check_points(chosen, self.run(chosen, 7, lambda point: outcome))

    def test_values_over_fifteen_decades(self) -> None:
        chosen = self.make()
        points = self.run(chosen, 9, lambda p: completed(10 ** (2.5 * p["pes"] - 7)))
        self.check_points(chosen, points)

    def test_one_point_told_again_and_again_with_noise(self) -> None:
        chosen = self.make()
        (point,) = chosen.ask()
        for k in range(8):
            chosen.tell(point, completed(1.0 + 0.01 * (-1) ** k))
        assert point not in self.run(chosen, 5)

    def test_past_trials_count_and_are_not_repeated(self) -> None:
        chosen = self.make()
        past = chosen.space.sample(14, np.random.default_rng(3))
        for point in past:
            chosen.tell(point, judged(point))
        assert len(chosen.history) == 14
        assert chosen.best is None or chosen.best.point in past
        self.check_points(chosen, [*past, *self.run(chosen, 3)])

    def test_first_points_come_first_and_reserved_ones_not_at_all(self) -> None:
        space = every_kind_space()
        first = space.sample(3, np.random.default_rng(4))
        chosen = self.make(space, first=first)
        chosen.reserve(first[1])
        points = self.run(chosen, 5)
        assert points[:2] == [first[0], first[2]]
        assert chosen.pending == (first[1],)
        self.check_points(chosen, [*points, first[1]])

    def test_an_abandoned_point_is_over_until_it_is_told_again(self) -> None:
        chosen = self.make(first=[BETTER])
        (point,) = chosen.ask()
        chosen.tell(point, Outcome(TrialState.ABANDONED))
        assert chosen.pending == ()
        assert chosen.best is None
        assert point not in self.run(chosen, 5)
        lowest = {"energy": -9.0, "area": -9.0}
        chosen.tell(point, Outcome(TrialState.COMPLETED, -9.0, metrics=lowest))
        assert chosen.best is not None
        assert chosen.best.point == point == BETTER

    def test_a_small_space_is_used_up_and_says_so(self) -> None:
        space = sixteen_points_space()
        chosen = self.make(space)
        points = chosen.ask(4)
        chosen.tell(points[0], completed(1.0))
        chosen.tell(points[1], Outcome(TrialState.INFEASIBLE))
        chosen.tell(points[2], Outcome(TrialState.FAILED))
        points += chosen.ask(5)
        for point in points[4:]:
            chosen.tell(point, completed(float(point["size"])))
        points += chosen.ask(16)
        assert len(points) == 16
        self.check_points(chosen, points)
        with pytest.raises(SpaceExhaustedError, match="all valid points"):
            chosen.ask()
        for point in chosen.pending:
            chosen.tell(point, Outcome(TrialState.FAILED))
        with pytest.raises(SpaceExhaustedError, match="16 told, 0 pending, space of 16"):
            chosen.ask()

    def test_a_continuum_that_constraints_narrow_to_one_point(self) -> None:
        chosen = self.make(Space([Real("v", 0, 1), Integer("a", 1, 2)], ["v + a <= 1"]))
        assert chosen.ask(2) == [{"v": 0.0, "a": 1}]
        with pytest.raises(SpaceExhaustedError, match="0 told, 1 pending"):
            chosen.ask()

    def test_a_space_of_one_point(self) -> None:
        chosen = self.make(Space([Integer("a", 3, 3)]))
        assert chosen.ask() == [{"a": 3}]
        with pytest.raises(SpaceExhaustedError):
            chosen.ask()

    def test_what_is_not_in_the_space_is_refused(self) -> None:
        chosen = self.make()
        (point,) = chosen.ask()
        with pytest.raises(SpecError, match="not in the space") as error:
            chosen.tell({**point, "tile": (12, 1), "pes": 8}, Outcome(TrialState.ABANDONED))
        assert "tile[0] * pes <= 24" in str(error.value)
        with pytest.raises(SpecError, match="not in the space") as error:
            chosen.reserve({**point, "size": 2, "pes": 1})
        assert "not by three" in str(error.value)
        with pytest.raises(SpecError, match="unknown parameter"):
            chosen.reserve({**point, "z": 1})
        with pytest.raises(SpecError, match="not an outcome"):
            chosen.tell(point, 3.0)  # type: ignore[arg-type]
        assert chosen.history == ()

    @pytest.mark.parametrize("seed", [-1, 1.5, None, True, "0"])
    def test_a_bad_seed_is_refused(self, seed: object) -> None:
        with pytest.raises(SpecError, match="seed"):
            self.make(seed=seed)

    @pytest.mark.parametrize("n", [0, -1, 1.0, None, True])
    def test_a_bad_number_of_points_is_refused(self, n: Any) -> None:
        with pytest.raises(SpecError, match="number of points"):
            self.make().ask(n)

    def test_an_unknown_option_is_refused(self) -> None:
        with pytest.raises(SpecError, match="unknown option"):
            self.make(poool=3)
