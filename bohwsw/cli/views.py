"""Designs and results as plain data for machines and as tables for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.table import Table

from bohwsw.cli.tables import microjoules, plain_table
from bohwsw.codesign.design import Design, MappedLayer
from bohwsw.codesign.problem import Rejection
from bohwsw.mapping.nest import nest_text
from bohwsw.study.codesign_study import CodesignResult
from bohwsw.workload import Layer

UNITS = {"edp": "edp_pj_cycles", "energy": "energy_pj", "latency": "latency_cycles"}
"""Name of each objective's figure."""

OPTIMAL = 1e-9
"""A gap that rounding alone may make."""


def design_data(design: Design, objective: str | None = None) -> dict[str, Any]:
    """A design with its figures; null where a mapping is not valid or a figure is unknown.

    With the objective that it was mapped for, lower bounds and gaps are told too.
    """
    valid = all(mapped.evaluation.valid for mapped in design.layers)
    return {
        "network": design.network,
        "machine": design.hardware.architecture.name,
        "point": dict(design.hardware.point),
        "valid": valid,
        "edp_pj_cycles": design.edp_pj_cycles if valid else None,
        "energy_pj": design.energy_pj if valid else None,
        "latency_cycles": design.latency_cycles if valid else None,
        "area_mm2": design.area_mm2,
        **_bound_data(objective, design.lower_bound, design.gap if valid else None),
        "layers": [layer_data(design, mapped, objective) for mapped in design.layers],
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


def violation_data(violation: Any) -> dict[str, Any]:
    """A violation as plain data."""
    return {
        "constraint": violation.constraint,
        "level": violation.level,
        "data_space": violation.data_space,
        "value": violation.value,
        "limit": violation.limit,
        "ratio": violation.ratio,
    }


def result_data(result: CodesignResult) -> dict[str, Any]:
    """A co-design result as plain data."""
    return {
        "objective": result.objective,
        "improvement": result.improvement,
        "improvement_over_free_baseline": result.improvement_over(result.baseline_free),
        "best": design_data(result.best, result.objective),
        "baseline": _baseline_data(result.baseline, result.objective),
        "baseline_free": _baseline_data(result.baseline_free, result.objective),
        "trials": [trial.to_json() for trial in result.trials],
        "folder": None if result.folder is None else str(result.folder),
    }


def _baseline_data(baseline: Design | Rejection | None, objective: str) -> dict[str, Any] | None:
    if isinstance(baseline, Design):
        return design_data(baseline, objective)
    return None if baseline is None else {"valid": False, "reason": baseline.reason}


def design_table(design: Design, title: str, objective: str | None = None) -> Table:
    """Per layer and for the whole network: EDP, cycles, energy, utilisation, and what is proven."""
    proven = objective is not None and design.lower_bound > 0.0
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
            *((_within(mapped.gap(objective)),) if proven and objective else ()),
        )
    if all(mapped.evaluation.valid for mapped in design.layers):
        table.add_section()
        within = (_within(design.gap(objective)),) if proven and objective else ()
        table.add_row("whole network", "", *_totals(design), "", *within, style="bold")
    return table


def _within(gap: float) -> str:
    """How far above its optimum something is at most."""
    return "optimal" if gap < OPTIMAL else f"{gap:.1%}"


def comparison_table(result: CodesignResult) -> Table:
    """Best design beside the baseline, per layer and for the whole network."""
    table = plain_table(
        "EDP in pJ x cycles, one run of each layer; the network has 'x' of each",
        "Layer",
        "x",
        "Baseline",
        "Found",
        "Better",
        "Cycles",
        "uJ",
        "PEs",
    )
    baseline = result.baseline if isinstance(result.baseline, Design) else None
    before = {m.entry.layer: m.evaluation for m in baseline.layers} if baseline else {}
    for mapped in result.best.layers:
        old, new = before.get(mapped.entry.layer), mapped.evaluation
        old_edp, new_edp = old.edp_pj_cycles if old else None, new.edp_pj_cycles or 0.0
        table.add_row(
            mapped.entry.layer.name,
            str(mapped.entry.count),
            f"{old_edp:.4g}" if old_edp else "-",
            f"{new_edp:.4g}",
            f"{1 - new_edp / old_edp:.1%}" if old_edp else "-",
            f"{new.latency_cycles:,}",
            microjoules(new.energy_pj or 0.0),
            f"{(new.utilisation or 0):.0%}",
        )
    table.add_section()
    edp, cycles, energy = _totals(result.best)
    old_total = f"{baseline.edp_pj_cycles:.4g}" if baseline else "-"
    gain = f"{1 - result.best.edp_pj_cycles / baseline.edp_pj_cycles:.1%}" if baseline else "-"
    table.add_row("whole network", "", old_total, edp, gain, cycles, energy, "", style="bold")
    return table


def machines_table(result: CodesignResult) -> Table:
    """The machines compared: whole-network figures, area and how each differs."""
    table = plain_table(
        "whole network",
        "Machine",
        "EDP",
        "Cycles",
        "uJ",
        "mm2",
        "gap",
        "Better",
    )
    rows: list[tuple[str, Design | Rejection | None]] = [
        ("baseline as built" if result.baseline_free else "baseline", result.baseline),
        ("baseline, dataflow free", result.baseline_free),
        ("found", result.best),
    ]
    for name, design in rows:
        if isinstance(design, Rejection):
            table.add_row(name, f"cannot: {design.reason}"[:60])
        elif design is not None:
            gain = result.improvement_over(design)
            shown = "" if design is result.best or gain is None else f"{gain:.1%}"
            proven = design.lower_bound > 0.0
            gap = _within(design.gap(result.objective)) if proven else ""
            table.add_row(name, *_totals(design), _area(design), gap, shown)
    return table


def layer_text(layer: Layer) -> str:
    """The sizes of a layer on one line; those of 1 left out."""
    sizes = " ".join(f"{dim}{size}" for dim, size in layer.sizes.items() if size > 1)
    steps = "".join(
        f" {name} {w}x{h}"
        for name, w, h in (
            ("stride", layer.stride_w, layer.stride_h),
            ("dilation", layer.dilation_w, layer.dilation_h),
        )
        if (w, h) != (1, 1)
    )
    return (sizes or "1") + steps


def _totals(design: Design) -> tuple[str, str, str]:
    return (
        f"{design.edp_pj_cycles:.4g}",
        f"{design.latency_cycles:,}",
        microjoules(design.energy_pj),
    )


def _area(design: Design) -> str:
    return "unknown" if design.area_mm2 is None else f"{design.area_mm2:.2f}"
