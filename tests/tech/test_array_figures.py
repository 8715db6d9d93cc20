"""Comparing arrays and dividing one among instances."""

from dataclasses import replace

from bohwsw.tech.array_figures import ArrayFigures
from bohwsw.tech.technology import StorageCost

ARRAY = ArrayFigures(read_pj=4.0, write_pj=6.0, area_mm2=0.5)


def test_shares() -> None:
    assert ARRAY.shared_by(1) == StorageCost(4.0, 6.0, 6.0, 0.5)
    assert ARRAY.shared_by(2) == StorageCost(2.0, 3.0, 3.0, 0.25)


def test_no_dearer_means_in_every_figure() -> None:
    assert ARRAY.no_dearer_than(ARRAY)
    for name in ("read_pj", "write_pj", "area_mm2"):
        dearer = replace(ARRAY, **{name: 7.0})
        assert ARRAY.no_dearer_than(dearer)
        assert not dearer.no_dearer_than(ARRAY)
