"""Explanations of a point and of a run: units, what binds, what matters, which models are bad."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Factorisation, Features, Integer, Space
from bohwsw.strategies import Outcome, explain, explain_run, strategy
from bohwsw.strategies.explanation import HIDDEN


def told(n=24, **options):
    space = Space([Integer("a", 0, 20), Integer("b", 0, 20)])
    chosen = strategy("bayesian", space, 1, pool=100, **options)
    for point in space.sample(n, np.random.default_rng(0)):
        a, b = point["a"], point["b"]
        if a + b > 28:
            chosen.tell(point, Outcome("infeasible"))
        else:
            metrics = {"area": float(a)} if options else {}
            chosen.tell(point, Outcome("completed", 1000.0 + (a - b) ** 2, metrics=metrics))
    return chosen


def test_estimates_are_in_the_units_of_the_objective():
    estimate = explain(told(), {"a": 9, "b": 5}).objectives["objective"]
    assert estimate.low < estimate.median < estimate.high
    assert estimate.median == pytest.approx(1016, abs=25)


def test_probabilities_and_the_constraint_that_binds():
    chosen = told(outcome_constraints=["area <= 12"])
    inside = explain(chosen, {"a": 5, "b": 5})
    assert inside.constraints["area <= 12"] > 0.9
    assert explain(chosen, {"a": 20, "b": 2}).constraints["area <= 12"] < 0.95
    corner = explain(chosen, {"a": 20, "b": 20})
    assert corner.constraints[HIDDEN] < 0.3


def test_nothing_is_claimed_before_anything_is_known():
    chosen = strategy("bayesian", Space([Integer("a", 0, 3)]))
    nothing = explain(chosen, {"a": 1})
    assert (nothing.objectives, nothing.constraints) == ({}, {})
    with pytest.raises(SpecError, match="not"):
        explain(chosen, {"a": 9})


def run_space(**options):
    return Space([Integer("a", 0, 20), Integer("b", 0, 20), Factorisation("t", 12, 2)], **options)


def told_run(n=40, noise=0.0, deviation=None, of=None, **options):
    chosen = strategy("bayesian", of or run_space(), 1, **options)
    rng = np.random.default_rng(0)
    for point in chosen.space.sample(n, rng):
        a, b = point["a"], point["b"]
        if options and b > 14:
            chosen.tell(point, Outcome("infeasible"))
            continue
        value = 5.0 + np.sin(a / 4) + noise * rng.standard_normal()
        outcome = Outcome("completed", value, metrics={"area": float(b)}, deviation=deviation)
        chosen.tell(point, outcome)
    return chosen


def test_what_matters_comes_first_in_every_model():
    run = explain_run(told_run(60, outcome_constraints=["area <= 12"]))
    objective, constraint = run.objectives["objective"], run.constraints["area <= 12"]
    assert objective.n_observations == constraint.n_observations < 60
    assert run.feasibility.n_observations == 60
    for model, first in ((objective, "a"), (constraint, "b"), (run.feasibility, "b")):
        assert next(iter(model.weights)) == next(iter(model.lengthscales)) == first
        assert set(model.weights) == {"a", "b", "t[0]", "t[1]"}
        assert list(model.lengthscales.values()) == sorted(model.lengthscales.values())
        assert sum(model.weights.values()) == pytest.approx(1.0)
        assert model.signal > 0
    assert objective.weights["a"] > 0.5
    assert objective.calibration.error_ratio < 0.5
    assert run.feasibility.calibration.brier < 0.1


def test_weights_do_not_depend_on_the_scale_of_the_lengths():
    model = explain_run(told_run()).objectives["objective"]
    longer = {name: 7.0 * length for name, length in model.lengthscales.items()}
    again = type(model)(1, longer, model.signal, model.noise, model.calibration)
    assert again.weights == pytest.approx(model.weights)


def test_noise_is_told_whether_it_was_reported_or_found():
    reported = explain_run(told_run(noise=0.4, deviation=0.4)).objectives["objective"]
    silent = explain_run(told_run()).objectives["objective"]
    values = [told.outcome.objective for told in told_run(noise=0.4).history]
    assert reported.noise == pytest.approx(0.4 / np.std(values), rel=0.05)
    assert silent.noise < 0.1


def test_features_have_names():
    features = Features(lambda c: np.stack([np.sin(c["a"] / 4)], axis=1), ["wave"])
    run = explain_run(told_run(of=run_space(features=features)))
    assert next(iter(run.objectives["objective"].lengthscales)) == "wave"


def test_nothing_is_claimed_of_a_run_before_anything_is_known():
    chosen = strategy("bayesian", run_space(), outcome_constraints=["area <= 12"])
    nothing = explain_run(chosen)
    assert (nothing.objectives, nothing.constraints, nothing.feasibility) == ({}, {}, None)
    one = explain_run(told_run(1)).objectives["objective"]
    assert one.n_observations == 1
    assert np.isfinite(one.calibration.log_score)


def told_of(value, n):
    space = Space([Integer("a", 0, 40), Integer("b", 0, 40)])
    chosen = strategy("bayesian", space, 0, pool=50)
    rng = np.random.default_rng(3)
    for point in space.sample(n, rng):
        chosen.tell(point, Outcome("completed", value(point, rng)))
    return chosen


def test_a_run_says_that_its_model_knows_nothing_and_goes_by_spread_and_near_points():
    chance = told_of(lambda _, rng: rng.normal(), 32)
    assert explain_run(chance).knows_nothing
    assert not explain_run(told_of(lambda _, rng: rng.normal(), 15)).knows_nothing
    assert not explain_run(told_of(lambda point, _: (point["a"] - 9.0) ** 2, 32)).knows_nothing
    best = np.array(list(chance.best.point.values()))
    (spread,) = chance.ask()
    chance.tell(spread, Outcome("completed", 9.0))
    near = [np.array(list(told.point.values())) for told in sorted_by_value(chance)[:5]]
    (local,) = chance.ask()
    moved = [(np.array(list(local.values())) != point).sum() for point in near]
    assert min(moved) == 1
    assert (np.array(list(spread.values())) != best).all()


def sorted_by_value(chosen):
    return sorted(chosen.history, key=lambda told: told.outcome.objective)
