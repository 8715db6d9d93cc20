"""Tables of latency and energy: read back they are what was written, and sums are networks'."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import bohwsw
from bohwsw.accuracy import LatencyTable, read_latency_table
from bohwsw.accuracy.table_file import read_table
from bohwsw.cli.app import app
from bohwsw.codesign import Design
from bohwsw.errors import SpecError
from bohwsw.exporters import (
    layer_values,
    network_values,
    networks_of_model,
    table_content,
)
from bohwsw.workload import Layer, ModelFile, layer_key, load_model, network_from_layers

MODEL = """
name: toy
knobs: {width: {values: [1, 2]}, kind: {values: [2, 4]}}
default: {width: 1, kind: 2}
layers:
  - {name: a, K: 4 * width, C: 2, P: 4, Q: 4}
  - {name: b, K: 4, C: kind, P: 4, Q: 4, count: 3}
"""


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    (tmp_path / "toy.yaml").write_text(MODEL)
    return load_model(str(tmp_path / "toy.yaml"))


def mapped(model: ModelFile) -> Design:
    layers = networks_of_model(model, {}).layers
    network = network_from_layers("toy", [(layer, 1) for layer in layers])
    return bohwsw.map_network("simba-like", network, mapper="random", evaluations=50)


@pytest.mark.parametrize("form", ["ofa", "proxylessnas", "yaml", "csv"])
def test_tables_of_layers_are_read_back(model: ModelFile, tmp_path: Path, form: str) -> None:
    values = layer_values(mapped(model), "energy_mj")
    assert min(values.values()) < 1e-4  # which JSON writes as YAML does not
    path = tmp_path / {"proxylessnas": "t.json", "csv": "t.csv"}.get(form, "t.yaml")
    content = table_content(form, "x", values, networks_of_model(model, {}))
    assert isinstance(content, str)
    path.write_text(content)
    read = read_latency_table(path, None if form in ("yaml", "csv") else "x")
    assert (read.figure, read.base, read.entries) == ("x", 0.0, values)


def test_a_table_of_the_simulator_gives_its_figures_to_the_last_digit(tmp_path: Path) -> None:
    network = load_model("digits-cnn").network()
    for figure in ("latency_cycles", "energy_pj"):
        design = bohwsw.map_network("simba-like", network, mapper="random", evaluations=50)
        entries = {
            layer_key(mapped.entry.layer): value
            for mapped, value in zip(
                design.layers, layer_values(design, figure).values(), strict=True
            )
        }
        path = tmp_path / "table.csv"
        path.write_text(LatencyTable(figure, entries).text(".csv"))
        assert read_latency_table(path)({}, network) == design.figure(figure)


def test_a_table_of_networks_has_a_row_for_each_point(model: ModelFile, tmp_path: Path) -> None:
    networks = networks_of_model(model, {})
    assert len(networks.points) == 4
    design = mapped(model)
    values = layer_values(design, "latency_cycles")
    content = table_content("hw-nas-bench", "simba_latency_cycles", values, networks)
    assert isinstance(content, bytes)
    (tmp_path / "t.npz").write_bytes(content)
    columns = read_table(tmp_path / "t.npz").columns
    expected = network_values(values, networks.networks)
    assert columns["simba_latency_cycles"] == expected
    for knob in networks.points[0]:
        assert columns[f"knob_{knob}"] == [point[knob] for point in networks.points]
    first, *_ = networks.networks
    by_shape = {x.entry.layer.shape: x.latency_cycles for x in design.layers}
    expected = sum(by_shape[x.layer.shape] * x.count for x in first.unique_layers())
    assert columns["simba_latency_cycles"][0] == expected


def test_a_fixed_knob_has_one_value(model: ModelFile) -> None:
    points = networks_of_model(model, {"width": 2}).points
    assert [point["width"] for point in points] == [2, 2]
    with pytest.raises(SpecError):
        networks_of_model(model, {"width": 3})


def test_keys_are_equal_for_equal_shapes_only() -> None:
    plain = Layer("a", K=4, C=2, P=6, Q=5, R=3, S=2)
    assert layer_key(plain) == "Conv-input:6x8x2-output:5x6x4-kernel:2x3-stride:1x1"
    others = [
        {"stride_w": 2},
        {"dilation_h": 2},
        {"G": 2},
        {"N": 2},
        {"weights_bits": 4},
        {"input_width": 6},
        {"weights_density": 0.5},
        {"K": 8},
        {"P": 7},
    ]
    base = {"K": 4, "C": 2, "P": 6, "Q": 5, "R": 3, "S": 2}
    keys = {layer_key(Layer("b", **{**base, **other})) for other in others}
    assert len(keys | {layer_key(plain)}) == len(others) + 1


def test_bad_tables_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.yaml").write_text("a: 1\n")
    for name in ("a.json", "b.yaml", "missing.json"):
        with pytest.raises(SpecError):
            read_latency_table(tmp_path / name, "x_ms")


def test_the_command_writes_a_table(model: ModelFile, tmp_path: Path) -> None:
    out = tmp_path / "table.yaml"
    chosen = ["--space", "simba-like", "--model", str(model.file), "--mapper", "random"]
    chosen += ["--evaluations", "50", "--out", str(out)]
    result = CliRunner().invoke(app, ["table", *chosen, "--figure", "latency_cycles", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["networks"] == 4
    assert len(yaml.safe_load(out.read_text())) == json.loads(result.stdout)["layers"]
    wrong = CliRunner().invoke(app, ["table", *chosen, "--form", "proxyless"])
    assert wrong.exit_code == 2
