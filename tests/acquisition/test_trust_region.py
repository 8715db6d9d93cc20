"""The trust region: its side, what is inside, and the strategy that stays there."""

from types import SimpleNamespace

import numpy as np
import pytest

from bohwsw.acquisition import TrustRegion, region_of, region_side
from bohwsw.acquisition.trust_region import FIRST_SIDE, LEAST_SIDE, MANY_PARAMETERS
from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Real, Space
from bohwsw.strategies import BayesianStrategy, Outcome

CHOICES = [Categorical(f"c{k}", ["a", "b", "c", "d"]) for k in range(30)]
SPACE = Space([*CHOICES, Integer("n", 0, 100), Real("x", 0, 1)], ["n >= 2"])


def test_the_side_doubles_after_three_improvements_and_halves_after_failures():
    assert region_side(np.array([5.0, 4.0]), 4, 2) == (0, FIRST_SIDE)
    assert region_side(np.array([5.0, 4.0, 3.0, 2.0, 1.0]), 4, 2) == (0, 2 * FIRST_SIDE)
    worse = np.array([1.0, 4.0, np.nan, 2.0, 0.9999, 1.0])  # infeasible, or hardly better
    assert region_side(worse, 4, 2) == (0, FIRST_SIDE / 2)
    assert region_side(worse, 5, 2) == (0, FIRST_SIDE)


def test_a_region_that_collapses_begins_anew_elsewhere():
    values = np.array([1.0, 2.0, *[2.0] * 28, 3.0, 2.5])
    n = next(n for n in range(31) if region_side(values[:n], 4, 2)[0] > 0)
    assert FIRST_SIDE * 0.5 ** ((n - 2) / 4) < LEAST_SIDE
    small = Space([Integer(name, 0, 100) for name in "abcd"])
    rows = small.sample_rows(len(values), np.random.default_rng(0))
    model = SimpleNamespace(lengthscales=np.ones(4))
    assert region_of(small, rows, values[: n + 1], 2, model) is None
    again = region_of(small, rows, values[: n + 2], 2, model)
    assert again is not None
    assert again.holds(rows[[n + int(np.argmin(values[n : n + 2]))]]).all()
    assert not again.holds(rows[:1]).any()


def test_candidates_are_valid_and_inside():
    rng = np.random.default_rng(1)
    (centre,) = SPACE.sample_rows(1, rng)
    lengthscales = np.ones(int(SPACE.encoding_groups.max()) + 1)
    region = TrustRegion(SPACE, centre, 0.1, lengthscales)
    rows = region.candidates(SPACE.sample_rows(500, rng), rng)
    assert len(rows) > 100
    assert SPACE.valid_rows(rows).all()
    point = SPACE.point(centre)
    for near in map(SPACE.point, rows):
        assert sum(near[c.name] != point[c.name] for c in CHOICES) <= 3
        assert abs(near["n"] - point["n"]) <= 5
        assert abs(near["x"] - point["x"]) <= 0.05 + 1e-9
    apart = SPACE.sample_rows(50, rng)
    assert not region.holds(apart).any()
    score = region.limited(lambda some, floor: np.zeros(len(some)))
    assert np.isneginf(score(apart, np.zeros(50))).all()


def test_the_strategy_stays_near_the_best_and_repeats_itself():
    def search() -> list[dict[str, object]]:
        found = BayesianStrategy(SPACE, 3, trust_region=True, n_initial=4)
        for step in range(14):
            (point,) = found.ask()
            if step % 5 == 4:
                found.tell(point, Outcome("infeasible"))
                continue
            alike = sum(point[c.name] == "a" for c in CHOICES)
            found.tell(point, Outcome("completed", (point["x"] - 0.3) ** 2 - alike))
        return [told.point for told in found.history]

    points = search()
    assert points == search()
    best = max(points[:13], key=lambda p: sum(p[c.name] == "a" for c in CHOICES))
    assert sum(points[13][c.name] != best[c.name] for c in CHOICES) <= 24
    assert best not in points[:4]


@pytest.mark.parametrize(
    "option", [{"objectives": ("a", "b")}, {"fidelity": {"targets": {"n": 9}}}]
)
def test_it_is_of_one_objective_without_a_fidelity(option):
    with pytest.raises(SpecError, match="out of its range"):
        BayesianStrategy(SPACE, trust_region=True, **option)
    with pytest.raises(SpecError, match="out of its range"):
        BayesianStrategy(SPACE, trust_region="yes")


@pytest.mark.parametrize("n", [MANY_PARAMETERS, MANY_PARAMETERS + 1])
def test_many_parameters_have_a_region_unless_it_is_refused(n):
    space = Space([Categorical(f"flag_{k}", [0, 1]) for k in range(n)])
    assert BayesianStrategy(space).trust_region == (n > MANY_PARAMETERS)
    assert not BayesianStrategy(space, trust_region=False).trust_region
    assert not BayesianStrategy(space, objectives=("a", "b")).trust_region


def test_before_the_first_feasible_point_measured_violations_lead():
    limits = {"objectives": ("cost",), "outcome_constraints": ["sum <= 4"]}
    search = BayesianStrategy(SPACE, 1, trust_region=True, n_initial=4, **limits)
    sums = []
    for _ in range(16):
        (point,) = search.ask()
        sums.append(sum(point[c.name] != "a" for c in CHOICES))
        search.tell(point, Outcome("completed", metrics={"cost": 1.0, "sum": float(sums[-1])}))
    assert min(sums[4:]) < min(sums[:4]) - 2
