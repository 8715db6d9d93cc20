"""The page about exports names every target, form and figure."""

from __future__ import annotations

import re
from pathlib import Path

from bohwsw.exporters import EXPORTERS, FORMS, TABLE_FIGURES

PAGE = Path(__file__).parents[2] / "docs" / "exports.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_page_exports_to_every_target() -> None:
    assert set(re.findall(r"--to (\w+)", TEXT)) == set(EXPORTERS)


def test_the_page_names_every_form_and_figure() -> None:
    for name in (*FORMS, *TABLE_FIGURES):
        assert f"`{name}`" in TEXT
