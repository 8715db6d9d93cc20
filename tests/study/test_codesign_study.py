"""Co-design studies end to end on a tiny network: honest baseline, resume, kill, failures."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bohwsw.codesign import (
    Design,
    FirstLook,
    HardwareSpace,
    NetworkMapper,
    Opening,
    Problem,
    load_design,
    load_space,
    named_recipe,
    space_from_dict,
)
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.execution import FailedTrialWarning, FailureRateError
from bohwsw.strategies import TrialState
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.codesign_study import run_codesign
from bohwsw.workload import Layer, network_from_layers
from bohwsw.yamlfile import read_yaml

NETWORK = network_from_layers(
    "tiny", [(Layer("a", K=16, C=8, P=14, Q=14, R=3, S=3), 2), (Layer("b", K=32, C=16), 1)]
)


def problem(
    trials: int,
    space: HardwareSpace | None = None,
    *,
    strategy: str = "bayesian",
    threads: int = 1,
    final_gap: float | None = None,
) -> Problem:
    """A search; without ``final_gap`` its end is short."""
    chosen = named_recipe("best").changed(trials=trials, evaluations=2000, strategy=strategy)
    return Problem(
        hardware_space=space or load_space("eyeriss-168"),
        networks=NETWORK,
        recipe=replace(chosen, final_gap=final_gap),
        threads=threads,
    )


def changed_space(**changes: object) -> HardwareSpace:
    data = read_yaml(load_space("eyeriss-168").file or "")
    assert isinstance(data, dict)
    return space_from_dict({**data, **changes})


def test_a_study_finds_a_design_that_evaluates_to_what_it_says(tmp_path: Path) -> None:
    result = run_codesign(problem(10, final_gap=0.1), folder=tmp_path)
    stored = load_design(tmp_path / "best.yaml")
    assert stored.edp_pj_cycles == pytest.approx(result.best.edp_pj_cycles, rel=1e-12)
    assert all(layer.evaluation.valid for layer in stored.layers)
    assert [trial.number for trial in result.trials] == list(range(10))
    assert result.trials[0].point == load_space("eyeriss-168").spec.baseline.point
    assert isinstance(result.baseline, Design)
    expected = 1 - result.best.edp_pj_cycles / result.baseline.edp_pj_cycles
    assert result.improvement == pytest.approx(expected)


def test_the_best_and_the_baseline_are_proven_to_be_near_their_optimum() -> None:
    """All layers of the network together, not each by itself."""
    one = problem(4, final_gap=0.02)
    result = run_codesign(one)
    for design in (result.best, result.baseline, result.baseline_free):
        assert isinstance(design, Design)
        assert 0.0 < design.lower_bound <= design.edp_pj_cycles
        assert design.gap("edp") <= (one.recipe.final_gap or 0.0) + 1e-9


def test_the_end_shares_out_the_time_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two baselines and three finalists; a time of none still maps each, no worse than before."""
    given = []
    map_together = NetworkMapper.map_together

    def noted(task: NetworkMapper, *args: Any, **options: Any) -> Any:
        given.append(options["seconds"])
        return map_together(task, *args, **options)

    monkeypatch.setattr(NetworkMapper, "map_together", noted)
    result = run_codesign(problem(4, final_gap=0.05), final_seconds=100.0)
    assert len(given) == 5
    assert given == sorted(given)
    assert 10.0 < given[0] <= 20.0
    assert given[-1] > 20.0
    assert result.seconds.final_limit == 100.0
    hasty = run_codesign(problem(4, final_gap=0.0), final_seconds=0.0)
    assert given[5:] == [0.0] * 5
    searched = min(trial.outcome.objective or math.inf for trial in hasty.trials)
    assert math.log(hasty.best.edp_pj_cycles) <= searched + 1e-9
    assert run_codesign(problem(2)).seconds.final_limit is None


