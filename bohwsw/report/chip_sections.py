"""The parts of a page that are about a chip: what it is made of, and when which core works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bohwsw.report.charts import stacked_bars
from bohwsw.report.drawings import core_drawing
from bohwsw.report.gantt import buffer_lanes, dram_lane, gantt
from bohwsw.report.html import Markup, figure, joined, percent, table, tag
from bohwsw.report.svg import number

Data = Mapping[str, Any]


def chip(design: Data, id_: str) -> Markup:
    """Each core as a drawing; of engines on a board what they take of it."""
    if "fpga" in design:
        return _board(design["fpga"], id_)
    drawings = [
        figure(core_drawing(core), _core_words(core), f"{id_}-core-{position}")
        for position, core in enumerate(design["cores"])
    ]
    return joined([tag("h3", "Chip"), *drawings])


def _core_words(core: Data) -> str:
    area = core["area_mm2"]
    told = "area unknown" if area is None else f"{number(area)} mm2 without DRAM"
    return f"{core['name']}: {core['macs']:,} multiply-accumulate units, {told}."


# -- boards ----------------------------------------------------------------------------------------


def board_binds(board: Data) -> tuple[str, float] | None:
    """The resource of which the largest share of the board is taken, and that share."""
    known = [x for x in board["resources"] if x["taken"] is not None and x["available"]]
    shares = {x["resource"]: x["taken"] / x["available"] for x in known}
    return max(shares.items(), key=lambda item: item[1]) if shares else None


def _board(board: Data, id_: str) -> Markup:
    most = board_binds(board)
    bars, rows = [], []
    for each in board["resources"]:
        taken, there = each["taken"], each["available"]
        share = taken / there if taken is not None and there else None
        name = RESOURCES.get(each["resource"], each["resource"])
        rows.append([name, taken, there, percent(share), _binds(each, most)])
        if share is not None:
            free = {"free": 100.0 * (1.0 - share)} if share < 1.0 else {}
            bars.append((name, {"taken": 100.0 * share, **free}))
    title = f"What {board['engine']} takes of {board['board']}"
    says = f"Model {board['engine']}, {board['clock_mhz']:g} MHz; what it says nothing of is '-'."
    where = f"{board['board']} ({board['part']}; {board['source']})"
    columns = ["resource", "taken", "on the board", "share", "binds first"]
    drawn = figure(stacked_bars(title, "% of the board", bars), says, f"{id_}-board")
    return joined([tag("h3", f"Board {where}"), drawn, table(title, columns, rows)])


RESOURCES = {
    "luts": "LUTs",
    "dsps": "DSPs",
    "bram18": "BRAMs of 18 Kb",
    "urams": "URAMs of 288 Kb",
    "port_bits": "port bits a cycle",
}


def _binds(resource: Data, most: tuple[str, float] | None) -> str:
    return "yes" if most is not None and most[0] == resource["resource"] else "no"


def engine_layers(design: Data) -> list[Markup]:
    """Each layer on the engines of a board: its cycles, and what they wait for."""
    layers = design.get("fpga", {}).get("layers", ())
    if not layers:
        return []
    name = design["name"]
    keys = [key for key in layers[0] if key not in ("name", "count", "steps")]
    rows = [[x["name"], x["count"], *(_plain(x[key]) for key in keys)] for x in layers]
    parts = [tag("h3", "Layers")]
    if "cycles" in keys:
        bars = [
            (f"{x['count']} x {x['name']}", {_cause(x): float(x["count"] * x["cycles"])})
            for x in layers
        ]
        note = "Cycles of all runs of each layer, by what they wait for most."
        parts.append(
            figure(stacked_bars("Cycles by layer", "cycles", bars), note, f"{name}-cycles")
        )
    return [*parts, table(f"Layers of {name}", ["layer", "times", *keys], rows)]


def _cause(layer: Data) -> str:
    return str(layer.get("binds", "cycles")).replace("_", " ")


def _plain(value: object) -> object:
    return value.replace("_", " ") if isinstance(value, str) else value


# -- several cores ---------------------------------------------------------------------------------


def schedule(design: Data) -> Markup:
    """What runs when, what the buffers hold and what the DRAM moves meanwhile."""
    told = design["schedule"]
    if told is None:
        return Markup("")
    cores, cycles = list(told["utilisation"]), told["latency_cycles"]
    share = told["dram_share"]
    moved = "" if share is None else f" The shared DRAM is busy {percent(share)} of the time."
    caption = (
        f"When each layer runs: {number(cycles)} cycles in all.{moved} Below, of the same time: "
        "the words that mappings hold in each buffer, all instances, and what all cores ask of "
        "the DRAM, of each layer the mean over its run. The dashed line is what there is."
    )
    buffers, dram = buffer_lanes(design), dram_lane(design)
    drawn = gantt("Gantt chart of the cores", told, cores, [*buffers, dram])
    rows = [[name, percent(busy)] for name, busy in told["utilisation"].items()]
    ends = [[name, ended] for name, ended in told["networks"].items()]
    used = [
        [x.name, x.unit, x.most, x.mean(cycles), x.peak(), _share(x.peak(), x.most)]
        for x in (*buffers, dram)
    ]
    above = dram.cycles_above()
    note = (
        f"For {percent(above / cycles)} of the time layers that run at once ask more of the DRAM "
        "than it gives; the schedule takes traffic to spread evenly over the run."
    )
    columns = ["what", "unit", "available", "mean", "most at a time", "share"]
    return joined(
        [
            tag("h3", "Schedule"),
            figure(drawn, caption, "gantt"),
            *([tag("p", note)] if above else []),
            table("Cores", ["core", "busy"], rows),
            table("Buffers and DRAM in the course of the schedule", columns, used),
            table("Networks", ["network", "ends at cycle"], ends),
        ]
    )


def _share(value: float, of: float | None) -> str:
    return percent(value / of) if of else "-"
