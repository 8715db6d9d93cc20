"""The parts of a page that are about one design: chip, layers, where energy and cycles go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bohwsw.report.charts import scatter, stacked_bars
from bohwsw.report.chip_sections import chip, engine_layers, schedule
from bohwsw.report.design_contents import energy_parts
from bohwsw.report.drawings import graph_drawing
from bohwsw.report.html import Markup, figure, joined, percent, section, table, tag
from bohwsw.report.svg import number

Data = Mapping[str, Any]


def design_section(design: Data, id_: str, references: Sequence[Data], *, whole: bool) -> Markup:
    """All that is told of a design; figures and machine only where it is not told whole."""
    figures = tag("div", _figures(design, references), _point(design, references))
    parts: list[Markup] = []
    if whole:
        parts.append(tag("div", figures, tag("div", chip(design, id_)), class_="columns"))
        parts += [schedule(design), *engine_layers(design)]
        parts += [_layers(design), *_charts(design)] if design["layers"] else []
        parts += [_graphs(design), *([_nests(design)] if design["layers"] else [])]
    else:
        parts.append(figures)
        parts.append(tag("p", "Its layers are in the data of this file and in its own file."))
    if design["unmapped"]:
        rows = [[x["name"], x["reason"]] for x in design["unmapped"]]
        parts.append(table("Layers without a valid mapping", ["layer", "why"], rows))
    heading = f"Design {design['name']}"
    return tag("div", section(heading, *parts, id_=id_), class_="design", data_design=id_)


def _figures(design: Data, references: Sequence[Data]) -> Markup:
    columns = ["figure", "unit", "this design"]
    for reference in references:
        columns += [reference["name"], "ratio"]
    rows = []
    for name, told in design["figures"].items():
        row: list[object] = [name, told["unit"], told["value"]]
        for reference in references:
            other = reference["figures"].get(name, {}).get("value")
            row += [other, told["value"] / other if other else None]
        rows.append(row)
    return table(f"Figures of {design['name']}, of one run", columns, rows)


def _point(design: Data, references: Sequence[Data]) -> Markup:
    told = [(core["name"], core["point"]) for core in design["cores"]]
    if len(told) < 2:
        told = [("", design["point"])]
    rows = []
    for core, point in told:
        for name, value in point.items():
            others = [reference["point"].get(name) for reference in references]
            rows.append([f"{core} {name}".strip(), _shown(value), *map(_shown, others)])
    for network in design["networks"]:
        for knob, value in network["knobs"].items():
            rows.append([f"{network['name']}: {knob}", _shown(value), *("" for _ in references)])
    if not rows:
        return Markup("")
    names = [reference["name"] for reference in references]
    return table(f"Parameters of {design['name']}", ["parameter", "this design", *names], rows)


def _shown(value: object) -> object:
    return str(value) if isinstance(value, bool) else value


def _label(layer: Data) -> str:
    before = f"{layer['network']}: " if "network" in layer else ""
    after = f" on {layer['core']}" if "core" in layer else ""
    return f"{before}{layer['name']}{after}"


def _layers(design: Data) -> Markup:
    """A row a unique layer: cost, what binds, and how far from what nothing can beat."""
    rows = []
    for layer in design["layers"]:
        bounds = layer.get("bounds", {})
        least_cycles, least_pj = bounds.get("latency_cycles"), bounds.get("energy_pj")
        level, resource = layer.get("binds", ("", ""))
        binds = level if resource == "compute" else f"{level} {resource}".replace("_", " ")
        rows.append(
            [
                _label(layer),
                layer["count"],
                layer["macs"],
                layer["edp_pj_cycles"],
                layer["energy_pj"],
                layer["latency_cycles"],
                percent(layer["utilisation"]),
                binds,
                layer["latency_cycles"] / least_cycles if least_cycles else None,
                layer["energy_pj"] / least_pj if least_pj else None,
            ]
        )
    columns = [
        *("layer", "times", "MACs", "EDP pJ x cycles", "energy pJ", "cycles", "units used"),
        *("binds", "cycles / least", "energy / least"),
    ]
    note = (
        "One run of each layer. Least cycles: every unit that perfect factors can fill busy in "
        "each cycle. Least energy: the operations, and each word once to or from DRAM. No mapping "
        "on this machine is below either."
    )
    found = table(f"Layers of {design['name']}", columns, rows, class_="sortable")
    return joined([tag("h3", "Layers"), tag("p", note), found])


def _charts(design: Data) -> list[Markup]:
    known = [layer for layer in design["layers"] if "energy_parts" in layer]
    if not known:
        return []
    names = [level["name"] for core in design["cores"] for level in core["levels"]]
    names = [*dict.fromkeys(names), "MAC"]
    energy, cycles = [], []
    for layer in known:
        label = f"{layer['count']} x {_label(layer)}"
        found = energy_parts([layer])
        parts = {
            name: sum(pj for (where, _), pj in found.items() if where == name) for name in names
        }
        energy.append((label, parts))
        stalls = f"bandwidth of {layer['binds'][0]}"
        times = {
            stalls if key == "bandwidth" else key.replace("_", " "): layer["count"] * value
            for key, value in layer["cycle_parts"].items()
            if value or key != "bandwidth"
        }
        cycles.append((label, times))
    ids = [layer["name"] for layer in known]
    split = (
        "Ideal: every unit of the chip busy. Idle units: what the array is not filled with. "
        "Bandwidth: waiting for that level, which binds."
    )
    return [
        tag("h3", "Where energy and cycles go"),
        figure(
            stacked_bars("Energy by storage level and layer", "pJ", energy, ids),
            "Energy of all runs of each layer, by storage level (with the NoC below it) and MACs.",
            f"{design['name']}-energy",
        ),
        _parts_table(known, design["name"]),
        figure(
            stacked_bars("Cycles by layer", "cycles", cycles, ids),
            split,
            f"{design['name']}-cycles",
        ),
        figure(
            _roofline(known),
            "MACs for each word moved at the outermost level, against MACs a cycle. The level roof "
            "is the array; the slanted one is that level's bandwidth, where it has a limit.",
            f"{design['name']}-roofline",
        ),
    ]


def _parts_table(layers: Sequence[Data], name: str) -> Markup:
    keys = dict.fromkeys(
        (w, kind) for layer in layers for w, kind, pj in layer["energy_parts"] if pj
    )
    rows = []
    for layer in layers:
        parts = {(where, kind): pj for where, kind, pj in layer["energy_parts"]}
        rows.append([_label(layer), *(parts.get(key, 0.0) for key in keys)])
    columns = ["layer", *(f"{where} {kind}".replace("network", "NoC") for where, kind in keys)]
    found = table(f"Energy of {name} by data space, pJ a run", columns, rows)
    return tag("details", tag("summary", "By data space, as a table"), found)


def _roofline(layers: Sequence[Data]) -> str:
    points = [
        (
            layer["roofline"]["macs_per_word"],
            layer["roofline"]["macs_per_cycle"],
            f"{_label(layer)}: {number(layer['roofline']['macs_per_cycle'])} MACs a cycle",
            None,
        )
        for layer in layers
    ]
    first, last = min(p[0] for p in points), max(p[0] for p in points)
    roofs = {}
    for layer in layers:
        peak, words = layer["roofline"]["peak"], layer["roofline"]["words_per_cycle"]
        ends = [(first, float(peak)), (last, float(peak))]
        if words and words * first < peak:
            ends = [(first, words * first), (min(last, peak / words), min(peak, words * last))]
            if last > peak / words:
                ends.append((last, float(peak)))
        roofs[f"{peak:,} units"] = ends
    axes = ("MACs per word of the outermost level", "MACs per cycle")
    return scatter(
        "Roofline", axes, {"layers": points}, logarithmic=(True, True), roofs=list(roofs.items())
    )


def _graphs(design: Data) -> Markup:
    parts = []
    for network in design["networks"]:
        if network["graph"] is None:
            continue
        own = [x for x in design["layers"] if x.get("network", network["name"]) == network["name"]]
        costs = {layer["name"]: layer["edp_pj_cycles"] or 0.0 for layer in own}
        most = max(costs.values(), default=0.0)
        shares = {name: cost / most for name, cost in costs.items()} if most else {}
        drawing = graph_drawing(network["name"], network["graph"], shares)
        caption = "Layers of the network and the tensors between them; darker: more EDP a run."
        parts.append(figure(drawing, caption, f"{design['name']}-{network['name']}-graph"))
    if not parts:
        return Markup("")
    return tag("details", tag("summary", "Network graph"), *parts)


def _nests(design: Data) -> Markup:
    """The loop nest of each layer, with what its levels hold and move."""
    parts = []
    for layer in design["layers"]:
        sizes = " ".join(f"{dim}{size}" for dim, size in layer["sizes"].items())
        nest = tag("pre", "\n".join(layer["loop_nest"]), tabindex="0")
        detail = [tag("p", sizes), nest]
        if "levels" in layer:
            detail.append(_levels(layer, design["name"]))
        elif "unexplained" in layer:
            detail.append(tag("p", layer["unexplained"]))
        parts.append(
            tag("details", tag("summary", _label(layer)), *detail, data_layer=layer["name"])
        )
    return joined([tag("h3", "Loop nests"), *parts])


def _levels(layer: Data, name: str) -> Markup:
    rows = []
    for level in layer["levels"]:
        used = [
            f"{number(used)} of {number(there)}" if there is not None else number(used)
            for used, there in (
                level[key] for key in ("instances", "words", "read_per_cycle", "write_per_cycle")
            )
        ]
        words = "; ".join(
            f"{space}: {number(reads)} read, {number(fills)} filled, {number(updates)} updated"
            for space, reads, fills, updates, _ in level["traffic"]
        )
        rows.append([level["name"], level["cycles"], *used, words])
    columns = ["level", "cycles alone", "instances", "words held", "read / cycle", "write / cycle"]
    return table(f"Levels of {name}, {_label(layer)}", [*columns, "words, all instances"], rows)
