"""Results beside a baseline that is over a limit: it is shown as such, and nothing is below it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bohwsw.cli.result_views import result_views
from bohwsw.codesign import Design, Networks, Problem, load_space, named_recipe
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.codesign_study import run_codesign
from bohwsw.workload import Layer, load_network, network_from_layers

DATA = Path(__file__).resolve().parents[1] / "data" / "over_limits"
CLOCK_MHZ = 500.0
LIMIT_MW = 200.0
SHARES = re.compile(r"\d\.\d%")
"""How tables show by how much a design is better."""


def problem(*networks: Any, trials: int = 6, **changes: Any) -> Problem:
    """The baseline runs the network of the file at 290 mW, of 200 allowed."""
    chosen = named_recipe("best").changed(trials=trials, evaluations=300, strategy="random")
    made = Problem(
        load_space(DATA / "space.yaml"),
        Networks((load_network(DATA / "model.yaml"), *networks), (1.0,) * (1 + len(networks))),
        recipe=replace(chosen, final_gap=None),
    )
    return replace(made, **changes)


def printed(result: CodesignResult) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        for view in result_views(result.to_data()):
            console.print(view, soft_wrap=isinstance(view, str))
    return capture.get()


def assert_over_its_limit(violation: dict[str, Any], power_mw: float) -> None:
    assert (violation["constraint"], violation["limit"]) == ("power_mw", LIMIT_MW)
    assert violation["value"] == pytest.approx(power_mw, rel=0.02)
    assert violation["ratio"] == violation["value"] / LIMIT_MW


def test_nothing_is_compared_with_a_baseline_over_a_limit(tmp_path: Path) -> None:
    run_codesign(problem(trials=5), folder=tmp_path)
    result = run_codesign(problem(), folder=tmp_path, resume=True)
    assert isinstance(result.baseline, Design)
    power_mw = result.baseline.power_mw(CLOCK_MHZ)
    assert power_mw > LIMIT_MW
    assert result.improvement is None
    for other in (result.baseline, result.baseline_free):
        assert result.improvement_over(other) is None
        assert result.improvement_over(other, "energy") is None
    assert [v.ratio for v in result.baseline.violations] == [pytest.approx(power_mw / LIMIT_MW)]
    assert result.best.power_mw(CLOCK_MHZ) <= LIMIT_MW
    assert result.best.violations == ()
    data, stored = result.to_data(), json.loads((tmp_path / "result.json").read_text())
    assert data["improvement"] is data["improvement_over_free_baseline"] is None
    assert stored["improvement"] is stored["improvement_over_free_baseline"] is None
    for baseline in (data["baseline"], data["baseline_free"], stored["baseline"]):
        assert baseline["valid"] is False
        (violation,) = baseline["violations"]
        assert_over_its_limit(violation, power_mw)
        assert baseline["edp_pj_cycles"] > 0.0
    text = printed(result)
    assert f"power_mw {power_mw:.4g} of at most 200 ({power_mw / LIMIT_MW:.3g} times)" in text
    assert text.count("over limit") == 2
    assert not SHARES.search(text)


def test_of_several_networks_one_over_a_limit_is_enough() -> None:
    slow = network_from_layers("depthwise", [(Layer("b", P=16, Q=16, R=3, S=3), 1)])
    result = run_codesign(problem(slow))
    assert isinstance(result.baseline, Design)
    over, within = (design.power_mw(CLOCK_MHZ) for design in result.baseline.each())
    assert over > LIMIT_MW >= within
    assert result.improvement is None
    for design in result.baseline.each():
        assert result.improvement_over(design) is None
    baseline = result.to_data()["baseline"]
    (violation,) = baseline["violations"]
    assert violation["network"] == "m"
    assert_over_its_limit(violation, over)
    assert baseline["valid"] is False
    text = printed(result)
    assert "network 'm': power_mw" in text
    assert "-" in next(line for line in text.splitlines() if line.startswith("together"))


def test_a_front_has_no_shares_of_a_baseline_over_a_limit(tmp_path: Path) -> None:
    result = run_codesign(problem(objectives=("edp", "area")), folder=tmp_path)
    stored = json.loads((tmp_path / "result.json").read_text())
    for front in (result.to_data()["front"], stored["front"]):
        assert [entry["improvement"] for entry in front] == [
            {"edp": None, "area": None} for _ in result.designs
        ]
    text = printed(result)
    assert "over limit" in text
    assert not SHARES.search(text)


def test_a_baseline_within_its_limits_is_compared_with() -> None:
    one = problem()
    limits = {**one.hardware_space.spec.limits, "power_mw": 400.0}
    space = replace(
        one.hardware_space, spec=one.hardware_space.spec.model_copy(update={"limits": limits})
    )
    result = run_codesign(replace(one, hardware_space=space))
    assert isinstance(result.baseline, Design)
    assert result.baseline.violations == ()
    assert result.improvement == pytest.approx(
        1 - result.best.edp_pj_cycles / result.baseline.edp_pj_cycles
    )
    assert "over limit" not in printed(result)
    assert SHARES.search(printed(result))
