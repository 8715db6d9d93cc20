"""SRAM energy and area from a table that CACTI 7 printed, as a smooth monotone function.

Table: data/cacti7_sram.csv (its settings and source: data/SOURCES.md). CACTI 7 is described in
Balasubramonian et al., "CACTI 7: New Tools for Interconnect Exploration in Innovative Off-Chip
Memories", ACM TACO 14(2), 2017.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from bohwsw.tech.monotone_curve import MonotoneCurve
from bohwsw.tech.technology import ArrayFigures

# CACTI itself extrapolates arrays of fewer rows, and the table has nothing under 512 bytes; a
# macro smaller than this is priced as the smallest one.
SMALLEST_ROWS = 64
SMALLEST_BITS = 512 * 8


@dataclass(frozen=True)
class _Column:
    """The table at one node and width: three curves over the number of rows."""

    read_pj: MonotoneCurve
    write_pj: MonotoneCurve
    area_mm2: MonotoneCurve


def sram_figures(node_nm: float, rows: int, width_bits: int) -> ArrayFigures:
    """Energy and area of an SRAM array of ``rows`` x ``width_bits``.

    Log-log interpolation in rows, in width and in node. Widths outside the table's are priced as
    a slice of an array as deep: energy and area proportional to the width at a fixed number of
    rows. Depths beyond the table's go on with the slope of its end. Everything is a weighted
    geometric mean of curves that never fall in the number of rows, so the result never falls
    either.

    Args:
        node_nm: technology node, within :func:`node_range_nm`.
        rows: vectors stored.
        width_bits: bits per access.
    """
    rows = max(rows, SMALLEST_ROWS, math.ceil(SMALLEST_BITS / width_bits))
    tabled_width = min(max(width_bits, _widths()[0]), _widths()[-1])
    scale = width_bits / tabled_width
    corners = [
        (node_weight * width_weight, _columns()[node, width])
        for node, node_weight in _neighbours(_nodes(), node_nm)
        for width, width_weight in _neighbours(_widths(), tabled_width)
    ]
    return ArrayFigures(
        read_pj=scale * _geometric_mean([(w, column.read_pj(rows)) for w, column in corners]),
        write_pj=scale * _geometric_mean([(w, column.write_pj(rows)) for w, column in corners]),
        area_mm2=scale * _geometric_mean([(w, column.area_mm2(rows)) for w, column in corners]),
    )


def node_range_nm() -> tuple[int, int]:
    """The smallest and the largest node of the table."""
    return _nodes()[0], _nodes()[-1]


@cache
def _nodes() -> list[int]:
    return sorted({node for node, _ in _columns()})


@cache
def _widths() -> list[int]:
    return sorted({width for _, width in _columns()})


@cache
def _columns() -> dict[tuple[int, int], _Column]:
    """The table's columns by (node_nm, width_bits)."""
    text = files("bohwsw.tech").joinpath("data/cacti7_sram.csv").read_text(encoding="utf-8")
    grouped: dict[tuple[int, int], list[dict[str, str]]] = {}
    for line in csv.DictReader(text.splitlines()):
        grouped.setdefault((int(line["node_nm"]), int(line["width_bits"])), []).append(line)
    return {
        (node, width): _Column(
            read_pj=_curve(lines, width, "read_pJ"),
            write_pj=_curve(lines, width, "write_pJ"),
            area_mm2=_curve(lines, width, "area_mm2"),
        )
        for (node, width), lines in grouped.items()
    }


def _curve(lines: list[dict[str, str]], width_bits: int, name: str) -> MonotoneCurve:
    return MonotoneCurve.through(
        (int(line["size_bytes"]) * 8 / width_bits, float(line[name])) for line in lines
    )


def _neighbours(ladder: list[int], value: float) -> list[tuple[int, float]]:
    """The rungs beside ``value`` with their weights in log interpolation; one rung if it fits."""
    if value in ladder:
        return [(int(value), 1.0)]
    right = next(i for i, rung in enumerate(ladder) if rung > value)
    low, high = ladder[right - 1], ladder[right]
    weight = math.log(value / low) / math.log(high / low)
    return [(low, 1.0 - weight), (high, weight)]


def _geometric_mean(weighted: list[tuple[float, float]]) -> float:
    if len(weighted) == 1:
        return weighted[0][1]
    return math.exp(sum(weight * math.log(value) for weight, value in weighted))
