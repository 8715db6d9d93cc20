"""Small Optuna studies that the tests of the sampler share."""

import optuna
from optuna.distributions import CategoricalDistribution

from bohwsw.plugins.optuna_sampler import BohwswSampler

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
