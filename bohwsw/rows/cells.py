"""The cells of a table: read from a file or from Python, checked, and made columns of codes."""

from __future__ import annotations

import csv
import math
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, nearest_name, unknown_name
from bohwsw.space import MAX_VALUES, Categorical, Codes, Ordinal, as_number

KINDS = ("number", "log", "linear", "category", "label")

Kind: TypeAlias = str | Sequence[Any] | None
"""What a column is: one of `KINDS`, its values in order, or None: as its cells look."""

Listed: TypeAlias = Ordinal | Categorical
MOST_ROWS = MAX_VALUES
MOST_CATEGORIES = 200
"""A column of more texts, all different, is a label."""

_MISSING = frozenset({"", "nan"})
_MISSING_NUMBER = frozenset({*_MISSING, "na", "n/a", "null", "none", "?"})
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True)
class Cells:
    """Columns of raw cells, and what each row is called in messages."""

    columns: Mapping[str, Sequence[Any]]
    places: Sequence[str]
    file: str | None = None
    is_text: bool = False  # whether numbers and truth values are still to be read off texts

    def wrong(self, name: str, row: int, problem: str, got: object, expected: str) -> SpecError:
        """The error of a cell."""
        path = f"{self.places[row]}, column {name}"
        return SpecError(problem, file=self.file, key_path=path, got=got, expected=expected)


def cells_of(rows: object) -> Cells:
    """The cells of rows ``[{name: value}]``, or of columns ``{name: [value]}``.

    Raises:
        SpecError: it is neither, or rows or columns do not match.
    """
    if isinstance(rows, Mapping):
        columns = {str(name): _plain_list(values, str(name)) for name, values in rows.items()}
        sizes = {name: len(values) for name, values in columns.items()}
        if len(set(sizes.values())) > 1:
            raise SpecError("columns differ in length", got=sizes, expected="one length for all")
        n = next(iter(sizes.values()), 0)
        return Cells(columns, [f"row {k}" for k in range(n)])
    if isinstance(rows, str) or not isinstance(rows, Sequence):
        expected = "a list of rows {name: value}, or columns {name: [value]}"
        raise SpecError("not a table", got=rows, expected=expected)
    places = [f"row {k}" for k in range(len(rows))]
    for place, row in zip(places, rows, strict=True):
        if not isinstance(row, Mapping):
            raise SpecError("not a row", key_path=place, got=row, expected="{name: value}")
        if row.keys() != rows[0].keys():
            got, expected = sorted(map(str, row)), ", ".join(map(str, rows[0]))
            raise SpecError("a row has other columns", key_path=place, got=got, expected=expected)
    names = list(rows[0]) if rows else []
    return Cells({str(n): _plain_list([row[n] for row in rows], str(n)) for n in names}, places)


def _plain_list(values: Any, name: str) -> list[Any]:
    found = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise SpecError("not a column", key_path=name, got=values, expected="a list of values")
    return [v.item() if isinstance(v, np.generic) else v for v in found]


def read_cells(path: Path) -> Cells:
    """The cells of a CSV file with names in its first line, or of the arrays of an npz file.

    Raises:
        SpecError: it cannot be read, or rows or columns do not match; says in which line.
    """
    file = str(path)
    try:
        if path.suffix == ".npz":
            return _of_arrays(path, file)
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return _of_lines(csv.reader(stream, strict=True), file)
    except OSError as error:
        raise SpecError("cannot be read", file=file, got=error.strerror) from None
    except (csv.Error, UnicodeDecodeError, ValueError, zipfile.BadZipFile) as error:
        expected = "a CSV file in UTF-8 with names in its first line, or an npz file of arrays"
        raise SpecError("not a table", file=file, got=str(error), expected=expected) from None


def _of_lines(reader: Any, file: str) -> Cells:
    names = [name.strip() for name in next(reader, [])]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SpecError("a column is named twice", file=file, key_path="line 1", got=twice[0])
    rows, places = [], []
    for row in reader:
        place = f"line {reader.line_num}"
        if not row:
            continue
        if len(row) != len(names):
            problem, expected = "wrong number of cells", f"{len(names)}, as in line 1"
            raise SpecError(problem, file=file, key_path=place, got=len(row), expected=expected)
        rows.append(row)
        places.append(place)
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    found = {n: [c.strip() for c in column] for n, column in zip(names, columns, strict=True)}
    return Cells(found, places, file, is_text=True)


def _of_arrays(path: Path, file: str) -> Cells:
    found: dict[str, npt.NDArray[Any]] = {}
    with np.load(path, allow_pickle=False) as arrays:
        for name in arrays.files:
            array = arrays[name]
            if array.ndim == 2:  # a column each
                found |= {f"{name}_{k}": array[:, k] for k in range(array.shape[1])}
            elif array.ndim == 1:
                found[name] = array
    n = max(map(len, found.values()), default=0)
    long = {name: array.tolist() for name, array in found.items() if len(array) == n}
    return Cells(long, [f"row {k}" for k in range(n)], file)


