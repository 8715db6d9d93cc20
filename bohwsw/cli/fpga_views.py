"""Designs on FPGAs, from their plain data, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table

from bohwsw.cli.views import Data, further_figures, plain_table, shown
from bohwsw.codesign import OF_BOARDS


def is_on_fpga(design: Data) -> bool:
    """Whether a design's figures are those of an FPGA."""
    return "images_per_s" in design


def fpga_figures_table(designs: Iterable[tuple[str, Data]], objectives: Sequence[str]) -> Table:
    """Named designs beside each other: what they reach and what they take."""
    rows = list(designs)
    known = [name for name in OF_BOARDS if any(design.get(name) is not None for _, design in rows)]
    further = {
        name: title
        for name, title in further_figures(objectives).items()
        if name not in (*known, "images_per_s", "latency_ms")
    }
    table = plain_table("", "Design", *further.values(), "images/s", "ms", *known)
    for name, design in rows:
        if "reason" in design:
            table.add_row(name, f"cannot: {design['reason']}"[:60])
            continue
        figures = (*further, "images_per_s", "latency_ms", *known)
        over = ["over limit"] if design["over_limits"] else []
        table.add_row(name, *(shown(design.get(figure)) for figure in figures), *over)
    return table


def fpga_layers_table(design: Data, title: str) -> list[Table]:
    """Each layer on its engine; nothing of several networks."""
    layers = design.get("fpga", {}).get("layers", [])
    if not layers:
        return []
    keys = [key for key in layers[0] if key not in ("name", "count", "steps")]
    table = plain_table(title, "Layer", "x", *keys)
    for layer in layers:
        cells = [layer[key] for key in keys]
        texts = [x.replace("_", " ") if isinstance(x, str) else f"{x:,.0f}" for x in cells]
        table.add_row(layer["name"], str(layer["count"]), *texts)
    return [table]
