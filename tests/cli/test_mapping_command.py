"""``map`` where not all goes well: layers without a mapping, Ctrl-C, limits, places to write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

import bohwsw
from bohwsw.cli import mapping_command
from bohwsw.cli.app import app
from bohwsw.cli.console import Terminated
from bohwsw.cli.mapping_command import mapping_data, mapping_views
from bohwsw.cli.views import HOPS_NOTE
from bohwsw.codesign import MappingInterrupted, load_space
from bohwsw.errors import NoValidMappingError
from bohwsw.mapper.network_mapper import NetworkProgress
from bohwsw.tech import catalogue
from bohwsw.tech.catalogue import technology
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape
from bohwsw.workload import Layer, network_from_layers

LIMITS = Path(__file__).resolve().parents[1] / "data" / "over_limits"

LAYERS = [
    {"name": "first", "K": 8, "C": 8},
    {"name": "too wide", "K": 8, "C": 8, "R": 13, "S": 13, "count": 2},
    {"name": "second", "K": 16, "C": 8},
]
"""Eyeriss's scratchpads hold 12 Inputs: the second has no mapping there."""

QUICK = ("--threads", "1", "--gap", "0.1")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def model(folder: Path, layers: list[dict[str, Any]]) -> Path:
    path = folder / "model.yaml"
    path.write_text(yaml.safe_dump({"name": "net", "layers": layers}))
    return path


def interrupting(at: int, how: type[KeyboardInterrupt]) -> Any:
    """A progress that Ctrl-C ends at a report: the first is of no layer, the next of one, ..."""

    @contextmanager
    def progress() -> Iterator[NetworkProgress]:
        reports: list[object] = []

        def report(*report: object) -> None:
            reports.append(report)
            if len(reports) == at:
                raise how

        yield report

    return progress


@pytest.mark.parametrize("mapper", ["branch-and-bound", "annealing", "random"])
def test_the_other_layers_are_mapped_where_one_cannot_be(tmp_path: Path, mapper: str) -> None:
    out = tmp_path / "design.yaml"
    path = model(tmp_path, LAYERS)
    common = ("map", "--model", path, "--mapper", mapper, "--evaluations", 500, *QUICK)
    result = run(*common, "--json", "--out", out)
    assert result.exit_code == 3
    assert "1 of 3 layers have no valid mapping" in result.stderr
    data = json.loads(result.stdout)
    assert [layer["name"] for layer in data["layers"]] == ["first", "second"]
    assert all(layer["edp_pj_cycles"] for layer in data["layers"])
    (unmapped,) = data["unmapped"]
    assert (unmapped["name"], unmapped["count"]) == ("too wide", 2)
    (violation,) = unmapped["violations"]
    assert (violation["level"], violation["data_space"]) == ("InputSpad", "Inputs")
    assert (violation["value"], violation["limit"]) == (13, 12)
    assert not data["valid"]
    assert {data[x] for x in ("edp_pj_cycles", "energy_pj", "latency_cycles", "gap")} == {None}
    printed = run(*common)
    assert printed.exit_code == 3
    for text in (printed.stdout, run("evaluate", out).stdout):
        assert "too wide is not mapped: layer 'too wide' has no valid mapping" in text
        assert "13 of at most 12 words" in text
        assert "whole network" not in text
    assert json.loads(run("evaluate", out, "--json").stdout)["unmapped"][0]["name"] == "too wide"


