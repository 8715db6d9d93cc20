"""A table of designs: rows that are the only points there are, columns that are parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.errors import SpecError, unknown_name
from bohwsw.rows.cells import MOST_ROWS, Cells, Kind, Listed, cells_of, column, read_cells
from bohwsw.space import Codes, Ordinal

Columns = Sequence[str] | Mapping[str, Kind]
"""Names of the columns that count, or what each of them is; see `RowTable.of`."""


@dataclass(frozen=True, eq=False)
class RowTable:
    """Distinct rows, each column a parameter.

    Attributes:
        parameters: one a column.
        codes: int32 ``[n_rows, n_columns]``: what `Space.row` gives for each.
        labels: names of columns that tell rows apart, which a model does not see.
        columns: what was said of the columns; None: nothing.
        file: the absolute path of the file that it was read from; None if there is none.
        digest: SHA-256 of everything a search depends on: columns, values, rows in their order.
    """

    parameters: tuple[Listed, ...]
    codes: Codes
    labels: frozenset[str]
    columns: Columns | None
    file: str | None
    digest: str

    @classmethod
    def of(cls, rows: object, columns: Columns | None = None) -> RowTable:
        """A table of rows ``[{name: value}]``, or of columns ``{name: [value]}``.

        A column of numbers is an `Ordinal`, one of texts or truth values a `Categorical`; one of
        more than `MOST_CATEGORIES` texts, all different, is a label.

        Args:
            columns: the names of those that count, all if absent; or for each name what it is:
                ``number`` (``log`` or ``linear``, if it must not be seen by the range which one a
                model is shown), ``category``, ``label``, its values in their order, or None.

        Raises:
            SpecError: the table is empty, a cell is empty or of another type than its column, or a
                row is there twice; says which row and column.
        """
        return cls._of_cells(cells_of(rows), columns)

    @classmethod
    def read(cls, path: str | Path, columns: Columns | None = None) -> RowTable:
        """A table in a file: CSV with names in its first line, or npz with an array a column.

        Of an npz the longest arrays are the columns, and those of two dimensions several
        (``ops_0``, ``ops_1``, ...). Else as `of`.
        """
        return cls._of_cells(read_cells(Path(path)), columns)

    @classmethod
    def _of_cells(cls, cells: Cells, columns: Columns | None) -> RowTable:
        if isinstance(columns, str):
            raise SpecError("columns must be a list", file=cells.file, got=columns)
        kinds: Mapping[str, Kind] = (
            columns if isinstance(columns, Mapping) else dict.fromkeys(columns or cells.columns)
        )
        for name in kinds:
            if name not in cells.columns:
                raise unknown_name("column", name, cells.columns).within(file=cells.file)
        n = len(cells.places)
        if not 1 <= n <= MOST_ROWS or not kinds:
            got, expected = f"{n} rows, {len(kinds)} columns", f"1 to {MOST_ROWS} rows"
            raise SpecError("wrong size of a table", file=cells.file, got=got, expected=expected)
        found = [column(cells, name, kind) for name, kind in kinds.items()]
        codes = np.ascontiguousarray(np.stack([part for _, part, _ in found], axis=1))
        _require_distinct(cells, codes)
        parameters = tuple(parameter for parameter, _, _ in found)
        labels = frozenset(p.name for p, _, is_label in found if is_label)
        digest = hashlib.sha256(_described(parameters, labels).encode())
        digest.update(codes.tobytes())
        file = None if cells.file is None else str(Path(cells.file).absolute())
        return cls(parameters, codes, labels, columns, file, digest.hexdigest())

    def values(self) -> dict[str, list[Any]]:
        """The values ``[n_rows]`` of each column."""
        pairs = zip(self.parameters, self.codes.T, strict=True)
        return {p.name: [p.values[code] for code in codes] for p, codes in pairs}

    def __len__(self) -> int:
        return len(self.codes)

    def __repr__(self) -> str:
        return f"RowTable({len(self)} rows, {len(self.parameters)} columns)"


def _described(parameters: Sequence[Listed], labels: frozenset[str]) -> str:
    """The columns as one text."""
    described = [
        [
            type(p).__name__,
            p.name,
            list(p.values),
            p.log if isinstance(p, Ordinal) else p.is_ordered,
            p.name in labels,
        ]
        for p in parameters
    ]
    return json.dumps(described)


def _require_distinct(cells: Cells, codes: Codes) -> None:
    """Refuse a row that is there twice."""
    seen: dict[bytes, int] = {}
    for row, code in enumerate(codes):
        first = seen.setdefault(code.tobytes(), row)
        if first != row:
            raise SpecError(
                f"the same values as in {cells.places[first]}",
                file=cells.file,
                key_path=cells.places[row],
                expected="distinct rows; one more column, such as a name, may tell them apart",
            )
