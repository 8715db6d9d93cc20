"""The tables and figures of a page as files: CSV, and SVG with its colours."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

from bohwsw.report.svg import standalone

_FIGURE = re.compile(r'<figure[^>]* data-name="([^"]*)">.*?(<svg.*?</svg>)', re.S)
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


def page_parts(page: str) -> dict[str, str]:
    """Contents of files by their names: ``NAME.svg`` of each figure, ``CAPTION.csv`` of each table.

    Of equal names the later ones have a number.
    """
    found: dict[str, str] = {}
    for name, drawing in _FIGURE.findall(page):
        _add(found, name, "svg", standalone(drawing))
    reader = _Tables()
    reader.feed(page)
    for caption, rows in reader.tables:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        _add(found, caption, "csv", text.getvalue())
    return found


def _add(found: dict[str, str], name: str, ending: str, content: str) -> None:
    stem, number = _ODD.sub("-", name).strip("-")[:80] or "part", 1
    file = f"{stem}.{ending}"
    while file in found:
        number += 1
        file = f"{stem}-{number}.{ending}"
    found[file] = content


class _Tables(HTMLParser):
    """Captions and rows of all tables; of numbers all digits."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[str, list[list[str]]]] = []
        self._inside = ""
        self._value: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append(("", []))
        elif not self.tables:
            return
        elif tag == "caption":
            self._inside = tag
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self._inside, self._value = tag, dict(attrs).get("data-value")
            self.tables[-1][1][-1].append(self._value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "caption":
            caption, rows = self.tables[-1]
            self.tables[-1] = (caption + data, rows)
        elif self._inside and self._value is None:
            self.tables[-1][1][-1][-1] += data
