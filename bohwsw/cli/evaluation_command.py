"""What ``evaluate`` does: read designs or cases, evaluate, store and show."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from rich.table import Table

from bohwsw.atomicfile import atomic_write, require_writable
from bohwsw.cli import console
from bohwsw.cli.views import (
    design_notes,
    design_table,
    fpga_figures_table,
    fpga_layers_table,
    is_on_fpga,
)
from bohwsw.codesign import design_data, load_design
from bohwsw.errors import SpecError
from bohwsw.simulator import case_data, case_result, read_cases


def evaluate_and_show(
    design: Path | None, cases: Path | None, as_cases: Path | None, out: Path | None, as_json: bool
) -> None:
    """Evaluate a design file, or cases instead; write its mappings as cases, if asked for."""
    if (design is None) == (cases is None):
        raise SpecError("nothing to evaluate", expected="a design file or --cases FILE")
    if as_cases is not None and design is None:
        raise SpecError("only a design can be written as cases", key_path="--as-cases")
    require_writable(out, design, cases, as_cases)
    require_writable(as_cases, design)
    if cases is not None:
        lines = [json.dumps(case_result(case), allow_nan=False) for case in read_cases(cases)]
        if out is not None:
            atomic_write(out, "\n".join(lines) + "\n")
        print("\n".join(lines))
        return
    assert design is not None
    loaded = load_design(design)
    if as_cases is not None:
        lines = []
        for mapped in loaded.layers:
            layer, core = mapped.entry.layer, loaded.core_of(mapped)
            case = f"{loaded.network}/{layer.name}"
            data = case_data(case, layer, core.architecture, mapped.mapping, core.costs)
            lines.append(json.dumps(data, allow_nan=False))
        atomic_write(as_cases, "\n".join(lines) + "\n")
    title = f"{loaded.network}, {design}"
    console.give(design_data(loaded), partial(_views, title), out, as_json)


def _views(title: str, data: dict[str, Any]) -> list[Table | str]:
    if is_on_fpga(data):
        return [*fpga_layers_table(data, title), fpga_figures_table([("whole network", data)], ())]
    invalid = [
        f"{layer['name']}: {violation['text']}"
        for layer in data["layers"]
        for violation in layer["violations"]
    ]
    return [*invalid, design_table(data, title), *design_notes(data)]
