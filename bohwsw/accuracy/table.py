"""Accuracies from a table: a CSV file with a column for each knob and one for each figure."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bohwsw.accuracy.source import NotMeasurableError, register_accuracy_source
from bohwsw.errors import SpecError, unknown_name

NOT_MEASURABLE = ("", "-1")
"""What a table writes for a network that cannot be built or run."""

Key = tuple[float | str, ...]


@dataclass(frozen=True)
class TableSource:
    """Looks a network up by the values of its knobs.

    Attributes:
        path: a CSV file with a line of names at its top.
        knobs: the columns that say which network a row is about.
        figures: the columns that are measured; an empty value or -1 marks a network without any.
        name: for messages.

    Raises:
        SpecError: the file cannot be read, a column is missing, a row has too few values, a value
            is no number, or two rows are about one network.
    """

    path: Path
    knobs: tuple[str, ...]
    figures: tuple[str, ...] = ("accuracy_percent",)
    name: str = "table"
    _rows: dict[Key, dict[str, float] | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", self._read())

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The figures of one network; see `AccuracySource.measure`.

        Raises:
            NotMeasurableError: the table marks the network as one without accuracy.
            SpecError: the table has no such row, or a knob is missing.
        """
        for knob in self.knobs:
            if knob not in knobs:
                raise unknown_name("knob of the table", knob, knobs).within(file=str(self.path))
        key = tuple(_comparable(knobs[knob]) for knob in self.knobs)
        if key not in self._rows:
            raise SpecError(
                "the table has no row for this network",
                file=str(self.path),
                got=dict(zip(self.knobs, key, strict=True)),
                expected=f"one of its {len(self._rows)} rows",
            )
        row = self._rows[key]
        if row is None:
            raise NotMeasurableError(f"{self.path}: marked as not measurable: {dict(knobs)}")
        return row

    def _read(self) -> dict[Key, dict[str, float] | None]:
        file = str(self.path)
        try:
            with open(self.path, encoding="utf-8", newline="") as stream:
                lines = list(csv.reader(stream))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise SpecError("not a table that can be read", file=file, got=str(error)) from error
        header = lines[0] if lines else []
        for name in (*self.knobs, *self.figures):
            if name not in header:
                raise unknown_name("column", name, header).within(file=file, key_path="line 1")
        rows: dict[Key, dict[str, float] | None] = {}
        lines_of: dict[Key, int] = {}
        for number, line in enumerate(lines[1:], start=2):
            place = f"line {number}"
            if len(line) != len(header):
                raise SpecError(
                    "a row with another number of values than there are columns",
                    file=file,
                    key_path=place,
                    got=line,
                    expected=f"{len(header)} values",
                )
            values = dict(zip(header, line, strict=True))
            key = tuple(_comparable(values[knob]) for knob in self.knobs)
            if key in rows:
                raise SpecError(
                    "two rows are about one network",
                    file=file,
                    key_path=place,
                    got=dict(zip(self.knobs, key, strict=True)),
                    expected=f"another network than that of line {lines_of[key]}",
                )
            lines_of[key] = number
            rows[key] = self._figures_of(values, place)
        return rows

    def _figures_of(self, values: Mapping[str, str], place: str) -> dict[str, float] | None:
        found = {}
        for name in self.figures:
            text = values[name].strip()
            if text in NOT_MEASURABLE:
                return None
            number = _comparable(text)
            if isinstance(number, str) or not math.isfinite(number):
                raise SpecError(
                    "not a number",
                    file=str(self.path),
                    key_path=f"{place}, {name}",
                    got=text,
                    expected="a finite number; empty or -1 where there is none",
                )
            found[name] = number
        return found


def _comparable(value: object) -> float | str:
    """A value as keys compare it: numbers as numbers, however they are written."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return str(value).strip()


register_accuracy_source("table", TableSource)
