"""The tables of docs/accuracy.md name what there is."""

from __future__ import annotations

import re
from pathlib import Path

from bohwsw.accuracy import accuracy_source_names, shipped_tables

DOC = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")


def test_all_sources_and_tables_are_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOC, re.M)
    assert sorted(rows) == sorted(accuracy_source_names())
    assert all(f"`{name}`" in DOC for name in shipped_tables())