def test_the_headroom_is_what_no_machine_can_beat(tmp_path: Path) -> None:
    result = run_codesign(problem(3), folder=tmp_path, headroom_seconds=2.0)
    assert result.space_bound is not None
    assert 0.0 < result.space_bound <= result.best.edp_pj_cycles
    expected = 1.0 - result.space_bound / result.best.edp_pj_cycles
    assert result.headroom == pytest.approx(expected)
    stored = json.loads((tmp_path / "result.json").read_text())
    assert stored["space_bound"] == result.space_bound
    assert run_codesign(problem(2)).headroom is None


def test_the_baseline_has_the_same_mapper_and_budget() -> None:
    one = problem(2, final_gap=0.1)
    result = run_codesign(one)
    again = one.map_finally(load_space("eyeriss-168").baseline())
    assert isinstance(again, Design)
    assert isinstance(result.baseline, Design)
    assert again.edp_pj_cycles == result.baseline.edp_pj_cycles


def test_the_result_does_not_depend_on_the_number_of_threads() -> None:
    results = [run_codesign(problem(4, threads=threads, final_gap=0.1)) for threads in (1, 3)]
    assert results[0].best.edp_pj_cycles == results[1].best.edp_pj_cycles
    assert [t.point for t in results[0].trials] == [t.point for t in results[1].trials]


def test_a_resumed_study_reaches_the_same_trials(tmp_path: Path) -> None:
    whole = run_codesign(problem(12))
    run_codesign(problem(9), folder=tmp_path)
    rest = run_codesign(problem(12), folder=tmp_path, resume=True)
    assert told(rest) == told(whole)
    assert rest.best.edp_pj_cycles == whole.best.edp_pj_cycles


def told(result: CodesignResult) -> list[object]:
    """What each trial is and gave; all but its seconds."""
    return [(t.number, t.point, t.outcome, t.metrics, t.mappings) for t in result.trials]


def test_mappings_are_started_from_those_of_machines_before() -> None:
    """Some machine ends elsewhere when tried alone; not the first, which has none before it."""
    one = problem(4, strategy="random")
    tried = run_codesign(one).trials
    alone = [one.evaluate(trial.point)[0].objective for trial in tried]
    assert alone[0] == tried[0].outcome.objective
    assert alone != [trial.outcome.objective for trial in tried]
    cold = replace(one, recipe=replace(one.recipe, warm_starts=False))
    unlearned = [cold.evaluate(trial.point)[0].objective for trial in tried]
    assert [t.outcome.objective for t in run_codesign(cold).trials] == unlearned


def test_without_a_mapping_at_the_end_the_mappings_of_the_search_are_the_result() -> None:
    result = run_codesign(problem(5))
    least = min(trial.outcome.objective or math.inf for trial in result.trials)
    assert math.log(result.best.edp_pj_cycles) == pytest.approx(least, rel=1e-12)


@pytest.mark.parametrize("first", [1, 3])
def test_an_opening_ends_where_it_is_said_to_end_and_when_gone_on_with(
    tmp_path: Path, first: int
) -> None:
    small = named_recipe("best").changed(trials=4, evaluations=1000)
    bounds = named_recipe("best").at(0)
    opened = replace(small, final_gap=None, opening=Opening(2, bounds.mapper, bounds.evaluations))
    whole = replace(problem(4), recipe=opened)
    run_codesign(replace(whole, recipe=opened.changed(trials=first)), folder=tmp_path)
    trials = run_codesign(whole, folder=tmp_path, resume=True).trials
    assert [(t.point, t.outcome) for t in trials] == [
        (t.point, t.outcome) for t in run_codesign(whole).trials
    ]
    assert [t.metrics["evaluations"] == 2 * 1000 for t in trials] == [False, False, True, True]


