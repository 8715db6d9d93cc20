"""Constrained Bayesian optimisation: conformance, and that it beats random search."""

import numpy as np
import pytest
from product_problem import completed, hidden, mixed, objective, product_space

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Real, Space
from bohwsw.strategies import Outcome, RandomStrategy, TrialState, strategy
from bohwsw.strategies.bayesian import BayesianStrategy
from bohwsw.testing import StrategyConformance


class TestBayesian(StrategyConformance):
    name = "bayesian"
    options = {"pool": 100, "n_initial": 4}  # noqa: RUF012


QUICK = {"pool": 50, "n_initial": 3, "starts": 1}


class TestBayesianLowerConfidenceBoundWithoutCaution(StrategyConformance):
    name = "bayesian"
    options = {**QUICK, "acquisition": "lcb", "caution": 0.0}  # noqa: RUF012


class TestBayesianSeveralObjectives(StrategyConformance):
    name = "bayesian"
    options = {**QUICK, "objectives": ("energy", "area")}  # noqa: RUF012


class TestBayesianOutcomeConstraints(StrategyConformance):
    name = "bayesian"
    options = {**QUICK, "outcome_constraints": ["energy + area <= 4"]}  # noqa: RUF012


def evaluate(point):
    if not hidden(point):
        return Outcome(TrialState.INFEASIBLE)
    return Outcome(TrialState.COMPLETED, objective(point))


def found(chosen, n):
    """Best objective and number of infeasible trials."""
    infeasible = 0
    for _ in range(n):
        (point,) = chosen.ask()
        outcome = evaluate(point)
        infeasible += outcome.state is TrialState.INFEASIBLE
        chosen.tell(point, outcome)
    return chosen.best.outcome.objective, infeasible


def test_it_beats_random_search_with_no_more_infeasible_points():
    space = product_space()
    ours = np.array([found(BayesianStrategy(space, seed, pool=500), 30) for seed in range(5)])
    drawn = np.array([found(RandomStrategy(space, seed), 30) for seed in range(5)])
    best = min(
        objective(point) for point in map(space.point, space.all_rows(10_000)) if hidden(point)
    )
    assert np.median(ours[:, 0]) - best < 0.25 * (np.median(drawn[:, 0]) - best)
    assert ours[:, 1].mean() <= drawn[:, 1].mean()


def test_first_points_come_first_and_count_as_initial():
    space = product_space()
    first = space.sample(2, np.random.default_rng(9))
    chosen = BayesianStrategy(space, 0, first=first, n_initial=4)
    assert chosen.ask(2) == first
    again = BayesianStrategy(space, 0, first=first)
    again.tell(first[0], mixed(first[0]))
    assert again.ask() == [first[1]]


def test_pending_points_are_spread():
    space = product_space()
    chosen = BayesianStrategy(space, 0, pool=300)
    found(chosen, 20)
    batch = chosen.ask(6)
    distances = np.linalg.norm(space.encode(batch)[:, None] - space.encode(batch)[None], axis=2)
    assert len({space.key(point) for point in batch}) == 6
    assert np.median(distances[np.triu_indices(6, 1)]) > 0.3


def test_a_region_that_fails_loses_its_appeal():
    """Evaluations break exactly where the objective would be lowest; the search goes elsewhere."""
    space = product_space()
    failed, found = [], []
    for seed in range(3):
        chosen = BayesianStrategy(space, seed, pool=300)
        for _ in range(30):
            (point,) = chosen.ask()
            broken = point["kind"] == "v" and point["a"] >= 6
            chosen.tell(point, Outcome(TrialState.FAILED) if broken else completed(point))
        failed.append(sum(told.outcome.objective is None for told in chosen.history))
        found.append(chosen.best.outcome.objective)
    # A search that ignores failures would go on failing: the lowest objectives are all there.
    assert np.median(failed) <= 8
    best = min(
        objective(point)
        for point in map(space.point, space.all_rows(10_000))
        if not (point["kind"] == "v" and point["a"] >= 6)
    )
    assert np.median(found) < best + 0.7


def test_a_rare_feasible_region_is_found():
    """One point in eight is feasible, and nothing says which before the first is found."""
    space = product_space()

    def inside(point):
        return point["x"] >= 12 and point["a"] <= 3 and point["kind"] != "w"

    def told(point):
        return completed(point) if inside(point) else Outcome(TrialState.INFEASIBLE)

    share = np.mean([inside(space.point(row)) for row in space.all_rows(10_000)])
    assert share < 0.125
    feasible = []
    for seed in range(3):
        chosen = BayesianStrategy(space, seed, pool=300)
        for _ in range(30):
            (point,) = chosen.ask()
            chosen.tell(point, told(point))
        feasible.append(sum(told.outcome.objective is not None for told in chosen.history))
    assert np.median(feasible) > 2 * 30 * share


@pytest.mark.parametrize(
    "options",
    [
        {"n_initial": 0},
        {"pool": 0},
        {"starts": 0},
        {"kappa": -1.0},
        {"kappa": float("nan")},
        {"acquisition": "ei"},
        {"first": [{"x": 1}]},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(SpecError):
        BayesianStrategy(product_space(), 0, **options)


def test_near_a_lone_feasible_point_it_takes_one_or_two_steps():
    space = Space([Integer(name, 0, 40) for name in "abcd"])
    search = strategy("bayesian", space, 0, pool=50)
    points = space.sample(20, np.random.default_rng(0))
    for point in points[1:]:
        search.tell(point, Outcome("infeasible"))
    search.tell(points[0], Outcome("completed", 1.0))
    (near,) = search.ask()
    assert 1 <= sum(near[name] != points[0][name] for name in "abcd") <= 2


def after_nothing_but_no(seed):
    search = strategy("bayesian", Space([Real(n, 0.0, 1.0) for n in "abcd"]), seed, n_initial=4)
    for _ in range(30):
        (point,) = search.ask()
        search.tell(point, Outcome("infeasible"))
    return search


def test_after_nothing_but_no_points_are_spread_evenly_not_in_corners():
    searches = [after_nothing_but_no(seed) for seed in range(3)]
    points = np.array([list(told.point.values()) for s in searches for told in s.history])
    # An even draw has a mean of 0.40 here, points far from all others have 0.44.
    assert 0.38 < np.abs(points - 0.5).max(axis=1).mean() < 0.42
    assert searches[0].surrogates.is_blind
    searches[0].tell(dict.fromkeys("abcd", 0.5), Outcome("completed", 1.0))
    assert not searches[0].surrogates.is_blind
