"""Searches steered by a certificate: what cannot be the best is not mapped, and that is told."""

from __future__ import annotations

import math

import pytest
from small_space import small_space

from bohwsw.codesign import Problem, Rejection, best_recipe, space_from_dict
from bohwsw.errors import SpecError
from bohwsw.strategies import TrialState
from bohwsw.study import run_codesign
from bohwsw.workload import Layer, network_from_layers

NETWORK = network_from_layers("tiny", [(Layer("a", K=8, C=8, P=6, R=3), 1)])
QUICK = best_recipe().changed(evaluations=2_000, trials=10)


def problem() -> Problem:
    data = small_space()
    data["constraints"] = ["mesh_x * mesh_y <= 8"]
    return Problem(space_from_dict(data), NETWORK, recipe=QUICK)


def test_machines_that_cannot_be_the_best_are_left_out() -> None:
    result = run_codesign(problem(), steered=True)
    left_out = [x for x in result.trials if x.reason and "is reached" in x.reason]
    assert len(result.trials) == 10
    assert 0 < len(left_out) < 10
    best = math.inf
    space = problem().hardware_space
    for trial in result.trials:
        if trial in left_out:
            assert trial.state == TrialState.INFEASIBLE
            assert f"{math.exp(best):.4g} is reached" in (trial.reason or "")
            found = problem().map_networks(space.hardware(trial.point))
            assert isinstance(found, Rejection) or found.minimised("edp") > best
        elif trial.objective is not None:
            best = min(best, trial.objective)


def test_what_has_no_bound_cannot_steer() -> None:
    for objectives in ("area", ["edp", "area"]):
        with pytest.raises(SpecError):
            run_codesign(Problem(space_from_dict(small_space()), NETWORK, objectives), steered=True)
    other = network_from_layers("other", [(Layer("b", K=4), 1)])
    two = Problem(space_from_dict(small_space()), [NETWORK, other])
    with pytest.raises(SpecError):
        run_codesign(two, steered=True)
