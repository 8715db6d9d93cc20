"""The optimiser as a sampler of Optuna's: Optuna's own conformance tests, and what it promises."""

import importlib
import pickle
import sys
import warnings

import optuna
import pytest
from optuna.distributions import (
    FloatDistribution,
    IntDistribution,
)
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    MultiObjectiveSamplerTestCase,
    RelativeSamplerTestCase,
)
from optuna_studies import DIVISORS, MESH, PRODUCT, distinct, mesh, params_of, square, study_of

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.plugins.optuna_sampler import (
    BohwswSampler,
    report_infeasible,
)
from bohwsw.plugins.optuna_space import suggest_point
from bohwsw.plugins.optuna_trials import History
from bohwsw.rows import RowSpace, RowTable
from bohwsw.space import (
    Integer,
    Permutation,
    Space,
)

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


def test_only_rows_of_a_table_are_suggested():
    rows = {"name": [f"d{k}" for k in range(24)], "a": [k % 4 for k in range(24)]}
    space = RowSpace(RowTable.of(rows, {"name": "label", "a": None}))
    study = optuna.create_study(sampler=BohwswSampler(space=space, seed=1, n_initial=3))
    study.optimize(lambda trial: suggest_point(trial, space)["a"], n_trials=8)
    points = [trial.params for trial in study.trials]
    assert not any(space.violations(point) for point in points)
    assert len({point["name"] for point in points}) == 8
