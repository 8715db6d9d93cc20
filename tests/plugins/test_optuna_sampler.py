"""The optimiser as a sampler of Optuna's: Optuna's own conformance tests, and what it promises."""

import importlib
import math
import pickle
import sys
import warnings

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
)

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.plugins.optuna_parts import COARSE, part_of
from bohwsw.plugins.optuna_sampler import (
    BohwswSampler,
    learn_infeasible,
    report_infeasible,
    suggest_point,
)
from bohwsw.plugins.optuna_trials import History, outcome_of
from bohwsw.space import (
    Categorical,
    Conditional,
    Integer,
    Ordinal,
    Permutation,
    Predicate,
    Real,
    Space,
)
from bohwsw.strategies import TrialState as State
from bohwsw.study.evaluator import Infeasible

optuna.logging.set_verbosity(optuna.logging.ERROR)

DIVISORS = [d for d in range(1, 169) if 168 % d == 0]
MESH = {"mesh_x": CategoricalDistribution(DIVISORS), "mesh_y": CategoricalDistribution(DIVISORS)}
PRODUCT = ["mesh_x * mesh_y == 168"]


def mesh(trial):
    x = trial.suggest_categorical("mesh_x", DIVISORS)
    y = trial.suggest_categorical("mesh_y", DIVISORS)
    return abs(x - 14) + abs(y - 12)


def square(trial):
    return (trial.suggest_int("x", 0, 20) - 7) ** 2 + trial.suggest_int("y", 0, 20)


def study_of(sampler=None, n=0, objective=square, **options):
    study = optuna.create_study(sampler=sampler or BohwswSampler(seed=0, n_initial=3), **options)
    study.optimize(objective, n_trials=n, catch=(ArithmeticError,))
    return study


def params_of(study):
    return [trial.params for trial in study.trials]


def distinct(study):
    return len({tuple(sorted(t.params.items(), key=str)) for t in study.trials})


def states_of(study):
    """What the strategy was told, trial by trial."""
    study.sampler.infer_relative_search_space(study, study.trials[-1])
    return [told.outcome.state for told in study.sampler._history._search.history]


# -- Optuna's own tests ----------------------------------------------------------------------------
#
# SingleOnlySamplerTestCase does not apply: several objectives are supported.


@pytest.fixture
def sampler():
    return lambda: BohwswSampler(seed=0, n_initial=3)


class TestBasic(BasicSamplerTestCase):
    @pytest.fixture
    def sampler(self, sampler):
        warnings.simplefilter("ignore")
        return sampler

    # Without the objective of three points: its study ends after three trials, not ten.
    @pytest.mark.parametrize(
        "suggest_method_x",
        [
            lambda t: t.suggest_float("x", 0, 10),
            lambda t: t.suggest_int("x", 0, 10),
            lambda t: t.suggest_float("x", 0, 10, step=0.5),
            lambda t: t.suggest_float("x", 1e-7, 10, log=True),
            lambda t: t.suggest_int("x", 1, 10, log=True),
        ],
    )
    def test_single_parameter_objective(self, sampler, suggest_method_x):
        super().test_single_parameter_objective(sampler, suggest_method_x)


class TestRelative(RelativeSamplerTestCase):
    @pytest.fixture
    def sampler(self, sampler):
        warnings.simplefilter("ignore")
        return sampler


class TestMultiObjective(MultiObjectiveSamplerTestCase):
    @pytest.fixture
    def sampler(self, sampler):
        return sampler


# -- distributions ---------------------------------------------------------------------------------


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


# -- the space -------------------------------------------------------------------------------------


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


# -- states ----------------------------------------------------------------------------------------


def trial_of(state="COMPLETE", value=None, last=None, constraints=None, reason=None, values=None):
    return optuna.create_trial(
        state=optuna.trial.TrialState[state],
        value=value,
        values=values,
        intermediate_values={} if last is None else {1: last},
        constraints=constraints,
        user_attrs={} if reason is None else {"bohwsw:infeasible": reason},
    )