def test_nothing_is_stored_where_no_layer_can_be_mapped(tmp_path: Path) -> None:
    out = tmp_path / "design.yaml"
    result = run("map", "--model", model(tmp_path, LAYERS[1:2]), "--out", out, "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["layers"] == []
    assert not out.exists()


def test_python_raises_at_once_or_maps_partly_when_asked() -> None:
    wide = Layer("too wide", K=8, C=8, R=13, S=13)
    network = network_from_layers("net", [(Layer("first", K=8, C=8), 1), (wide, 2)])
    reports: list[object] = []
    with pytest.raises(NoValidMappingError) as refused:
        bohwsw.map_network("eyeriss-168", network, progress=lambda *x: reports.append(x))
    assert refused.value.layer == "too wide"
    assert [done for done, *_ in reports] == [0]  # type: ignore[misc]
    design = bohwsw.map_network("eyeriss-168", network, partly=True, threads=1)
    assert [layer.entry.layer.name for layer in design.layers] == ["first"]
    assert [layer.entry.layer for layer in design.unmapped] == [wide]
    assert design.lower_bound == 0.0


def test_ctrl_c_prints_and_stores_the_layers_that_are_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress = interrupting(2, KeyboardInterrupt)
    monkeypatch.setattr(mapping_command, "mapping_progress", progress)
    out = tmp_path / "design.yaml"
    path = model(tmp_path, LAYERS)
    result = run("map", "--model", path, "--json", "--out", out, *QUICK)
    assert result.exit_code == 130
    assert "interrupted: 1 of 3 layers are mapped" in result.stderr
    data = json.loads(result.stdout)
    (layer,) = data["layers"]
    assert layer["name"] == "first"
    assert layer["gap"] <= 0.1
    assert data["edp_pj_cycles"] is None
    reasons = {layer["name"]: layer["reason"] for layer in data["unmapped"]}
    assert "no valid mapping" in reasons["too wide"]
    assert reasons["second"] == "interrupted before it was mapped"
    assert "interrupted before" in run("evaluate", out).stdout
    printed = run("map", "--model", path, "--mapper", "annealing", "--evaluations", 500)
    assert printed.exit_code == 130
    assert "second is not mapped: interrupted" in printed.stdout


def test_ctrl_c_while_the_network_is_proven_prints_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    progress = interrupting(5, Terminated)
    monkeypatch.setattr(mapping_command, "mapping_progress", progress)
    layers = ("--layer", "conv1", "--layer", "conv3", "--layer", "fc4")
    result = run("map", "--model", "dqn", *layers, "--json", "--exact", "--threads", 1)
    assert result.exit_code == 143
    data = json.loads(result.stdout)
    assert len(data["layers"]) == 3
    assert data["unmapped"] == []
    assert 0.0 < data["bound_edp_pj_cycles"] <= data["edp_pj_cycles"]


def test_ctrl_c_before_a_layer_is_mapped_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bohwsw.mapper.network_mapper.BranchAndBoundMapper.search", stopped)
    result = run("map", "--model", "mlp", "--json", "--threads", 1)
    assert result.exit_code == 130
    assert json.loads(result.stdout)["layers"] == []
    assert "0 of 3 layers" in result.stderr
    with pytest.raises(KeyboardInterrupt) as stop:
        bohwsw.map_network("eyeriss-168", "mlp", threads=1)
    assert isinstance(stop.value, MappingInterrupted)
    assert len(stop.value.design.unmapped) == 3


def test_ctrl_c_while_imperfect_factors_or_reasons_are_sought_keeps_the_mappings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("bohwsw.codesign.network_mapper.ImperfectMapper.improve", stopped)
    monkeypatch.setattr("bohwsw.simulator.explanation.explain", stopped)
    for option in ("--imperfect", "--explain"):
        result = run("map", "--model", model(tmp_path, LAYERS[:1]), option, "--json", *QUICK)
        assert result.exit_code == 130
        assert json.loads(result.stdout)["edp_pj_cycles"] > 0.0
    assert run("map", "--model", "mlp", "--imperfect", "--explain").exit_code == 2


def test_a_machine_over_the_limits_of_its_space_is_shown_as_such() -> None:
    common = ("map", "--space", LIMITS / "space.yaml", "--model", LIMITS / "model.yaml", *QUICK)
    data = json.loads(run(*common, "--json").stdout)
    (violation,) = data["violations"]
    assert not data["valid"]
    assert data["edp_pj_cycles"] > 0.0
    assert violation["constraint"] == "power_mw"
    assert violation["ratio"] == pytest.approx(violation["value"] / 200.0)
    assert "over a limit of the space: power_mw 28" in run(*common).stdout


def test_where_to_write_is_checked_before_anything_is_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bohwsw.api.map_network", lambda *_, **__: pytest.fail("it mapped"))
    for out in (tmp_path, tmp_path / "no" / "file", "/dev/null"):
        result = run("map", "--model", "mlp", "--out", out)
        assert result.exit_code == 2
        assert str(out) in result.stderr
    assert run("evaluate", "design.yaml", "--as-cases", tmp_path).exit_code == 2


def test_a_result_that_cannot_be_stored_is_printed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    path = model(tmp_path, LAYERS[:1])
    result = run("map", "--model", path, "--json", "--out", tmp_path / "design.yaml", *QUICK)
    assert result.exit_code == 1
    assert "design.yaml: cannot be written: No space left on device" in result.stderr
    assert json.loads(result.stdout)["edp_pj_cycles"] > 0.0


class Wires:
    """Prices of another technology, and half a pJ a hop."""

    name, source = "wires", "a test"

    def __init__(self) -> None:
        self.rest = technology("timeloop-pat")

    def storage(self, shape: StorageShape) -> StorageCost:
        return self.rest.storage(shape)

    def mac(self, word_bits: int) -> MacCost:
        return self.rest.mac(word_bits)

    def hop_energy_pj(self, word_bits: int) -> float:
        return 0.5


def test_a_bound_without_the_energy_of_hops_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalogue._REGISTERED, "wires", Wires())
    shipped = load_space("eyeriss-168")
    for name, told in (("wires", False), ("timeloop-pat", True)):
        spec = shipped.spec.model_copy(update={"technology": name})
        design = bohwsw.map_layer(Layer("wide", K=16, C=4), replace(shipped, spec=spec), gap=0.5)
        assert design.hops_in_bound == told
        assert (HOPS_NOTE in mapping_views(design, "title", "edp", ())) != told
        assert mapping_data(design, "edp", ())["hops_in_bound"] == told
