"""What an observation at a fidelity is worth, against simulation, and what weighs it."""

import numpy as np
import pytest
from scipy.stats import norm

from bohwsw.space import Ordinal, Real, Space
from bohwsw.strategies import BayesianStrategy, Fidelity, Outcome
from bohwsw.strategies.fidelity_score import FidelityScore

SPACE = Space([Real("x", 0, 1), Ordinal("s", [1, 2, 3])])


def curves(point):
    bias = 0.3 * (3 - point["s"]) * (1 + 0.2 * np.sin(9 * point["x"]))
    first = np.sin(5 * point["x"]) + bias
    return {"f": float(first), "g": float(np.cos(3 * point["x"]) + bias)}


def told(objectives, cost):
    fidelity = Fidelity({"s": 3}, cost)
    search = BayesianStrategy(SPACE, 0, fidelity=fidelity, objectives=objectives)
    for k, x in enumerate(np.linspace(0.02, 0.98, 9)):
        point = {"x": float(x), "s": (1, 2, 3)[k % 3]}
        search.tell(point, Outcome("completed", metrics=curves(point)))
    return search


def scored(search, rows):
    nobody = np.zeros((0, SPACE.width))
    posteriors = search.surrogates.posteriors(nobody)
    known = SPACE.encode([told.point for told in search.history])
    score = FidelityScore(SPACE, posteriors, search.fidelity, known, 0.0)
    return posteriors, score, score(rows, np.full(len(rows), -np.inf))


def test_below_the_target_it_is_the_expected_fall_of_the_best_prediction():
    search = told(("f",), 1.0)
    rows = np.array([SPACE.row({"x": x, "s": s}) for x in (0.85, 0.9) for s in (1, 2)])
    posteriors, score, values = scored(search, rows)
    (model,) = posteriors.objectives
    best = float(score._front.min())
    quantiles = norm.ppf((np.arange(40) + 0.5) / 40)
    for row, value in zip(rows, values, strict=True):
        x = SPACE.encode_rows(row[None, :])
        target = search.fidelity.encoded_at_target(x)
        mean, variance = model.predict(x)
        spread = np.sqrt(variance[0] + model.observation_noise)
        met = mean[0] + spread * quantiles
        after = [model.with_observations(x, np.array([y])).predict_mean(target)[0] for y in met]
        before = min(best, float(model.predict_mean(target)[0]))
        gain = before - np.minimum(best, after).mean()
        assert np.exp(value) == pytest.approx(gain, rel=0.25, abs=2e-4)


def test_what_is_known_is_worth_nothing_and_costs_divide():
    rows = np.array([SPACE.row({"x": 0.86, "s": 2}), SPACE.row({"x": 0.92, "s": 2})])
    cheap, dear = (scored(told(("f",), cost), rows)[2] for cost in (1.0, 4.0))
    np.testing.assert_allclose(cheap - dear, np.log(4.0))
    assert cheap[0] < cheap[1] - 2.0


def test_hypervolumes_gain_less_from_what_correlates_less():
    search = told(("f", "g"), 1.0)
    rows = np.array([SPACE.row({"x": 0.87, "s": s}) for s in (1, 2, 3)])
    posteriors, _, values = scored(search, rows)
    assert np.isfinite(values).all()
    assert values[0] < values[1] < values[2]
    assert len(posteriors.observed) == 3  # those at the target