@pytest.mark.parametrize(
    ("trial", "state", "objective"),
    [
        (trial_of(value=3.0), "completed", -3.0),
        (trial_of(value=-math.inf), "infeasible", None),
        (trial_of(value=math.inf), "failed", None),
        (trial_of("FAIL"), "failed", None),
        (trial_of("FAIL", reason="area"), "infeasible", None),
        (trial_of("PRUNED"), "infeasible", None),
        (trial_of("PRUNED", value=2.0), "completed", -2.0),
        (trial_of("PRUNED", value=2.0, constraints={"area": 1.0}), "infeasible", None),
        (trial_of("PRUNED", value=2.0, constraints={"area": -1.0}), "completed", -2.0),
        (trial_of(value=2.0, constraints={"late": 1.0}), "infeasible", None),
    ],
)
def test_what_a_trial_says_when_values_are_maximised(trial, state, objective):
    outcome = outcome_of(trial, [-1.0], [])
    assert (outcome.state, outcome.objective) == (state, objective)
    assert outcome.reason or state == "completed"


def test_modelled_constraints_are_metrics():
    limits = ["area", "power"]
    complete = trial_of(value=1.0, constraints={"area": 2.0, "power": -1.0})
    outcome = outcome_of(complete, [1.0], limits)
    assert outcome.state == "completed"
    assert outcome.metrics == {"limit_0": 2.0, "limit_1": -1.0}
    pruned = trial_of("PRUNED", value=1.0, constraints={"area": -2.0})
    assert outcome_of(pruned, [1.0], limits).state == "failed"
    told = trial_of("PRUNED", constraints={"area": 3.0}, reason="area")
    assert outcome_of(told, [1.0], limits).metrics == {"limit_0": 3.0}


def test_a_failing_point_is_not_suggested_again():
    def objective(trial):
        x = trial.suggest_int("x", 0, 6)
        return 1 / 0 if x % 2 else float(x)

    study = study_of(n=20, objective=objective)
    assert sorted(p["x"] for p in params_of(study)) == list(range(7))
    assert states_of(study).count(State.FAILED) == 3


def test_infeasible_points_are_learned_from():
    @learn_infeasible
    def objective(trial):
        x, y = trial.suggest_int("x", 0, 30), trial.suggest_int("y", 0, 30)
        if x > 15:
            report_infeasible(trial, f"x = {x} > 15")
        if y > 15:
            raise Infeasible(f"y = {y} > 15")
        return -x - y

    study = study_of(n=25, objective=objective)
    states = states_of(study)
    assert states.count(State.INFEASIBLE) == sum(
        t.params["x"] > 15 or t.params["y"] > 15 for t in study.trials
    )
    assert states[5:].count(State.COMPLETED) > 12
    assert study.best_value <= -24
    reasons = [t.user_attrs["bohwsw:infeasible"] for t in study.trials if t.state.name == "PRUNED"]
    assert all(reason.endswith("> 15") for reason in reasons)


def test_a_trial_that_ends_before_it_has_asked_for_everything_is_learned_from():
    def objective(trial):
        x = trial.suggest_int("x", 0, 9)
        if x > 4 and trial.number:
            report_infeasible(trial, "x")
        return x + trial.suggest_int("y", 0, 9)

    study = study_of(n=10, objective=objective)
    states = states_of(study)
    assert len(states) == 10
    assert states.count(State.INFEASIBLE) == sum("y" not in p for p in params_of(study)) > 0


def test_measured_constraints_are_modelled_and_met():
    def objective(trial):
        x, y = trial.suggest_int("x", 0, 40), trial.suggest_int("y", 0, 40)
        trial.set_constraint("area", x + y - 30)
        return -x - 2 * y

    study = study_of(n=25, objective=objective)
    strategy = study.sampler._history._search
    assert [c.text for c in strategy.goals.constraints] == ["limit_0 <= 0"]
    assert study.best_value <= -54
    assert strategy.best.outcome.objective == study.best_value


