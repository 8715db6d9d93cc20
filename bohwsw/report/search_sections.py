"""The parts of a page that are about a search: its course, its limits, what else there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from bohwsw.report.alternative_sections import step_words
from bohwsw.report.alternatives import expected_best
from bohwsw.report.charts import course, scatter
from bohwsw.report.html import Markup, figure, joined, listed, percent, section, table, tag
from bohwsw.report.svg import number

Data = Mapping[str, Any]

SHOWN_TRIALS = 30
"""Trials that stand in the page without a script."""

SHOWN_CHANGES = 4
"""Parameters of a repair that stand in the page; all are in its data."""

BINDS_WITHIN = 0.02
"""A limit binds where the design is nearer to it than this share."""


def limits_section(data: Data) -> Markup:
    """Each limit with value, margin and whether it binds; what a little more of each buys."""
    parts: list[Markup] = []
    design = data["designs"][0] if data["designs"] else None
    if design is not None and data["limits"]:
        rows = [limit_row(design, name, limit) for name, limit in data["limits"].items()]
        columns = ["limit", "value", "at most (at least)", "margin", "binds"]
        parts.append(table("Limits", columns, rows))
    elif data["conditions"]:
        parts.append(listed(data["conditions"]))
    if buys := _buys(data):
        rows, columns = buys
        parts.append(table("What more would buy", columns, rows))
    if not parts:
        return Markup("")
    return section("Limits, and what more would buy", *parts, id_="limits")


def limit_row(design: Data, name: str, limit: float) -> list[object]:
    """Name, value, limit, margin, whether it binds."""
    value = design["figures"].get(name, {}).get("value")
    if value is None or not limit:
        return [name, value, limit, "-", "-"]
    margin = abs(limit - value) / abs(limit)
    return [name, value, limit, percent(margin), "yes" if margin <= BINDS_WITHIN else "no"]


def _buys(data: Data) -> tuple[list[list[object]], list[str]] | None:
    """From one design of the front to the next; or steps that take more area and give something."""
    objectives = data["objectives"]
    if len(data["designs"]) > 1 and objectives:
        names = [x["figure"] for x in objectives]
        first = names[0]
        told = [x for x in data["designs"] if all(name in x["figures"] for name in names)]
        ordered = sorted(told, key=lambda x: x["figures"][first]["value"])
        rows: list[list[object]] = []
        for one, other in pairwise(ordered):
            changes = [
                other["figures"][name]["value"] - one["figures"][name]["value"] for name in names
            ]
            ratios = [
                other["figures"][x]["value"] / one["figures"][x]["value"]
                for x in names[1:]
                if one["figures"][x]["value"]
            ]
            rows.append([f"{one['name']} to {other['name']}", *changes, *ratios])
        columns = ["along the front", *(f"change of {name}" for name in names)]
        return rows, [*columns, *(f"times {name}" for name in names[1:])]
    found = data["alternatives"]
    if found is None or not objectives:
        return None
    figure_name = objectives[0]["figure"]
    same = found["same"]["figures"]
    if not same.get(figure_name) or same.get("area_mm2") is None:
        return None
    rows = []
    for step in found["steps"]:
        figures = step["figures"]
        if step.get("network") or not figures.get(figure_name) or figures.get("area_mm2") is None:
            continue
        more = figures["area_mm2"] - same["area_mm2"]
        ratio = figures[figure_name] / same[figure_name]
        if more > 0.0 and ratio < 1.0:
            rows.append([step_words(step), more, ratio, (ratio - 1.0) / more, step.get("over", "")])
    rows.sort(key=lambda row: row[3])  # type: ignore[arg-type, return-value]
    columns = ["step", "more mm2", f"times {figure_name}", "change per mm2", "over a limit"]
    return (rows, columns) if rows else None


def search_section(data: Data) -> Markup:
    """How the search went, what it was refused, what its models know, all its trials."""
    search = data["search"]
    if search is None:
        return Markup("")
    parts = [tag("p", _summary(search)), _course(data), *_last(data), *_refused(search)]
    parts += [_models(data), _trials(search)]
    return section("Audit of the search", *parts, id_="search")


def _summary(search: Data) -> str:
    states = ", ".join(f"{count} {state}" for state, count in search["states"].items())
    spent = search["spent"]
    words = (
        f"Trials: {states}. {number(spent['evaluating_seconds'])} s evaluating, "
        f"{number(spent['proposing_seconds'])} s proposing."
    )
    if "measured" in spent:
        words += (
            f" Accuracies: {spent['measured']} networks measured ({spent['partly']} of them at a "
            f"lower fidelity, {spent['trainings']} trainings), "
            f"{spent['known_before']} known before, {number(spent['accuracy_seconds'])} s."
        )
    return words


def _values(search: Data, figure_name: str | None) -> list[tuple[float, float | None, str, str]]:
    """Of each trial: how many had ended, its value if it has one, its state, a hint."""
    figures = search["trials"]["figures"]
    place = 2 + figures.index(figure_name) if figure_name in figures else None
    told = []
    for count, row in enumerate(search["trials"]["rows"], start=1):
        value = row[place] if place is not None and row[1] == "completed" else None
        shown = "" if value is None else f", {number(value)}"
        told.append((float(count), value, row[1], f"trial {row[0]}: {row[1]}{shown}"))
    return told


def _course(data: Data) -> Markup:
    search, objectives = data["search"], data["objectives"]
    if not search["best"]:
        return tag("p", "No trial has a result yet.")
    if len(objectives) == 1:
        (objective,) = objectives
        name = f"{objective['figure']} {objective['unit']}".strip()
        beside = {x["name"]: x["best"] for x in data["beside"]}
        if drawn_at_random := _random(data, objective):
            random = enumerate(drawn_at_random, start=1)
            beside["random machines, expected best"] = [list(step) for step in random]
        drawn = course(
            "Course of the search",
            name,
            search["best"],
            _values(search, objective["figure"]),
            logarithmic=objective["logarithmic"],
            beside=beside,
        )
        caption = "Best value by number of trials; below, trials that broke a limit or failed."
        if drawn_at_random:
            caption += f" Random: the expected best of as many of {len(drawn_at_random)} machines."
        return figure(drawn, caption, "course")
    trials = [(x, None, state, hint) for x, _, state, hint in _values(search, None)]
    failed = [x for x in trials if x[2] != "completed"]
    volume = course(
        "Hypervolume of the search",
        "hypervolume",
        search["best"],
        failed,
        logarithmic=False,
        best_name="hypervolume",
        beside={x["name"]: x["best"] for x in data["beside"]},
    )
    caption = "Hypervolume by number of trials, in logarithms where figures are compared by ratio."
    return joined([figure(volume, caption, "hypervolume"), _front(data)])


def _front(data: Data) -> Markup:
    """All trials in the plane of the first two objectives, and the designs that were kept."""
    first, second = data["objectives"][:2]
    search = data["search"]
    names = search["trials"]["figures"]
    if first["figure"] not in names or second["figure"] not in names:
        return Markup("")
    a, b = 2 + names.index(first["figure"]), 2 + names.index(second["figure"])
    tried = [
        (row[a], row[b], f"trial {row[0]}", None)
        for row in search["trials"]["rows"]
        if row[1] == "completed" and row[a] is not None and row[b] is not None
    ]
    return figure(
        scatter(
            "All trials by the first two objectives",
            (f"{first['figure']} {first['unit']}", f"{second['figure']} {second['unit']}"),
            {"trials": tried},
            logarithmic=(first["logarithmic"], second["logarithmic"]),
        ),
        "All trials that have a result.",
        "all-trials",
    )


def _random(data: Data, objective: Data) -> list[float]:
    found = data["alternatives"]
    if found is None:
        return []
    values = [
        x["figures"].get(objective["figure"]) for x in found["random"] if x and not x.get("over")
    ]
    known = [value for value in values if value is not None]
    return expected_best(known, objective["maximised"]) if len(known) > 1 else []


def _last(data: Data) -> list[Markup]:
    """What the last trials brought, and what more of them may."""
    last, objectives, parts = data["search"]["last"], data["objectives"], []
    what = objectives[0]["figure"] if len(objectives) == 1 else "hypervolume"
    if last is not None and last["before"]:
        change = abs(last["after"] / last["before"] - 1.0)
        words = f"The last {last['trials']} trials moved the best {what} by {percent(change)}."
        parts.append(tag("p", words))
    outlook = data["outlook"]
    if outlook is not None:
        low, median, high = (
            percent(outlook[key]) if outlook["is_share"] else number(outlook[key])
            for key in ("low", "median", "high")
        )
        words = (
            f"{outlook['evaluations']} more evaluations, by models of these trials: {what} better "
            f"by {median} in the median of searches that are drawn from them, between {low} and "
            f"{high} in four of five; {percent(outlook['nothing'])} find nothing. They choose all "
            "points at once; one that learns on the way finds a little more."
        )
        parts.append(tag("p", words, id="outlook"))
    return parts


def _refused(search: Data) -> list[Markup]:
    parts = []
    if search["refused"]:
        rows = []
        for entry in search["refused"]:
            near = entry["nearest"]
            against = "-"
            if near["value"] is not None and near["limit"] is not None:
                against = f"{number(near['value'])} against {number(near['limit'])}"
            told = [entry["trials"], near["ratio"], against, near["layer"] or "-", near["trial"]]
            rows.append([entry["constraint"], *told, _repair_words(entry.get("repair"))])
        columns = ["constraint", "trials", "least ratio", "value, limit", "layer", "trial"]
        columns.append("nearest repair of that trial")
        parts.append(table("What was not possible, and how near the nearest came", columns, rows))
    if search["failed"]:
        parts.append(table("Failed trials", ["reason", "trials"], search["failed"]))
    return parts


def _repair_words(repair: Data | None) -> str:
    """Which parameters to change, and how it is known that this is feasible."""
    if repair is None:
        return "not known"
    steps = ", ".join(f"{name} {a} to {b}" for name, a, b in repair["changes"][:SHOWN_CHANGES])
    if (left := len(repair["changes"]) - SHOWN_CHANGES) > 0:
        steps += f" and {left} more"
    if repair["trial"] is None:
        return f"{steps} (within the known constraints, not simulated)"
    value = "" if repair["value"] is None else f", {number(repair['value'])}"
    return f"{steps} (trial {repair['trial']}{value})"


def _models(data: Data) -> Markup:
    models = data["models"]
    if models is None:
        return Markup("")
    parts = []
    for name, told in models["objectives"].items():
        quality = told["calibration"]
        words = (
            f"{name}: of {models['trials']} trials, each predicted from the others, "
            f"{percent(quality['coverage_50'])} lie in the central half of their prediction and "
            f"{percent(quality['coverage_90'])} in its central 90 %; rank correlation "
            f"{number(quality['rank_correlation'])}, error {number(quality['error_ratio'])} of the "
            "spread."
        )
        rows = [[key, percent(weight)] for key, weight in list(told["importance"].items())[:12]]
        parts += [tag("p", words), table(f"Importance for {name}", ["parameter", "weight"], rows)]
    if models["feasibility"]:
        told = models["feasibility"]
        words = f"Hidden feasibility: Brier score {number(told['calibration']['brier'])}."
        rows = [[key, percent(weight)] for key, weight in list(told["importance"].items())[:12]]
        parts += [
            tag("p", words),
            table("Importance for feasibility", ["parameter", "weight"], rows),
        ]
    if models["knows_nothing"]:
        parts.append(tag("p", "The model foretells no better than the mean: trust it for nothing."))
    note = "What Gaussian processes learn from these trials, whichever strategy proposed them."
    return joined([tag("h3", "What models know"), tag("p", note), *parts])


def _trials(search: Data) -> Markup:
    told = search["trials"]
    columns = ["trial", "state", *told["figures"], *told["parameters"]]
    front = set(search["front"])
    rows = [row for row in told["rows"] if row[0] in front] + [
        row for row in told["rows"] if row[0] not in front
    ]
    shown: Sequence[Sequence[object]] = [
        [str(x) if isinstance(x, bool | list) else x for x in row] for row in rows[:SHOWN_TRIALS]
    ]
    left = len(rows) - len(shown)
    note = "Those that no other trial beats come first."
    if left:
        note += f" {left:,} more are in the data of this file; a script shows them here."
    found = table("Trials", columns, shown, class_="sortable", id="trials-table")
    return joined([tag("h3", "Trials"), tag("p", note), found])
