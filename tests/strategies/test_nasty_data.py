"""Histories that break careless optimisers: every strategy goes on, with valid points."""

import math

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Ordinal,
    Permutation,
    Real,
    Space,
)
from bohwsw.strategies import (
    Outcome,
    SpaceExhaustedError,
    strategy,
)
from bohwsw.surrogates.feasibility import FeasibilityClassifier
from bohwsw.testing.black_boxes import every_kind_space

SPACE = every_kind_space()
N = 7
POINTS = SPACE.sample(N, np.random.default_rng(0))
CONSTRAINT = {"outcome_constraints": ["area <= 3"]}
FRONT = {"objectives": ("objective", "area")}
QUICK = {"pool": 30, "n_initial": 3, "starts": 1}
STRATEGIES = {
    "random": ("random", {}),
    "space_filling": ("space_filling", {}),
    "evolutionary": ("evolutionary", {"population": 4, **CONSTRAINT}),
    "evolutionary, front": ("evolutionary", {"population": 4, **FRONT}),
    "linear": ("linear", {"pool": 30, "n_initial": 3, **CONSTRAINT}),
    "bayesian": ("bayesian", {**QUICK, **CONSTRAINT}),
    "bayesian, front": ("bayesian", {**QUICK, **FRONT}),
    "bayesian, lcb": ("bayesian", {**QUICK, "acquisition": "lcb"}),
}
HUGE = [0.0, 1.0, 1e300, -1e300, 1e-300, -7.0, 1e12]


def completed(value, area=1.0, **more):
    return Outcome("completed", float(value), metrics={"area": float(area)}, **more)


def infeasible(area=None):
    return Outcome("infeasible", metrics={} if area is None else {"area": float(area)})


HISTORIES = {
    "one observation": [completed(3.0)],
    "constant": [completed(3.0)] * N,
    "constant and huge": [completed(1e300)] * N,
    "zeros": [completed(0.0, 0.0)] * N,
    "all infeasible": [infeasible()] * N,
    "all failed": [Outcome("failed")] * N,
    "all abandoned": [Outcome("abandoned")] * N,
    "fifteen decades": [completed(10.0 ** (2.5 * k - 8), 10.0 ** (7 - 2.5 * k)) for k in range(N)],
    "huge of both signs": [completed(value, -value) for value in HUGE],
    "the largest numbers": [completed((-1) ** k * 1.7e308, k) for k in range(N)],
    "evenly up to 1e300": [completed(1e299 * k, k) for k in range(N)],
    "one of 1e300": [completed(1e300 if k == 5 else k, k) for k in range(N)],
    "subnormal": [completed(5e-324 * k, 5e-324 * k) for k in range(N)],
    "one subnormal": [completed(5e-324 * (k == 3), k) for k in range(N)],
    "differences below rounding": [completed(1e9 + 1e-7 * k, 1.0 + 2e-16 * k) for k in range(N)],
    "a constraint never met": [completed(k, 1e6 + k) for k in range(N)],
    "a constraint missed by a hair": [completed(k, math.nextafter(3.0, 4.0)) for k in range(N)],
    "metrics in some infeasible trials": [
        infeasible(5.0 + k if k % 3 else None) if k % 2 else completed(k, k) for k in range(N)
    ],
    "one feasible of all": [completed(1.0) if k == 4 else infeasible() for k in range(N)],
    "deviations zero and huge": [completed(k, k, deviation=(0.0, 1e300)[k % 2]) for k in range(N)],
}


def goes_on(chosen, n=2):
    """Suggestions are valid and new, and the models' answers finite."""
    known = {chosen.space.key(told.point) for told in chosen.history}
    points = chosen.ask(n)
    assert not any(chosen.space.violations(point) for point in points)
    assert len({chosen.space.key(point) for point in points} - known) == len(points) == n
    if chosen.__class__.__name__ == "BayesianStrategy" and chosen.surrogates.has_learned:
        x = chosen.space.encode(points)
        posteriors = chosen.posteriors()
        for model in (*posteriors.objectives, *posteriors.constraints):
            mean, variance = model.predict(x)
            assert np.isfinite(mean).all()
            assert np.isfinite(variance).all()
            assert (variance >= 0.0).all()
        assert not np.isnan(posteriors.log_feasible(x)).any()
        assert (posteriors.log_feasible(x) <= 1e-9).all()


VARIED = ("constant and huge", "zeros", "huge of both signs", "the largest numbers", "subnormal")
"""The histories that the variants of the Bayesian strategy are tried on too."""


def cases():
    for history in HISTORIES:
        for name in STRATEGIES:
            if name.startswith("bayesian,") and history not in VARIED:
                continue
            yield name, history


