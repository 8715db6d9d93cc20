"""Chips of several cores: read from files, within what they share, searched, as a command."""

from __future__ import annotations

import json
import math
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from bohwsw import codesign_chip, load_design
from bohwsw.accuracy import accuracy_source
from bohwsw.chips import ChipProblem, ChipSpace, Task, load_chip_space
from bohwsw.cli.app import app
from bohwsw.codesign import FIGURES
from bohwsw.errors import NoValidMappingError, ResultFolderError, SpecError, SpecWarning
from bohwsw.workload import CountedLayer, Layer, Network, load_model

PAGE = Path(__file__).parents[2] / "docs/chips.md"
SHIPPED = Path(__file__).parents[2] / "spaces/chips/three-cores.yaml"
NETWORKS = [
    Network("conv", (CountedLayer(Layer("a", K=16, C=16, P=16, Q=16, R=3, S=3)),)),
    Network("fc", (CountedLayer(Layer("b", K=64, C=64)), CountedLayer(Layer("c", K=64, C=32)))),
]


@pytest.fixture(autouse=True)
def short_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last schedule gets few moves here."""
    monkeypatch.setattr("bohwsw.chips.chip_problem.FINAL_MOVES", 300)
    monkeypatch.setattr("bohwsw.chips.chip_problem.SEARCH_MOVES", 100)


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
    known = [trial.objective for trial in result.trials if trial.objective is not None]
    assert math.log(result.found.value) <= min(known)
    assert result.found.value == result.best.edp_pj_cycles
    assert (result.best.area_mm2 or 99) <= 12
    again = codesign_chip(chips, NETWORKS, trials=2, evaluations=50)
    assert [t.outcome for t in again.trials] == [t.outcome for t in result.trials]
    assert again.found == result.found
    limits = {name: 10 * x["latency_cycles"] for name, x in result.found.networks.items()}
    slower = codesign_chip(
        chips,
        NETWORKS,
        objective="edp,area",
        trials=2,
        evaluations=50,
        latency_limits=limits,
        limits={"area_mm2": 8},
    )
    front = [(design.objective("edp"), design.area_mm2 or 99) for design in slower.designs]
    assert front == sorted(front, key=lambda pair: (pair[0], -pair[1]))
    assert max(area for _, area in front) <= 8
    assert [chips.hardware(point).area_mm2 for point in slower.points] == [x for _, x in front]
    with pytest.raises(NoValidMappingError, match=r"'fc': latency_cycles .* of at most 1 "):
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
    assert load_design(tmp_path / "best.yaml").edp_pj_cycles == data["best"]["found"]["value"]
    trials = (tmp_path / "trials.jsonl").read_text().splitlines()
    assert len(trials) == 3
    resumed = CliRunner().invoke(app, [*given, "--trials", "4", "--resume", "--json"])
    assert resumed.exit_code == 0, resumed.output
    assert (tmp_path / "trials.jsonl").read_text().splitlines()[:3] == trials
    started = [*given[:-2], "--trials", "1", "--start", str(tmp_path), "--out", f"{tmp_path}-2"]
    assert CliRunner().invoke(app, started).exit_code == 0
    second = json.loads(Path(f"{tmp_path}-2/result.json").read_text())
    assert second["best"]["found"] == json.loads(resumed.stdout)["best"]["found"]
    for option, named in (
        (["--recipe", "paper"], "--recipe"),
        (["--start", "nowhere"], "nowhere: start"),
        (["--resume", "--seed", "1"], "seed 0, not 1"),
        ([], "--resume"),
    ):
        refused = CliRunner().invoke(app, [*given, *option])
        assert refused.exit_code == 2
        assert named in " ".join(refused.output.split())


def test_a_study_of_chips_is_stored_and_gone_on_with_as_any_other(
    chips: ChipSpace, tmp_path: Path
) -> None:
    """Whole, or in two parts by way of a storage, or in processes: the same trials."""
    budget = {"evaluations": 50, "strategy_name": "random"}
    whole = codesign_chip(chips, NETWORKS, trials=4, **budget)  # type: ignore[arg-type]
    place = {"storage": str(tmp_path / "studies.db"), "study": "chips"}
    codesign_chip(chips, NETWORKS, trials=2, **budget, **place)  # type: ignore[arg-type]
    rest = codesign_chip(chips, NETWORKS, trials=4, resume=True, **budget, **place)  # type: ignore[arg-type]
    assert [t.outcome for t in rest.trials] == [t.outcome for t in whole.trials]
    assert rest.found == whole.found
    with pytest.raises(ResultFolderError, match="objective"):
        codesign_chip(chips, NETWORKS, objective="energy", trials=4, **budget, **place)  # type: ignore[arg-type]
    problem = pickle.loads(pickle.dumps(ChipProblem(chips, (Task(NETWORKS[0]),))))
    assert problem.space.violations(whole.point) == ()
    with pytest.raises(SpecError, match="no chip of the space"):
        problem.hardware_space.hardware({**whole.point, "first_mesh_x": 7})


def test_the_file_of_the_page_is_read(tmp_path: Path) -> None:
    text = "".join(re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S))
    (tmp_path / "pair.yaml").write_text(text.replace("../cores", str(SHIPPED.parents[1] / "cores")))
    pair = load_chip_space(tmp_path / "pair.yaml")
    assert set(pair.spec.cores) == {"big", "little"}
    assert set(pair.spec.networks) == {"mlp", "digits-cnn"}
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
    if changes.get("templates") == ["../cores/nvdla.yaml"]:
        changes = {"templates": [str(SHIPPED.parent / "../cores/nvdla.yaml")]}
    with pytest.raises(SpecError) as caught:
        load_chip_space(chip_file(tmp_path, **changes))
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


def chip_file(folder: Path, **changes: Any) -> Path:
    """The shipped file with some of its entries changed."""
    data = yaml.safe_load(SHIPPED.read_text())
    data["templates"] = [str((SHIPPED.parent / x).resolve()) for x in data["templates"]]
    file = folder / "chip.yaml"
    file.write_text(yaml.safe_dump({**data, **changes}))
    return file


def test_shares_of_the_dram_are_what_a_core_may_move_and_stay_within_the_whole(
    tmp_path: Path,
) -> None:
    chips = load_chip_space(chip_file(tmp_path, dram_shares=[16, 32, 64, 128]))
    shares = set()
    for point in chips.space.sample(20, np.random.default_rng(0)):
        cores = chips.hardware(point).cores
        own = [float(core.architecture.levels[0].read_words_per_cycle or 0) for core in cores]
        assert sum(own) * 16 <= 128
        shares |= set(own)
    assert shares == {1.0, 2.0, 4.0, 8.0}
    for wrong, named in (
        ({"dram_shares": [16], "dram_bits_per_cycle": None}, "dram_shares"),
        (
            {"dram_shares": [256]},
            "dram_shares: (?s:.*) over (?s:.*)256(?s:.*)dram_shares <= 128",
        ),
        ({"pes": 8}, "pes: (?s:.*) over the whole(?s:.*)64(?s:.*)pes <= 8"),
        ({"limits": {"area_mm2": 0.1}}, "limits.area_mm2: (?s:.*)area_mm2 <= 0.1"),
    ):
        with pytest.raises(SpecError, match=named):
            load_chip_space(chip_file(tmp_path, **wrong))


DIGITS = {
    "knobs": {"kernel": 3, "operator": "conv"},
    "accuracy": {"source": "table", "path": "digits-cnn"},
}


def test_knobs_of_networks_are_searched_with_the_chip_under_the_specs_of_each(
    chips: ChipSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = {"digits-cnn": {**DIGITS, "limits": {"latency_cycles": 40_000}}, "mlp": {}}
    file = chip_file(tmp_path, networks=specs)
    result = codesign_chip(file, objective="accuracy", trials=5, evaluations=20)
    digits, plain = result.best.networks
    assert (digits.name, plain.name, dict(plain.measured)) == ("digits-cnn", "mlp", {})
    assert result.found.networks["digits-cnn"]["latency_cycles"] <= 40_000
    best = max(-t.objective for t in result.trials if t.objective is not None)
    assert digits.measured["accuracy_percent"] == best
    assert digits.knobs["kernel"] == 3
    assert digits.knobs["width"] == result.point["digits_cnn_width"]
    assert len({trial.point["digits_cnn_width"] for trial in result.trials}) > 1
    source = accuracy_source("table", path="digits-cnn")
    kept = pickle.dumps(ChipProblem(chips, (Task(load_model("digits-cnn"), source=source),)))
    monkeypatch.delitem(FIGURES, "accuracy_percent")  # a worker process has none
    assert pickle.loads(kept).tasks[0].default
    assert "accuracy_percent" in FIGURES
    specs["digits-cnn"]["limits"] = {"accuracy_percent": 99.9}
    with pytest.raises(NoValidMappingError, match=r"accuracy_percent .* of at least 99.9"):
        codesign_chip(chip_file(tmp_path, networks=specs), trials=2, evaluations=20)


@pytest.mark.parametrize(
    ("networks", "key_path", "message"),
    [
        ({"digits-cn": DIGITS}, "digits-cn", ""),
        ({"digits-cnn": {**DIGITS, "knobs": {"kernal": 3}}}, "knobs.kernal", "kernel"),
        ({"digits-cnn": {"limits": {"latency": 3}}}, "limits", "latency_ms"),
        ({"digits-cnn": {"limits": {"accuracy_percent": 3}}}, "digits-cnn", "accuracy"),
        ({"digits-cnn": {}, "mlp": DIGITS}, "mlp", "no knobs"),
        ({"digits-cnn": {"accuracy": {"source": "tabel"}}}, "", "table"),
    ],
)
def test_what_a_file_says_of_networks_is_checked(
    tmp_path: Path, networks: dict[str, Any], key_path: str, message: str
) -> None:
    file = chip_file(tmp_path, networks=networks)
    with pytest.raises(SpecError) as caught:
        codesign_chip(file, list(networks), trials=1, evaluations=20)
    assert key_path in str(caught.value.key_path) + str(caught.value)
    assert message in str(caught.value)


def test_a_core_without_units_and_a_network_that_no_core_can_run_are_named(tmp_path: Path) -> None:
    template = SHIPPED.parent / "../cores/nvdla-like.yaml"
    text = template.read_text().replace("fanout: [mesh_x, mesh_y]", "fanout: [0, mesh_y]")
    (tmp_path / "empty.yaml").write_text(text)
    with pytest.raises(SpecError, match="not a size") as caught:
        load_chip_space(chip_file(tmp_path, templates=["empty.yaml"]))
    assert caught.value.key_path == "templates[0].architecture.levels[1].fanout[0]"
    wide = Network("wide", (CountedLayer(Layer("a", K=2, C=2, inputs_bits=32)),))
    with (
        pytest.warns(SpecWarning, match="wide has Inputs of 32 bits"),
        pytest.raises(NoValidMappingError, match="no core can run layer 'a'"),
    ):
        codesign_chip(SHIPPED, wide, trials=1, evaluations=10)
