"""Results of co-design as plain data for machines and as tables for people."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from bohwsw.cli.tables import microjoules, plain_table
from bohwsw.cli.views import design_data, totals, within
from bohwsw.codesign.chip_design import ChipDesign
from bohwsw.codesign.design import Design, Rejection
from bohwsw.codesign.objectives import AREA
from bohwsw.study.codesign_result import CodesignResult, chip_figures, improvement
from bohwsw.study.design_files import chip_files

Found = ChipDesign | Rejection | None

_WORDS = {"edp": "EDP in pJ x cycles", "energy": "energy in pJ", "latency": "latency in cycles"}


def result_data(result: CodesignResult) -> dict[str, Any]:
    """A co-design result as plain data.

    Of several networks, a design holds means over them, and each network by name. Of several
    objectives, ``front`` stands in the place of ``best``.
    """
    data: dict[str, Any] = {}
    if len(result.objectives) == 1:
        data["objective"] = result.objective
        data["improvement"] = result.improvement
        data["improvement_over_free_baseline"] = result.improvement_over(result.baseline_free_chip)
        data["space_bound"] = result.space_bound
        data["headroom"] = result.headroom
        data["best"] = _chip_data(result.chip, result)
    else:
        data["objectives"] = list(result.objectives)
        data["front"] = [
            {**(_chip_data(chip, result) or {}), "improvement": _gains(chip, result)}
            for chip in result.chips
        ]
    return {
        **data,
        "baseline": _chip_data(result.baseline_chip, result),
        "baseline_free": _chip_data(result.baseline_free_chip, result),
        "trials": [trial.to_json() for trial in result.trials],
        "seconds": result.seconds.to_json(),
        "folder": None if result.folder is None else str(result.folder),
    }


def _chip_data(chip: Found, result: CodesignResult) -> dict[str, Any] | None:
    if chip is None:
        return None
    if isinstance(chip, Rejection):
        return {"valid": False, "reason": chip.reason, "violations": chip.to_json()}
    each = [design_data(design, result.mapped_for) for design in chip.designs]
    if len(each) == 1:
        return each[0]
    return {
        "point": dict(chip.hardware.point),
        **chip_figures(chip),
        "networks": {
            data["network"]: {"weight": weight, **data}
            for data, weight in zip(each, chip.weights, strict=True)
        },
    }


def _gains(chip: ChipDesign, result: CodesignResult) -> dict[str, float | None]:
    return {name: improvement(chip, result.baseline_chip, name) for name in result.objectives}


def result_views(result: CodesignResult) -> list[Table | str]:
    """What a person reads at the end: tables, the machine, where the time went."""
    seconds = result.seconds
    limit = "" if seconds.final_limit is None else f" (of {seconds.final_limit:g} s)"
    time = (
        f"time: {seconds.proposing:.0f} s proposing, {seconds.mapping:.0f} s mapping, "
        f"{seconds.final:.0f} s final mapping{limit}"
    )
    if len(result.objectives) > 1:
        return [front_table(result), *_limits(result), time]
    single = len(result.networks) == 1
    point = ", ".join(f"{name} {value}" for name, value in result.best.hardware.point.items())
    return [
        comparison_table(result) if single else networks_table(result),
        machines_table(result),
        *_limits(result),
        f"found machine: {point}",
        *_headroom(result),
        time,
    ]


def _headroom(result: CodesignResult) -> list[str]:
    if result.headroom is None:
        return []
    return [f"headroom: no machine of the space is more than {result.headroom:.1%} below it"]


def _limits(result: CodesignResult) -> list[str]:
    """For each baseline that is over a limit: by how much."""
    return [
        f"{name} is over a limit, so nothing is compared with it: "
        + "; ".join(over.reason for over in chip.over_limits)
        for name, chip in _baselines(result)
        if isinstance(chip, ChipDesign) and chip.over_limits
    ]


def comparison_table(result: CodesignResult) -> Table:
    """Best design beside the baseline, per layer and for the whole network."""
    table = plain_table(
        "EDP in pJ x cycles, one run of each layer; the network has 'x' of each",
        *("Layer", "x", "Baseline", "Found", "Better", "Cycles", "uJ", "PEs"),
    )
    baseline = result.baseline if isinstance(result.baseline, Design) else None
    before = {m.entry.layer: m.evaluation for m in baseline.layers} if baseline else {}
    is_over = baseline is not None and bool(baseline.over_limits)
    for mapped in result.best.layers:
        old, new = before.get(mapped.entry.layer), mapped.evaluation
        old_edp, new_edp = old.edp_pj_cycles if old else None, new.edp_pj_cycles or 0.0
        table.add_row(
            mapped.entry.layer.name,
            str(mapped.entry.count),
            f"{old_edp:.4g}" if old_edp else "-",
            f"{new_edp:.4g}",
            f"{1 - new_edp / old_edp:.1%}" if old_edp and not is_over else "-",
            f"{new.latency_cycles:,}",
            microjoules(new.energy_pj or 0.0),
            f"{(new.utilisation or 0):.0%}",
        )
    table.add_section()
    edp, cycles, energy = totals(result.best)
    old_total = f"{baseline.edp_pj_cycles:.4g}" if baseline else "-"
    gain = result.improvement_over(baseline, "edp")
    figures = (old_total, edp, _share(gain), cycles, energy)
    table.add_row("whole network", "", *figures, "", style="bold")
    return table


def networks_table(result: CodesignResult) -> Table:
    """Best chip beside the baseline, per network and for all together."""
    name = result.mapped_for if result.objective == AREA else result.objective
    table = plain_table(
        f"{_WORDS[name]}; together: weighted geometric mean",
        *("Network", "weight", "Baseline", "Found", "Better", "Cycles", "uJ", "gap"),
    )
    old = result.baseline_chip if isinstance(result.baseline_chip, ChipDesign) else None
    for design, weight in zip(result.chip.designs, result.chip.weights, strict=True):
        before = old.design(design.network) if old else None
        table.add_row(
            design.network,
            f"{weight:.3g}",
            f"{before.objective(name):.4g}" if before else "-",
            f"{design.objective(name):.4g}",
            _share(result.improvement_over(before, name)),
            *totals(design)[1:],
            _gap(design, result),
        )
    table.add_section()
    table.add_row(
        "together",
        "1",
        f"{old.objective(name):.4g}" if old else "-",
        f"{result.chip.objective(name):.4g}",
        _share(result.improvement_over(old, name)),
        *totals(result.chip)[1:],
        _gap(result.chip, result),
        style="bold",
    )
    return table


def machines_table(result: CodesignResult) -> Table:
    """The machines compared: figures, area and by how much the found one is better."""
    single = len(result.networks) == 1
    table = plain_table(
        "whole network" if single else "weighted geometric means of the networks",
        *("Machine", "EDP", "Cycles", "uJ", "mm2", "gap", "Better"),
    )
    for name, chip in [*_baselines(result), ("found", result.chip)]:
        if isinstance(chip, Rejection):
            table.add_row(name, f"cannot: {chip.reason}"[:60])
        elif chip is not None:
            shown = "" if chip is result.chip else _share(result.improvement_over(chip))
            shown = "over limit" if chip.over_limits else shown
            table.add_row(name, *totals(chip), _area(chip), _gap(chip, result), shown)
    return table


def front_table(result: CodesignResult) -> Table:
    """The Pareto front, and by how much each design is better than the baseline."""
    means = "" if len(result.networks) == 1 else "; weighted geometric means of the networks"
    asked = ", ".join(result.objectives)
    table = plain_table(
        f"Pareto front; on the right: share of {asked} below the baseline's{means}",
        *("Design", "EDP", "Cycles", "uJ", "mm2"),
        *result.objectives,
    )
    for name, chip in _baselines(result):
        if isinstance(chip, Rejection):
            table.add_row(name, f"cannot: {chip.reason}"[:60])
        elif chip is not None:
            short = name.replace(", dataflow", "")
            over = ("over limit",) if chip.over_limits else ()
            table.add_row(short, *totals(chip), _area(chip), *over)
    table.add_section()
    names = [name for name in chip_files(result) if name.startswith("front-")]
    for name, chip in zip(names, result.chips, strict=True):
        gains = [_share(gain) for gain in _gains(chip, result).values()]
        table.add_row(name, *totals(chip), _area(chip), *gains)
    return table


def _baselines(result: CodesignResult) -> list[tuple[str, Found]]:
    free = result.baseline_free_chip
    name = "baseline as built" if free else "baseline"
    return [(name, result.baseline_chip), ("baseline, dataflow free", free)]


def _gap(design: Design | ChipDesign, result: CodesignResult) -> str:
    return within(design.gap(result.mapped_for)) if design.lower_bound > 0.0 else ""


def _share(gain: float | None) -> str:
    return "-" if gain is None else f"{gain:.1%}"


def _area(chip: ChipDesign) -> str:
    return "unknown" if chip.area_mm2 is None else f"{chip.area_mm2:.2f}"
