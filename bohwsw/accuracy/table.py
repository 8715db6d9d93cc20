"""Accuracies from a table: a row for each network, a column for each knob and figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from bohwsw.accuracy.predictor import Neighbours, fit_predictor
from bohwsw.accuracy.source import LIMITS, Measurement, NotMeasurableError
from bohwsw.accuracy.table_file import Cell, Table, cell, find_table, read_table
from bohwsw.errors import SpecError, unknown_name

FIDELITIES = ("epochs", "seeds")
NOT_MEASURABLE = ("", -1.0)
"""What a table writes for a network that cannot be built or run."""
ERROR = "_error"
"""``accuracy_percent_error`` holds the standard errors of ``accuracy_percent``."""
UNITS = tuple(f"_{unit}" for unit in (*LIMITS, "seconds", "ms", "mj", "pj", "mm2", "mw", "macs"))
"""How columns that are no knobs end."""
SECONDS = "training_seconds"
"""The column that says what training a network took."""

Key = tuple[Cell, ...]
Row = tuple[dict[str, float], dict[str, float], float]
WHEN_MISSING = ("refuse", "nearest", "predict")


@dataclass(frozen=True)
class TableSource:
    """Looks a network up by the values of its knobs.

    Attributes:
        path: a CSV, npz or Parquet file with named columns, or the name of a shipped table.
        knobs: the columns that say which network a row is about; by default all whose names do
            not end in a unit, as ``latency_ms`` and ``training_seconds`` do.
        figures: the columns that are measured; an empty value or -1 marks a network without any.
        fidelity: columns that are no knobs but fidelities; by default those called ``epochs``
            or ``seeds`` if ``knobs`` does not name them.
        missing: what happens where there is no row: ``refuse``, ``nearest`` for the figures of the
            row that differs least, ``predict`` for those of a linear model of all rows. The
            standard errors then say how far off that is on rows left out (`Predictor`).

    Raises:
        SpecError: the file cannot be read, a column is missing, a row has too few values, a cell is
            empty or no number, two rows are about one network, or the rows of a table with one
            knob, a number, do not rise.
    """

    path: str | Path
    knobs: tuple[str, ...] | None = None
    figures: tuple[str, ...] = ("accuracy_percent",)
    fidelity: tuple[str, ...] | None = None
    missing: Literal["refuse", "nearest", "predict"] = "refuse"
    name: str = "table"
    is_free: ClassVar[bool] = True

    def __reduce__(self) -> tuple[Any, ...]:
        """Travels to worker processes without its rows, which are read once in each."""
        return _same, (tuple((field.name, getattr(self, field.name)) for field in fields(self)),)

    def __post_init__(self) -> None:
        if self.missing not in WHEN_MISSING:
            raise unknown_name("answer for a missing row", self.missing, WHEN_MISSING)
        for names in ("knobs", "figures", "fidelity"):
            given = getattr(self, names)
            if given is not None:
                several = tuple(given.split(",") if isinstance(given, str) else given)
                object.__setattr__(self, names, several)
        _ = self.rows  # read here, so that what is wrong in it shows at once

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The columns by which a row is found."""
        others = {*self.figures, *self.fidelities}
        columns = [name for name in self._table.columns if name not in others]
        left = [name for name in columns if not name.endswith((ERROR, *UNITS))]
        return (*(self.knobs or left), *self.fidelities)

    @cached_property
    def fidelities(self) -> Mapping[str, tuple[int, ...]]:
        """See `FidelitySource`."""
        columns, named = self._table.columns, self.fidelity
        if named is None:
            named = tuple(n for n in FIDELITIES if n in columns and n not in (self.knobs or ()))
        self._table.require(named)
        found = {}
        for name in named:
            rows = range(self._table.rows)
            values = {self._table.numbers_only(name, row, "a whole number") for row in rows}
            found[name] = tuple(sorted(map(int, values)))
        return found

    def measure(
        self, knobs: Mapping[str, Any], fidelity: Mapping[str, int] | None = None
    ) -> Measurement:
        """The figures of one network; see `AccuracySource.measure`.

        Raises:
            NotMeasurableError: the table marks the network as one without accuracy.
            SpecError: the table has no such row, or a knob is missing.
        """
        full = {name: values[-1] for name, values in self.fidelities.items()}
        values = {**knobs, **full, **(fidelity or {})}
        if not values.keys() >= set(self.keys):
            problem, needed = "the table asks for other knobs", ", ".join(self.keys)
            raise SpecError(problem, file=self._table.file, got=list(values), expected=needed)
        key = tuple(cell(values[knob]) for knob in self.keys)
        if key in self.rows:
            row = self.rows[key]
            if row is None:
                said = dict(zip(self.keys, key, strict=True))
                raise NotMeasurableError(f"{self._table.file}: marked as not measurable: {said}")
            return Measurement(*row[:2], training_seconds=row[2])
        if self.missing == "refuse":
            raise SpecError(
                "the table has no row for this network",
                file=self._table.file,
                got=dict(zip(self.keys, key, strict=True)),
                expected=f"one of its {len(self.rows)} rows; or missing: nearest or predict",
            )
        self._require_known(key)
        estimate, errors = self._estimator
        found = dict(zip(self.figures, estimate(key), strict=True))
        return Measurement(found, dict(zip(self.figures, errors, strict=True)))

    @cached_property
    def estimation_errors(self) -> dict[str, float]:
        """How far off ``nearest`` or ``predict`` is on rows left out, for each figure."""
        return dict(zip(self.figures, self._estimator[1], strict=True))

    @cached_property
    def rows(self) -> dict[Key, Row | None]:
        """Figures, standard errors and training seconds of each network; None: it has none."""
        table = self._table
        table.require((*self.keys, *self.figures))
        for name in self.keys:
            _check_key(table, name)
        found: dict[Key, Row | None] = {}
        places: dict[Key, int] = {}
        columns = [table.columns[name] for name in self.keys]
        for place, key in enumerate(zip(*columns, strict=True)):
            if key in found:
                raise SpecError(
                    "two rows are about one network",
                    file=table.file,
                    key_path=table.place(place),
                    got=dict(zip(self.keys, key, strict=True)),
                    expected=f"another network than that of {table.place(places[key])}",
                )
            places[key] = place
            found[key] = self._row(table, place)
        if len(self.keys) == 1:
            _check_rises(table, self.keys[0])
        return found

    def _row(self, table: Table, place: int) -> Row | None:
        figures, errors = {}, {}
        for name in self.figures:
            if table.columns[name][place] in NOT_MEASURABLE:
                return None
            expected = "a finite number; empty or -1 where there is none"
            figures[name] = table.numbers_only(name, place, expected)
            error = table.columns.get(name + ERROR)
            if error is not None and error[place] != "":
                errors[name] = table.numbers_only(name + ERROR, place, "a standard error, or empty")
        has_seconds = SECONDS in table.columns
        seconds = table.numbers_only(SECONDS, place, "seconds") if has_seconds else 0.0
        return figures, errors, seconds

    @cached_property
    def _table(self) -> Table:
        return read_table(find_table(self.path))

    @cached_property
    def _estimator(self) -> tuple[Callable[[Sequence[Cell]], list[float]], tuple[float, ...]]:
        measured = {key: row[0] for key, row in self.rows.items() if row is not None}
        if len(measured) < 2 * len(self.figures):
            raise SpecError("too few rows to estimate others from", file=self._table.file)
        figures = np.array([[row[name] for name in self.figures] for row in measured.values()])
        if self.missing == "nearest":
            neighbours = Neighbours(list(measured), figures)
            return neighbours, neighbours.errors
        predictor = fit_predictor(list(measured), figures)
        return predictor, predictor.errors

    def _require_known(self, key: Key) -> None:
        """Refuse a text that the table never has, or a text for a number: no row is near it."""
        for name, value in zip(self.keys, key, strict=True):
            known = set(self._table.columns[name])
            is_text = any(isinstance(other, str) for other in known)
            if (is_text and value not in known) or (not is_text and isinstance(value, str)):
                what, names = f"value of {name} in the table", sorted(map(str, known))
                raise unknown_name(what, str(value), names).within(file=self._table.file)


@lru_cache(maxsize=8)
def _same(options: tuple[tuple[str, Any], ...]) -> TableSource:
    return TableSource(**dict(options))


def _check_key(table: Table, name: str) -> None:
    """Refuse an empty cell, and among numbers what is no finite one."""
    cells = table.columns[name]
    has_numbers = any(isinstance(value, float) for value in cells)
    for place, value in enumerate(cells):
        if value == "":
            raise SpecError(
                "a knob without a value",
                file=table.file,
                key_path=table.place(place, name),
                expected="the value that the network of this row has",
            )
        if has_numbers:
            table.numbers_only(name, place, f"a finite number, as {name} has in other rows")


def _check_rises(table: Table, name: str) -> None:
    """Refuse rows out of order where a number alone says which network a row is about."""
    cells = table.columns[name]
    for place in range(1, len(cells)):
        before, value = cells[place - 1], cells[place]
        if isinstance(value, float) and isinstance(before, float) and value <= before:
            raise SpecError(
                "rows out of order, where a number alone tells networks apart",
                file=table.file,
                key_path=table.place(place, name),
                got=value,
                expected=f"more than {before:g}, that of {table.place(place - 1)}",
            )
