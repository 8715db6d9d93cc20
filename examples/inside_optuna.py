"""Search for a machine within Optuna: its studies and storages, our constraints and optimiser."""

import optuna

import bohwsw
from bohwsw.codesign import Problem
from bohwsw.plugins.optuna_sampler import BohwswSampler, report_infeasible, suggest_point

optuna.logging.set_verbosity(optuna.logging.WARNING)
machines = bohwsw.load_space("eyeriss-168")
problem = Problem(machines, bohwsw.load_network("mlp"))
space = machines.search_space()


def ln_edp(trial: optuna.Trial) -> float:
    outcome, _ = problem.evaluate(suggest_point(trial, space))
    if outcome.objective is None:
        report_infeasible(trial, outcome.reason)
    return outcome.objective


study = optuna.create_study(sampler=BohwswSampler(seed=0, space=space))
study.enqueue_trial(machines.baseline().point)
study.optimize(ln_edp, n_trials=15)
print(f"ln EDP of the baseline: {study.trials[0].value:.3f}, best: {study.best_value:.3f}")
for name, value in study.best_params.items():
    print(f"{name:>20} {value}")
