"""Designs as plain data for machines and as tables for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.table import Table

from bohwsw.cli.tables import microjoules, plain_table
from bohwsw.codesign.chip_design import ChipDesign
from bohwsw.codesign.design import Design, MappedLayer, UnmappedLayer, violation_data
from bohwsw.mapping.nest import nest_text
from bohwsw.study.codesign_result import over_limits_data
from bohwsw.workload import Layer

UNITS = {"edp": "edp_pj_cycles", "energy": "energy_pj", "latency": "latency_cycles"}
"""Name of each objective's figure."""

OPTIMAL = 1e-9
"""A gap that rounding alone may make."""

HOPS_NOTE = (
    "the energy of hops is not in the bounds: gaps of energy and EDP stay open by what hops cost, "
    "and a shorter way may exist"
)


def design_data(design: Design, objective: str | None = None) -> dict[str, Any]:
    """A design with its figures; null where a mapping is not valid or a figure is unknown.

    With the objective that it was mapped for, lower bounds and gaps are told too. A design over
    limits has its figures, but is not valid.
    """
    whole = is_whole(design)
    return {
        "network": design.network,
        "machine": design.hardware.architecture.name,
        "point": dict(design.hardware.point),
        "valid": whole and not design.over_limits,
        "violations": over_limits_data(design),
        "edp_pj_cycles": design.edp_pj_cycles if whole else None,
        "energy_pj": design.energy_pj if whole else None,
        "latency_cycles": design.latency_cycles if whole else None,
        "area_mm2": design.area_mm2,
        **_bound_data(objective, design.lower_bound, design.gap if whole else None),
        **({"hops_in_bound": design.hops_in_bound} if objective else {}),
        "layers": [layer_data(design, mapped, objective) for mapped in design.layers],
        "unmapped": [_unmapped_data(layer) for layer in design.unmapped],
    }


def is_whole(design: Design) -> bool:
    """Whether every layer has a valid mapping, so that there are figures of the network."""
    return not design.unmapped and all(mapped.evaluation.valid for mapped in design.layers)


def _unmapped_data(layer: UnmappedLayer) -> dict[str, Any]:
    return {
        "name": layer.entry.layer.name,
        "count": layer.entry.count,
        "reason": layer.reason,
        "violations": [violation_data(violation) for violation in layer.violations],
    }


def _bound_data(
    objective: str | None, lower_bound: float, gap: Callable[[str], float] | None
) -> dict[str, Any]:
    """A lower bound with its unit, and the gap; null where nothing is proven."""
    if objective is None:
        return {}
    proven = lower_bound > 0.0 and gap is not None
    return {
        f"bound_{UNITS[objective]}": lower_bound if proven else None,
        "gap": gap(objective) if proven and gap is not None else None,
    }


def layer_data(design: Design, mapped: MappedLayer, objective: str | None = None) -> dict[str, Any]:
    """One layer of a design; figures are of one run, ``count`` says how many there are."""
    evaluation = mapped.evaluation
    names = [level.name for level in design.hardware.architecture.levels]
    return {
        "name": mapped.entry.layer.name,
        "count": mapped.entry.count,
        "valid": evaluation.valid,
        "violations": [violation_data(v) for v in evaluation.violations],
        "edp_pj_cycles": evaluation.edp_pj_cycles,
        "energy_pj": evaluation.energy_pj,
        "latency_cycles": evaluation.latency_cycles,
        "utilisation": evaluation.utilisation,
        **_bound_data(objective, mapped.lower_bound, mapped.gap if evaluation.valid else None),
        "levels": {
            level.name: {
                space: {
                    "reads": result.reads,
                    "fills": result.fills,
                    "updates": result.updates,
                    "energy_pj": result.energy_pj,
                }
                for space, result in level.data_spaces.items()
            }
            for level in evaluation.levels
        },
        "loop_nest": nest_text(mapped.mapping, names).splitlines(),
    }


def design_table(design: Design, title: str, objective: str | None = None) -> Table:
    """Per layer and for the whole network: EDP, cycles, energy, utilisation, and what is proven."""
    proven = objective is not None and any(mapped.lower_bound > 0.0 for mapped in design.layers)
    columns = ("Layer", "x", "EDP pJ x cycles", "Cycles", "uJ", "PEs")
    table = plain_table(title, *columns, *(("gap",) if proven else ()))
    for mapped in design.layers:
        evaluation = mapped.evaluation
        if not evaluation.valid:
            table.add_row(mapped.entry.layer.name, str(mapped.entry.count), "not valid")
            continue
        table.add_row(
            mapped.entry.layer.name,
            str(mapped.entry.count),
            f"{evaluation.edp_pj_cycles:.4g}",
            f"{evaluation.latency_cycles:,}",
            microjoules(evaluation.energy_pj or 0.0),
            f"{(evaluation.utilisation or 0):.0%}",
            *((within(mapped.gap(objective)),) if proven and objective else ()),
        )
    for layer in design.unmapped:
        table.add_row(layer.entry.layer.name, str(layer.entry.count), "not mapped")
    if is_whole(design):
        table.add_section()
        gap = (within(design.gap(objective)),) if proven and objective else ()
        table.add_row("whole network", "", *totals(design), "", *gap, style="bold")
    return table


def design_notes(design: Design) -> list[str]:
    """Why layers are not mapped, which limits of the space are broken, what no bound includes."""
    return [
        *([HOPS_NOTE] if design.lower_bound > 0.0 and not design.hops_in_bound else []),
        *(f"{layer.entry.layer.name} is not mapped: {layer.reason}" for layer in design.unmapped),
        *(f"over a limit of the space: {over.reason}" for over in design.over_limits),
    ]


def within(gap: float) -> str:
    """How far above its optimum something is at most."""
    return "optimal" if gap < OPTIMAL else f"{gap:.1%}"


def layer_text(layer: Layer) -> str:
    """The sizes of a layer on one line; those of 1 left out, bits where they are given."""
    sizes = " ".join(f"{dim}{size}" for dim, size in layer.sizes.items() if size > 1)
    steps = "".join(
        f" {name} {w}x{h}"
        for name, w, h in (
            ("stride", layer.stride_w, layer.stride_h),
            ("dilation", layer.dilation_w, layer.dilation_h),
        )
        if (w, h) != (1, 1)
    )
    widths = set(layer.bits.values())
    bits = "".join(f" {space} {width}" for space, width in layer.bits.items() if width)
    if bits:
        bits = f" bits {widths.pop()}" if len(widths) == 1 else f" bits{bits}"
    return (sizes or "1") + steps + bits


def totals(design: Design | ChipDesign) -> tuple[str, str, str]:
    """EDP in pJ x cycles, cycles and uJ of a design; means over the networks of a chip."""
    return (
        f"{design.objective('edp'):.4g}",
        f"{design.objective('latency'):,.0f}",
        microjoules(design.objective("energy")),
    )
