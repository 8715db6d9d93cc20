"""The figures printed in docs/technology.md are the ones the models give."""

from pathlib import Path

import pytest

from bohwsw.tech.catalogue import technology, technology_names
from bohwsw.tech.technology import StorageKind, StorageShape, Technology

DOC = Path(__file__).parents[2] / "docs" / "technology.md"
SHAPES = (
    StorageShape("regfile", 12, 16),
    StorageShape("regfile", 192, 16),
    StorageShape("sram", 192, 16),
    StorageShape("sram", 65536, 16, 4),
)
CHIP_MM2 = 12.25  # Chen et al., JSSC 52(1), 2017: 3.5 mm x 3.5 mm of core


def energy_row(name: str) -> list[str]:
    tech = technology(name)
    energies = [tech.storage(shape).read_pj / shape.block_size for shape in SHAPES]
    mac_pj = tech.mac(16).energy_pj
    return [name, *(f"{e:.3g}" for e in [*energies, mac_pj]), f"{energies[-1] / mac_pj:.1f}"]


def area_row(name: str) -> list[str]:
    tech = technology(name)
    areas = [*(tech.storage(shape).area_mm2 for shape in SHAPES), tech.mac(16).area_mm2]
    return [name, *("unknown" if area is None else f"{area:.3g}" for area in areas)]


def area_mm2(tech: Technology, kind: StorageKind, words: int, block_size: int = 1) -> float:
    area = tech.storage(StorageShape(kind, words, 16, block_size)).area_mm2
    assert area is not None
    return area


def eyeriss_row(name: str, weight_kind: StorageKind, buffer_kb: int) -> list[str]:
    tech = technology(name)
    mac_mm2 = tech.mac(16).area_mm2
    assert mac_mm2 is not None
    parts = [
        area_mm2(tech, "sram", buffer_kb * 512, 4),
        168
        * (
            area_mm2(tech, "regfile", 12)
            + area_mm2(tech, weight_kind, 192)
            + area_mm2(tech, "regfile", 16)
        ),
        168 * mac_mm2,
    ]
    total = sum(parts)
    printed = [f"{part:.2f}" for part in [*parts, total]]
    return [name, weight_kind, f"{buffer_kb} KB", *printed, f"{total / CHIP_MM2:.0%}"]


EXPECTED_ROWS = [
    *(energy_row(name) for name in technology_names()),
    *(area_row(name) for name in technology_names()),
    *(
        eyeriss_row("cacti-65nm", kind, buffer_kb)
        for kind in ("regfile", "sram")
        for buffer_kb in (108, 128)
    ),
]


@pytest.mark.parametrize("row", EXPECTED_ROWS, ids=lambda row: " ".join(row[:3]))
def test_a_row_of_the_document_is_what_the_models_give(row: list[str]) -> None:
    assert f"| {' | '.join(row)} |" in DOC.read_text(encoding="utf-8").splitlines()
