"""What docs/models.md says is so: its examples, its table, its message, and every key is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bohwsw.cli.catalogue import model_data
from bohwsw.codesign import scheduled_design
from bohwsw.errors import SpecError
from bohwsw.scheduling import schedule_by_core
from bohwsw.shipped import shipped_names
from bohwsw.workload import OPERATORS, VIEWS, model_from_dict, network_from_dict
from bohwsw.yamlfile import parse_yaml

DOC = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


def example() -> Any:
    (text,) = blocks("yaml")
    return parse_yaml(text, file="docs/models.md")


def test_the_table_of_shipped_models() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (\d+) \| (\d+) \| (\d+) \| (\S+) M \| (.*) \|", DOC, re.M)
    assert sorted(row[0] for row in rows) == shipped_names("models")
    for name, layers, unique, nodes, macs, knobs in rows:
        data = model_data(name, {})
        assert int(layers) == sum(layer["count"] for layer in data["layers"])
        assert (int(unique), int(nodes)) == (data["unique_layers"], data["nodes"])
        assert macs == f"{data['macs'] / 1e6:,.1f}"
        families = (re.sub(r"(_\d+)+$", "_*", knob) for knob in data["knobs"])
        assert knobs == ", ".join(dict.fromkeys(families))


def test_the_list_can_be_read_and_what_is_not_there_is_refused_as_it_says() -> None:
    text, recurrent = blocks("yml")
    steps = network_from_dict(parse_yaml(recurrent, file="docs/models.md")).unique_layers()
    assert [entry.layer.steps for entry in steps] == [100]
    data: Any = parse_yaml(text, file="docs/models.md")
    assert network_from_dict(data).unique_layers()[1].count == 4
    for key in ("T", "D", "transposed", "output_padding"):
        assert f"`{key}`" in DOC
        with pytest.raises(SpecError, match=r"3D convolution|transposed convolution") as caught:
            network_from_dict({**data, "layers": [{"name": "a", key: 2}]})
        assert caught.value.key_path == f"layers[0].{key}"


def test_the_graph_and_the_message_about_it() -> None:
    model = model_from_dict(example())
    network = model.network()
    assert network.inputs("stage.1.add") == ("stage.1.conv2", "stage.0.add")
    assert "stage.1.scale" in network.order
    assert "stage.0.scale" not in network.order
    assert len(model.network(model.with_point({"depth": 0})).unique_layers()) == 2
    broken = example()
    broken["layers"][4]["C"] = 32
    with pytest.raises(SpecError) as caught:
        model_from_dict(broken, file="mine.yaml")
    assert str(caught.value) + "\n" in blocks("text")


def test_every_operator_is_described() -> None:
    for kind in OPERATORS:
        (line,) = (
            line
            for line in DOC.splitlines()
            if re.match(rf"\| .*`{kind}`.* \|", line) and line.count("|") == 4
        )
        assert line.endswith("| nothing |") == (kind in VIEWS)


def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    knobs, searched, cores = blocks("python")
    exec(compile(knobs, "docs/models.md", "exec"), {})
    assert "K=16 P=16 Q=16" in capsys.readouterr().out
    exec(compile(searched, "docs/models.md", "exec"), {})
    assert capsys.readouterr().out.startswith("25 25.0 0.0 {'fork'")
    seen: dict[str, Any] = {}
    exec(compile(cores, "docs/models.md", "exec"), seen)
    networks, core = seen["networks"], seen["cores"][1]
    one = schedule_by_core(networks, lambda *_: core.architecture.name)
    alone = scheduled_design(core, networks, one, seen["mappings"])
    assert seen["design"].latency_cycles < alone.latency_cycles
    assert alone.latency_cycles == sum(design.latency_cycles for design in seen["designs"])
