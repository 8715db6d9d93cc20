"""What Optuna's trials tell the optimiser: values, failures, infeasible points, constraints."""

import math

import optuna
import pytest
from optuna_studies import params_of, square, states_of, study_of

from bohwsw.execution import Infeasible
from bohwsw.plugins.optuna_sampler import (
    learn_infeasible,
    report_infeasible,
)
from bohwsw.plugins.optuna_trials import outcome_of
from bohwsw.strategies import TrialState as State


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
    assert states[5:].count(State.COMPLETED) >= 12
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
