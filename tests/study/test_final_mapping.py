"""A machine that a proof comes to, and not the search."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from small_space import small_space

from bohwsw.codesign import Problem, load_design, named_recipe, space_from_dict
from bohwsw.study.codesign_study import run_codesign
from bohwsw.study.trial import MET
from bohwsw.workload import Layer, network_from_layers


def test_a_better_machine_that_the_proof_comes_to_is_the_answer(tmp_path: Path) -> None:
    network = network_from_layers("tiny", [(Layer("a", K=8, C=6, P=6, R=3), 1)])
    recipe = replace(named_recipe("best").changed(trials=1, evaluations=2000), final_gap=None)
    one = Problem(space_from_dict(small_space()), network, "energy", recipe=recipe)
    missed = run_codesign(one, folder=tmp_path)
    result = run_codesign(one, folder=tmp_path, resume=True, headroom_seconds=60.0)
    assert not missed.is_met
    assert result.is_met
    assert [trial.name for trial in result.trials] == ["0_0", MET]
    assert result.best.energy_pj < 0.99 * missed.best.energy_pj
    assert result.headroom is not None
    assert result.headroom < 0.01
    assert result.best.hardware.point == result.point == result.trials[1].point
    assert json.loads((tmp_path / "result.json").read_text())["met_by_certificate"]
    assert load_design(tmp_path / "best.yaml").energy_pj == result.best.energy_pj
    again = run_codesign(one, folder=tmp_path, resume=True)  # it is stored as a trial
    assert again.point == result.point
    assert len(again.trials) == 2
