"""Optuna's distributions and our constraints as one space that the sampler searches."""

import warnings

import numpy as np
import pytest
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna_studies import MESH, PRODUCT, distinct, mesh, params_of, study_of

from bohwsw.errors import SpecError
from bohwsw.plugins.optuna_parts import COARSE, part_of
from bohwsw.plugins.optuna_sampler import (
    BohwswSampler,
    suggest_point,
)
from bohwsw.space import (
    Categorical,
    Conditional,
    Integer,
    Ordinal,
    Predicate,
    Real,
    Space,
)


@pytest.mark.parametrize(
    ("distribution", "kind"),
    [
        (IntDistribution(-3, 9), Integer),
        (IntDistribution(1, 1000, log=True), Integer),
        (IntDistribution(-10, 10, step=5), Ordinal),
        (IntDistribution(0, 3 * 10**9, step=3), Ordinal),
        (IntDistribution(1, 10**12, log=True), Ordinal),
        (FloatDistribution(-1.5, 2.5), Real),
        (FloatDistribution(1e-9, 1e9, log=True), Real),
        (FloatDistribution(-10.2, 10.2, step=0.1), Ordinal),
        (FloatDistribution(0.0, 1.0, step=1e-7), Ordinal),
        (FloatDistribution(1.0, 1.0), Ordinal),
        (FloatDistribution(1.0, 1.0 + 1e-9), Ordinal),
        (FloatDistribution(1e-300, 1e300, log=True), Ordinal),
        (CategoricalDistribution([64, 1, 0.5]), Ordinal),
        (CategoricalDistribution(["b", "a"]), Categorical),
        (CategoricalDistribution([True, False]), Categorical),
        (CategoricalDistribution([None, "None", 3, True, float("nan")]), Categorical),
        (CategoricalDistribution([1, True, 1.0, 2]), Ordinal),
    ],
)
def test_values_of_a_distribution_come_back_exactly(distribution, kind):
    part = part_of("x", distribution)
    assert isinstance(part.parameter, kind)
    for value in [v["x"] for v in Space([part.parameter]).sample(50, np.random.default_rng(0))]:
        theirs = part.theirs(value)
        internal = distribution.to_internal_repr(theirs)
        assert distribution._contains(internal)
        assert part.ours(distribution.to_external_repr(internal)) == value
        assert type(theirs) in (int, float, str, bool, type(None))
        assert isinstance(theirs, int) or not isinstance(distribution, IntDistribution)


def test_a_range_too_wide_to_list_is_covered_from_end_to_end():
    part = part_of("x", IntDistribution(1, 10**12, log=True))
    values = part.parameter.values
    assert (values[0], values[-1]) == (1, 10**12)
    assert COARSE / 2 < len(values) <= COARSE
    assert part.ours(10**12 - 5) == 10**12
    assert part.ours(0) is None


def test_choices_keep_their_type():
    study = study_of(n=9, objective=lambda t: float(t.suggest_categorical("x", [1, 2.0, 3]) > 1))
    assert {repr(p["x"]) for p in params_of(study)} == {"1", "2.0", "3"}


def test_declared_constraints_hold_from_the_first_trial():
    sampler = BohwswSampler(seed=1, space=MESH, constraints=PRODUCT, n_initial=3)
    study = study_of(sampler, 8, mesh)
    assert all(p["mesh_x"] * p["mesh_y"] == 168 for p in params_of(study))
    assert distinct(study) == 8


def test_constraints_on_an_inferred_space_hold_from_the_second_trial_and_the_first_is_warned_of():
    sampler = BohwswSampler(seed=1, constraints=[*PRODUCT, "mesh_x <= depth"], n_initial=3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        study = study_of(sampler, 6, mesh)
    assert [str(w.message).partition(" does not hold yet")[0] for w in caught] == [
        "the constraint 'mesh_x * mesh_y == 168'",
        "the constraint 'mesh_x <= depth'",
    ]
    assert all(p["mesh_x"] * p["mesh_y"] == 168 for p in params_of(study)[1:])


def test_constraints_that_leave_nothing_end_the_study_with_a_reason():
    sampler = BohwswSampler(seed=0, constraints=["x + y >= 41"])
    with (
        pytest.warns(UserWarning, match="does not hold yet"),
        pytest.raises(SpecError, match="x \\+ y >= 41"),
    ):
        study_of(sampler, 3)


def test_a_predicate_is_a_constraint_too():
    rule = Predicate(lambda columns: columns["x"] > columns["y"], ["x", "y"], "x above y")
    distributions = {"x": IntDistribution(0, 20), "y": IntDistribution(0, 20)}
    study = study_of(BohwswSampler(seed=0, space=distributions, constraints=[rule]), 5)
    assert all(p["x"] > p["y"] for p in params_of(study))


def test_a_space_of_ours_with_conditions_is_searched_through_and_through():
    space = Space(
        [
            Conditional(Integer("banks", 1, 2), "cache == 'banked'"),
            Categorical("cache", ["none", "banked"]),
            Ordinal("ways", [1, 2, 4]),
        ],
        ["banks * ways <= 4"],
    )
    points = []

    def objective(trial):
        points.append(suggest_point(trial, space))
        return float(points[-1]["ways"])

    study = study_of(BohwswSampler(seed=0, space=space), 30, objective)
    assert len(study.trials) == 8 == space.size().count
    assert all(not space.violations(point) for point in points)
    assert distinct(study) == 8


def test_names_need_not_be_identifiers():
    study = study_of(
        n=4, objective=lambda t: t.suggest_int("lr/max", 0, 5) + t.suggest_int("é", 0, 5)
    )
    assert distinct(study) == 4


@pytest.mark.parametrize("is_declared", [True, False])
def test_constraints_speak_of_such_names(is_declared):
    ranges = {"my lr": IntDistribution(0, 3), "lr.x": IntDistribution(0, 3)}
    constraints = ["my lr + `lr.x` <= 3", "lr.x / 2 <= my lr"]
    sampler = BohwswSampler(
        seed=0, space=ranges if is_declared else None, constraints=constraints, n_initial=3
    )
    study = study_of(sampler, 6, lambda t: sum(t.suggest_int(n, 0, 3) for n in ranges))
    first = 0 if is_declared else 1
    for point in params_of(study)[first:]:
        assert point["my lr"] + point["lr.x"] <= 3
        assert point["lr.x"] / 2 <= point["my lr"]


def test_conditions_are_learned_and_every_point_is_tried_once():
    def objective(trial):
        kind = trial.suggest_categorical("kind", ["tree", None, "net"])
        if kind == "tree":
            return trial.suggest_float("depth", 0.0, 1.0, step=0.5)
        if kind == "net":
            layers = trial.suggest_int("layers", 1, 2)
            return sum(trial.suggest_int(f"units.{i}", 1, 2) for i in range(layers))
        return 5

    study = study_of(n=40, objective=objective)
    assert len(study.trials) == 3 + 1 + 2 + 4
    assert distinct(study) == 10


def test_what_two_parameters_decide_together_is_drawn_by_itself():
    def objective(trial):
        x, y = trial.suggest_int("x", 0, 3), trial.suggest_int("y", 0, 3)
        return trial.suggest_float("both", 0, 1) if x == y else float(x)

    study = study_of(n=25, objective=objective)
    assert len(study.trials) == 25
    assert set(study.sampler.infer_relative_search_space(study, study.trials[-1])) == {"x", "y"}
    assert {(p["x"], p["y"]) for p in params_of(study)} == {
        (x, y) for x in range(4) for y in range(4)
    }
