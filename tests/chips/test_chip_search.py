"""Chips of several cores: read from files, within what they share, searched, as a command."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from bohwsw import codesign_chip, load_design
from bohwsw.chips import ChipSpace, load_chip_space
from bohwsw.cli.app import app
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.workload import CountedLayer, Layer, Network

PAGE = Path(__file__).parents[2] / "docs/chips.md"
SHIPPED = Path(__file__).parents[2] / "spaces/chips/three-cores.yaml"
NETWORKS = [
    Network("conv", (CountedLayer(Layer("a", K=16, C=16, P=16, Q=16, R=3, S=3)),)),
    Network("fc", (CountedLayer(Layer("b", K=64, C=64)), CountedLayer(Layer("c", K=64, C=32)))),
]


@pytest.fixture(scope="module")
def chips() -> ChipSpace:
    return load_chip_space(SHIPPED)


def test_every_chip_is_within_what_the_cores_share(chips: ChipSpace) -> None:
    rng = np.random.default_rng(0)
    counts = set()
    for point in chips.space.sample(30, rng):
        hardware = chips.hardware(point)
        counts.add(len(hardware.cores))
        assert sum(core.architecture.macs for core in hardware.cores) <= 1024
        assert hardware.area_mm2 is not None
        assert hardware.area_mm2 <= 12
        assert hardware.dram_bits_per_cycle == 128
        assert {core.architecture.name for core in hardware.cores} <= set(chips.spec.cores)
    assert len(counts) > 1


def test_a_search_ends_with_a_schedule_within_limits(chips: ChipSpace) -> None:
    result = codesign_chip(chips, NETWORKS, trials=2, evaluations=50)
    known = [trial.value for trial in result.trials if trial.value is not None]
    assert result.found.value <= min(known)
    assert result.found.value == result.best.edp_pj_cycles
    assert (result.best.area_mm2 or 99) <= 12
    again = codesign_chip(chips, NETWORKS, trials=2, evaluations=50)
    assert again.to_data() == result.to_data()
    limits = {name: 10 * x["latency_cycles"] for name, x in result.found.networks.items()}
    slower = codesign_chip(
        chips, NETWORKS, trials=2, evaluations=50, latency_limits=limits, limits={"area_mm2": 8}
    )
    assert (slower.best.area_mm2 or 99) <= 8
    with pytest.raises(NoValidMappingError, match=r"fc takes .* cycles, its limit is 1 "):
        codesign_chip(chips, NETWORKS, trials=2, evaluations=50, latency_limits={"fc": 1})


def test_the_command_of_the_page_writes_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SHIPPED.parents[2])
    (command,) = re.findall(r"```sh\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.S)
    given = [*command.split()[1:], "--out", str(tmp_path)]
    shown = CliRunner().invoke(app, given)
    assert shown.exit_code == 0, shown.output
    assert "no schedule of these mappings is below" in shown.output
    data = json.loads((tmp_path / "result.json").read_text())
    assert load_design(tmp_path / "best.yaml").edp_pj_cycles == data["found"]["value"]
    assert len(data["trials"]) == 3
    for option in (["--storage", "x.db"], ["--workers", "2"], ["--recipe", "paper"]):
        refused = CliRunner().invoke(app, [*given, *option])
        assert refused.exit_code == 2
        assert option[0] in refused.output


def test_the_file_of_the_page_is_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    (tmp_path / "pair.yaml").write_text(text.replace("../cores", str(SHIPPED.parents[1] / "cores")))
    pair = load_chip_space(tmp_path / "pair.yaml")
    assert set(pair.spec.cores) == {"big", "little"}
    point = pair.space.sample(1, np.random.default_rng(0))[0]
    assert point["big_mesh_x"] >= 16
    assert "little_template" in point


@pytest.mark.parametrize(
    ("changes", "key_path", "message"),
    [
        ({"cores": {"one": {}}, "templates": []}, "cores.one.templates", "needs templates"),
        ({"templates": ["../cores/nvdla.yaml"]}, "templates[0]", ""),
        ({"cores": {"one": {"templates": ["eyeriss-186"]}}}, "cores.one.templates[0]", ""),
        ({"cores": {}}, "cores", ""),
        ({"pes": 0}, "pes", ""),
        ({"limits": {"area": 3}}, "limits.area", ""),
        ({"constraints": ["first_mesh_z == 8"]}, "constraints[0]", "first_mesh_z"),
    ],
)
def test_broken_files_are_named(
    tmp_path: Path, changes: dict[str, Any], key_path: str | None, message: str
) -> None:
    data = yaml.safe_load(SHIPPED.read_text())
    data["templates"] = [str((SHIPPED.parent / x).resolve()) for x in data["templates"]]
    if changes.get("templates") == ["../cores/nvdla.yaml"]:
        changes = {"templates": [str(SHIPPED.parent / "../cores/nvdla.yaml")]}
    file = tmp_path / "chip.yaml"
    file.write_text(yaml.safe_dump({**data, **changes}))
    with pytest.raises(SpecError) as caught:
        load_chip_space(file)
    assert message in str(caught.value)
    if key_path is not None:
        assert str(caught.value.key_path).startswith(key_path)


def test_a_core_of_two_templates_needs_one_set_of_values(tmp_path: Path) -> None:
    data = {"name": "mixed", "cores": {"one": {"templates": ["eyeriss-168", "eyeriss-256"]}}}
    file = tmp_path / "chip.yaml"
    file.write_text(yaml.safe_dump(data))
    with pytest.raises(SpecError, match="differ in parameter 'mesh_x'"):
        load_chip_space(file)
    data["cores"]["one"]["templates"] = ["eyeriss-168"]  # type: ignore[index]
    file.write_text(yaml.safe_dump(data))
    assert len(load_chip_space(file).space.constraints) > 5
