"""Pieces of a page: everything that comes from data is escaped here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from bohwsw.report.svg import number

Cell = str | int | float | bool | None


class Markup(str):
    """Text that is a piece of a page already."""


def tag(name: str, *content: object, **attributes: object) -> Markup:
    """An element with escaped content; of names of attributes ``_`` at the end is left out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{told}>{''.join(escaped(part) for part in content)}</{name}>")


def escaped(part: object) -> str:
    """A piece of a page as it is; anything else as text."""
    return part if isinstance(part, Markup) else escape(str(part))


def joined(parts: Iterable[object]) -> Markup:
    """Pieces one after the other."""
    return Markup("".join(escaped(part) for part in parts))


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]], **attributes: object
) -> Markup:
    """A table; numbers are set to the right and shown in four digits, with all of them as data."""
    head = tag("tr", *(tag("th", name, scope="col") for name in columns))
    body = [
        tag("tr", *(_cell(value, first=not place) for place, value in enumerate(row)))
        for row in rows
    ]
    whole = tag(
        "table", tag("caption", caption), tag("thead", head), tag("tbody", *body), **attributes
    )
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(value: object, *, first: bool) -> Markup:
    name, scope = ("th", "row") if first else ("td", None)
    if isinstance(value, Markup):
        return tag(name, value, scope=scope)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return tag(name, number(value), scope=scope, class_="number", data_value=repr(value))
    return tag(name, number(value), scope=scope)


def figure(drawing: str, caption: str, name: str) -> Markup:
    """A drawing with its caption; the name is that of its file."""
    return tag(
        "figure",
        tag("div", Markup(drawing), class_="scroll", tabindex="0", role="region", aria_label=name),
        tag("figcaption", caption),
        class_="drawing",
        data_name=name,
    )


def section(title: str, *content: object, id_: str, level: int = 2) -> Markup:
    """A part of a page under a heading."""
    heading = tag(f"h{level}", title, id=f"{id_}-title")
    return tag("section", heading, *content, id=id_, aria_labelledby=f"{id_}-title")


def listed(items: Iterable[object]) -> Markup:
    """A list."""
    return tag("ul", *(tag("li", item) for item in items))


def percent(share: float | None) -> str:
    """A share in percent."""
    return "-" if share is None else f"{share:.1%}"
