"""Objectives that are known to follow a feature of the space."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Features, Integer, Space
from bohwsw.strategies import BayesianStrategy, Outcome, TrialState
from bohwsw.strategies.explanation import explain

FEATURE = Features(lambda columns: rough(columns["a"])[:, None], ["rough"])
FOLLOWED = {"objective": "rough"}


def rough(a: np.ndarray) -> np.ndarray:
    """What a smooth model cannot guess: how little of 960 is left over by a factor of at most a."""
    factors = np.array([d for d in range(1, 961) if 960 % d == 0])
    return -np.log(factors[np.searchsorted(factors, a, side="right") - 1])


def truth(point: Mapping[str, int]) -> float:
    return float(rough(np.array([point["a"]]))[0]) + 0.02 * point["a"] + (point["b"] / 50 - 1) ** 2


def space(features: Features | None = FEATURE) -> Space:
    return Space([Integer("a", 1, 200), Integer("b", 1, 100)], features=features)


def run(seed: int, trials: int, prior_means: Mapping[str, str]) -> list[float]:
    strategy = BayesianStrategy(space(), seed, prior_means=prior_means)
    found = []
    for _ in range(trials):
        point = strategy.ask()[0]
        found.append(truth(point))
        strategy.tell(point, Outcome(TrialState.COMPLETED, found[-1]))
    return found


def test_what_is_known_need_not_be_learned() -> None:
    best = min(truth({"a": a, "b": b}) for a in range(1, 201) for b in range(1, 101))
    with_prior = [min(run(seed, 13, FOLLOWED)) - best for seed in range(4)]
    without = [min(run(seed, 13, {})) - best for seed in range(4)]
    assert np.mean(with_prior) < 0.5 * np.mean(without)


def test_what_it_believes_is_in_the_units_of_the_objective() -> None:
    strategy = BayesianStrategy(space(), 0, prior_means=FOLLOWED)
    rng = np.random.default_rng(0)
    for point in space().sample(40, rng):
        strategy.tell(point, Outcome(TrialState.COMPLETED, truth(point)))  # type: ignore[arg-type]
    errors = []
    for point in space().sample(40, rng):
        estimate = explain(strategy, point).objectives["objective"]
        assert estimate.low <= estimate.median <= estimate.high
        errors.append(abs(estimate.median - truth(point)))  # type: ignore[arg-type]
    assert np.mean(errors) < 0.1


def test_same_history_same_suggestion() -> None:
    assert run(3, 14, FOLLOWED) == run(3, 14, FOLLOWED)


@pytest.mark.parametrize(
    ("prior_means", "problem"),
    [({"objectiv": "rough"}, "objective"), ({"objective": "ruogh"}, "rough")],
)
def test_names_that_are_not_there_are_refused(prior_means: dict[str, str], problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        BayesianStrategy(space(), prior_means=prior_means)
    assert math.isfinite(truth({"a": 1, "b": 1}))