@pytest.mark.parametrize(("name", "history"), list(cases()))
def test_any_history_leads_on(name, history):
    kind, options = STRATEGIES[name]
    chosen = strategy(kind, SPACE, 1, **options)
    for point, outcome in zip(POINTS, HISTORIES[history], strict=False):
        chosen.tell(point, outcome)
    best = chosen.best
    assert best is None or math.isfinite(best.outcome.objective)
    goes_on(chosen)


@pytest.mark.parametrize("name", STRATEGIES)
def test_one_point_told_again_and_again_with_known_noise(name):
    kind, options = STRATEGIES[name]
    chosen = strategy(kind, SPACE, 1, **options)
    for k in range(N):
        chosen.tell(POINTS[0], completed(3.0 + 0.1 * (-1) ** k, 1.0 + k % 3, deviation=0.1))
    goes_on(chosen)


@pytest.mark.parametrize("label", [True, False])
def test_two_hundred_identical_labels(label):
    x = SPACE.encode_rows(SPACE.sample_rows(200, np.random.default_rng(1)))
    classifier = FeasibilityClassifier(groups=SPACE.encoding_groups).fit(x, np.full(200, label))
    log_probability = classifier.log_predict(x)
    assert np.isfinite(log_probability).all()
    assert ((np.exp(log_probability) > 0.5) == label).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan")])
def test_what_is_not_finite_is_refused_by_name(value):
    with pytest.raises(SpecError, match="not finite") as error:
        Outcome("completed", value)
    assert error.value.key_path == "objective"
    with pytest.raises(SpecError, match="not finite") as error:
        Outcome("completed", 1.0, metrics={"energy": 1.0, "area": value})
    assert error.value.key_path == "metrics.area"
    with pytest.raises(SpecError, match="not finite") as error:
        Outcome("completed", 1.0, deviation=value)
    assert error.value.key_path == "deviation"
    with pytest.raises(SpecError, match="volt"):
        strategy("random", SPACE).tell({**POINTS[0], "volt": value}, completed(1.0))


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_completed_trial_without_a_needed_metric_is_refused_and_nothing_is_kept(name):
    kind, options = STRATEGIES[name]
    chosen = strategy(kind, SPACE, 1, **options)
    if "area" not in str(options):
        pytest.skip("needs no metric")
    with pytest.raises(SpecError, match="unknown measured value") as error:
        chosen.tell(POINTS[0], Outcome("completed", 1.0, metrics={"arae": 1.0}))
    assert (error.value.got, error.value.nearest) == ("area", "arae")
    assert chosen.history == ()
    goes_on(chosen)


SINGLE = [
    Integer("a", 1, 1),
    Integer("a", 1, 2),
    Integer("a", 1, 100_000),
    Ordinal("a", [0.5, 8.0]),
    Categorical("a", ["x"]),
    Categorical("a", [True, False]),
    Factorisation("a", 1, 3),
    Factorisation("a", 8, 2),
    Permutation("a", ["x"]),
    Permutation("a", ["x", "y", "z"]),
    Real("a", 0.0, 1.0),
]


@pytest.mark.parametrize("parameter", SINGLE, ids=lambda p: f"{type(p).__name__}")
@pytest.mark.parametrize("name", ["random", "space_filling", "evolutionary", "bayesian"])
def test_a_space_of_a_single_parameter(name, parameter):
    kind, options = STRATEGIES[name]
    space = Space([parameter])
    chosen = strategy(kind, space, 0, **options)
    n = int(min(space.size().count, 5))
    points = []
    for k in range(n):
        (point,) = chosen.ask()
        points.append(point)
        chosen.tell(point, completed(k % 3, k % 5) if k != 3 else infeasible())
    assert len({space.key(point) for point in points}) == n
    if n < 5:
        with pytest.raises(SpaceExhaustedError, match=f"{n} told, 0 pending, space of {n}"):
            chosen.ask()


def test_a_space_whose_only_freedom_is_conditional():
    space = Space([Categorical("on", [True]), Conditional(Integer("n", 1, 3), "on")])
    for kind, options in STRATEGIES.values():
        points = strategy(kind, space, 0, **options).ask(5)
        assert sorted(point["n"] for point in points) == [1, 2, 3]


def test_an_empty_space_names_the_constraints_that_clash():
    parameters = [Integer("a", 1, 4), Integer("b", 1, 4), Categorical("kind", ["x", "y"])]
    with pytest.raises(SpecError, match="the space is empty") as error:
        Space(parameters, ["a * b >= 12", "a + b <= 5", "a != 2 or kind == 'x'"])
    assert "a * b >= 12" in str(error.value.got)
    assert "a + b <= 5" in str(error.value.got)
    assert "kind" not in str(error.value.got)
