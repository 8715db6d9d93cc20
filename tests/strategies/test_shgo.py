"""SHGO on a cheap model, stage by stage."""

import itertools

import numpy as np
import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.published.shgo import ShgoStrategy
from bohwsw.strategies.published.staged_shgo import staged_minima
from bohwsw.testing import StrategyConformance

SPACE = Space([Integer(f"width_{k}", 1, 8) for k in range(8)])


class TestShgo(StrategyConformance):
    name = "shgo"
    options = {"n_initial": 4, "batch": 8}  # noqa: RUF012


def test_stages_combine_to_the_optimum_within_the_limit():
    sizes = np.array([4, 3], np.int32)

    def first(x):
        return -3.0 * x[:, 0] - x[:, 1] * x[:, 0], 2.0 * x[:, 0] + 3.0 * x[:, 1]

    def second(x):
        return (x[:, 0] - 2.0) ** 2 - 2.5 * x[:, 1], x[:, 0] + 2.0 * x[:, 1]

    rows = staged_minima([first, second], [sizes, sizes], 9.0)
    everything = np.array(list(itertools.product(*map(range, (4, 3, 4, 3)))), np.float64)
    loss, cost = (a + b for a, b in zip(first(everything), second(everything[:, 2:]), strict=True))
    assert rows[0].shape == (4,)
    best = rows[:1].astype(float)
    assert first(best)[1][0] + second(best[:, 2:])[1][0] <= 9.0
    assert first(best)[0][0] + second(best[:, 2:])[0][0] == loss[cost <= 9.0].min()


def test_a_few_models_come_near_the_optimum_within_a_limit():
    weights = np.arange(1, 9)
    search = ShgoStrategy(SPACE, 0, outcome_constraints=["cost <= 40"], stage=4)
    for _ in range(80):
        (point,) = search.ask()
        widths = np.array(list(point.values()), float)
        cost = {"cost": float(widths.sum())}
        if cost["cost"] > 40:
            search.tell(point, Outcome("infeasible", metrics=cost))
        else:
            search.tell(point, Outcome("completed", float(-weights @ widths), metrics=cost))
    least = -(36 + 7 * (8 + 7 + 6 + 5) + 4 * 4)  # all that is more than 1 goes to the last ones
    assert least <= search.best.outcome.objective <= 0.97 * least


def test_it_finds_better_points_than_random_search():
    def found(name, seed):
        search = strategy(name, product_space(), seed)
        for _ in range(80):
            (point,) = search.ask()
            search.tell(point, mixed(point))
        return search.best.outcome.objective

    medians = [np.median([found(n, s) for s in range(3)]) for n in ("shgo", "random")]
    assert medians[0] < 0.7 * medians[1]


def test_with_nn_degree_few_trials_tell_what_is_best():
    # Stages of a depth and a width; the objective falls with what they come to, along a curve.
    names = [(f"depth_{k}", f"width_{k}") for k in range(4)]
    space = Space([Integer(name, 1, 6) for own in names for name in own])

    def degree(stage, codes):
        return (stage + 1.0) * (codes[:, 0] + 1.0) * (codes[:, 1] + 1.0)

    def found(seed, **options):
        search = ShgoStrategy(
            space,
            seed,
            stage=names,
            n_initial=8,
            batch=8,
            outcome_constraints=["cost <= 28"],
            **options,
        )
        for _ in range(24):
            (point,) = search.ask()
            values = np.array([point[name] for own in names for name in own], float)
            cost = {"cost": float(values.sum())}
            stages = enumerate(values.reshape(4, 1, 2) - 1.0)
            curve = 1000.0 / sum(degree(k, codes)[0] for k, codes in stages)
            state = "infeasible" if cost["cost"] > 28 else "completed"
            search.tell(
                point, Outcome(state, curve if state == "completed" else None, metrics=cost)
            )
        return search.best.outcome.objective

    runs = [(found(seed, degree=degree), found(seed)) for seed in range(3)]
    with_degree, without = np.median(runs, axis=0)
    assert with_degree < without


def test_stages_by_name_are_checked():
    with pytest.raises(SpecError, match=r"unknown parameter of a stage(?s:.)*nearest: *width_1"):
        ShgoStrategy(SPACE, 0, stage=[["width1"]])
    with pytest.raises(SpecError, match="each parameter in one of them"):
        ShgoStrategy(SPACE, 0, stage=[["width_1", "width_2"]])


def test_options_out_of_range_are_refused():
    for options in ({"n_initial": 0}, {"batch": 0}, {"stage": 9}):
        with pytest.raises(SpecError, match="out of its range"):
            ShgoStrategy(product_space(), 0, **options)
