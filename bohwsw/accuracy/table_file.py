"""Tables as they are stored: CSV, Parquet, or NumPy's npz with an array for each column."""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.errors import MissingExtraError, SpecError, nearest_name, unknown_name

Cell = float | str

SHIPPED = Path(__file__).resolve().parent / "tables"
"""Tables that come with bohwsw; the README beside them says whose they are."""
LABELS = ".labels"
"""In an npz file ``edge.labels`` holds the texts that the whole numbers of ``edge`` stand for."""


@dataclass(frozen=True)
class Table:
    """Columns of equal length."""

    file: str
    columns: Mapping[str, Sequence[Cell]]  # cells by name; a number wherever it can be read as one
    first: int = 0  # what the first row is called in messages: in a CSV file it is line 2

    @property
    def rows(self) -> int:
        """How many."""
        return len(next(iter(self.columns.values()), ()))

    def place(self, row: int, column: str | None = None) -> str:
        """A row, and a column in it, as messages say them."""
        where = f"{'line' if self.first else 'row'} {row + self.first}"
        return f"{where}, {column}" if column else where

    def require(self, names: Iterable[str]) -> None:
        """Raise a SpecError for the first name that is no column."""
        for name in names:
            if name not in self.columns:
                place = "line 1" if self.first else "columns"
                raise unknown_name("column", name, self.columns).within(
                    file=self.file, key_path=place
                )

    def numbers_only(self, column: str, row: int, what: str) -> float:
        """The number in a cell; a SpecError if it is none, or not finite."""
        cell = self.columns[column][row]
        if isinstance(cell, str) or not math.isfinite(cell):
            place = self.place(row, column)
            raise SpecError("not a number", file=self.file, key_path=place, got=cell, expected=what)
        return cell


def shipped_tables() -> list[str]:
    """Names of the tables that come with bohwsw."""
    return sorted(path.stem for path in SHIPPED.iterdir() if path.suffix in _READERS)


def find_table(name_or_path: str | Path) -> Path:
    """The file that a shipped table's name or a path means.

    Raises:
        SpecError: no shipped table has that name.
    """
    if isinstance(name_or_path, Path) or Path(name_or_path).suffix.lower() in _READERS:
        return Path(name_or_path)
    names = shipped_tables()
    if name_or_path not in names:
        raise SpecError(
            "unknown table",
            got=name_or_path,
            expected=f"one of {', '.join(names)}; or a file, {', '.join(_READERS)}",
            nearest=nearest_name(name_or_path, names),
        )
    return next(path for path in SHIPPED.iterdir() if path.stem == name_or_path)


def read_table(path: Path) -> Table:
    """The columns of a file; what it is follows from the end of its name.

    Raises:
        SpecError: it cannot be read, or is no table: a row has another number of values than there
            are columns, columns have another length, or two have one name.
        MissingExtraError: it is a Parquet file, and nothing that reads those is installed.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        expected = f"a name that ends in {', '.join(_READERS)}"
        raise SpecError("not a table that can be read", got=str(path), expected=expected)
    try:
        return reader(path)
    except (OSError, ValueError, KeyError, csv.Error, zipfile.BadZipFile) as error:
        problem = "not a table that can be read"
        raise SpecError(problem, file=str(path), got=str(error) or type(error).__name__) from error


def cell(value: Any) -> Cell:
    """A value as tables hold it: numbers as numbers, however they are written."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value).strip()


def _read_csv(path: Path) -> Table:
    with open(path, encoding="utf-8", newline="") as stream:
        lines = list(csv.reader(stream))
    header = lines[0] if lines else []
    for position, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise SpecError(
                "a row with another number of values than there are columns",
                file=str(path),
                key_path=f"line {position}",
                got=line,
                expected=f"{len(header)} values",
            )
    columns: dict[str, list[Cell]] = {}
    for index, name in enumerate(header):
        if name in columns:
            raise SpecError(
                "two columns have one name", file=str(path), key_path="line 1", got=name
            )
        columns[name] = [cell(line[index]) for line in lines[1:]]
    return Table(str(path), columns, first=2)


def _read_npz(path: Path) -> Table:
    with np.load(path, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    columns: dict[str, Sequence[Cell]] = {}
    length: int | None = None
    for name, values in found.items():
        if name.endswith(LABELS):
            continue
        length = len(values) if length is None and values.ndim == 1 else length
        if values.shape != (length,):
            raise SpecError(
                "not a column",
                file=str(path),
                key_path=name,
                got=f"an array of shape {values.shape}",
                expected=f"one axis of length {length}" if length is not None else "one axis",
            )
        labels = found.get(f"{name}{LABELS}")
        if labels is not None:
            if values.dtype.kind not in "iu" or values.min(initial=0) < 0:
                raise SpecError("not the places of labels", file=str(path), key_path=name)
            if values.max(initial=0) >= len(labels):
                raise SpecError("a place without a label", file=str(path), key_path=name)
            values = labels[values]
        is_number = values.dtype.kind in "iuf"
        columns[name] = (
            values.astype(np.float64).tolist() if is_number else [cell(v) for v in values.tolist()]
        )
    return Table(str(path), columns)


def _read_parquet(path: Path) -> Table:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet") from error
    found = parquet.read_table(path)
    columns = {
        name: ["" if value is None else cell(value) for value in found.column(name).to_pylist()]
        for name in found.column_names
    }
    return Table(str(path), columns)


_READERS = {".csv": _read_csv, ".npz": _read_npz, ".parquet": _read_parquet}
