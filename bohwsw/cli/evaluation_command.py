"""What ``evaluate`` does: read designs or cases, evaluate, store and show."""

from __future__ import annotations

import json
from pathlib import Path

from bohwsw.atomicfile import atomic_write, require_writable
from bohwsw.cli import console
from bohwsw.cli.views import design_notes, design_table
from bohwsw.codesign import Design, design_data, load_design
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
    data = design_data(loaded)
    if as_cases is not None:
        _save_cases(loaded, as_cases)
    if out is not None:
        console.write_json(data, out)
    if as_json:
        console.print_json(data)
        return
    console.show(
        f"{layer['name']}: {violation['text']}"
        for layer in data["layers"]
        for violation in layer["violations"]
    )
    console.show([design_table(data, f"{loaded.network}, {design}"), *design_notes(data)])


def _save_cases(design: Design, path: Path) -> None:
    """Write the mappings of a design in the format of ``bohwsw evaluate --cases``."""
    lines = []
    for mapped in design.layers:
        layer, core = mapped.entry.layer, design.core_of(mapped)
        case = f"{design.network}/{layer.name}"
        data = case_data(case, layer, core.architecture, mapped.mapping, core.costs)
        lines.append(json.dumps(data, allow_nan=False))
    atomic_write(path, "\n".join(lines) + "\n")