def test_a_constraint_that_a_trial_leaves_out_is_no_longer_modelled():
    def objective(trial):
        x = trial.suggest_int("x", 0, 40)
        trial.set_constraint("area", x - 30)
        if trial.number != 3:
            trial.set_constraint("power", 20 - x)
        return x

    study = study_of(n=8, objective=objective)
    states = states_of(study)
    assert len(study.sampler._history._search.goals.constraints) == 1
    broken = [t.constraints.get("power", 0) > 0 for t in study.trials]
    assert states == [State.INFEASIBLE if b else State.COMPLETED for b in broken]


def test_maximising_goes_up():
    study = study_of(n=15, objective=lambda t: -square(t), direction="maximize")
    assert study.best_value >= -2


def test_several_objectives_are_searched_for_their_front():
    def objective(trial):
        x, y = trial.suggest_int("x", 0, 30), trial.suggest_int("y", 0, 30)
        return x + y, x - y

    study = study_of(n=15, objective=objective, directions=["minimize", "maximize"])
    assert any(t.values == [0.0, 0.0] for t in study.trials) or len(study.best_trials) >= 3
    told = [t.outcome.metrics for t in study.sampler._history._search.history]
    assert told == [
        {"objective_0": t.values[0], "objective_1": -t.values[1]} for t in study.trials[:-1]
    ]


# -- memory and workers ----------------------------------------------------------------------------


def conditional(trial):
    """A bit of everything that has to be found again after a restart."""
    x = trial.suggest_categorical("x", ["a", "b"])
    y = trial.suggest_float("y", 0, 1)
    value = y + (trial.suggest_int("z", 0, 50) if x == "b" else 9)
    trial.set_constraint("limit", y - 0.8)
    if trial.number == 4:
        raise ArithmeticError
    if trial.number == 6:
        report_infeasible(trial, "six")
    return value + trial.suggest_float("w", 0, 1 + trial.number % 3)


def test_a_study_resumed_from_its_storage_goes_on_as_if_it_had_never_stopped(tmp_path):
    whole = study_of(n=9, objective=conditional)
    url = f"sqlite:///{tmp_path}/study.db"
    for n in (1, 4, 4):
        study = optuna.create_study(
            storage=url,
            study_name="s",
            sampler=BohwswSampler(seed=0, n_initial=3),
            load_if_exists=True,
        )
        study.optimize(conditional, n_trials=n, catch=(ArithmeticError,))
    assert params_of(study) == params_of(whole)


def test_a_pickled_sampler_goes_on_too():
    study, twin = study_of(n=6), study_of(n=6)
    twin.sampler = pickle.loads(pickle.dumps(twin.sampler))
    study.optimize(square, n_trials=3)
    twin.optimize(square, n_trials=3)
    assert params_of(study) == params_of(twin)


def test_every_trial_is_read_once(monkeypatch):
    read = []
    tell = History._tell
    monkeypatch.setattr(History, "_tell", lambda self, t: (read.append(t.number), tell(self, t)))
    study_of(n=12)
    assert read == list(range(11))


def test_one_sampler_serves_two_studies():
    sampler = BohwswSampler(seed=0, n_initial=3)
    first, second = study_of(sampler), study_of(sampler, direction="maximize")
    for _ in range(5):
        first.optimize(square, n_trials=1)
        second.optimize(square, n_trials=1)
    assert params_of(first) == params_of(study_of(n=5))
    assert params_of(second) == params_of(study_of(n=5, direction="maximize"))


def test_threads_do_not_repeat_one_another():
    sampler = BohwswSampler(seed=0, space={"x": IntDistribution(0, 15)}, n_initial=3)
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda t: (t.suggest_int("x", 0, 15) - 5) ** 2, n_trials=16, n_jobs=2)
    assert sorted(p["x"] for p in params_of(study)) == list(range(16))


