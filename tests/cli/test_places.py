"""Where the machines of a study are evaluated, as the command line says it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bohwsw.cli.codesign_command import placed
from bohwsw.codesign import Problem, best_recipe, load_space
from bohwsw.errors import SpecError
from bohwsw.study.codesign_search import Where
from bohwsw.study.codesign_study import run_codesign
from bohwsw.workload import Layer, network_from_layers


def searched_as_here(place: Where) -> None:
    """Search, and evaluate each machine that was tried once more, in this process.

    Without warm starts: those of a trial depend on which trials have ended before it.
    """
    network = network_from_layers("tiny", [(Layer("conv", K=8, C=8, P=6, Q=6, R=3, S=3), 1)])
    recipe = best_recipe().changed(trials=6, strategy="random")
    recipe = replace(recipe, final_gap=None, warm_starts=False)
    problem = Problem(load_space("eyeriss-168"), network, recipe=recipe)
    trials = run_codesign(problem, where=place).trials
    assert sorted(trial.number for trial in trials) == list(range(6))
    for trial in trials:
        assert trial.outcome == problem.at(trial.number).evaluate(trial.point)[0]
        assert trial.seconds > 0.0
    assert len({tuple(trial.point.values()) for trial in trials}) == 6


def test_in_processes() -> None:
    with placed(2, None) as place:
        assert place.workers == 2
        searched_as_here(place)


def test_on_a_dask_cluster() -> None:
    from distributed import LocalCluster

    options = {"processes": False, "n_workers": 1, "threads_per_worker": 2}
    with (
        LocalCluster(dashboard_address=None, **options) as cluster,
        placed(1, cluster.scheduler_address) as place,
    ):
        assert place.workers == 2
        searched_as_here(place)


def test_places_that_are_none() -> None:
    with pytest.raises(SpecError, match="no Dask scheduler answers"), placed(1, "tcp://nowhere"):
        pass
    with pytest.raises(SpecError, match="one of the two"), placed(2, "tcp://127.0.0.1:8786"):
        pass
