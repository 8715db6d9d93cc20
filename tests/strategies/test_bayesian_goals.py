"""Outcome constraints, several objectives and noise in Bayesian optimisation."""

import numpy as np
import torch
from botorch.utils.multi_objective.hypervolume import Hypervolume

from bohwsw.acquisition import log_probability_below
from bohwsw.space import Integer, Space
from bohwsw.strategies import Outcome, strategy


def grid():
    return Space([Integer("a", 0, 30), Integer("b", 0, 30)])


def constrained(point):
    """Lowest where both constraints bind, at a = 10, b = 10: 20 below the corner's 50."""
    a, b = point["a"], point["b"]
    return Outcome("completed", 50.0 - a - b, metrics={"area": a + 2.0 * b, "power": 2.0 * a + b})


def best_of(name, seed, **options):
    chosen = strategy(
        name, grid(), seed, outcome_constraints=["area <= 30", "power <= 30"], **options
    )
    for _ in range(22):
        (point,) = chosen.ask()
        chosen.tell(point, constrained(point))
    return chosen.best.outcome.objective


def test_the_corner_of_two_measured_constraints_is_found():
    ours = [best_of("bayesian", seed, pool=200) for seed in range(4)]
    drawn = [best_of("random", seed) for seed in range(4)]
    assert min(ours) >= 30.0
    assert np.median(ours) <= 31.0 < np.median(drawn)


def test_a_feasible_point_is_found_where_the_first_ones_are_not():
    """Metrics lead the way long before anything is feasible."""
    goal = {"outcome_constraints": ["far <= 1"]}
    chosen = strategy("bayesian", grid(), 0, pool=200, n_initial=5, **goal)
    for _ in range(18):
        (point,) = chosen.ask()
        far = abs(point["a"] - 27) + abs(point["b"] - 3)
        chosen.tell(
            point,
            Outcome(
                "infeasible" if far > 1 else "completed",
                1.0 if far <= 1 else None,
                metrics={"far": far},
            ),
        )
    assert chosen.best is not None


def thin_band(seed):
    # 1 % of the points: no limit alone says where they are.
    space = Space([Integer(name, 0, 24) for name in "abc"])
    limits = ["r >= 0.5", "r <= 0.515"]
    search = strategy("bayesian", space, seed, outcome_constraints=limits)
    for _ in range(30):
        (point,) = search.ask()
        r = sum((value / 24 - 0.4) ** 2 for value in point.values()) ** 0.5
        search.tell(point, Outcome("completed", float(point["a"]), metrics={"r": r}))
    return search


def test_a_band_between_two_limits_of_one_value_is_found():
    found = [thin_band(seed) for seed in range(2)]
    assert all(search.best is not None for search in found)
    posteriors = found[0].posteriors()
    assert list(posteriors.bands) == [0]
    x = found[0].space.encode([told.point for told in found[0].history[:10]])
    alone = [log_probability_below(*model.predict(x), 0.0) for model in posteriors.constraints]
    assert (np.exp(posteriors.log_meets(x)) <= np.exp(np.minimum(*alone)) + 1e-3).all()


def two_objectives(point):
    a, b = point["a"] / 30, point["b"] / 30
    return Outcome(
        "completed",
        metrics={"energy": a**2 + 0.5 * b, "area": (1 - a) ** 2 + 0.5 * b},
    )


def volume(name, seed, n=20):
    chosen = strategy(name, grid(), seed, objectives=("energy", "area"))
    for _ in range(n):
        (point,) = chosen.ask()
        chosen.tell(point, two_objectives(point))
    front = np.array([chosen.goals.vector(told.outcome) for told in chosen.pareto_front])
    return Hypervolume(torch.tensor([-1.2, -1.2])).compute(-torch.as_tensor(front))


def test_the_front_of_two_objectives_dominates_more_than_a_random_one():
    ours = [volume("bayesian", seed) for seed in range(3)]
    drawn = [volume("random", seed, n=60) for seed in range(3)]
    assert np.median(ours) > np.median(drawn)


def test_noise_does_not_make_it_chase_a_lucky_trial():
    """A lucky value of a poor point stays a poor point once its neighbours are known."""
    rng = np.random.default_rng(0)
    found = []
    for seed in range(3):
        chosen = strategy("bayesian", grid(), seed, pool=200)
        for _ in range(30):
            (point,) = chosen.ask()
            true = ((point["a"] - 20) / 10) ** 2 + ((point["b"] - 8) / 10) ** 2
            chosen.tell(
                point, Outcome("completed", true + 0.3 * rng.standard_normal(), deviation=0.3)
            )
        last = [told.point for told in chosen.history[-8:]]
        found.append(np.median([abs(point["a"] - 20) + abs(point["b"] - 8) for point in last]))
    assert np.median(found) <= 12


def test_what_would_be_better_but_for_a_little_is_among_what_is_looked_around():
    """A size and a real of it have to move together: the trial in between breaks a limit."""
    chosen = strategy("bayesian", grid(), 0, outcome_constraints=["far <= 0"])
    told = {(1, 1): (9.0, -1.0), (2, 2): (3.0, 0.5), (3, 3): (2.0, 0.1), (4, 4): (11.0, 0.01)}
    for (a, b), (value, far) in told.items():
        chosen.tell({"a": a, "b": b}, Outcome("completed", value, metrics={"far": far}))
    for k in range(5, 10):
        chosen.tell({"a": k, "b": k}, Outcome("completed", 4.0 + k, metrics={"far": -1.0}))
    around = [grid().point(row)["a"] for row in chosen._good_rows()]
    assert around == [1, 5, 6, 7, 8, 3, 2]
