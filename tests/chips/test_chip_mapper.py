"""Networks on chips of several cores: mapped, scheduled, told on the command line, written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bohwsw import load_design, load_network, load_space, schedule_networks
from bohwsw.chips import ChipMapper, chip_of
from bohwsw.cli.app import app
from bohwsw.codesign import HardwareSpace, Rejection, design_data
from bohwsw.errors import NoValidMappingError, SpecError, SpecWarning
from bohwsw.workload import CountedLayer, Edge, Layer, Network

SPACES = ("eyeriss-168", "eyeriss-256")
SMALL = Network(
    "small",
    (CountedLayer(Layer("a", K=16, C=8, P=4)), CountedLayer(Layer("b", K=8, C=16, P=4))),
    (Edge("a", "b"),),
)


def test_networks_run_side_by_side_where_that_is_faster() -> None:
    networks = [load_network("mlp"), load_network("dqn")]
    design, found = schedule_networks(SPACES, networks, evaluations=200, moves=100)
    assert design.latency_cycles == found.value
    assert {step.core for step in found.schedule.steps} == set(SPACES)
    one, known = schedule_networks(SPACES[:1], networks, evaluations=200, moves=100)
    assert one.latency_cycles > design.latency_cycles >= found.lower_bound
    assert known.gap == 0.0
    assert (one.area_mm2 or 0) < (design.area_mm2 or 0)


def test_equal_cores_are_told_apart_and_no_slower_than_one() -> None:
    core = load_space("eyeriss-168").baseline(free=True)
    chip = chip_of([core, core])
    assert [each.architecture.name for each in chip.cores] == ["eyeriss-168", "eyeriss-168 2"]
    mapper = ChipMapper((SMALL, replace(SMALL, name="other")), "latency", moves=0)
    design = mapper.map_chip(chip)
    assert not isinstance(design, Rejection)
    single = mapper.map_chip(chip_of([core]))
    assert not isinstance(single, Rejection)
    assert design.latency_cycles < single.latency_cycles
    assert set(design.figures_of_each()) == {"small", "other"}


def test_the_command_shows_networks_cores_and_the_gap_and_writes_a_design(tmp_path: Path) -> None:
    file = tmp_path / "design.yaml"
    given = ["schedule", *(x for s in SPACES for x in ("--space", s)), "--model", "mlp"]
    given += ["--model", "dqn", "--evaluations", "200", "--moves", "50", "--out", str(file)]
    shown = CliRunner().invoke(app, given)
    assert shown.exit_code == 0, shown.output
    assert all(word in shown.output for word in ("mlp", "eyeriss-256", "no schedule of these"))
    data = json.loads(CliRunner().invoke(app, [*given, "--json"]).output)
    assert data["found"]["value"] == data["latency_cycles"] >= data["found"]["lower_bound"]
    assert {node["core"] for node in data["schedule"]["nodes"]} == {*SPACES, None}
    read = design_data(load_design(file))
    assert read["latency_cycles"] == data["latency_cycles"]
    limit = ["--latency-limit", "dqn=1"]
    over = CliRunner().invoke(app, [*given, *limit])
    assert "dqn takes" in over.output


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--latency-limit", "dnq=5"], "nearest: dqn"),
        (["--objective", "edpp"], "edp"),
        (["--dram-bits-per-cycle", "-1"], "dram_bits_per_cycle"),
        (["--space", "simba-like"], "cores share one"),
        (["--space", "eyerris"], "eyeriss"),
    ],
)
def test_bad_input_is_named(more: list[str], message: str) -> None:
    given = ["schedule", "--space", SPACES[0], "--model", "dqn", "--evaluations", "100", *more]
    shown = CliRunner().invoke(app, given)
    assert shown.exit_code == 2
    assert message in " ".join(shown.output.split()), shown.output


def with_point(name: str, **changes: bool) -> HardwareSpace:
    """A space with another point of its baseline."""
    space = load_space(name)
    point = {**space.spec.baseline.point, **changes}
    baseline = space.spec.baseline.model_copy(update={"point": point})
    return replace(space, spec=space.spec.model_copy(update={"baseline": baseline}))


def test_layers_run_on_the_cores_that_can_and_one_that_runs_nowhere_is_named() -> None:
    """A filter row of 4,096 is no row of a scratchpad, unless it may be split."""
    wide = Network("wide", (CountedLayer(Layer("a", K=2, R=4096, S=2)),))
    whole, split = (
        with_point("eyeriss-168", filter_width_whole=on, filter_height_whole=False)
        for on in (True, False)
    )
    with pytest.raises(NoValidMappingError, match="no core can run layer 'a'"):
        schedule_networks([whole], wide, evaluations=10)
    design, found = schedule_networks([whole, split], wide, evaluations=10)
    assert [step.core for step in found.schedule.steps] == ["eyeriss-168 2"]
    assert design.is_whole
    narrow = Network("narrow", (CountedLayer(Layer("a", K=2, C=2, weights_bits=8)),))
    with pytest.warns(SpecWarning, match="narrow has Weights of 8 bits; eyeriss-168 multiplies 16"):
        schedule_networks([split], narrow, evaluations=10)
    twice = Network("twice", (CountedLayer(Layer("a", K=2, C=2, inputs_bits=32)),))
    with (
        pytest.warns(SpecWarning, match="Inputs of 32 bits"),
        pytest.raises(NoValidMappingError, match="operand_bits 32 of at most 16"),
    ):
        schedule_networks([split], twice, evaluations=10)
    with pytest.raises(SpecError, match="needs a core"):
        schedule_networks([], "dqn")