def test_workers_with_storages_of_their_own_count_what_the_others_try(tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"
    space = {"x": IntDistribution(0, 9)}
    studies = [
        optuna.create_study(
            storage=url,
            study_name="s",
            sampler=BohwswSampler(seed=0, space=space, n_initial=3),
            load_if_exists=True,
        )
        for _ in range(2)
    ]
    trials = [study.ask() for study in (*studies, *studies)]
    # The later of two that suggest at the same time leaves the earlier one what it would take.
    values = [trial.suggest_int("x", 0, 9) for trial in reversed(trials)]
    assert len(set(values)) == 4
    for k, trial in enumerate(trials):
        studies[k % 2].tell(trial, 1.0)
    values += [study.ask(space).params["x"] for study in (*studies, *studies)]
    assert len(set(values)) == 8


def test_a_worker_gives_way_to_one_that_suggested_the_same_at_the_same_time(monkeypatch):
    space = {"x": IntDistribution(0, 9)}
    study = optuna.create_study(sampler=BohwswSampler(seed=0, space=space, n_initial=3))
    mine, other = study.ask(), study.ask()
    suggest, seen = History.suggest, []

    def overtaken(history, *arguments):
        params = suggest(history, *arguments)
        if not seen:
            study._storage.set_trial_system_attr(other._trial_id, "bohwsw:suggestion", params)
        seen.append(params["x"])
        return params

    monkeypatch.setattr(History, "suggest", overtaken)
    assert mine.suggest_int("x", 0, 9) == seen[1] != seen[0]
    assert len(seen) == 2


def test_an_enqueued_trial_is_completed_by_valid_values():
    sampler = BohwswSampler(seed=0, space=MESH, constraints=PRODUCT)
    study = study_of(sampler)
    study.enqueue_trial({"mesh_x": 7})
    study.enqueue_trial({"mesh_x": 12, "mesh_y": 14})
    study.optimize(mesh, n_trials=4)
    assert params_of(study)[:2] == [{"mesh_x": 7, "mesh_y": 24}, {"mesh_x": 12, "mesh_y": 14}]
    assert distinct(study) == 4


# -- the end ---------------------------------------------------------------------------------------


def test_an_exhausted_space_ends_the_optimisation():
    sampler = BohwswSampler(seed=0, space=MESH, constraints=PRODUCT, n_initial=3)
    study = study_of(sampler, 100, mesh)
    assert len(study.trials) == len(DIVISORS) == distinct(study)


def test_trials_asked_for_beyond_the_end_are_known_points_with_a_warning():
    distributions = {"x": IntDistribution(0, 2)}
    study = optuna.create_study(sampler=BohwswSampler(seed=0, space=distributions))
    for _ in range(3):
        study.tell(study.ask(distributions), 1.0)
    with pytest.warns(UserWarning, match="all valid points have been tried"):
        trial = study.ask(distributions)
    assert trial.params["x"] in (0, 1, 2)


# -- errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"strategy": "bayes"}, "unknown strategy"),
        ({"kapa": 1.0}, "unknown option"),
        ({"first": [{"x": 1}]}, "not an option of the sampler"),
        ({"seed": -1}, "not a seed"),
        ({"constraints": "x < 1"}, "must be a list"),
        ({"constraints": ["x <"]}, "not an expression"),
        ({"space": MESH, "constraints": ["mesh_z < 1"]}, "unknown name"),
        ({"space": MESH, "constraints": ["mesh_x * mesh_y == 13"]}, "mesh_x \\* mesh_y == 13"),
        ({"space": Space([Integer("x", 0, 1)]), "constraints": ["x < 1"]}, "its own constraints"),
        ({"space": Space([Permutation("x", ["a", "b"])])}, "no distribution for this parameter"),
        ({"space": {"x": (0, 1)}}, "not a distribution"),
        ({"space": {"x": FloatDistribution(-1e308, 1e308)}}, "too wide"),
        ({"space": ["x"]}, "not a space"),
    ],
)
def test_bad_arguments_are_named_at_once(options, match):
    with pytest.raises(SpecError, match=match):
        BohwswSampler(**options)


def test_without_optuna_the_error_says_what_to_install(monkeypatch):
    for name in [n for n in sys.modules if n.startswith("bohwsw.plugins.optuna_")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setitem(sys.modules, "optuna.distributions", None)
    with pytest.raises(MissingExtraError, match=r"bohwsw\[optuna\]"):
        importlib.import_module("bohwsw.plugins.optuna_sampler")
