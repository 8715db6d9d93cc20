"""The part of a page that says what neighbours of the design would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from bohwsw.report.charts import tornado
from bohwsw.report.html import Markup, figure, section, table, tag
from bohwsw.report.svg import number

Data = Mapping[str, Any]

BETTER = 0.999
"""Ratio below which a step counts as better."""


def step_words(step: Data) -> str:
    """A step of a parameter, with those that change with it."""
    also = ", ".join(f"{name} {value}" for name, value in step.get("with", {}).items())
    words = f"{step['parameter']} {step['from']} to {step['to']}"
    return f"{words} (with {also})" if also else words


def base_of(found: Data, step: Data) -> Data:
    """The figures of the design that a step is compared with: mapped as the step was."""
    told = found.get("same_anew") if step.get("network") else found["same"]
    figures: Data = (told or found["same"])["figures"]
    return figures


def alternatives_section(data: Data) -> Markup:
    """Each parameter and knob one step up and down, simulated again; which would be better."""
    found, objectives = data["alternatives"], data["objectives"]
    if found is None or not objectives or not found["same"]["figures"]:
        return Markup("")
    known = [x for x in objectives if found["same"]["figures"].get(x["figure"])]
    moved = [x for x in known if not x["maximised"]] or known
    if not moved:
        return Markup("")
    name = moved[0]["figure"]
    measured = _measured(data)
    bars, rows = [], []
    for step in found["steps"]:
        figures, words, base = step["figures"], step_words(step), base_of(found, step)
        reason = step.get("reason") or step.get("over") or ""
        if figures.get(name) and base.get(name):
            hint = f"{words}: {number(figures[name])}. {reason}".strip()
            bars.append((words, figures[name] / base[name], hint))
        changes = [_ratio(figures, base, key) for key in (name, *_CHANGES)]
        losses = [_difference(figures, base, key, step) for key in measured]
        rows.append([words, *changes, *losses, reason or "-"])
    note = _note(found, rows, len(measured))
    columns = ["step", f"times {name}", "times energy", "times cycles", "times area"]
    columns += [*(f"change of {x}" for x in measured), "not possible"]
    return section(
        "Why not otherwise",
        tag("p", note),
        figure(tornado(f"{name} after one step of each parameter", bars), note, "steps"),
        table("One step of each parameter", columns, rows, class_="sortable"),
        id_="alternatives",
    )


_CHANGES = ("energy_pj", "latency_cycles", "area_mm2")
UNKNOWN = "not known"


def _measured(data: Data) -> list[str]:
    """Figures of networks that steps of knobs change, where there are any: accuracies."""
    found = data["alternatives"]
    if not any(step.get("network") for step in found["steps"]):
        return []
    names = [x["figure"] for x in data["objectives"] if x["maximised"]]
    return [*names, *(x for x in data["limits"] if "accuracy" in x and x not in names)]


def _difference(figures: Data, base: Data, name: str, step: Data) -> object:
    if not step.get("network"):
        return 0.0 if figures else None
    value, other = figures.get(name), base.get(name)
    return UNKNOWN if value is None or other is None else value - other


def _note(found: Data, rows: list[list[object]], measured: int) -> str:
    better = [
        x
        for x in rows
        if isinstance(x[1], float)
        and x[1] < BETTER
        and x[-1] == "-"
        and all(isinstance(y, float) and y >= 0.0 for y in x[-1 - measured : -1])
    ]
    worse = ", without loss of accuracy" if measured else ""
    others = [step for step in found["steps"] if step.get("network")]
    starts = "from the same starts, as the design itself was for this"
    if others:
        starts = (
            f"those of the machine {starts}; the {len(others)} that change the network without "
            "starts, as was the design that they are compared with"
        )
    return (
        f"{len(rows)} steps from {found['of']}; those that are possible were mapped by the search "
        f"of the study with {found['evaluations']:,} mappings a layer, {starts}. {len(better)} of "
        f"them are better by 0.1 % or more within the limits{worse}."
        + (_accuracy_words(others) if measured else "")
    )


def _accuracy_words(steps: list[Data]) -> str:
    """Whence the accuracies of other networks are known, and why others are not."""
    known = Counter(step.get("accuracy") for step in steps if step["figures"])
    unknown = known.pop(None, 0)
    whence = ", ".join(f"{count} from {name}" for name, count in sorted(known.items()))
    told = f" Accuracies of other networks: {whence}." if whence else ""
    if unknown:
        rest = "the others" if whence else "other networks"
        told += f" For {rest} ({unknown}) nobody was asked (--accuracy)."
    return told


def _ratio(figures: Data, base: Data, name: str) -> float | None:
    value, other = figures.get(name), base.get(name)
    return value / other if value is not None and other else None
