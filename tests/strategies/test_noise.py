"""Noise that trials report: in outcomes, models, incumbents and snapshots."""

import json

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import Goals, Outcome, restore, snapshot, strategy

SPREAD = 0.3


def bowl(point):
    return ((point["a"] - 20) / 10) ** 2 + ((point["b"] - 8) / 10) ** 2


def told(n=25, spread=SPREAD, seed=0, deviation=SPREAD, **goals):
    space = Space([Integer("a", 0, 30), Integer("b", 0, 30)])
    chosen = strategy("bayesian", space, 1, pool=100, **goals)
    rng = np.random.default_rng(seed)
    for point in space.sample(n, rng):
        area = point["a"] + spread * rng.standard_normal()
        value = bowl(point) + spread * rng.standard_normal()
        chosen.tell(point, Outcome("completed", value, metrics={"area": area}, deviation=deviation))
    return chosen


def test_deviations_belong_to_measured_values():
    assert Outcome("completed", 1.0, deviation=0.5).deviations == {"objective": 0.5}
    both = Outcome("completed", 1, metrics={"m": 2}, deviation={"m": 1, "objective": 0.5})
    assert both.deviations == {"m": 1.0, "objective": 0.5}
    assert Outcome("infeasible", metrics={"m": 2.0}, deviation={"m": 1.0}).deviations == {"m": 1.0}
    assert Outcome("failed").deviations == {}
    for wrong in ({"area": 0.1}, {"objective": -1.0}, {"m": float("nan")}, -0.1, "0.1"):
        with pytest.raises(SpecError) as error:
            Outcome("completed", 1.0, metrics={"m": 2.0}, deviation=wrong)
        assert error.value.key_path.startswith("deviation")
    with pytest.raises(SpecError):
        Outcome("infeasible", metrics={"m": 2.0}, deviation=0.1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 * m <= n + 9", np.hypot(0.2, 0.3)),
        ("m >= 4", 0.1),
        ("m * n <= 12", np.hypot(0.1 * 3, 0.3 * 2)),
        ("abs(m - 2) <= 1", 0.1),
        ("1 / (m - 1.9) <= 1", 5.0),  # One deviation below is the pole: above it has to do.
        ("other <= 1", None),
        ("objective <= 1", None),
    ],
)
def test_deviations_of_a_violation(text, expected):
    goals = Goals.of(["m"], [text])
    outcome = Outcome(
        "completed", 1.0, metrics={"m": 2.0, "n": 3.0, "other": 1.0}, deviation={"m": 0.1, "n": 0.3}
    )
    (got,) = goals.violation_deviations(outcome)
    assert got == (None if expected is None else pytest.approx(expected, rel=1e-6))


def test_the_best_of_noisy_trials_is_not_the_luckiest():
    chosen = told()
    posteriors, (data,) = chosen.posteriors(), chosen.surrogates.objectives
    means, _ = posteriors.predict(data.x())
    np.testing.assert_allclose(posteriors.observed, means)
    assert posteriors.observed.min() > data.warped().min()
    # Bad values are pressed together, and their noise with them.
    noise, y = posteriors.objectives[0].noise, data.y()
    low = y < np.median(y) - SPREAD
    np.testing.assert_allclose(noise[low], SPREAD**2, rtol=1e-6)
    assert (noise[~low] <= SPREAD**2 * (1.0 + 1e-6)).all()
    assert noise[np.argmax(y)] < SPREAD**2 / 2.0


def test_noise_that_nobody_reports_is_seen_when_it_is_substantial():
    chosen = told(n=60, spread=2 * SPREAD, deviation=None)
    posteriors, (data,) = chosen.posteriors(), chosen.surrogates.objectives
    assert posteriors.objectives[0].noise is None
    assert posteriors.observed.min() > data.warped().min()


@pytest.mark.parametrize("deviation", [None, 0.0, 1e-9])
def test_without_noise_the_lowest_observation_stays_the_best(deviation):
    chosen, silent = told(spread=0.0, deviation=deviation), told(spread=0.0, deviation=None)
    posteriors, (data,) = chosen.posteriors(), chosen.surrogates.objectives
    assert posteriors.observed.min() == data.warped().min()
    assert chosen.ask(2) == silent.ask(2)


def test_a_trial_that_luckily_meets_a_noisy_constraint_is_no_best():
    space = Space([Integer("a", 0, 30)])
    options = {"outcome_constraints": ["area <= 10"]}
    chosen = strategy("bayesian", space, 0, **options)
    for a in range(0, 30, 2):
        area = 9.0 if a == 14 else float(a)
        deviation = {"area": 3.0}
        chosen.tell({"a": a}, Outcome("completed", -a, metrics={"area": area}, deviation=deviation))
    assert chosen.best.point == {"a": 14}
    (data,) = chosen.surrogates.objectives
    assert chosen.posteriors().observed.min() == data.warped()[data.y() == -10.0]


def test_a_noisy_run_is_resumed_with_the_same_suggestions():
    goals = {"outcome_constraints": ["area <= 18"]}
    for deviation in (SPREAD, {"objective": SPREAD, "area": SPREAD}):
        old = told(deviation=deviation, **goals)
        old.ask()
        new = strategy("bayesian", old.space, 1, pool=100, **goals)
        restore(new, json.loads(json.dumps(snapshot(old))))
        assert new.history == old.history
        assert new.ask(2) == old.ask(2)


def test_some_trials_with_noise_and_some_without():
    chosen = told(n=8, deviation=None)
    for k, point in enumerate(chosen.space.sample(6, np.random.default_rng(5))):
        chosen.tell(
            point, Outcome("completed", bowl(point), metrics={"area": 1.0}, deviation=0.2 + 0.1 * k)
        )
    noise, reported = chosen.posteriors().objectives[0].noise, 0.2 + 0.1 * np.arange(6)
    assert (np.sqrt(noise[8:]) <= reported * (1.0 + 1e-6)).all()
    y = chosen.surrogates.objectives[0].y()
    low = y[8:] + reported < np.median(y)
    assert low.any()
    np.testing.assert_allclose(np.sqrt(noise[8:])[low], reported[low], rtol=1e-6)
    np.testing.assert_allclose(noise[:8], np.median(noise[8:]))
    assert len(chosen.ask(2)) == 2


def test_recommended_is_what_the_model_believes_and_without_noise_what_was_measured():
    noisy, exact = told(deviation=1.0, spread=1.0), told(spread=0.0, deviation=None)
    (believed,), means = noisy.recommended(), noisy.posteriors().observed[:, 0]
    feasible = [trial.point for trial in noisy.history if trial.is_feasible]
    assert believed == feasible[int(np.argmin(means))] != noisy.best.point
    assert exact.recommended() == [exact.best.point]