def column(cells: Cells, name: str, kind: Kind) -> tuple[Listed, Codes, bool]:
    """A column as a parameter, its codes ``[n]``, and whether it is but a label.

    Raises:
        SpecError: a cell is empty or of another type than the column; says which.
    """
    values = cells.columns[name]
    if isinstance(kind, str) and kind not in KINDS:
        raise unknown_name("kind of a column", kind, KINDS).within(key_path=name)
    if kind is not None and not isinstance(kind, str):
        return (*_listed(cells, name, Categorical(name, list(kind), is_ordered=True)), False)
    if kind in ("category", "label"):
        return _category(cells, name, kind == "label")
    numbers = _numbers(values)
    if numbers is None or not np.isfinite(numbers).all():
        if kind is None and not _mostly_numbers(values):
            return _category(cells, name, None)
        raise _no_number(cells, name)
    distinct, codes = np.unique(numbers, return_inverse=True)
    listed: list[int | float] = distinct.tolist()
    if _is_whole(values, numbers):
        listed = [int(number) for number in listed]
    log = None if kind in (None, "number") else kind == "log"
    return Ordinal(name, listed, log), codes.reshape(-1).astype(np.int32), False


def _numbers(values: Sequence[Any]) -> npt.NDArray[np.float64] | None:
    """The cells as numbers; None if some are none."""
    if any(isinstance(value, bool) for value in values):
        return None
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return numbers if numbers.ndim == 1 else None


def _is_whole(values: Sequence[Any], numbers: npt.NDArray[np.float64]) -> bool:
    """Whether all cells are written as whole numbers."""
    if not (numbers == np.floor(numbers)).all():
        return False
    return all(
        v.lstrip("+-").isdigit() if isinstance(v, str) else isinstance(v, int) for v in values
    )


def _number(value: object) -> float | int | None:
    """A cell as a finite number, None if it is none; text is read."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return as_number(value)


def _mostly_numbers(values: Sequence[Any]) -> bool:
    given = [value for value in values if not _is_missing(value, _MISSING_NUMBER)]
    return 2 * sum(_number(value) is not None for value in given) > len(given)


def _no_number(cells: Cells, name: str) -> SpecError:
    """The error of the first cell that is no number."""
    for row, value in enumerate(cells.columns[name]):
        _require_value(cells, name, row, _MISSING_NUMBER)
        if _number(value) is None:
            expected = f"a finite number, as in other rows; or columns={{{name!r}: 'category'}}"
            return cells.wrong(name, row, "not a number", value, expected)
    raise AssertionError("all are numbers")


def _require_value(cells: Cells, name: str, row: int, missing: frozenset[str] = _MISSING) -> None:
    value = cells.columns[name][row]
    if _is_missing(value, missing):
        expected = "a value; leave rows out that lack one, or the column"
        raise cells.wrong(name, row, "a cell is empty", value, expected)


def _is_missing(value: object, missing: frozenset[str]) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in missing
    return value is None or (isinstance(value, float) and math.isnan(value))


def _category(cells: Cells, name: str, is_label: bool | None) -> tuple[Listed, Codes, bool]:
    """A column of names; whether they are labels is seen by their number if it is not said."""
    values = list(cells.columns[name])
    for row, value in enumerate(values):
        if not (cells.is_text and is_label):
            _require_value(cells, name, row)
        if not isinstance(value, str | bool | int | float):
            raise cells.wrong(name, row, "not a value", value, "text, a number or a truth value")
    if cells.is_text and {value.lower() for value in values} <= _TRUTHS.keys():
        values = [_TRUTHS[value.lower()] for value in values]
    elif cells.is_text and not is_label and None not in map(_number, values):
        values = [int(v) if v.lstrip("+-").isdigit() else float(v) for v in values]
    if is_label is None:
        is_text = isinstance(values[0], str)
        for row, value in enumerate(values):
            if isinstance(value, str) != is_text:
                expected = f"as {values[0]!r} above; or columns={{{name!r}: 'category'}}"
                raise cells.wrong(name, row, "a cell of another type", value, expected)
    distinct = [value for _, value in dict.fromkeys(map(_typed, values))]
    if is_label is None:
        is_label = len(distinct) == len(values) > MOST_CATEGORIES
    if not is_label and len(distinct) > MOST_CATEGORIES:
        raise SpecError(
            "too many categories",
            file=cells.file,
            key_path=f"column {name}",
            got=len(distinct),
            expected=f"at most {MOST_CATEGORIES}; or a 'label', which no model sees",
        )
    codes = {_typed(value): code for code, value in enumerate(distinct)}
    found = np.array([codes[_typed(value)] for value in values], dtype=np.int32)
    return Categorical(name, distinct), found, is_label


def _typed(value: Any) -> tuple[bool, Any]:
    """True is not 1."""
    return isinstance(value, bool), value


def _listed(cells: Cells, name: str, parameter: Categorical) -> tuple[Listed, Codes]:
    """The codes of cells that must be among the values of a parameter."""
    codes = []
    for row, value in enumerate(cells.columns[name]):
        code = parameter.find(value)
        if code is None and cells.is_text:
            code = next((k for k, v in enumerate(parameter.values) if str(v) == value), None)
        if code is None:
            expected = "one of " + ", ".join(map(str, parameter.values))
            error = cells.wrong(name, row, "not a value of this column", value, expected)
            error.nearest = nearest_name(value, map(str, parameter.values))
            raise error
        codes.append(code)
    return parameter, np.array(codes, dtype=np.int32)
