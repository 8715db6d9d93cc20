"""The page of published searches names all of them."""

import pathlib

from bohwsw.strategies.registry import _PLACES

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "searches.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_published_search_has_its_row():
    published = [name for name, place in _PLACES.items() if ".published." in place]
    assert len(published) >= 5
    for name in published:
        assert f"| `{name}` |" in TEXT


def test_every_published_system_has_its_row():
    systems = [
        "co-exploration",
        "NAHAS",
        "HSCoNAS",
        "HotNAS",
        "NASAIC",
        "FLASH",
        "Lu et al.",
        "HW-NAS-Bench",
        "AutoShrink",
        "neighbourhood-aware NAS",
        "FOX-NAS",
        "NAS-OoD",
        "FP-NAS",
        "HURRICANE",
        "NetAdaptV2",
        "HAO",
        "PNAS",
    ]
    assert len(systems) == 17
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")]
    for system in systems:
        assert any(line.startswith(f"| {system}") for line in rows), system
