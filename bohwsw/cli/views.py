"""Designs and results as plain data for machines and as tables for people."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from bohwsw.codesign.design import Design, MappedLayer
from bohwsw.codesign.problem import Rejection
from bohwsw.mapping.nest import nest_text
from bohwsw.study.codesign_study import CodesignResult
from bohwsw.workload import Layer


def design_data(design: Design) -> dict[str, Any]:
    """A design with its figures; null where a mapping is not valid or a figure is unknown."""
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
        "layers": [layer_data(design, mapped) for mapped in design.layers],
    }


def layer_data(design: Design, mapped: MappedLayer) -> dict[str, Any]:
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
        "best": design_data(result.best),
        "baseline": _baseline_data(result.baseline),
        "baseline_free": _baseline_data(result.baseline_free),
        "trials": [trial.to_json() for trial in result.trials],
        "folder": None if result.folder is None else str(result.folder),
    }


def _baseline_data(baseline: Design | Rejection | None) -> dict[str, Any] | None:
    if isinstance(baseline, Design):
        return design_data(baseline)
    return None if baseline is None else {"valid": False, "reason": baseline.reason}


def design_table(design: Design, title: str) -> Table:
    """Per layer and for the whole network: EDP, cycles, energy, utilisation."""
    table = _table(title, "Layer", "x", "EDP pJ x cycles", "Cycles", "uJ", "PEs")
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
            _microjoules(evaluation.energy_pj or 0.0),
            f"{(evaluation.utilisation or 0):.0%}",
        )
    if all(mapped.evaluation.valid for mapped in design.layers):
        table.add_section()
        table.add_row("whole network", "", *_totals(design), "", style="bold")
    return table


def comparison_table(result: CodesignResult) -> Table:
    """Best design beside the baseline, per layer and for the whole network."""
    table = _table(
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
            _microjoules(new.energy_pj or 0.0),
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
    table = _table(
        "whole network",
        "Machine",
        "EDP",
        "Cycles",
        "Energy uJ",
        "mm2",
        "Found better",
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
            table.add_row(name, *_totals(design), _area(design), shown)
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
        _microjoules(design.energy_pj),
    )


def _microjoules(energy_pj: float) -> str:
    value = energy_pj * 1e-6
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _area(design: Design) -> str:
    return "unknown" if design.area_mm2 is None else f"{design.area_mm2:.2f}"


def _table(title: str, *columns: str) -> Table:
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
