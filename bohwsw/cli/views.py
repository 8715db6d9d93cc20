"""Designs, from their plain data, as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bohwsw.codesign import OF_BOARDS, figure_of
from bohwsw.workload import Layer

OPTIMAL = 1e-9
"""A gap that rounding alone may make."""

HOPS_NOTE = (
    "the energy of hops is not in the bounds: gaps of energy and EDP stay open by what hops cost, "
    "and a shorter way may exist"
)

STANDARD = ("edp_pj_cycles", "latency_cycles", "energy_pj", "area_mm2")
"""Figures that every table of designs has a column for."""

Data = Mapping[str, Any]
"""Of a design, see ``design_data``."""


def plain_table(title: str, *columns: str) -> Table:
    """An empty table without a frame: first column to the left, the others to the right."""
    table = Table(
        title=title or None,
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        collapse_padding=True,
        pad_edge=False,
        show_edge=False,
    )
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right", no_wrap=True)
    return table


def microjoules(energy_pj: float) -> str:
    """An energy in uJ, three digits or a whole number."""
    value = energy_pj * 1e-6
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def design_table(data: Data, title: str) -> Table:
    """Per layer and for the whole network: EDP, cycles, energy, utilisation, and what is proven."""
    proven = any(layer.get("gap") is not None for layer in data["layers"])
    columns = ("Layer", "x", "EDP pJ x cycles", "Cycles", "uJ", "PEs")
    table = plain_table(title, *columns, *(("gap",) if proven else ()))
    for layer in data["layers"]:
        name = f"{layer['name']} on {layer['core']}" if "core" in layer else layer["name"]
        if not layer["valid"]:
            table.add_row(name, str(layer["count"]), "not valid")
            continue
        gap = (shown_gap(layer),) if proven else ()
        table.add_row(name, str(layer["count"]), *layer_figures(layer), *gap)
    for layer in data["unmapped"]:
        table.add_row(layer["name"], str(layer["count"]), "not mapped")
    if data["edp_pj_cycles"] is not None:
        table.add_section()
        gap = (shown_gap(data),) if proven else ()
        table.add_row("whole network", "", *totals(data), "", *gap, style="bold")
    return table


def design_notes(data: Data) -> list[str]:
    """Why layers are not mapped, which limits of the space are broken, what no bound includes."""
    is_proven = any(data[key] is not None for key in data if key.startswith("bound_"))
    return [
        *([HOPS_NOTE] if is_proven and not data["hops_in_bound"] else []),
        *(f"{layer['name']} is not mapped: {layer['reason']}" for layer in data["unmapped"]),
        *(f"over a limit of the space: {reason}" for reason in data["over_limits"]),
    ]


def layer_figures(layer: Data) -> tuple[str, str, str, str]:
    """EDP, cycles, uJ and utilisation of one run of a layer."""
    return (
        f"{layer['edp_pj_cycles'] or 0.0:.4g}",
        f"{layer['latency_cycles']:,}",
        microjoules(layer["energy_pj"] or 0.0),
        f"{layer['utilisation'] or 0:.0%}",
    )


def totals(data: Data) -> tuple[str, str, str]:
    """EDP in pJ x cycles, cycles and uJ of a design; means where it has several networks."""
    return (
        f"{data['edp_pj_cycles']:.4g}",
        f"{data['latency_cycles']:,.0f}",
        microjoules(data["energy_pj"]),
    )


def shown_gap(data: Data) -> str:
    """How far above its optimum something is at most; empty where nothing is proven."""
    gap = data.get("gap")
    if gap is None:
        return ""
    return "optimal" if gap < OPTIMAL else f"{gap:.1%}"


def further_figures(objectives: Sequence[str]) -> dict[str, str]:
    """Objectives that no column of every table is for: name of the figure, title of its column."""
    figures = [figure_of(name) for name in objectives]
    return {x.name: f"{x.objective} {x.unit}" for x in figures if x.name not in STANDARD}


def shown(value: float | None) -> str:
    """A figure in four digits."""
    return "unknown" if value is None else f"{value:.4g}"


def layer_text(layer: Layer) -> str:
    """The sizes of a layer on one line; those of 1 left out, bits and padded inputs where given."""
    sizes = " ".join(f"{dim}{size}" for dim, size in layer.sizes.items() if size > 1)
    steps = "".join(
        f" {name} {w}x{h}"
        for name, w, h in (
            ("stride", layer.stride_w, layer.stride_h),
            ("dilation", layer.dilation_w, layer.dilation_h),
        )
        if (w, h) != (1, 1)
    )
    steps += f" sequential {layer.sequential}" if layer.sequential else ""
    if layer.is_padded:
        steps += " inputs {}x{}".format(*layer.input_extents)
    widths = set(layer.bits.values())
    bits = "".join(f" {space} {width}" for space, width in layer.bits.items() if width)
    if bits:
        bits = f" bits {widths.pop()}" if len(widths) == 1 else f" bits{bits}"
    return (sizes or "1") + steps + bits


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
