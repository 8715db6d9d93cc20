"""Nearest names are near, and any value can be shown."""

from __future__ import annotations

import pytest

from bohwsw.errors import SpecError, nearest_name

LEVEL = (
    *("name", "kind", "entries", "word_bits", "block_size"),
    *("cluster_size", "bandwidth", "fanout"),
)


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("entires", "entries"),
        ("entrys", "entries"),
        ("Entries", "entries"),
        ("blocksize", "block_size"),
        ("block", "block_size"),
        ("fan_out", "fanout"),
        ("knid", "kind"),
        ("bandwith", "bandwidth"),
        ("sizeKB", None),
        ("size", None),
        ("datawidth", None),
        ("depth", None),
        ("k", None),
        ("x" * 100_000, None),
    ],
)
def test_only_near_names_are_proposed(written: str, nearest: str | None) -> None:
    assert nearest_name(written, LEVEL) == nearest


def test_numbers_of_thousands_of_digits_can_be_shown() -> None:
    assert "thousands of digits" in str(SpecError("too large", got=10**5000))
