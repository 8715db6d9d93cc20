"""What an object says of itself to people: what it is, whether it is good, what comes next.

The same few facts as plain text and, in notebooks, as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Summary:
    """A few facts about an object."""

    title: str
    facts: Sequence[tuple[str, str]] = ()  # names with what they are, the most important first
    columns: Sequence[str] = ()  # of a table, if there is one
    rows: Sequence[Sequence[str]] = ()
    following: str = ""  # what one may do with it next, as Python or as a command

    def text(self) -> str:
        """The facts on lines of their own."""
        width = max((len(name) for name, _ in self.facts), default=0)
        lines = [self.title, *(f"  {name:<{width}}  {told}" for name, told in self.facts)]
        if self.rows:
            table = [list(self.columns), *map(list, self.rows)]
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            for row in table:
                others = [cell.rjust(n) for cell, n in zip(row, widths, strict=True)][1:]
                lines.append("  " + "  ".join([row[0].ljust(widths[0]), *others]))
        if self.following:
            lines.append(f"  next: {self.following}")
        return "\n".join(lines)

    def html(self) -> str:
        """The same as HTML, everything escaped."""
        facts = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th>"
            f"<td style='text-align:left'>{escape(told)}</td></tr>"
            for name, told in self.facts
        )
        found = f"<p><b>{escape(self.title)}</b></p><table>{facts}</table>"
        if self.rows:
            head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
            style = "white-space:pre;text-align:left"
            rows = [[f"<td style='{style}'>{escape(x)}</td>" for x in row] for row in self.rows]
            body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
            found += f"<table><tr>{head}</tr>{body}</table>"
        if self.following:
            found += f"<p>Next: <code>{escape(self.following)}</code></p>"
        return found


class Summarised:
    """What has a `summary` is shown by it: printed, and in notebooks."""

    def summary(self) -> Summary:
        """What it says of itself."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.summary().text()

    def _repr_html_(self) -> str:
        return self.summary().html()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What IPython shows in a terminal."""
        printer.text("..." if cycle else str(self))


def shown(value: float | None) -> str:
    """A figure in four digits."""
    if value is None:
        return "unknown"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"
