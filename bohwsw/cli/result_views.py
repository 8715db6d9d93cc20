"""Results of co-design, from their plain data, as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from bohwsw.cli.schedule_command import schedule_views
from bohwsw.cli.views import (
    fpga_figures_table,
    fpga_layers_table,
    further_figures,
    is_on_fpga,
    layer_figures,
    plain_table,
    shown,
    shown_gap,
    totals,
)
from bohwsw.codesign import figure_of

Data = Mapping[str, Any]

_WORDS = {"edp": "EDP in pJ x cycles", "energy": "energy in pJ", "latency": "latency in cycles"}


def result_views(data: Data) -> list[Table | str]:
    """What a person reads of ``CodesignResult.to_data``: tables, the machine, seconds."""
    first = (data.get("front") or [data["best"]])[0]
    seconds = data["seconds"]
    limit = f" (of {seconds['final_limit']:g} s)" if "final_limit" in seconds else ""
    time = (
        f"time: {seconds['proposing']:.0f} s proposing, {seconds['mapping']:.0f} s mapping, "
        f"{seconds['final']:.0f} s final mapping{limit}"
    )
    costs = _costs(data)
    if is_on_fpga(first):
        return [*_fpga_views(data), *_networks(data), *_growth(data), *costs, time]
    if "schedule" in first:
        measured = first.get("measured", {})
        accuracies = [f"{x}: {k} {v:.5g}" for x, own in measured.items() for k, v in own.items()]
        front = [front_table(data), *_growth(data)] if "front" in data else []
        return [*schedule_views(first), *accuracies, *front, time]
    if "front" in data:
        return [front_table(data), *_networks(data), *_limits(data), *_growth(data), *costs, time]
    point = ", ".join(f"{name} {value}" for name, value in data["best"]["point"].items())
    met = data.get("met_by_certificate")
    room, bound = data["headroom"], "headroom: no machine of the space is more than {:.1%} below it"
    return [
        networks_table(data) if "networks" in data["best"] else comparison_table(data),
        machines_table(data),
        *_limits(data),
        f"found machine: {point}",
        *_networks(data),
        *([] if room is None else [bound.format(room)]),
        *(["the machine was met by the certificate, not by the search"] if met else []),
        *costs,
        time,
    ]


def _fpga_views(data: Data) -> list[Table | str]:
    """Designs on a board, the first of them layer by layer."""
    front = data.get("front") or [data["best"]]
    names = [f"front-{k}" for k in range(1, len(front) + 1)] if "front" in data else ["found"]
    named = [*_baselines(data), *zip(names, front, strict=True)]
    points = [
        f"{name}: " + ", ".join(f"{key} {value}" for key, value in design["point"].items())
        for name, design in zip(names, front, strict=True)
    ]
    layers = fpga_layers_table(front[0], f"layers of {names[0]}")
    return [*layers, fpga_figures_table(named, data["objectives"]), *_limits(data), *points]


def _networks(data: Data) -> list[str]:
    """The knobs of each design's network, where those were searched, too."""
    designs = data.get("front") or [data["best"]]
    names = [f"front-{k}" for k in range(1, len(designs) + 1)] if "front" in data else ["network"]
    return [
        f"{name}: " + ", ".join(f"{knob} {value}" for knob, value in design["knobs"].items())
        for name, design in zip(names, designs, strict=True)
        if "knobs" in design
    ]


def _costs(data: Data) -> list[str]:
    """What hardware figures and accuracies have cost, apart."""
    if "costs" not in data:
        return []
    hardware, accuracy = data["costs"]["hardware"], data["costs"]["accuracy"]
    return [
        f"hardware: {hardware['evaluations']} evaluations, {hardware['seconds']:.1f} s; accuracy: "
        f"{accuracy['measurements']} networks measured ({accuracy['trainings']} trainings), "
        f"{accuracy['seconds']:.1f} s; {accuracy['reused']} times known by then"
    ]


def _growth(data: Data) -> list[str]:
    """The hypervolume at a few places of the search."""
    if "hypervolume" not in data:
        return []
    values = data["hypervolume"]["values"]
    shown_at = sorted({round(k * (len(values) - 1) / 4) for k in range(5)}) if values else []
    points = [f"{values[k][2]:.4g} after {values[k][0]} trials" for k in shown_at]
    if "costs" in data:
        points = [f"{points[i]} ({values[k][1]} networks)" for i, k in enumerate(shown_at)]
    return ["hypervolume: " + ", ".join(points)] if points else []


def _limits(data: Data) -> list[str]:
    """For each baseline that is over a limit: by how much."""
    return [
        f"{name} is over a limit, so nothing is compared with it: "
        + "; ".join(design["over_limits"])
        for name, design in _baselines(data)
        if design.get("over_limits")
    ]


