"""All that a report tells, as plain data: what pages, tables and figures are made from.

The same result gives the same data, byte by byte: no dates, no places of files, nothing timed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from bohwsw.codesign import FIGURES
from bohwsw.report.alternatives import Progress, alternatives_contents
from bohwsw.report.design_contents import design_contents
from bohwsw.report.network_steps import AccuracySays, studied_space
from bohwsw.report.objectives import TrialValues
from bohwsw.report.origins import provenance
from bohwsw.report.outlook import outlook_contents
from bohwsw.report.search_contents import model_contents, search_contents
from bohwsw.report.sources import Source

FORM = 1
"""Of the data; a larger number is another form."""


def report_data(
    source: Source,
    *,
    alternatives: bool = True,
    progress: Progress | None = None,
    accuracy: AccuracySays | None = None,
) -> dict[str, Any]:
    """What a report tells of a result.

    Args:
        source: see `read_source` and `read_stored`.
        alternatives: whether neighbours of the best design and random machines are simulated.
        progress: called after each of these.
        accuracy: what is asked for accuracies of networks a knob away that the search has not
            measured; by default its own source, if answers of that cost nothing: a table, a
            predictor. A name, a source, or a function of the knobs.

    Raises:
        SpecError: something that is stored is not valid.
    """
    values = TrialValues(source.settings)
    found = [design_contents(name, design) for name, design in source.designs.items()]
    references = [design_contents(name, design) for name, design in source.references.items()]
    ours = source.result.get("front") or [source.result.get("best") or {}]
    for design, told in zip(found, ours, strict=False):
        design["gap"] = told.get("gap")
        design["hops_in_bound"] = told.get("hops_in_bound", True)
        design["bound"] = next((x for key, x in told.items() if key.startswith("bound_")), None)
    data = {
        "form": FORM,
        "title": _title(source, found),
        "provenance": provenance(source, found),
        "objectives": [vars(objective) for objective in values.objectives],
        "limits": values.limits,
        "conditions": list(values.conditions),
        "headroom": source.result.get("headroom"),
        "met": source.result.get("met_by_certificate", False),
        "running": source.is_running,
        "designs": found,
        "references": references,
        "beside": [],
        "search": None,
        "models": None,
        "outlook": None,
        "alternatives": None,
    }
    if source.trials:
        data["search"] = search_contents(source.trials, values, source.asked, studied_space(source))
        data["models"] = model_contents(source.trials, values)
        data["outlook"] = outlook_contents(source, values) if alternatives else None
    if alternatives:
        data["alternatives"] = alternatives_contents(source, values, progress, accuracy)
    return _plain(data)  # type: ignore[no-any-return]


def _title(source: Source, found: list[dict[str, Any]]) -> str:
    space = source.settings.get("space", {})
    where = space.get("name") if isinstance(space, Mapping) else None
    if not found:
        return source.name
    networks = ", ".join(network["name"] for network in found[0]["networks"])
    board = found[0].get("fpga", {}).get("board")
    machine = where or board or " + ".join(core["name"] for core in found[0]["cores"])
    return f"{networks} on {machine}"


def with_others(data: dict[str, Any], others: Sequence[Source]) -> dict[str, Any]:
    """The data with other results beside it: their first designs, and their courses."""
    references, beside = list(data["references"]), []
    for other in others:
        told = report_data(other, alternatives=False)
        name = told["provenance"]["name"]
        references += [{**design, "name": name} for design in told["designs"][:1]]
        search = told["search"]
        if search is not None and told["objectives"] == data["objectives"]:
            beside.append({"name": name, "trials": len(search["trials"]["rows"])})
            beside[-1]["best"] = search["best"]
    return {**data, "references": references, "beside": beside}


def difference_data(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """How the first designs of two reports differ: machine, figures, layers; plain data."""
    pair = [report["designs"][0] if report["designs"] else None for report in (first, second)]
    one, other = (x or {"point": {}, "figures": {}, "layers": []} for x in pair)
    names = [name for name in FIGURES if name in one["figures"] and name in other["figures"]]
    layers = {layer["name"]: layer for layer in other["layers"]}
    return {
        "titles": [first["title"], second["title"]],
        "names": [first["provenance"]["name"], second["provenance"]["name"]],
        "points": [
            [key, one["point"].get(key), other["point"].get(key)]
            for key in dict.fromkeys([*one["point"], *other["point"]])
            if one["point"].get(key) != other["point"].get(key)
        ],
        "figures": [
            [x, one["figures"][x]["unit"], one["figures"][x]["value"], other["figures"][x]["value"]]
            for x in names
        ],
        "layers": [
            [layer["name"], layer["count"]]
            + [x[key] for key in ("edp_pj_cycles", "latency_cycles") for x in (layer, layers[name])]
            for layer in one["layers"]
            if (name := layer["name"]) in layers
        ],
    }


def _plain(data: Any) -> Any:
    """Numbers that JSON cannot hold become null; keys are text."""
    return json.loads(json.dumps(_finite(data), default=_number))


def _finite(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _number(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
