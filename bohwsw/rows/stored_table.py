"""Tables of rows in the definition of a study: their file and a digest, or the rows themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from bohwsw.arrays import plain_value
from bohwsw.errors import SpecError
from bohwsw.rows.table import RowTable

_AT_HAND: WeakValueDictionary[str, RowTable] = WeakValueDictionary()
"""Tables of this process by digest: a study is read several times."""


def table_to_data(table: RowTable) -> dict[str, Any]:
    """A table as plain data; one that was read from a file as its path and digest."""
    _AT_HAND.setdefault(table.digest, table)
    data = {"kind": "RowTable", "n_rows": len(table), "digest": table.digest}
    data["columns"] = plain_value(table.columns)
    return data | ({"rows": table.values()} if table.file is None else {"file": table.file})


def table_from_data(data: Mapping[str, Any]) -> RowTable:
    """A table from what `table_to_data` gave.

    Raises:
        SpecError: its file cannot be read, or holds other rows than it did.
    """
    found = _AT_HAND.get(data["digest"])
    if found is not None:
        return found
    file = data.get("file")
    if file is None:
        found = RowTable.of(data["rows"], data["columns"])
    else:
        found = RowTable.read(file, data["columns"])
    if found.digest != data["digest"]:
        raise SpecError(
            "the table is not the one that the study began with",
            file=file,
            got=f"{len(found)} rows, SHA-256 {found.digest[:12]}...",
            expected=f"the same {data['n_rows']} rows, SHA-256 {data['digest'][:12]}...; "
            "or a study of another name",
        )
    _AT_HAND[found.digest] = found
    return found


def table_summary(data: Mapping[str, Any]) -> str:
    """A stored table for messages."""
    place = f" of {data['file']}" if "file" in data else ""
    return f"{data['n_rows']} rows{place}, SHA-256 {data['digest'][:12]}..."