def test_machines_far_above_the_best_are_left_after_the_first_look(tmp_path: Path) -> None:
    whole = problem(8, strategy="random")
    whole = replace(whole, recipe=replace(whole.recipe, first_look=FirstLook(500, 2.0)))
    run_codesign(replace(whole, recipe=whole.recipe.changed(trials=4)), folder=tmp_path)
    resumed = run_codesign(whole, folder=tmp_path, resume=True)
    assert told(resumed) == told(run_codesign(whole))
    best, left = math.inf, 0
    for trial in resumed.trials:
        objective = trial.outcome.objective
        if objective is None:
            continue
        if trial.metrics["evaluations"] == 2 * 500:
            assert objective > best + math.log(3.0)
            left += 1
        else:
            assert trial.metrics["evaluations"] == 2 * 2000
        best = min(best, objective)
    assert 0 < left < len([t for t in resumed.trials if t.metrics]) - 1


def test_no_machine_over_the_area_limit_is_tried() -> None:
    limit = 3.6
    result = run_codesign(problem(12, changed_space(limits={"area_mm2": limit})))
    areas = [trial.metrics["area_mm2"] for trial in result.trials if trial.metrics]
    assert areas
    assert max(area or 0.0 for area in areas) <= limit
    assert (result.best.area_mm2 or 0) <= limit


def test_a_network_that_nothing_can_run_says_why() -> None:
    whole = {"K": True, "P": True, "Q": True}
    dataflow = {"OutputSpad": {"whole": whole, "keep": ["Outputs"]}}
    with pytest.raises(NoValidMappingError, match="words"):
        run_codesign(problem(3, changed_space(dataflow=dataflow)))


def test_an_evaluator_that_breaks_makes_failed_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Problem.evaluate
    calls: list[object] = []

    def sometimes(self: Problem, *given: Any) -> object:
        calls.append(given)
        if len(calls) % 2 == 0:
            raise RuntimeError("simulator fell over")
        return real(self, *given)

    monkeypatch.setattr(Problem, "evaluate", sometimes)
    result = run_codesign(problem(6, strategy="random"))
    states = [trial.outcome.state for trial in result.trials]
    assert states[1::2] == [TrialState.FAILED] * 3
    assert TrialState.FAILED not in states[::2]
    assert "simulator fell over" in (result.trials[1].outcome.reason or "")


def test_a_study_in_which_every_evaluation_breaks_ends_soon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: Any) -> object:
        raise RuntimeError("simulator fell over")

    monkeypatch.setattr(Problem, "evaluate", broken)
    with (
        pytest.warns(FailedTrialWarning, match="trial 0 failed: RuntimeError: simulator fell over"),
        pytest.raises(FailureRateError, match=r"5 of 5 .* RuntimeError: simulator fell over"),
    ):
        run_codesign(problem(60, strategy="random"), folder=tmp_path / "study")
    assert len((tmp_path / "study" / "trials.jsonl").read_text().splitlines()) == 5


def test_a_space_without_parameters_is_refused() -> None:
    fixed = {
        "name": "fixed",
        "technology": "timeloop-pat",
        "baseline": {"point": {}},
        "architecture": {"levels": [{"name": "DRAM", "kind": "dram", "fanout": [4, 4]}]},
    }
    with pytest.raises(SpecError, match="no parameters"):
        run_codesign(problem(2, space_from_dict(fixed)))


SCRIPT = """
import sys
from pathlib import Path
from test_codesign_study import problem
from bohwsw.study.codesign_study import run_codesign
run_codesign(problem(400, strategy="random"), folder=Path(sys.argv[1]))
"""


def test_kill_9_loses_no_finished_trial(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(root), str(Path(__file__).parent)]),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], env=environment, cwd=root
    )
    trials = tmp_path / "trials.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if trials.exists() and trials.read_bytes().count(b"\n") >= 5:
            break
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    before = trials.read_bytes()
    finished = before.count(b"\n")
    assert 5 <= finished < 400
    result = run_codesign(problem(finished + 2, strategy="random"), folder=tmp_path, resume=True)
    assert len(result.trials) == finished + 2
    assert trials.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    fresh = run_codesign(problem(finished + 2, strategy="random"))
    assert [t.point for t in fresh.trials] == [t.point for t in result.trials]
