"""What comes with bohwsw, as plain data and as tables: spaces and models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from bohwsw.cli.views import layer_text
from bohwsw.codesign import load_space
from bohwsw.shipped import shipped_names
from bohwsw.space import Value
from bohwsw.workload import load_model


def spaces_data() -> list[dict[str, Any]]:
    """One entry a shipped space."""
    return [
        {key: value for key, value in space_data(name).items() if key != "architecture"}
        for name in shipped_names("spaces")
    ]


def space_data(name: str) -> dict[str, Any]:
    """One space: parameters, constraints, baseline."""
    space = load_space(name)
    baseline = space.baseline(free=True)
    return {
        "name": space.name,
        "description": space.spec.description,
        "source": space.spec.source,
        "technology": space.spec.model_dump(mode="json")["technology"],
        "parameters": {
            parameter: spec.model_dump(mode="json", exclude_none=True)
            for parameter, spec in space.spec.parameters.items()
        },
        "constraints": list(space.spec.constraints),
        "limits": dict(space.spec.limits),
        "points": "1" if space.space is None else str(space.space.size()),
        "baseline": dict(baseline.point),
        "baseline_macs": baseline.architecture.macs,
        "baseline_area_mm2": baseline.area_mm2,
        "architecture": space.spec.architecture.model_dump(mode="json", exclude_none=True),
    }


def models_data() -> list[dict[str, Any]]:
    """One entry a shipped model."""
    return [
        {key: value for key, value in model_data(name, {}).items() if key != "layers"}
        for name in shipped_names("models")
    ]


def model_data(name: str, knobs: Mapping[str, Value]) -> dict[str, Any]:
    """One model with its unique layers, its knobs and where they are set."""
    model = load_model(name)
    point = model.with_point(knobs)
    network = model.network(point)
    unique = network.unique_layers()
    return {
        "name": network.name,
        "description": network.description,
        "knobs": {
            knob: spec.model_dump(mode="json", exclude_none=True)
            for knob, spec in model.spec.knobs.items()
        },
        "point": dict(point),
        "macs": network.macs,
        "nodes": len(network.nodes),
        "edges": len(network.edges),
        "unique_layers": len(unique),
        "layers": [
            {
                "name": entry.layer.name,
                "count": entry.count,
                "macs": entry.layer.macs,
                "shape": layer_text(entry.layer),
            }
            for entry in unique
        ],
    }


def spaces_views(data: list[dict[str, Any]]) -> list[Table]:
    """All spaces."""
    table = Table("Space", "Parameters", "Points", "MACs", "Area mm2", "Description")
    for entry in data:
        area = entry["baseline_area_mm2"]
        table.add_row(
            entry["name"],
            str(len(entry["parameters"])),
            entry["points"],
            str(entry["baseline_macs"]),
            "unknown" if area is None else f"{area:.2f}",
            entry["description"],
        )
    return [table]


def space_views(data: dict[str, Any]) -> list[Table]:
    """One space."""
    title = f"{data['name']}: {data['points']} points"
    table = Table("Parameter", "Domain", "Baseline", title=title, title_justify="left")
    for name, domain in data["parameters"].items():
        text = "; ".join(f"{key} {value}" for key, value in domain.items())
        table.add_row(name, text, str(data["baseline"][name]))
    table.add_section()
    for constraint in data["constraints"]:
        table.add_row("constraint", constraint, "")
    return [table]


def models_views(data: list[dict[str, Any]]) -> list[Table]:
    """All models; the sources of their shapes are shown in JSON."""
    table = Table("Model", "Nodes", "Unique", "M MACs", "Description")
    for entry in data:
        numbers = [str(entry["nodes"]), str(entry["unique_layers"]), f"{entry['macs'] / 1e6:,.1f}"]
        text = entry["description"].partition("; source: ")[0]
        knobs = f"; knobs: {', '.join(entry['knobs'])}" if entry["knobs"] else ""
        table.add_row(entry["name"], *numbers, text + knobs)
    return [table]


def model_views(data: dict[str, Any]) -> list[Table]:
    """One model."""
    title = f"{data['name']}: {data['macs']:,} MACs"
    table = Table("Layer", "Count", "MACs", "Sizes", title=title, title_justify="left")
    for knob, domain in data["knobs"].items():
        text = "; ".join(f"{key} {value}" for key, value in domain.items())
        table.add_row(f"knob {knob}", "", "", f"{data['point'][knob]} of {text}")
    table.add_section()
    for layer in data["layers"]:
        table.add_row(layer["name"], str(layer["count"]), f"{layer['macs']:,}", layer["shape"])
    return [table]
