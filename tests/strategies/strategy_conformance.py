"""What every strategy must do: a test class that the tests of each strategy subclass."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Ordinal, Space
from bohwsw.strategies import Outcome, SpaceExhaustedError, TrialState, strategy


def product_space():
    """A product, a divisibility and a sum constraint; 4,644 points."""
    divisors = [1, 2, 3, 4, 6, 8, 12, 24]
    return Space(
        [
            Ordinal("x", divisors),
            Ordinal("y", divisors),
            Integer("a", 1, 8),
            Integer("b", 1, 8),
            Ordinal("g", [1, 2, 4]),
            Categorical("kind", ["u", "v", "w"]),
            Categorical("flag", [False, True]),
        ],
        ["x * y == 24", "x % g == 0", "a + b <= 10"],
    )


def small_space():
    """Six points."""
    return Space([Integer("a", 1, 4), Integer("b", 1, 4)], ["a < b"])


def objective(point):
    """Its lowest values lie at x = 6, a = 7, b = 2, kind v."""
    return (
        np.log(point["x"] / 6) ** 2
        + 0.1 * (point["a"] - 7) ** 2
        + 0.1 * (point["b"] - 2) ** 2
        + (point["kind"] != "v")
        + 0.2 * point["flag"]
    )


def hidden(point):
    """A constraint that no strategy is told of."""
    return point["x"] * point["a"] <= 48 and point["y"] + point["b"] <= 12


def completed(point):
    return Outcome(TrialState.COMPLETED, objective(point))


def mixed(point):
    """Completed, infeasible, failed or abandoned, by the point alone."""
    if point["a"] + point["b"] == 5:
        return Outcome(TrialState.FAILED, reason="time-out")
    if point["a"] + point["b"] == 6:
        return Outcome(TrialState.ABANDONED)
    return completed(point) if hidden(point) else Outcome(TrialState.INFEASIBLE, reason="hidden")


class StrategyConformance:
    """Subclass it and set ``name``, and ``options`` that keep the tests quick."""

    name = ""
    options = {}  # noqa: RUF012 - each subclass sets its own and none changes it

    def make(self, space=None, seed=0, **options):
        return strategy(self.name, space or product_space(), seed, **{**self.options, **options})

    def run(self, chosen, evaluate, n):
        """Ask, evaluate and tell one by one; the points in their order."""
        points = []
        for _ in range(n):
            (point,) = chosen.ask()
            chosen.tell(point, evaluate(point))
            points.append(point)
        return points

    def check_points(self, chosen, points):
        assert not any(chosen.space.violations(point) for point in points)
        assert len({chosen.space.key(point) for point in points}) == len(points)

    def test_suggestions_are_valid_and_none_comes_twice(self):
        chosen = self.make()
        self.check_points(chosen, self.run(chosen, mixed, 30))

    def test_same_seed_same_suggestions(self):
        runs = [self.run(self.make(seed=seed), mixed, 16) for seed in (5, 5, 6)]
        assert runs[0] == runs[1]
        assert runs[0] != runs[2]

    def test_a_run_is_resumed_by_telling_again(self):
        space, first = product_space(), self.make()
        points = self.run(first, mixed, 14)
        first.ask(2)
        second = self.make(space)
        for told in first.history:
            second.tell(told.point, told.outcome)
        for point in first.pending:
            second.reserve(point)
        assert second.history == first.history
        assert second.ask(3) == first.ask(3)
        assert points[-1] not in second.ask()

    def test_asking_for_several_is_asking_one_by_one(self):
        one, several = self.make(), self.make()
        for chosen in (one, several):
            self.run(chosen, mixed, 12)
        points = several.ask(4)
        assert points == [one.ask()[0] for _ in range(4)]
        self.check_points(several, [*points, *(told.point for told in several.history)])
        assert list(several.pending) == points

    def test_tells_may_come_in_any_order(self):
        chosen = self.make()
        for _ in range(5):
            for point in reversed(chosen.ask(3)):
                chosen.tell(point, mixed(point))
        self.check_points(chosen, [told.point for told in chosen.history])
        assert chosen.pending == ()

    @pytest.mark.parametrize(
        "outcome",
        [
            Outcome(TrialState.INFEASIBLE, reason="always"),
            Outcome(TrialState.FAILED, reason="always"),
            Outcome(TrialState.ABANDONED),
            Outcome(TrialState.COMPLETED, 3.0),
        ],
    )
    def test_the_same_outcome_for_ever(self, outcome):
        chosen = self.make()
        self.check_points(chosen, self.run(chosen, lambda point: outcome, 18))

    def test_values_over_fifteen_decades(self):
        chosen = self.make()
        points = self.run(
            chosen, lambda p: Outcome(TrialState.COMPLETED, 10 ** (2 * objective(p) - 5)), 18
        )
        self.check_points(chosen, points)

    def test_one_point_told_again_and_again_with_noise(self):
        chosen = self.make()
        (point,) = chosen.ask()
        for k in range(12):
            chosen.tell(point, Outcome(TrialState.COMPLETED, 1.0 + 0.01 * (-1) ** k))
        assert point not in self.run(chosen, mixed, 8)

    def test_a_point_that_was_not_asked_for_counts(self):
        chosen = self.make()
        given = {"x": 6, "y": 4, "a": 7, "b": 2, "g": 2, "kind": "v", "flag": False}
        chosen.tell(given, completed(given))
        assert chosen.best.point == given
        assert given not in self.run(chosen, mixed, 15)

    def test_a_small_space_is_used_up_and_says_so(self):
        chosen = self.make(small_space())
        points = chosen.ask(4)
        chosen.tell(points[0], Outcome(TrialState.COMPLETED, 1.0))
        chosen.tell(points[1], Outcome(TrialState.INFEASIBLE))
        points += chosen.ask(5)
        assert len(points) == 6
        self.check_points(chosen, points)
        with pytest.raises(SpaceExhaustedError, match="all valid points"):
            chosen.ask()
        for point in points[2:]:
            chosen.tell(point, Outcome(TrialState.FAILED))
        with pytest.raises(SpaceExhaustedError, match="6 told, 0 pending"):
            chosen.ask()

    def test_a_space_of_one_point(self):
        chosen = self.make(Space([Integer("a", 3, 3)]))
        assert chosen.ask() == [{"a": 3}]
        with pytest.raises(SpaceExhaustedError):
            chosen.ask()

    def test_what_is_not_in_the_space_is_refused(self):
        chosen = self.make()
        (point,) = chosen.ask()
        with pytest.raises(SpecError, match="not in the space") as error:
            chosen.tell({**point, "x": 24, "y": 24}, Outcome(TrialState.ABANDONED))
        assert "x * y == 24" in error.value.expected
        with pytest.raises(SpecError, match="unknown parameter"):
            chosen.reserve({**point, "z": 1})
        with pytest.raises(SpecError, match="not an outcome"):
            chosen.tell(point, 3.0)
        assert chosen.history == ()

    @pytest.mark.parametrize("seed", [-1, 1.5, None, True, "0"])
    def test_a_bad_seed_is_refused(self, seed):
        with pytest.raises(SpecError, match="seed"):
            strategy(self.name, small_space(), seed)

    @pytest.mark.parametrize("n", [0, -1, 1.0, None, True])
    def test_a_bad_number_of_points_is_refused(self, n):
        with pytest.raises(SpecError, match="number of points"):
            self.make().ask(n)

    def test_an_unknown_option_is_refused(self):
        with pytest.raises(SpecError, match="unknown option"):
            self.make(poool=3)
