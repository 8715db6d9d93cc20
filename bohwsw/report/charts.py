"""The figures of a report that have axes: bars, courses, fronts, rooflines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bohwsw.report.svg import (
    CHARACTER,
    COLOURS,
    Axis,
    dot,
    drawing,
    element,
    line,
    number,
    path,
    rectangle,
    text,
)

WIDTH = 720.0
ROW = 20.0
MOST_DOTS = 1_500
"""Trials that a figure shows one by one; of more every second or third, and all on the front."""

LABEL = 24
"""Characters of a label beside a figure."""


def stacked_bars(
    title: str, unit: str, rows: Sequence[tuple[str, Mapping[str, float]]], ids: Sequence[str] = ()
) -> str:
    """A horizontal bar a row, in parts of one colour a name; rows may have ids to link to."""
    names = list(dict.fromkeys(name for _, parts in rows for name in parts))
    left = 12 + CHARACTER * min(LABEL, max((len(label) for label, _ in rows), default=0))
    top = 10 + ROW * math.ceil(len(names) / 4)
    totals = [sum(parts.values()) for _, parts in rows]
    axis = Axis([0.0, *totals], left, WIDTH - 70, zero=True)
    bottom = top + ROW * len(rows)
    out = [*legend(names, left, 12)]
    out += ticks_x(axis, top, bottom, unit)
    for position, ((label, parts), total) in enumerate(zip(rows, totals, strict=True)):
        y, x = top + ROW * position, axis.at(0.0)
        bar = [text(left - 6, y + 14, shortened(label), anchor="end")]
        for name, value in parts.items():
            end = axis.at(value) - axis.at(0.0)
            hint = f"{label}, {name}: {number(value)} {unit} ({value / total:.0%})" if total else ""
            bar.append(rectangle(x, y + 3, end, ROW - 6, class_=fill_of(names, name), title=hint))
            x += end
        bar.append(text(x + 5, y + 14, number(total), class_="muted"))
        row = {"data_row": ids[position]} if ids else {}
        out.append(element("g", "".join(bar), **row))
    return drawing(WIDTH, bottom + 34, title, out)


def course(
    title: str,
    value_name: str,
    steps: Sequence[Sequence[float]],
    trials: Sequence[tuple[float, float | None, str, str]],
    *,
    logarithmic: bool,
    beside: Mapping[str, Sequence[Sequence[float]]] = {},
    best_name: str = "best so far",
) -> str:
    """How a search went on.

    Args:
        steps: trials ended and the best value by then.
        trials: of each how many had ended, its value if it has one, its state, a hint.
        beside: the same as ``steps`` of other searches, by name.
    """
    left, right, top, bottom = 84.0, WIDTH - 12, 30.0, 262.0
    known = [value for _, value, _, _ in trials if value is not None]
    others = [step for found in beside.values() for step in found]
    every = [*known, *(value for _, value in [*steps, *others])]
    last = max([1.0, *(trial[0] for trial in trials), *(step[0] for step in [*steps, *others])])
    x = Axis([0.0, last], left, right, zero=True)
    y = Axis(every or [1.0], bottom - 22, top, logarithmic=logarithmic)
    out = [*ticks_x(x, top, bottom, "trials"), *_ticks_y(y, left, right, value_name)]
    step = max(1, math.ceil(len(trials) / MOST_DOTS))
    for count, value, state, hint in trials[::step]:
        if value is None:
            out.append(dot(x.at(count), bottom - 7, 2.5, hint, class_=_STATES.get(state, "c7")))
        else:
            kind = "c0 dim" if state == "completed" else "c1 dim"
            out.append(dot(x.at(count), y.at(value), 2.5, hint, class_=kind))
    for place, found in enumerate([steps, *beside.values()]):
        if found:
            points = [(x.at(count), y.at(value)) for count, value in found]
            style = {"stroke_width": 2, "stroke_dasharray": "5 3" if place else None}
            ending = (x.at(last), points[-1][1])
            out.append(path([*points, ending], steps=True, class_=f"l{place % 10}", **style))
    out += legend([best_name, *beside], left, 12)
    return drawing(WIDTH, bottom + 34, title, out)


_STATES = {"infeasible": "c1", "failed": "c3"}


def scatter(
    title: str,
    names: tuple[str, str],
    groups: Mapping[str, Sequence[tuple[float, float, str, str | None]]],
    *,
    logarithmic: tuple[bool, bool],
    roofs: Sequence[tuple[str, Sequence[tuple[float, float]]]] = (),
) -> str:
    """Points of several groups in a plane.

    Args:
        groups: by name: x, y, a hint, and the id of what is chosen by a click, if anything.
        roofs: lines with their names.
    """
    left, right, top, bottom = 84.0, WIDTH - 12, 30.0, 332.0
    lines = [point for _, points in roofs for point in points]
    points = [point[:2] for group in groups.values() for point in group] + lines
    x = Axis([p[0] for p in points] or [1.0], left, right, logarithmic=logarithmic[0])
    y = Axis([p[1] for p in points] or [1.0], bottom, top, logarithmic=logarithmic[1])
    out = [*ticks_x(x, top, bottom, names[0]), *_ticks_y(y, left, right, names[1])]
    for name, ends in roofs:
        out.append(path([(x.at(a), y.at(b)) for a, b in ends], class_="axis"))
        out.append(text(x.at(ends[0][0]) + 4, y.at(ends[0][1]) - 4, name, class_="muted"))
    for position, (_, group) in enumerate(groups.items()):
        fill = f"c{position % len(COLOURS)}"
        step = max(1, math.ceil(len(group) / MOST_DOTS))
        for a, b, hint, target in group[::step]:
            chosen = {"data_choose": target, "tabindex": 0, "role": "button"} if target else {}
            label = {"aria_label": hint} if target else {}
            size = 5.0 if target else 3.0
            kind = f"{fill} pick" if target else f"{fill} dim"
            out.append(dot(x.at(a), y.at(b), size, hint, class_=kind, **chosen, **label))
    out += legend(list(groups), left, 12)
    figure = drawing(WIDTH, bottom + 34, title, out)
    # Buttons inside are told apart only if the whole is no single image.
    return figure.replace('role="img"', 'role="group"') if "data-choose" in figure else figure


def tornado(title: str, rows: Sequence[tuple[str, float, str]]) -> str:
    """Ratios to 1, a bar each: to the left better, to the right worse; with a hint."""
    left = 12 + CHARACTER * max((len(shortened(label, 40)) for label, _, _ in rows), default=0)
    axis = Axis([1.0, *(ratio for _, ratio, _ in rows)], left, WIDTH - 70, logarithmic=True)
    top, bottom = 10.0, 10 + ROW * len(rows)
    out = ticks_x(axis, top, bottom, "times the design's")
    for position, (label, ratio, hint) in enumerate(rows):
        y, (a, b) = top + ROW * position, sorted((axis.at(1.0), axis.at(ratio)))
        out.append(text(left - 6, y + 14, shortened(label, 40), anchor="end"))
        kind = "c2" if ratio < 1.0 else "c1"
        out.append(rectangle(a, y + 3, max(1.0, b - a), ROW - 6, class_=kind, title=hint))
        place = b + 5 if ratio >= 1.0 else b + 4
        out.append(text(place, y + 14, f"{ratio - 1.0:+.1%}", class_="muted"))
    out.append(line(axis.at(1.0), top, axis.at(1.0), bottom, class_="axis"))
    return drawing(WIDTH, bottom + 34, title, out)


def shortened(label: str, most: int = LABEL) -> str:
    """A label that fits beside a figure."""
    return label if len(label) <= most else f"{label[: most - 1]}…"


def fill_of(names: Sequence[str], name: str) -> str:
    """The colour of a name among names, as a class."""
    return f"c{names.index(name) % len(COLOURS)}"


def legend(names: Sequence[str], left: float, top: float) -> list[str]:
    """Names with their colours, four on a line; two where there are no more."""
    columns = 4 if len(names) > 2 else 2
    out, width = [], (WIDTH - left) / columns
    for position, name in enumerate(names):
        x, y = left + width * (position % columns), top + ROW * (position // columns) - 9
        out.append(rectangle(x, y, 10, 10, class_=f"c{position % len(COLOURS)}"))
        out.append(text(x + 14, y + 9, shortened(name, int((width - 18) / CHARACTER))))
    return out


def ticks_x(axis: Axis, top: float, bottom: float, name: str) -> list[str]:
    """Lines and numbers of a horizontal axis, and its name."""
    out = [line(axis.at(x), top, axis.at(x), bottom, class_="grid") for x in axis.ticks()]
    out += [text(axis.at(x), bottom + 14, number(x), anchor="middle") for x in axis.ticks()]
    return [*out, text(WIDTH - 12, bottom + 28, name, anchor="end", class_="muted")]


def _ticks_y(axis: Axis, left: float, right: float, name: str) -> list[str]:
    out = [line(left, axis.at(y), right, axis.at(y), class_="grid") for y in axis.ticks(5)]
    out += [text(left - 5, axis.at(y) + 4, number(y), anchor="end") for y in axis.ticks(5)]
    return [*out, text(right, 26, name, anchor="end", class_="muted")]
