"""The SRAM function agrees with CACTI's table and is sane between and beyond its points."""

import csv
from importlib.resources import files

import pytest

from bohwsw.tech.sram_table import node_range_nm, sram_figures

LINES = list(
    csv.DictReader(files("bohwsw.tech").joinpath("data/cacti7_sram.csv").read_text().splitlines())
)
FIGURES = {"read_pj": "read_pJ", "write_pj": "write_pJ", "area_mm2": "area_mm2"}


def test_the_table_is_whole() -> None:
    assert len(LINES) == 168
    assert node_range_nm() == (22, 65)


def test_it_equals_the_table_except_for_lifted_dips() -> None:
    # The lines that are cheaper than a smaller array of the same node and width.
    dips = []
    for line in LINES:
        node, width, size = (int(line[k]) for k in ("node_nm", "width_bits", "size_bytes"))
        got = sram_figures(node, size * 8 // width, width)
        for name, column in FIGURES.items():
            if getattr(got, name) != float(line[column]):
                assert getattr(got, name) > float(line[column])
                dips.append((node, width, size, name))
    assert dips == [(22, 64, 131072, "read_pj"), (65, 256, 131072, "write_pj")]


def test_between_two_widths_lies_the_power_law() -> None:
    # 1024 rows at 45 nm: 8 KB at 64 bits, 16 KB at 128 bits; sqrt(64 * 128) = 90.5.
    assert sram_figures(45, 1024, 90).read_pj == pytest.approx((6.137 * 10.748) ** 0.5, rel=0.01)


def test_between_two_nodes_lies_the_power_law() -> None:
    between = sram_figures((45 * 32) ** 0.5, 1024, 64)
    assert between.read_pj == pytest.approx((6.137 * 3.4434) ** 0.5, rel=1e-9)
    assert between.area_mm2 == pytest.approx((0.026267 * 0.013287) ** 0.5, rel=1e-9)


def test_outside_the_tabled_widths_an_array_is_a_slice_as_deep() -> None:
    rows = 4096
    narrow, tabled = sram_figures(45, rows, 16), sram_figures(45, rows, 64)
    assert narrow.read_pj == pytest.approx(tabled.read_pj / 4)
    wide, widest = sram_figures(45, rows, 512), sram_figures(45, rows, 256)
    assert wide.area_mm2 == pytest.approx(widest.area_mm2 * 2)


def test_nothing_is_smaller_than_the_smallest_macro() -> None:
    assert sram_figures(65, 1, 64) == sram_figures(65, 64, 64)
    assert sram_figures(65, 1, 16) == sram_figures(65, 256, 16)  # 512 bytes
    assert sram_figures(65, 1, 256) == sram_figures(65, 64, 256)  # 64 rows
    assert sram_figures(65, 65, 64).read_pj > sram_figures(65, 64, 64).read_pj


def test_beyond_the_table_the_end_slope_goes_on() -> None:
    rows = 4194304 * 8 // 64
    half, end, double = (sram_figures(22, r, 64) for r in (rows // 2, rows, rows * 2))
    assert double.read_pj / end.read_pj == pytest.approx(end.read_pj / half.read_pj)
    assert double.area_mm2 / end.area_mm2 == pytest.approx(end.area_mm2 / half.area_mm2)
