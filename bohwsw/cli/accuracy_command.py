"""What ``accuracy`` does: say which sources of accuracies there are, or ask one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from bohwsw.accuracy import (
    accuracy_source,
    accuracy_source_class,
    accuracy_source_names,
    measure,
    shipped_tables,
)
from bohwsw.atomicfile import require_writable
from bohwsw.cli import console
from bohwsw.cli.arguments import assignments, source_options
from bohwsw.cli.views import plain_table
from bohwsw.errors import SpecError


def ask_and_show(
    source: str | None,
    knobs: list[str] | None,
    options: list[str] | None,
    fidelity: list[str] | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """List the sources, or measure the network of the knobs with one.

    Raises:
        SpecError: no such source, or options, knobs or fidelities that it does not have.
        NotMeasurableError: the network has no accuracy.
    """
    require_writable(out)
    network, level = assignments(knobs, "--knob"), assignments(fidelity, "--fidelity")
    given = source_options(options, "--option"), network, level
    if source is None and any(given):
        raise SpecError("knobs and options are for one source", expected="a source, too")
    if source is None:
        sources = [_source_data(name) for name in accuracy_source_names()]
        console.give(sources, _sources_views, out, as_json)
    else:
        console.give(_measured_data(source, *given), _measured_views, out, as_json)


def _sources_views(data: list[dict[str, Any]]) -> list[Table]:
    view = plain_table("", "Source", "What it does, and options")
    view.columns[1].justify, view.columns[1].no_wrap = "left", False
    for source in data:
        view.add_row(source["name"], source["description"])
        for name, value in source["options"].items():
            view.add_row("", name if value is None else f"{name}={value}")
    view.caption = f"Shipped tables: {', '.join(shipped_tables())}"
    return [view]


def _measured_data(
    name: str, options: Mapping[str, Any], knobs: Mapping[str, Any], fidelity: Mapping[str, Any]
) -> dict[str, Any]:
    found = measure(accuracy_source(name, **options), knobs, fidelity)
    return {
        "source": name,
        "knobs": dict(knobs),
        "figures": dict(found.figures),
        "standard_errors": dict(found.standard_errors),
        "fidelity": dict(found.fidelity),
        "seconds": found.seconds,
        "trainings": found.trainings,
        "training_seconds": found.training_seconds,
    }


def _measured_views(data: dict[str, Any]) -> list[Table]:
    at = ", ".join(f"{name} {value}" for name, value in data["fidelity"].items())
    view = plain_table(f"{data['source']}{f', {at}' if at else ''}", "Figure", "Value", "Error")
    for figure, value in data["figures"].items():
        error = data["standard_errors"].get(figure)
        view.add_row(figure, f"{value:.3f}", "" if error is None else f"{error:.3f}")
    trained = f"{data['training_seconds']:.2f} s of training, {data['trainings']} runs now"
    view.caption = f"{data['seconds']:.2f} s; {trained}"
    return [view]


def _source_data(name: str) -> dict[str, Any]:
    kind = accuracy_source_class(name)
    options = {
        field.name: None if field.default is MISSING else _plain(field.default)
        for field in (fields(kind) if isinstance(kind, type) and is_dataclass(kind) else ())
        if field.init and field.name != "name"
    }
    description = (kind.__doc__ or "").strip().splitlines()[:1]
    text = "".join(description).replace("``", "")
    return {"name": name, "description": text, "options": options}


def _plain(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, tuple) else value
