"""SVG by hand: elements, axes with ticks, numbers for people.

Colours are classes, which the page's style sheet and `standalone` give their values.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

COLOURS = (
    *("#3b6fb6", "#d9822b", "#3c8f5a", "#b0413e", "#7a5ea8", "#8a6d3b"),
    *("#c45c9a", "#5f6b76", "#a3a12f", "#2b9bb0"),
)
"""Of series, in order; labels and hints say the same as they do."""

SERIES = "".join(f".c{n}{{fill:{c}}}.l{n}{{stroke:{c};fill:none}}" for n, c in enumerate(COLOURS))
STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:11px;fill:#1c2126}.axis{stroke:#8a939c;fill:none}"
    ".grid{stroke:#d8dde2}.frame{fill:none;stroke:#8a939c}.muted{fill:#5b646d}"
    ".dim{opacity:.45}.edge{stroke:#8a939c;fill:none}.on{fill:#fff}" + SERIES
)
"""What `standalone` figures look like; the page has the same classes."""

CHARACTER = 6.3
"""Pixels that a character of the figures' text takes at most, in the mean."""


def element(tag: str, content: str = "", /, **attributes: Any) -> str:
    """An element; of names of attributes a last ``_`` is left out, any other is ``-``."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_attribute(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{told}>{content}</{tag}>" if content else f"<{tag}{told}/>"


def _attribute(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def text(x: float, y: float, content: object, **attributes: Any) -> str:
    """A text at a place; ``anchor`` is start, middle or end."""
    anchor = attributes.pop("anchor", None)
    return element("text", escape(str(content)), x=x, y=y, text_anchor=anchor, **attributes)


def rectangle(x: float, y: float, width: float, height: float, **attributes: Any) -> str:
    """A rectangle, with a hint if there is a ``title``."""
    hint = attributes.pop("title", None)
    content = "" if hint is None else element("title", escape(str(hint)))
    size = {"width": max(0.0, width), "height": max(0.0, height)}
    return element("rect", content, x=x, y=y, **size, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: Any) -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def dot(x: float, y: float, radius: float, hint: str, **attributes: Any) -> str:
    """A small circle with a hint."""
    return element("circle", element("title", escape(hint)), cx=x, cy=y, r=radius, **attributes)


def path(
    points: Iterable[tuple[float, float]], *, steps: bool = False, **attributes: object
) -> str:
    """A line through points, or in steps from one to the next."""
    parts: list[str] = []
    for x, y in points:
        if parts and steps:
            parts.append(f"H{x:.6g}")
        parts.append(f"{'L' if parts else 'M'}{x:.6g},{y:.6g}")
    return element("path", d="".join(parts), **attributes)


def drawing(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """A whole figure, which a reader of the screen calls by its title."""
    content = element("title", escape(title)) + "".join(parts)
    box = f"0 0 {math.ceil(width)} {math.ceil(height)}"
    return element(
        "svg",
        content,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_label=title,
        viewBox=box,
        width=math.ceil(width),
        height=math.ceil(height),
    )


def standalone(figure: str) -> str:
    """A figure with its own style, as a file."""
    head, rest = figure.split(">", 1)
    return f"{head}><style>{STYLE}</style>{rest}\n"


class Axis:
    """From values to pixels.

    Args:
        values: what has to be on it.
        start, end: pixels of its ends.
        logarithmic: whether equal ratios are equally long; linear where a value is not above 0.
        zero: whether 0 is on it.
    """

    def __init__(
        self,
        values: Sequence[float],
        start: float,
        end: float,
        *,
        logarithmic: bool = False,
        zero: bool = False,
    ) -> None:
        self.logarithmic = logarithmic and min(values, default=1.0) > 0.0
        low, high = min(values, default=0.0), max(values, default=1.0)
        if zero and not self.logarithmic:
            low, high = min(low, 0.0), max(high, 0.0)
        low, high = self._of(low), self._of(high)
        margin = 0.04 * (high - low) or 0.05 * abs(high) or 1.0
        self._low = low if zero and low == 0.0 else low - margin
        self._high = high + margin
        self._start, self._end = start, end

    def _of(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = (self._of(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values on it, at least two where it is not logarithmic over less than a decade."""
        if self.logarithmic and self._high - self._low >= 1.0:
            decades = range(math.ceil(self._low), math.floor(self._high) + 1)
            found = [10.0**d for d in decades[:: max(1, math.ceil(len(decades) / most))]]
            if len(found) > 1:
                return found
        low, high = self._low, self._high
        if self.logarithmic:
            low, high = 10.0**low, 10.0**high
        step: float = 10.0 ** math.floor(math.log10((high - low) / most))
        step *= next(k for k in (1, 2, 5, 10) if (high - low) / (step * k) <= most)
        first = math.ceil(low / step)
        return [k * step for k in range(first, math.floor(high / step) + 1)]


def number(value: object) -> str:
    """A number in at most four digits, 3.9e+16 as 3.9·10¹⁶; other things as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "-" if value is None else str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e6:
        return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1e4 else f"{value:.4g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    small = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{float(mantissa):g}·10{small}"
