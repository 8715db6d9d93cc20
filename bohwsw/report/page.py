"""The page of a report: one HTML file from its data, without anything from elsewhere.

It can be read without scripts and printed. With them a design of the front is chosen by a click,
tables are sorted, all trials are listed, and tables and figures are saved as CSV and SVG.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from bohwsw.report.alternative_sections import alternatives_section
from bohwsw.report.charts import scatter
from bohwsw.report.chip_sections import board_binds
from bohwsw.report.design_sections import design_section
from bohwsw.report.html import Markup, figure, joined, listed, percent, section, table, tag
from bohwsw.report.search_sections import (
    BINDS_WITHIN,
    limit_row,
    limits_section,
    search_section,
)
from bohwsw.report.svg import SERIES, number

Data = Mapping[str, Any]

MOST_BYTES = 700_000
"""Of all designs that are told whole; the others are told in short."""


def report_page(data: Data) -> str:
    """The page of ``report_data``."""
    body = [
        section("The answer", listed(answer(data)), id_="answer"),
        limits_section(data),
        _front(data),
        _designs(data),
        alternatives_section(data),
        search_section(data),
        _provenance(data),
    ]
    return _page(data["title"], [part for part in body if part], data)


def difference_page(data: Data) -> str:
    """The page of ``difference_data``."""
    one, other = data["names"]
    figures = [[x, unit, a, b, b / a if a else None] for x, unit, a, b in data["figures"]]
    layers = [
        [name, count, a, b, b / a if a else None, c, d, d / c if c else None]
        for name, count, a, b, c, d in data["layers"]
    ]
    points = [[key, *(str(x) for x in values)] for key, *values in data["points"]]
    ratio = f"{other} / {one}"
    edp = [f"EDP {one}", f"EDP {other}", ratio]
    cycles = [f"cycles {one}", f"cycles {other}", ratio]
    body = [
        table("Figures", ["figure", "unit", one, other, ratio], figures),
        table("Parameters that differ", ["parameter", one, other], points),
        table("Layers that both have", ["layer", "times", *edp, *cycles], layers),
    ]
    title = f"{one} and {other}"
    return _page(title, [section("Differences", *body, id_="differences")], data)


def _page(title: str, body: Sequence[Markup], data: Data) -> str:
    here = files("bohwsw.report")
    style = here.joinpath("page.css").read_text("utf-8")
    script = here.joinpath("page.js").read_text("utf-8")
    links = [
        tag("a", name, href=f"#{id_}")
        for id_, name in _SECTIONS.items()
        if any(f'id="{id_}"' in part for part in body)
    ]
    head = joined(
        [
            Markup('<meta charset="utf-8">'),
            Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            *([Markup('<meta http-equiv="refresh" content="5">')] if data.get("running") else []),
            tag("title", f"{title} - bohwsw"),
            tag("style", Markup(style + SERIES)),
        ]
    )
    header = tag("header", tag("h1", title), tag("nav", *links, aria_label="Parts"))
    stored = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    content = [
        header,
        tag("main", *body),
        tag("script", Markup(stored), type="application/json", id="data"),
        tag("script", Markup(script)),
    ]
    page = tag("html", tag("head", head), tag("body", *content), lang="en")
    return f"<!doctype html>\n{page}\n"


_SECTIONS = {
    "answer": "The answer",
    "limits": "Limits",
    "front": "Front",
    "designs": "Designs",
    "alternatives": "Why not otherwise",
    "search": "Audit",
    "provenance": "Provenance",
}


def answer(data: Data) -> list[str]:
    """What one who reads nothing else should know."""
    if not data["designs"]:
        return _without_design(data)
    design = data["designs"][0]
    told = []
    if len(data["designs"]) > 1:
        names = ", ".join(x["name"] for x in data["objectives"])
        told.append(f"A front of {len(data['designs'])} designs in {names}; the first:")
    told += _objective_words(data, design)
    told.append(_machine_words(design))
    told += [_limit_words(design, name, limit) for name, limit in data["limits"].items()]
    if design.get("gap") is not None:
        hops = "" if design["hops_in_bound"] else ", the energy of hops not in the bound"
        least = f"at most {percent(design['gap'])} above the least on this machine{hops}"
        told.append(f"Proven: {least}.")
    if data["headroom"] is not None:
        told.append(
            f"Proven: no machine of this space is more than {percent(data['headroom'])} better."
        )
        told += ["The proof came to the machine, not the search."] if data["met"] else []
    elif data["search"] is not None and len(data["objectives"]) == 1:
        told.append("Nobody asked for a bound over all machines of the space (--headroom).")
    return told


def _without_design(data: Data) -> list[str]:
    """Of a study whose trials are all that is stored: its best trial, or its front."""
    search = data["search"]
    if search is None:
        return ["The study has no trials yet." if data["running"] else "No design is stored."]
    rows = {row[0]: row for row in search["trials"]["rows"]}
    state = "The study still runs, after" if data["running"] else "Its trials are stored:"
    told = [f"{state} {len(rows)} trials."]
    front = [rows[trial] for trial in search["front"]]
    if len(front) > 1:
        told.append(f"The front has {len(front)} trials so far; they come first in the table.")
    for row in front[:1] if len(data["objectives"]) == 1 else ():
        figures, parameters = search["trials"]["figures"], search["trials"]["parameters"]
        (objective,) = data["objectives"]
        value = row[2 + figures.index(objective["figure"])]
        point = zip(parameters, row[2 + len(figures) :], strict=True)
        words = ", ".join(f"{name} {number(x)}" for name, x in point if x is not None)
        value_words = f"{number(value)} {objective['unit']}".strip()
        told.append(f"Best so far: {objective['figure']} {value_words}, trial {row[0]}: {words}.")
    return told


def _objective_words(data: Data, design: Data) -> list[str]:
    told = []
    for objective in data["objectives"]:
        value = design["figures"].get(objective["figure"])
        if value is None:
            continue
        words = f"{objective['figure']}: {number(value['value'])} {value['unit']}".strip()
        for reference in data["references"]:
            other = reference["figures"].get(objective["figure"])
            if other and other["value"] and value["value"]:
                words += "; " + _times(value["value"] / other["value"], reference["name"])
        told.append(f"{words}.")
    if not data["objectives"]:
        for name in ("edp_pj_cycles", "energy_pj", "latency_cycles"):
            if name in design["figures"]:
                told.append(f"{name}: {number(design['figures'][name]['value'])}.")
    return told


def _times(ratio: float, name: str) -> str:
    if 0.9 < ratio < 1.1:
        return f"{ratio - 1.0:+.1%} beside {name}"
    less = ratio < 1.0
    return (
        f"{number(1.0 / ratio if less else ratio)} times {'less' if less else 'more'} than {name}"
    )


def _machine_words(design: Data) -> str:
    if "fpga" in design:
        board, most = design["fpga"], board_binds(design["fpga"])
        taken = "" if most is None else f"; most of all it takes {percent(most[1])} of {most[0]}"
        return f"The machine: engine {board['engine']} on board {board['board']}{taken}."
    cores = design["cores"]
    macs = sum(core["macs"] for core in cores)
    area = design["figures"].get("area_mm2", {}).get("value")
    known = "" if area is None else f", {number(area)} mm2"
    several = f"{len(cores)} cores, " if len(cores) > 1 else ""
    return f"The machine: {several}{macs:,} multiply-accumulate units{known}."


def _limit_words(design: Data, name: str, limit: float) -> str:
    _, value, _, margin, binds = limit_row(design, name, limit)
    if value is None:
        return f"Limit {name} {number(limit)}: the value is not known."
    ending = f": it binds, to {BINDS_WITHIN:.0%}" if binds == "yes" else ""
    return f"Limit {name} {number(limit)}: {number(value)}, {margin} away{ending}."


def _front(data: Data) -> Markup:
    """The designs of a front to choose from, in the plane of the first two objectives."""
    objectives = data["objectives"]
    if len(data["designs"]) < 2 or len(objectives) < 2:
        return Markup("")
    names = [x["figure"] for x in objectives]
    points: dict[str, list[tuple[float, float, str, str | None]]] = {
        "designs": [],
        "references": [],
    }
    rows = []
    for group, designs in (("designs", data["designs"]), ("references", data["references"])):
        for place, design in enumerate(designs):
            values = [design["figures"].get(name, {}).get("value") for name in names]
            id_ = f"{group}-{place}"
            button = tag("button", design["name"], type="button", data_choose=id_)
            rows.append([button, *values])
            if None not in values[:2]:
                told = ", ".join(f"{n} {number(v)}" for n, v in zip(names, values, strict=True))
                points[group].append((values[0], values[1], f"{design['name']}: {told}", id_))
    drawing = scatter(
        "Pareto front by the first two objectives",
        (f"{names[0]} {objectives[0]['unit']}", f"{names[1]} {objectives[1]['unit']}"),
        {group: found for group, found in points.items() if found},
        logarithmic=(objectives[0]["logarithmic"], objectives[1]["logarithmic"]),
    )
    caption = "Choose a point, or a name below: its chip, layers and loop nests follow."
    parts = [figure(drawing, caption, "front"), table("Designs", ["design", *names], rows)]
    return section("Pareto front", *parts, id_="front")


def _designs(data: Data) -> Markup:
    """Every design, whole as long as there is room; a script shows one at a time."""
    every = [(f"designs-{k}", x) for k, x in enumerate(data["designs"])]
    every += [(f"references-{k}", x) for k, x in enumerate(data["references"])]
    if not every:
        return Markup("")
    left = MOST_BYTES
    parts: dict[str, Markup] = {}
    for id_, design in sorted(every, key=lambda entry: not entry[0].endswith("-0")):
        beside = [] if id_.startswith("references") else data["references"]
        part = design_section(design, id_, beside, whole=True)
        if len(part) > left:
            part = design_section(design, id_, beside, whole=False)
        left -= len(part)
        parts[id_] = part
    buttons = [tag("button", x["name"], type="button", data_choose=id_) for id_, x in every]
    chooser = tag("p", *buttons, class_="chooser") if len(every) > 1 else ""
    shown = [parts[id_] for id_, _ in every]
    return tag("div", tag("h2", "Designs"), chooser, *shown, id="designs")


def _provenance(data: Data) -> Markup:
    told = data["provenance"]
    rows = [[key, _flat(value)] for key, value in told.items() if key not in ("command", "figures")]
    parts = [table("Versions and sources", ["what", "value"], rows)]
    if told["figures"]:
        columns = ["figure", "unit", "made of"]
        parts.append(table("Where each figure comes from", columns, told["figures"]))
    if "command" in told:
        parts.append(
            tag("p", "The command that makes the result again, but for files of your own:")
        )
        parts.append(tag("pre", told["command"], tabindex="0"))
    parts.append(
        tag(
            "p",
            "Figures of layers are made in the same way, of one run. Bounds: docs/mapper.md. Steps "
            "of parameters and random machines were simulated for this report; "
            "'bohwsw report RESULT' makes it again. All data are here as JSON, in the element with "
            "the id 'data'.",
        )
    )
    return section("Provenance", *parts, id_="provenance")


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {entry}" for key, entry in value.items())
    return str(value)