def comparison_table(data: Data) -> Table:
    """Best design beside the baseline, per layer and for the whole network."""
    table = plain_table(
        "EDP in pJ x cycles, one run of each layer; the network has 'x' of each",
        *("Layer", "x", "Baseline", "Found", "Better", "Cycles", "uJ", "PEs"),
    )
    baseline, best = data["baseline"], data["best"]
    before = {layer["name"]: layer for layer in baseline.get("layers", ())}
    for layer in best["layers"]:
        old = before.get(layer["name"], {}).get("edp_pj_cycles")
        edp, *others = layer_figures(layer)
        gain = _gain(layer["edp_pj_cycles"] or 0.0, old) if baseline["valid"] else "-"
        table.add_row(layer["name"], str(layer["count"]), _known(old), edp, gain, *others)
    table.add_section()
    edp, cycles, energy = totals(best)
    figures = (_known(baseline.get("edp_pj_cycles")), edp, _better(best, baseline, "edp"))
    table.add_row("whole network", "", *figures, cycles, energy, "", style="bold")
    return table


def networks_table(data: Data) -> Table:
    """Best design beside the baseline, per network and for all together."""
    figure = figure_of(data["objective"])
    if figure.mapped_for is None or figure.of_all:
        figure = figure_of(data["mapped_for"])
    title = _WORDS.get(figure.objective, f"{figure.objective} in {figure.unit}")
    table = plain_table(
        f"{title}; together: weighted geometric mean",
        *("Network", "weight", "Baseline", "Found", "Better", "Cycles", "uJ", "gap"),
    )
    best, baseline = data["best"], data["baseline"]

    def cells(found: Data, old: Data) -> list[str]:
        better = _better(found, old, figure.objective)
        values = (_known(old.get(figure.name)), shown(found[figure.name]), better)
        return [*values, *totals(found)[1:], shown_gap(found)]

    for name, found in best["networks"].items():
        old = baseline.get("networks", {}).get(name, {"valid": False})
        table.add_row(name, f"{found['weight']:.3g}", *cells(found, old))
    table.add_section()
    table.add_row("together", "1", *cells(best, baseline), style="bold")
    return table


def machines_table(data: Data) -> Table:
    """The machines compared: figures, area and by how much the found one is better."""
    best, further = data["best"], further_figures(data["objectives"])
    table = plain_table(
        _whole(best, "whole network", "weighted geometric means of the networks"),
        *("Machine", "EDP", "Cycles", "uJ", "mm2", *further.values(), "gap", "Better"),
    )
    for name, design in [*_baselines(data), ("found", best)]:
        if "reason" in design:
            table.add_row(name, f"cannot: {design['reason']}"[:60])
            continue
        better = "" if design is best else _better(best, design, data["objective"])
        better = "over limit" if design["over_limits"] else better
        table.add_row(name, *_figures(design, further), shown_gap(design), better)
    return table


def front_table(data: Data) -> Table:
    """The Pareto front, and by how much each design is better than the baseline."""
    objectives: Sequence[str] = data["objectives"]
    further = further_figures(objectives)
    means = _whole(data["front"][0], "", "; weighted geometric means of the networks")
    table = plain_table(
        f"Pareto front; on the right: share of {', '.join(objectives)} below the baseline's{means}",
        *("Design", "EDP", "Cycles", "uJ", "mm2", *further.values()),
        *objectives,
    )
    for name, design in _baselines(data):
        if "reason" in design:
            table.add_row(name, f"cannot: {design['reason']}"[:60])
            continue
        over = ("over limit",) if design["over_limits"] else ()
        table.add_row(name.replace(", dataflow", ""), *_figures(design, further), *over)
    table.add_section()
    for number, design in enumerate(data["front"], start=1):
        gains = [_share(gain) for gain in design["improvement"].values()]
        table.add_row(f"front-{number}", *_figures(design, further), *gains)
    return table


def _baselines(data: Data) -> list[tuple[str, Data]]:
    if data["baseline"] is None:
        return []
    if data["baseline_free"] is None:
        return [("baseline", data["baseline"])]
    return [
        ("baseline as built", data["baseline"]),
        ("baseline, dataflow free", data["baseline_free"]),
    ]


def _figures(design: Data, further: Mapping[str, str]) -> list[str]:
    area = design["area_mm2"]
    shown_area = "unknown" if area is None else f"{area:.2f}"
    return [*totals(design), shown_area, *(shown(design.get(name)) for name in further)]


def _whole(design: Data, one: str, several: str) -> str:
    return several if "networks" in design else one


def _better(found: Data, other: Data, objective: str) -> str:
    """By which share a design is better than another one; nothing is better than what is not."""
    figure = figure_of(objective)
    old, new = other.get(figure.name), found[figure.name]
    if not other["valid"] or not old or new is None:
        return "-"
    return _gain(old, new) if figure.maximised else _gain(new, old)


def _gain(new: float, old: float | None) -> str:
    return _share(1 - new / old) if old else "-"


def _share(gain: float | None) -> str:
    return "-" if gain is None else f"{gain:.1%}"


def _known(value: float | None) -> str:
    return f"{value:.4g}" if value else "-"
