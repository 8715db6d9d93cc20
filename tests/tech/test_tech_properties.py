"""What holds for every technology: finite, positive, and never cheaper when larger."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bohwsw.tech.catalogue import Combined, technology, technology_names
from bohwsw.tech.technology import StorageCost, StorageKind, StorageShape, Technology

TECHNOLOGIES: list[Technology] = [
    *(technology(name) for name in technology_names()),
    technology("cacti-28nm"),
    technology("cacti-53.7nm"),
    Combined(technology("timeloop-pat"), technology("cacti-45nm")),
]
KINDS: tuple[StorageKind, ...] = ("sram", "regfile")
LARGEST_BITS = 4 * 1024 * 1024 * 8
# The most that rounding may take from a figure that should stay level.
ROUNDING = 1 - 1e-12

BY_NAME = pytest.mark.parametrize("tech", TECHNOLOGIES, ids=lambda tech: tech.name)


def figures(cost: StorageCost) -> list[float]:
    area_mm2 = [] if cost.area_mm2 is None else [cost.area_mm2]
    return [cost.read_pj, cost.fill_pj, cost.update_pj, *area_mm2]


@BY_NAME
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("access_bits", [8, 16, 24, 48, 64, 100, 128, 200, 256, 300, 512])
def test_a_fine_sweep_never_falls(tech: Technology, kind: StorageKind, access_bits: int) -> None:
    # Every size up to 600 words, then steps of 3 % up to 4 MB.
    last = [0.0] * 4
    words = 1
    while words * access_bits <= LARGEST_BITS:
        now = figures(tech.storage(StorageShape(kind, words, access_bits)))
        assert all(math.isfinite(figure) and figure > 0 for figure in now)
        # A technology without area gives three figures of the four.
        pairs = zip(now, last, strict=False)
        assert all(new >= old * ROUNDING for new, old in pairs), (words, now, last)
        last = now
        words += 1 if words < 600 else words // 32


@BY_NAME
@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    word_bits=st.sampled_from([4, 8, 16, 24, 32]),
    block_size=st.integers(1, 16),
    cluster_size=st.integers(1, 8),
    entries=st.tuples(st.integers(1, 2**20), st.integers(1, 2**20)),
)
def test_more_entries_never_cost_less(
    tech: Technology,
    kind: StorageKind,
    word_bits: int,
    block_size: int,
    cluster_size: int,
    entries: tuple[int, int],
) -> None:
    fewer, more = (
        figures(tech.storage(StorageShape(kind, n, word_bits, block_size, cluster_size)))
        for n in sorted(entries)
    )
    for small, large in zip(fewer, more, strict=True):
        assert math.isfinite(large)
        assert 0 < small * ROUNDING <= large


@BY_NAME
def test_wider_macs_cost_more(tech: Technology) -> None:
    costs = [tech.mac(bits) for bits in range(1, 65)]
    energies = [cost.energy_pj for cost in costs]
    assert energies[0] > 0
    assert all(low < high for low, high in pairwise(energies))
    areas = [cost.area_mm2 for cost in costs if cost.area_mm2 is not None]
    assert len(areas) in (0, 64)
    assert all(low < high for low, high in pairwise(areas))


@BY_NAME
def test_extreme_shapes_stay_finite(tech: Technology) -> None:
    for shape in (
        StorageShape("sram", 2**40, 2**10, 2**10, 2**10),
        StorageShape("regfile", 2**40, 2**10),
        StorageShape("sram", 1, 1),
        StorageShape("dram", None, 2**20, 2**20),
    ):
        assert all(math.isfinite(figure) for figure in figures(tech.storage(shape)))
